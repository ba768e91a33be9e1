"""The program, struck right before one of the calls that change what is on the disk.

``python -m tests.attacks.deadly BLOW CALL RECORD WORDS...`` runs ``landslidectl WORDS...``. Before
the call of that number (0: before none) the blow falls:

``kill``
    The process is killed.
``fill``
    The volume of the output fills up, but for as many bytes as are asked for.
``lock``
    The volume of the output becomes read-only.
``deny``
    All folders of the volume become read-only; this process must not be one that may write anyway.

How many calls there were, and whether the blow fell, is written to RECORD at the end.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CALLS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
VOLUME = "LANDSLIDECTL_ATTACK_VOLUME"
ROOM = "LANDSLIDECTL_ATTACK_ROOM"
FILLER = "filler.bin"
READ_ONLY = 0o555
SPARED = ("__pycache__", FILLER)


class Countdown:
    """Counts the calls, and strikes before the one that was asked for; 0 asks for none.

    A blow that cannot fall yet falls before a later call.
    """

    def __init__(self, deadly: int, blow: Callable[[], bool]) -> None:
        self.deadly = deadly
        self.calls = 0
        self.has_struck = False
        self._blow = blow
        self._inside = False

    def strike(self) -> None:
        if self._inside:
            return
        self._inside = True
        self.calls += 1
        if self.deadly and self.calls >= self.deadly and not self.has_struck:
            self.has_struck = self._blow()
        self._inside = False

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        written = event in CALLS or (event == "open" and arguments[2] & WRITING)
        # what has no name is open already, such as a file of compiled code
        written = written and isinstance(arguments[0], str | bytes | os.PathLike)
        if written and not any(name in str(arguments[0]) for name in SPARED):
            self.strike()


def _kill() -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def _fill() -> bool:
    """Leave some bytes free; what is written already may still grow into its last page."""
    volume = Path(os.environ[VOLUME])
    room = int(os.environ.get(ROOM, "0"))
    with (volume / FILLER).open("wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, max(1, shutil.disk_usage(volume).free - room))
    return True


def _lock() -> bool:
    """Make the volume read-only, which the system refuses while a file is open for writing."""
    words = ["mount", "-o", "remount,ro", os.environ[VOLUME]]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _deny() -> bool:
    volume = Path(os.environ[VOLUME])
    for folder in (volume, *(path for path in volume.rglob("*") if path.is_dir())):
        folder.chmod(READ_ONLY)
    return True


BLOWS = {"kill": _kill, "fill": _fill, "lock": _lock, "deny": _deny}


def main() -> None:
    blow, call, record = (sys.argv.pop(1) for _ in range(3))
    countdown = Countdown(int(call), BLOWS[blow])

    from landslidectl.catalog import access
    from landslidectl.cli.app import main as run

    fsync, immediate = os.fsync, access.immediate

    def deadly_fsync(descriptor: int) -> None:
        countdown.strike()
        fsync(descriptor)

    @contextmanager
    def deadly_transaction(db: Any) -> Iterator[None]:
        countdown.strike()
        with immediate(db):
            yield
            countdown.strike()
        countdown.strike()

    os.fsync = deadly_fsync
    access.immediate = deadly_transaction  # type: ignore[assignment]
    facts = {"calls": 0, "has_struck": False}

    def tell() -> None:
        facts.update(calls=countdown.calls, has_struck=countdown.has_struck)
        Path(record).write_text(json.dumps(facts))

    atexit.register(tell)
    sys.addaudithook(countdown.audit)
    sys.argv[0] = "landslidectl"
    run()


if __name__ == "__main__":
    main()
