"""The program, set to be killed right before one of the calls that change what is on the disk.

``python -m tests.attacks.deadly CALL RECORD WORDS...`` runs ``landslidectl WORDS...`` and kills it
before the call of that number; 0 lets it live. How many there were is written to RECORD at the end.
"""

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CALLS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Countdown:
    """Counts the calls, and kills before the one that was asked for; 0 asks for none."""

    def __init__(self, deadly: int) -> None:
        self.deadly = deadly
        self.calls = 0

    def strike(self) -> None:
        self.calls += 1
        if self.calls == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        written = event in CALLS or (event == "open" and arguments[2] & WRITING)
        if written and "__pycache__" not in str(arguments[0]):
            self.strike()


def main() -> None:
    countdown = Countdown(int(sys.argv.pop(1)))
    record = Path(sys.argv.pop(1))

    import landslidectl.catalog.catalog as catalog
    from landslidectl.cli.app import main as run

    fsync, immediate = os.fsync, catalog.immediate

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
    catalog.immediate = deadly_transaction  # type: ignore[assignment]
    atexit.register(lambda: record.write_text(str(countdown.calls)))
    sys.addaudithook(countdown.audit)
    sys.argv[0] = "landslidectl"
    run()


if __name__ == "__main__":
    main()
