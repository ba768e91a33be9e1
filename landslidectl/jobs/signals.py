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
    asked = _Asked()
    previous = {}
    if threading.current_thread() is threading.main_thread():
        previous[signal.SIGTERM] = signal.signal(signal.SIGTERM, asked.terminate)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            previous[signal.SIGINT] = signal.signal(signal.SIGINT, asked.interrupt)
    try:
        yield
    except KeyboardInterrupt as error:
        raise _interrupted() from error
    except Exception as error:
        # A library that calls back into Python may swallow what the signal raised there and fail
        # for want of a result.
        if asked.stop is None or asked.stop is error:
            raise
        raise asked.stop from error
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler or signal.SIG_DFL)


class _Asked:
    """What the user or the system asked for while a block ran."""

    def __init__(self) -> None:
        self.stop: Interrupted | Terminated | None = None

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        self.stop = _interrupted()
        signal.default_int_handler(number, frame)

    def terminate(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGTERM, _end_at_once)
        self.stop = Terminated("the system asked the process to end (SIGTERM)", RESUME)
        raise self.stop


def _interrupted() -> Interrupted:
    return Interrupted("stopped by Ctrl-C", RESUME)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(Terminated.exit_code)
