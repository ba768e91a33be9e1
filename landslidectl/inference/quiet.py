"""What the runtime's C++ writes to descriptors 1 and 2 is kept from the user, and can be read."""

import atexit
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

STREAMS = (1, 2)
TELLING = re.compile(r"error|required|fail|no adapter|couldn't|invalid", re.IGNORECASE)
BESIDE_THE_POINT = re.compile(
    r"^INFO|plugin|npu|XDG_RUNTIME_DIR|OpenCL|^└|^\s+at |INTERNAL: Failed", re.IGNORECASE
)
PREFIX = re.compile(
    r"^(?:(?:error|warning):|[EWF]\d{4} .*?\])\s*(?:\[[^\]]*\]\s*)?(?:Failed [^:]*: INTERNAL: )?",
    re.IGNORECASE,
)
MOST_LINES = 3


class Chatter:
    """What was written; complete once the block that caught it has ended."""

    def __init__(self) -> None:
        self.text = ""

    def reasons(self) -> str:
        """Return the few lines that say why something failed; empty where none does."""
        found: dict[str, None] = {}
        for line in self.text.splitlines():
            if TELLING.search(line) and not BESIDE_THE_POINT.search(line):
                found.setdefault(PREFIX.sub("", line.strip()).rstrip(". "))
        return "; ".join(list(found)[:MOST_LINES])


@contextmanager
def quiet(verbose: bool = False) -> Iterator[Chatter]:
    """Catch what is written to descriptors 1 and 2, whoever writes it, while a network loads.

    Parameters
    ----------
    verbose : bool
        Write it to standard error when the block ends.
    """
    chatter = Chatter()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as sink:
        try:
            with ExitStack() as stack:
                for number in filter(_is_open, STREAMS):
                    stack.callback(_restore, os.dup(number), number)
                    os.dup2(sink.fileno(), number)
                yield chatter
        finally:
            sink.seek(0)
            chatter.text = sink.read().decode("utf-8", "replace")
            if verbose:
                sys.stderr.write(chatter.text)


def hush_the_end() -> None:
    """Keep off the terminal what the runtime writes to descriptor 2 when the process ends."""
    atexit.register(_hush)


def _hush() -> None:
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _restore(saved: int, number: int) -> None:
    os.dup2(saved, number)
    os.close(saved)
