"""The program as a process of its own."""

import subprocess
import sys
from typing import Any

FOREGROUND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from landslidectl.cli.app import main
sys.argv[0] = "landslidectl"
main()
"""


def started(arguments: list[str], **streams: Any) -> subprocess.Popen[str]:
    """Start the program as a shell does in the foreground, whatever started the tests."""
    return subprocess.Popen([sys.executable, "-c", FOREGROUND, *arguments], text=True, **streams)
