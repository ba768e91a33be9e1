"""Kill the small job at random moments, run the same command again, and hold the end to the one
of a job that nobody killed.

Half of the moments lie anywhere on the clock, those in native code included; the other half are
right before a call that changes what is on the disk, see ``deadly``.
"""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from landslidectl.files.atomic import PARTIAL_MARK
from tests.attacks.sameness import essence, leftovers, only_product, pixels, sums_hold
from tests.attacks.world import SmallJob, copied, plant

RECORD = "calls.txt"
CHAIN = 3
"""Every third job is killed once more while it resumes."""
@dataclass(frozen=True)
class Yardstick:
    """The job that nobody killed: what it says, its own files, and how long it is."""

    essence: Mapping[str, Any]
    pixels: Mapping[str, str]
    seconds: float
    calls: int


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
        self.yardstick = self._measure()

    def attack(self, number: int, seed: int) -> Killed:
        """Kill one job, once or twice, and let it end."""
        rng = random.Random(f"{seed}/{number}")
        way = ("clock", "call")[number % 2]
        job = self._fresh()
        kills = 2 if number % CHAIN == 0 else 1
        steps, faults = [], []
        for _ in range(kills):
            steps.append(self._kill(job, way, rng))
            faults += self._after_kill(job)
        end = job.run()
        if end.returncode != 0:
            faults.append(f"resuming ended with {end.returncode}: {end.stderr[-500:]}")
        else:
            faults += self._after_end(job)
        return Killed(number, seed, way, tuple(steps), tuple(faults))

    def _fresh(self) -> SmallJob:
        shutil.rmtree(self.folder / "job", ignore_errors=True)
        return SmallJob(copied(self.planted, self.folder / "job"))

    def _measure(self) -> Yardstick:
        job = self._fresh()
        began = time.monotonic()
        process = _start(job, 0)
        process.communicate()
        assert process.returncode == 0
        seconds = time.monotonic() - began
        calls = int((job.folder / RECORD).read_text())
        whole = essence(only_product(job.out))
        known = _pixels(job)
        ingested = replace(job, verb="ingest", options=("--overwrite",))
        assert ingested.run().returncode == 0
        return Yardstick(whole, known | _pixels(ingested), seconds, calls)

    def _kill(self, job: SmallJob, way: str, rng: random.Random) -> str:
        process = _start(job, rng.randint(1, self.yardstick.calls) if way == "call" else 0)
        if way == "clock":
            try:
                process.wait(rng.uniform(0.0, self.yardstick.seconds))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        told, _ = process.communicate()
        return "late" if process.returncode != -signal.SIGKILL else _last_step(told)

    def _after_kill(self, job: SmallJob) -> Iterator[str]:
        """Yield what is wrong with the ruins: files under final names must be whole."""
        yield from _catalog_faults(job)
        for name, digest in _pixels(job).items():
            if digest != self.yardstick.pixels.get(name):
                yield f"{name} has its name and is not finished"
        for product in _products(job):
            if not sums_hold(product):
                yield f"{product.name} has its name and is not finished"

    def _after_end(self, job: SmallJob) -> Iterator[str]:
        yield from _catalog_faults(job)
        if len(_products(job)) != 1:
            yield f"{len(_products(job))} products"
            return
        found = essence(only_product(job.out))
        for name in sorted({*found, *self.yardstick.essence}):
            if found.get(name) != self.yardstick.essence.get(name):
                yield f"{name} differs from that of the job nobody killed"
        if not sums_hold(only_product(job.out)):
            yield "the product's sums do not hold"
        if leftovers(job.out):
            yield f"left lying about: {leftovers(job.out)}"
        states = _query(job, "SELECT status FROM jobs ORDER BY rowid")
        if states[-1] != "succeeded" or set(states[:-1]) - {"interrupted", "succeeded"}:
            yield f"the catalog says {states}"


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


def _start(job: SmallJob, call: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.deadly", str(call), RECORD, *job.command[3:]],
        cwd=job.folder,
        env=job.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _last_step(told: str) -> str:
    """Return which step was running when the stream of events broke off."""
    step = "start"
    for line in told.splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the line that the kill cut
            continue
        if event["type"] == "step_started":
            step = event["step"]
        elif event["type"] == "step_finished":
            step = f"after {event['step']}"
    return step


def _pixels(job: SmallJob) -> dict[str, str]:
    """Return digests of all rasters under their final names, product or not, by masked name."""
    found = {}
    for path in sorted(job.out.rglob("*.tif")) if job.out.is_dir() else ():
        name = path.relative_to(job.out).as_posix()
        if PARTIAL_MARK not in name:
            key = name if name.startswith(".work") else path.name.rpartition("_")[2]
            found[key] = pixels(path)
    return found


def _products(job: SmallJob) -> list[Path]:
    if not job.out.is_dir():
        return []
    return [path for path in job.out.iterdir() if path.is_dir() and path.name[:1] != "."]


def _catalog_faults(job: SmallJob) -> Iterator[str]:
    if not job.catalog.is_file():
        return
    for pragma in ("integrity_check", "foreign_key_check"):
        rows = [row for row in _query(job, f"PRAGMA {pragma}") if row != "ok"]
        if rows:
            yield f"the catalog fails its {pragma}: {rows[:3]}"


def _query(job: SmallJob, sql: str) -> list[Any]:
    connection = sqlite3.connect(job.catalog)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()
