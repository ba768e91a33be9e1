"""Take the disk away from the small job, at any writing step, and give it back.

The output lies on a small volume in memory, which fills up or becomes read-only right before one of
the calls that change what is on the disk, see ``deadly``. The same command afterwards must end as
if nothing had happened.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.deadly import FILLER, VOLUME
from tests.attacks.ruins import RECORD, last_step, measure, start_struck
from tests.attacks.world import SmallJob, copied

VOLUME_MB = 300
"""More than a job asks for before it starts."""
NAMED_CODES = (7, 8)
FIGURES = re.compile(r"\d+(\.\d+)? (GB|MB)|[Rr]ead-only")


@dataclass(frozen=True)
class Starved:
    """What became of one job: where the blow fell, how it ended, and what was wrong."""

    blow: str
    call: int
    step: str
    exit_code: int
    message: str
    faults: tuple[str, ...]


class Starver:
    """Starves jobs in a folder of its own; `mountable` tells whether this machine lets it.

    Parameters
    ----------
    folder : Path
        Holds ``planted``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.volume = folder / "volume"
        self.volume.mkdir(exist_ok=True)
        self.yardstick = measure(self._fresh(self.volume, False))
        shutil.rmtree(self.volume / "out")

    def attack(self, blow: str, call: int, has_catalog_there: bool) -> Starved:
        """Let a blow fall before a call; 0 makes it fall before the job begins."""
        _mount(self.volume)
        try:
            job = self._fresh(self.volume, has_catalog_there)
            process = start_struck(job, blow, max(call, 1), **{VOLUME: str(self.volume)})
            told, errors = process.communicate()
            has_struck = json.loads((job.folder / RECORD).read_text())["has_struck"]
            message = _message(told) or errors[-500:]
            faults = list(self._faults(process.returncode, message, has_struck))
            self._give_back(blow)
            faults += self.yardstick.ruin_faults(job)
            again = job.run()
            if again.returncode != 0:
                faults.append(f"going on ended with {again.returncode}: {again.stderr[-500:]}")
            else:
                faults += self.yardstick.end_faults(job)
            step = last_step(told) if has_struck else "late"
            return Starved(blow, call, step, process.returncode, message, tuple(faults))
        finally:
            subprocess.run(["umount", "-l", str(self.volume)], check=True)

    def _fresh(self, volume: Path, has_catalog_there: bool) -> SmallJob:
        shutil.rmtree(self.folder / "job", ignore_errors=True)
        folder = copied(self.folder / "planted", self.folder / "job")
        return SmallJob(folder, volume=volume, has_catalog_there=has_catalog_there)

    def _faults(self, code: int, message: str, has_struck: bool) -> Iterator[str]:
        if code == 0:
            return  # what was still to be written found room, or the blow fell at the very end
        if not has_struck:
            yield f"ended with {code} before the blow: {message}"
        if code not in NAMED_CODES:
            yield f"ended with {code}: {message}"
        elif not FIGURES.search(message):
            yield f"says no figures: {message}"

    def _give_back(self, blow: str) -> None:
        if blow == "lock":
            words = ["mount", "-o", "remount,rw", str(self.volume)]
            subprocess.run(words, check=True, capture_output=True)
        (self.volume / FILLER).unlink(missing_ok=True)


def mountable(folder: Path) -> str:
    """Say why this machine lets nobody mount a small volume; empty where it does."""
    try:
        _mount(folder)
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no small volume can be mounted here: {error}"
    return ""


def _mount(folder: Path) -> None:
    words = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MB}m", "tmpfs", str(folder)]
    subprocess.run(words, check=True, capture_output=True)


def _message(told: str) -> str:
    """Return what the stream of events says went wrong."""
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return " ".join(line["message"] for line in lines if line["type"] == "error")
