import os
import signal
from collections.abc import Callable
from contextlib import suppress

import pytest

from landslidectl.errors import Interrupted, Terminated
from landslidectl.jobs.signals import stoppable

STOPS = [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated)]


@pytest.fixture
def ask() -> Callable[[int], None]:
    return lambda number: os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "error"), STOPS)
def test_a_signal_becomes_our_exception(ask, number, error):
    before = signal.getsignal(number)
    with pytest.raises(error, match=r"stopped|asked"), stoppable():
        ask(number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "error"), STOPS)
def test_a_library_that_swallows_the_signal_does_not_turn_it_into_a_fault(ask, number, error):
    def callback() -> None:
        with suppress(BaseException):
            ask(number)
        raise TypeError("'NoneType' object is not subscriptable")

    with pytest.raises(error) as caught, stoppable():
        callback()
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_fault_without_a_signal_stays_what_it_is():
    with pytest.raises(TypeError, match="no signal"), stoppable():
        raise TypeError("no signal")


def test_a_shell_that_ignores_ctrl_c_is_obeyed(ask):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable():
            ask(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
