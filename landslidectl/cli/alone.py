"""Keep a long command alone in its folder, and end it tidily when it is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for a block that Ctrl-C and SIGTERM may stop.

    Folders that are made for the lock and stay empty are removed again.

    Raises
    ------
    LockedError
        If another process works in the folder.
    Interrupted, Terminated
        When the block was stopped.
    """
    from landslidectl.jobs.lock import folder_lock  # noqa: PLC0415
    from landslidectl.jobs.signals import stoppable  # noqa: PLC0415

    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        with stoppable(), folder_lock(folder / "lock"):
            yield
    finally:
        for one in made:
            with suppress(OSError):
                one.rmdir()
