import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from landslidectl.errors import Interrupted, Terminated
from landslidectl.jobs import signals
from landslidectl.jobs.signals import stop_if_asked, stoppable

STOPS = [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)]


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Signals as a shell in the foreground leaves them, whatever started the tests."""
    before = {number: signal.getsignal(number) for number, _ in STOPS}
    for number, _ in STOPS:
        is_key = number == signal.SIGINT
        signal.signal(number, signal.default_int_handler if is_key else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def ask() -> Callable[[int], None]:
    return lambda number: os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "error"), STOPS)
def test_a_signal_becomes_our_exception(ask, number, error):
    before = signal.getsignal(number)
    with pytest.raises(error, match=r"stopped|asked|closed"), stoppable():
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


@pytest.mark.parametrize(("number", "error"), STOPS)
def test_a_swallowed_signal_stops_the_work_at_the_next_look(ask, number, error):
    with pytest.raises(error), stoppable():
        stop_if_asked()
        with suppress(BaseException):
            ask(number)
        stop_if_asked()
        pytest.fail("the work went on")
    stop_if_asked()


@pytest.mark.parametrize(("number", "error"), STOPS)
def test_a_block_inside_another_tells_of_the_stop_itself(ask, number, error):
    """The job is inside, and records how it ended; the command is outside."""
    seen = []
    with pytest.raises(error), stoppable():
        try:
            with stoppable():
                ask(number)
        except error as caught:
            seen.append(caught)
            raise
    assert len(seen) == 1


def test_a_fault_without_a_signal_stays_what_it_is():
    with pytest.raises(TypeError, match="no signal"), stoppable():
        raise TypeError("no signal")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_whoever_has_a_signal_ignored_is_obeyed(ask, number):
    """As background jobs of a shell do with Ctrl-C, and nohup with the end of the terminal."""
    signal.signal(number, signal.SIG_IGN)
    with stoppable():
        ask(number)


def test_one_key_press_that_arrives_twice_lets_the_record_be_written(ask):
    with pytest.raises(Interrupted), stoppable():
        try:
            ask(signal.SIGINT)
        finally:
            ask(signal.SIGINT)


def test_a_second_wish_ends_at_once():
    code = (
        "import os, signal, time\n"
        "from landslidectl.jobs.signals import stoppable\n"
        "with stoppable():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    finally:\n"
        f"        time.sleep({signals.SAME_WISH_S + 0.2})\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(600)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=300)
    assert ended.returncode == Terminated.exit_code
