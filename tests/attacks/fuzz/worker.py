"""One process that feeds a reader case after case, until it is done or something kills it.

``python -m tests.attacks.fuzz.worker READER FOLDER SEED START STOP``. What is being tried is always
on the disk before it is tried, so that whoever waits knows what killed this process.
"""

import faulthandler
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import landslidectl
from landslidectl.errors import LandslidectlError
from landslidectl.files.gdal_environment import drop_foreign_variables

MOST_S = 10.0
MOST_ON_THE_CLOCK_S = 60.0
MOST_ADDRESSES = 4 << 30
MOST_GROWTH_KB = 768 << 10
CORPUS_SHARE, CORPUS_SIZE, KEPT_BYTES = 0.5, 300, 400_000
PACKAGE = str(Path(landslidectl.__file__).parent)


@dataclass(frozen=True)
class Case:
    """How one case ended.

    Parameters
    ----------
    number : int
    outcome : str
        ``result``, the name of the error that refused the input, or ``fault``.
    what : str
        Of a fault: what went wrong, and where.
    seconds : float
        Of processor time.
    grown_kb : int
        Memory above that before the case, at its highest.
    """

    number: int
    outcome: str
    what: str = ""
    seconds: float = 0.0
    grown_kb: int = 0

    @property
    def is_fault(self) -> bool:
        return self.outcome == "fault"


def fault_input(folder: Path, number: int) -> Path:
    """Return where the input of a fault is kept."""
    return folder / "faults" / f"{number:06d}.bin"


class Lines:
    """Which lines of the program have run; a case that runs new ones is worth mutating further."""

    def __init__(self) -> None:
        self._seen: set[tuple[Any, int]] = set()
        self.new = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.new = 0
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        return self._line if frame.f_code.co_filename.startswith(PACKAGE) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        key = (frame.f_code, frame.f_lineno)
        if key not in self._seen:
            self._seen.add(key)
            self.new += 1
        return self._line


class Worker:
    """Feeds one reader.

    Parameters
    ----------
    name : str
        Of the reader.
    folder : Path
        Holds ``planted``; everything of this reader goes into a folder of its name beside.
    seed : int
    guided : bool
        Keep what runs new lines, and mutate it further.
    """

    def __init__(self, name: str, folder: Path, seed: int, guided: bool = True) -> None:
        from tests.attacks.fuzz.readers import READERS
        from tests.attacks.fuzz.sandbox import Sandbox
        from tests.attacks.fuzz.seeds import copy_planted

        self.reader, self.name, self.seed = READERS[name], name, seed
        self.folder = folder / name
        self.corpus = self.folder / "corpus"
        self.corpus.mkdir(parents=True, exist_ok=True)
        copy_planted(folder / "planted", self.folder / "sandbox")
        self.box = Sandbox(self.folder / "sandbox")
        self.seeds = self.reader.seeds(self.box)
        self.lines = Lines() if guided else None
        self.kept = [path.read_bytes() for path in sorted(self.corpus.iterdir())]
        for sound in self.seeds:
            case = self.try_one(-1, sound)
            assert case.outcome == "result", f"{name}: a sound input is refused: {case}"
        if self.lines:
            for content in self.kept:
                self.try_one(-1, content)

    def run(self, start: int, stop: int) -> Iterator[Case]:
        for number in range(start, stop):
            content = self.content(number)
            (self.folder / "current.bin").write_bytes(content)
            (self.folder / "current.txt").write_text(str(number))
            case = self.try_one(number, content)
            if case.is_fault:
                left = fault_input(self.folder, number)
                left.parent.mkdir(exist_ok=True)
                left.write_bytes(content)
            if self.lines and self.lines.new and len(self.kept) < CORPUS_SIZE:
                self._keep(number, content)
            yield case

    def content(self, number: int) -> bytes:
        """Return the input of a case."""
        rng = random.Random(f"{self.seed}/{self.name}/{number}")
        further = self.kept and rng.random() < CORPUS_SHARE
        return self.reader.mutate(rng, rng.choice(self.kept if further else self.seeds))

    def try_one(self, number: int, content: bytes) -> Case:
        """Feed one input and judge how it ended."""
        before = _memory_kb("VmRSS")
        _forget_peak()
        began = time.process_time()
        with _deadline():
            outcome, what = self._outcome(content)
        grown = max(0, _memory_kb("VmHWM") - before)
        if outcome != "fault" and grown > MOST_GROWTH_KB:
            outcome, what = "fault", f"took {grown >> 10} MB of memory"
        return Case(number, outcome, what, round(time.process_time() - began, 3), grown)

    def _outcome(self, content: bytes) -> tuple[str, str]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if self.lines is None:
                    self.reader.read(self.box, content)
                else:
                    with self.lines.watched():
                        self.reader.read(self.box, content)
        except LandslidectlError as error:
            if error.exit_code in self.reader.codes:
                return type(error).__name__, ""
            return "fault", f"ends with {error.exit_code}: {error.message[:200]}"
        except BaseException as error:
            return "fault", f"{type(error).__name__}: {str(error)[:200]} @ {_where(error)}"
        return "result", ""

    def _keep(self, number: int, content: bytes) -> None:
        if len(content) <= KEPT_BYTES:
            self.kept.append(content)
            (self.corpus / f"{number:06d}.bin").write_bytes(content)


@contextmanager
def _deadline() -> Iterator[None]:
    """End this process where a case takes too long, in native code as well.

    It has so many seconds of the processor; on the clock it has more, since other work runs beside.
    """
    signal.setitimer(signal.ITIMER_PROF, MOST_S)
    faulthandler.dump_traceback_later(MOST_ON_THE_CLOCK_S, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _where(error: BaseException) -> str:
    """Return the innermost place of the program that an exception came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(PACKAGE)] or frames
    place = Path(own[-1].filename)
    return f"{place.parent.name}/{place.name}:{own[-1].lineno}"


def _memory_kb(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limit_process() -> None:
    """Let this process neither fill the memory nor leave its own behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))


def main() -> None:
    name, folder, seed, start, stop = sys.argv[1:]
    drop_foreign_variables()
    limit_process()
    worker = Worker(name, Path(folder), int(seed))
    for case in worker.run(int(start), int(stop)):
        sys.stdout.write(json.dumps(asdict(case)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
