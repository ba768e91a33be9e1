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
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.attacks.deadly import FILLER, ROOM, VOLUME
from tests.attacks.ruins import RECORD, last_step, measure, start_struck
from tests.attacks.world import SmallJob, copied

VOLUME_MB = 300
"""More than a job asks for before it starts."""
NAMED_CODES = (7, 8)
FIGURES = re.compile(
    r"\d+(\.\d+)? (GB|MB)|[Rr]ead-?only|Permission denied|unable to open"
    r"|standard output cannot be written"
)
"""What a message must tell: how full the disk is, or that it takes nothing."""
WRITABLE = 0o755
VERB_OPTIONS = {"watch-once": ("--settle", "0")}


@dataclass(frozen=True)
class Blow:
    """How the disk is taken away.

    Parameters
    ----------
    kind : str
        ``fill``, ``lock`` or ``deny``, see ``deadly``.
    call : int
        Before which call; 0 and 1 mean before the first.
    room : int
        Bytes that a full disk has left.
    has_catalog_there : bool
        Whether the catalog lies on that disk too.
    """

    kind: str
    call: int
    room: int = 0
    has_catalog_there: bool = False

    def variables(self, volume: Path) -> dict[str, str]:
        """Return what the process has to be told of it."""
        return {VOLUME: str(volume), ROOM: str(self.room)}


@dataclass(frozen=True)
class Starved:
    """What became of one job: where the blow fell, how it ended, and what was wrong."""

    blow: Blow
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
    verb : str
        The command.
    """

    def __init__(self, folder: Path, verb: str = "detect") -> None:
        self.folder, self.verb = folder, verb
        self.volume = folder / "volume"
        self.volume.mkdir(exist_ok=True)
        with mounted(self.volume):
            self.yardstick = measure(self._fresh(False))

    def attack(self, blow: Blow) -> Starved:
        """Let a blow fall on a job, give the disk back, and run the same command again."""
        with mounted(self.volume):
            job = self._fresh(blow.has_catalog_there)
            process = start_struck(job, blow.kind, max(blow.call, 1), **blow.variables(self.volume))
            told, errors = process.communicate()
            has_struck = json.loads((job.folder / RECORD).read_text())["has_struck"]
            message = _message(told) or errors[-500:]
            faults = list(end_faults_of(process.returncode, message, has_struck))
            give_back(self.volume, blow.kind)
            faults += self.yardstick.ruin_faults(job)
            again = job.run()
            if again.returncode != 0:
                faults.append(f"going on ended with {again.returncode}: {again.stderr[-500:]}")
            else:
                faults += self.yardstick.end_faults(job)
            step = last_step(told) if has_struck else "late"
            return Starved(blow, step, process.returncode, message, tuple(faults))

    def _fresh(self, has_catalog_there: bool) -> SmallJob:
        shutil.rmtree(self.folder / "job", ignore_errors=True)
        folder = copied(self.folder / "planted", self.folder / "job")
        job = SmallJob(folder, volume=self.volume, has_catalog_there=has_catalog_there)
        options = (*job.options, *VERB_OPTIONS.get(self.verb, ()))
        return replace(job, verb=self.verb, options=options)


def end_faults_of(code: int, message: str, has_struck: bool) -> Iterator[str]:
    """Yield what is wrong with how a command ended whose disk was taken away."""
    if code == 0:
        return  # what was still to be written found room, or the blow fell at the very end
    if not has_struck:
        yield f"ended with {code} before the blow: {message}"
    if code not in NAMED_CODES:
        yield f"ended with {code}: {message}"
    elif not FIGURES.search(message):
        yield f"says no figures: {message}"


def give_back(volume: Path, kind: str) -> None:
    """Free the disk again, or make it writable."""
    if kind == "lock":
        words = ["mount", "-o", "remount,rw", str(volume)]
        subprocess.run(words, check=True, capture_output=True)
    if kind == "deny":
        for folder in (volume, *(path for path in volume.rglob("*") if path.is_dir())):
            folder.chmod(WRITABLE)
    (volume / FILLER).unlink(missing_ok=True)


def mountable(folder: Path) -> str:
    """Say why this machine lets nobody mount a small volume; empty where it does."""
    try:
        with mounted(folder):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no small volume can be mounted here: {error}"


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount a small volume in memory on a folder."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MB}m", "tmpfs", str(folder)]
    subprocess.run(words, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _message(told: str) -> str:
    """Return what the stream of events says went wrong."""
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return " ".join(line["message"] for line in lines if line["type"] == "error")
