"""What libraries warn of goes into the log, where it otherwise goes to the terminal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from landslidectl.cli.log_file import Log


@contextmanager
def libraries_into(log: Log) -> Iterator[None]:
    """Take warnings and errors of libraries, and Python's own warnings, into a log for a block."""
    handler = _LibraryHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)


class _LibraryHandler(logging.Handler):
    """Hand records of libraries on."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        self._log.write(level, f"{record.name}: {record.getMessage()}", "library")
