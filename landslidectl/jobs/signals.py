"""Turn Ctrl-C and SIGTERM into our exceptions, so that a job is recorded as interrupted."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from landslidectl.errors import Interrupted, Terminated

RESUME = "Run the same command again: it goes on where it stopped."


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Interrupted` or `Terminated` in the block when the user or the system asks to stop.

    A second SIGTERM ends the process at once.

    Raises
    ------
    Interrupted, Terminated
        On Ctrl-C and SIGTERM.
    """
    previous = None
    in_main = threading.current_thread() is threading.main_thread()
    if in_main:
        previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted("stopped by Ctrl-C", RESUME) from error
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, previous or signal.SIG_DFL)


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.signal(signal.SIGTERM, _end_at_once)
    raise Terminated("the system asked the process to end (SIGTERM)", RESUME)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(Terminated.exit_code)
