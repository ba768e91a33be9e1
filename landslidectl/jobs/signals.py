"""Turn Ctrl-C and the system's wish to end into our exceptions, so that what runs is recorded."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from landslidectl.errors import Interrupted, LandslidectlError, Terminated

RESUME = "Run the same command again: a job goes on where it stopped."
SAME_WISH_S = 1.0
"""Terminals, shells and wrappers may all pass on one key press."""
STANDARD_ERROR, SHOW_CURSOR = 2, b"\x1b[?25h"
"""Bars hide the cursor, and whoever drew them has no time left to show it again."""
WISHES = {
    "SIGTERM": "the system asked the process to end (SIGTERM)",
    "SIGHUP": "the terminal was closed (SIGHUP)",
    "SIGBREAK": "the system asked the process to end (Ctrl-Break)",
}
"""Not every system has all of them."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Interrupted` or `Terminated` in the block when the user or the system asks to stop.

    A second wish, a second or more after the first, ends the process at once. Signals that whoever
    started the process had it ignore, as ``nohup`` does, stay ignored. Inside another such block it
    changes nothing.

    Raises
    ------
    Interrupted, Terminated
        On Ctrl-C, and on SIGTERM, SIGHUP and Ctrl-Break.
    """
    outer = _current()
    asked = outer or _Asked()
    previous = {} if outer else _listen(asked)
    try:
        yield
    except KeyboardInterrupt as error:
        raise asked.interrupted() from error
    except Exception as error:
        # A library that calls back into Python may swallow what the signal raised there and fail
        # for want of a result.
        if asked.stop is None or asked.stop is error:
            raise
        raise asked.stop from error
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler or signal.SIG_DFL)


def stop_if_asked() -> None:
    """Raise again what a signal raised, if somebody on the way swallowed it.

    Raises
    ------
    Interrupted, Terminated
        If the process was asked to stop.
    """
    asked = _current()
    if asked is not None and asked.stop is not None:
        raise asked.stop


class _Asked:
    """What the user or the system asked for while a block ran."""

    def __init__(self) -> None:
        self.stop: LandslidectlError | None = None
        self._since = 0.0

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Take Ctrl-C."""
        del number, frame
        self._note(Interrupted("stopped by Ctrl-C", RESUME))

    def terminate(self, number: int, frame: FrameType | None) -> None:
        """Take the wish of the system."""
        del frame
        self._note(Terminated(WISHES[signal.Signals(number).name], RESUME))

    def interrupted(self) -> LandslidectlError:
        """Return what to raise for a KeyboardInterrupt."""
        return self.stop or Interrupted("stopped by Ctrl-C", RESUME)

    def _note(self, stop: LandslidectlError) -> None:
        if self.stop is None:
            self.stop, self._since = stop, time.monotonic()
            # no Exception: libraries and threads swallow those more readily
            raise KeyboardInterrupt
        if time.monotonic() - self._since >= SAME_WISH_S:
            with suppress(OSError):
                if os.isatty(STANDARD_ERROR):
                    os.write(STANDARD_ERROR, SHOW_CURSOR)
            os._exit(stop.exit_code)


def _listen(asked: _Asked) -> dict[int, Any]:
    """Take the signals over that end a process; only the main thread may."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    previous: dict[int, Any] = {}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, asked.interrupt)
    for name in WISHES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            previous[number] = signal.signal(number, asked.terminate)
    return previous


def _current() -> _Asked | None:
    """Return what listens already, if anything does."""
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, _Asked) else None
