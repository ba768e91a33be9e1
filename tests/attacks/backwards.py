"""The program under a clock that was set back, and that is set back further each time it is read.

``python -m tests.attacks.backwards WORDS...`` runs ``landslidectl WORDS...``.
"""

import datetime
import sys
import time
from typing import Any, Self

START = datetime.datetime(2003, 1, 1, tzinfo=datetime.UTC)
STEP = datetime.timedelta(hours=1)
reads = 0


def _told() -> datetime.datetime:
    global reads  # noqa: PLW0603  (one clock a process)
    reads += 1
    return START - reads * STEP


class Backwards(datetime.datetime):
    """Tells instants as always, but for the present one."""

    @classmethod
    def now(cls, tz: Any = None) -> Self:
        told = _told().astimezone(tz)
        return cls.combine(told.date(), told.timetz())

    @classmethod
    def utcnow(cls) -> Self:
        return cls.now(datetime.UTC).replace(tzinfo=None)


def main() -> None:
    datetime.datetime = Backwards  # type: ignore[misc]
    time.time = lambda: _told().timestamp()
    from landslidectl.cli.app import main as run

    sys.argv[0] = "landslidectl"
    try:
        run()
    finally:
        assert reads > 3, "nobody looked at the clock"


if __name__ == "__main__":
    main()
