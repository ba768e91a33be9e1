"""A terminal of a given size for a program to run in."""

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:3|4|9|10)[0-9](?:;[0-9]+)*m")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal was sent until the program ended."""

    text: str
    exit_code: int

    @property
    def lines(self) -> list[str]:
        """Return the lines that stay, without what moves the cursor and what it wrote over."""
        lines = self.text.replace("\r\n", "\n").split("\n")
        return [ESCAPE.sub("", line.rsplit("\r", 1)[-1]) for line in lines]


def in_terminal(
    words: Sequence[str],
    columns: int,
    environment: Mapping[str, str],
    watch: Callable[[str, subprocess.Popen[bytes]], None] | None = None,
) -> Shown:
    """Run a program whose three streams are a terminal, and read what it shows.

    Parameters
    ----------
    words : sequence of str
    columns : int
        Width; the height is 24.
    environment : mapping
        Variables in place of those of this process.
    watch : callable, optional
        Given what was shown so far, and the process, whenever there is more.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {
        name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")
    }
    process = subprocess.Popen(
        words, stdin=follower, stdout=follower, stderr=follower, env=dict(environment)
    )
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 1.0)[0]:
            part = _read(leader)
            if not part:
                break
            shown += part
            if watch is not None:
                watch(shown.decode("utf-8", "replace"), process)
    os.close(leader)
    return Shown(shown.decode("utf-8", "replace"), process.wait(200))


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError as error:
        if error.errno == errno.EIO:  # Linux says so when the program has gone
            return b""
        raise
