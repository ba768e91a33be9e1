"""Processes that have ended and such that have not, for tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def ended_process() -> int:
    """Return the number of a process that is gone."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@contextmanager
def sleeping_process() -> Iterator[int]:
    """Yield the number of a process that lives as long as the block."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        yield child.pid
    finally:
        child.kill()
        child.wait()
