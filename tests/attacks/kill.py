"""Kill the small job at random moments, run the same command again, and hold the end to the one
of a job that nobody killed.

Half of the moments lie anywhere on the clock, those in native code included; the other half are
right before a call that changes what is on the disk, see ``deadly``.
"""

import json
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.attacks.ruins import last_step, measure, start_struck
from tests.attacks.world import SmallJob, copied, plant

CHAIN = 3
"""Every third job is killed once more while it resumes."""


@dataclass(frozen=True)
class Killed:
    """What became of one job.

    Parameters
    ----------
    number, seed : int
    way : str
        ``clock`` or ``call``.
    steps : tuple of str
        The step each kill fell into; ``start`` and ``end`` outside of all, ``late`` where the job
        was over before.
    faults : tuple of str
        What was wrong afterwards; empty for a job as good as never killed.
    """

    number: int
    seed: int
    way: str
    steps: tuple[str, ...]
    faults: tuple[str, ...]


class Killer:
    """Kills jobs in a folder of its own.

    Parameters
    ----------
    folder : Path
        Made if it is not there; what is planted in it is used again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.planted = folder / "planted"
        if not (self.planted / "models" / "tiny" / "model.json").is_file():
            shutil.rmtree(self.planted, ignore_errors=True)
            plant(self.planted)
        self.yardstick = measure(self._fresh())

    def attack(self, number: int, seed: int) -> Killed:
        """Kill one job, once or twice, and let it end."""
        rng = random.Random(f"{seed}/{number}")
        way = ("clock", "call")[number % 2]
        job = self._fresh()
        kills = 2 if number % CHAIN == 0 else 1
        steps, faults = [], []
        for _ in range(kills):
            steps.append(self._kill(job, way, rng))
            faults += self.yardstick.ruin_faults(job)
        end = job.run()
        if end.returncode != 0:
            faults.append(f"resuming ended with {end.returncode}: {end.stderr[-500:]}")
        else:
            faults += self.yardstick.end_faults(job)
        return Killed(number, seed, way, tuple(steps), tuple(faults))

    def _fresh(self) -> SmallJob:
        shutil.rmtree(self.folder / "job", ignore_errors=True)
        return SmallJob(copied(self.planted, self.folder / "job"))

    def _kill(self, job: SmallJob, way: str, rng: random.Random) -> str:
        process = start_struck(
            job, "kill", rng.randint(1, self.yardstick.calls) if way == "call" else 0
        )
        if way == "clock":
            try:
                process.wait(rng.uniform(0.0, self.yardstick.seconds))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        told, _ = process.communicate()
        return "late" if process.returncode != -signal.SIGKILL else last_step(told)


def run_long(folder: Path, count: int, seed: int) -> Iterator[Killed]:
    """Yield the ends of ``count`` jobs; those that an earlier call finished are read back."""
    record = folder / "kills.jsonl"
    done = {}
    if record.is_file():
        rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        done = {row["number"]: Killed(**row) for row in rows if row["seed"] == seed}
    killer = None
    for number in range(count):
        if number not in done:
            killer = killer or Killer(folder)
            done[number] = killer.attack(number, seed)
            with record.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(done[number])) + "\n")
        yield done[number]
