"""A log file that several processes write, that stays small, and that never stops its writer."""

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

MAX_BYTES = 5_000_000
KEPT = 5


@dataclass(slots=True)
class Logbook:
    """Lines in a file, which is put aside when it is full.

    Every record is one write at the end of the file, so records of several processes do not mix.
    ``x.log`` becomes ``x.log.1``, that ``x.log.2``, and the last one is dropped.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    on_trouble : callable
        Told once why the file cannot be written; the writer goes on.
    max_bytes, kept : int
        When a file is full, and how many full ones stay.
    """

    path: Path
    on_trouble: Callable[[OSError], None]
    max_bytes: int = MAX_BYTES
    kept: int = KEPT
    _troubled: bool = field(default=False, init=False)

    def append(self, text: str) -> bool:
        """Write one record, which may have several lines; False when it is lost."""
        try:
            self._append(text.encode("utf-8", errors="backslashreplace"))
        except OSError as error:
            if not self._troubled:
                self._troubled = True
                self.on_trouble(error)
            return False
        return True

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as file:
            while line:
                line = line[file.write(line) :]
            state = os.fstat(file.fileno())
        if state.st_size > self.max_bytes and stat.S_ISREG(state.st_mode):
            # on Windows a file that another process has open stays; it is tried again next time
            with suppress(OSError):
                self._put_aside()

    def _put_aside(self) -> None:
        with self.path.with_name(f".{self.path.name}.lock").open("ab", buffering=0) as lock:
            if not _locked(lock) or self.path.stat().st_size <= self.max_bytes:
                return  # another process does it, or has done it
            for number in range(self.kept - 1, 0, -1):
                with suppress(FileNotFoundError):
                    self._aside(number).replace(self._aside(number + 1))
            self.path.replace(self._aside(1))

    def _aside(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _locked(file: FileIO) -> bool:
    """Take a lock that ends when the file is closed, or its process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
