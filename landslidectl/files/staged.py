"""Hidden folders: renamed when they are complete, or gone with all that is left in them."""

import glob
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landslidectl.files.atomic import PARTIAL_MARK, sync_folder, unwritable
from landslidectl.files.hashing import stable_key


@contextmanager
def staged_folder(final: Path) -> Iterator[Path]:
    """Give a hidden folder beside ``final`` that takes its place when the block ends well.

    What a process that was killed left there is removed first, so only one may write a ``final``
    at a time.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If the folder cannot be made or written for another reason.
    """
    try:
        staging = _hidden(final.parent, final.name)
    except OSError as error:
        raise unwritable(final, error) from error
    try:
        yield staging
        _take_place(staging, final)
        sync_folder(final.parent)
    except OSError as error:
        raise unwritable(final, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def scratch_folder(inside: Path, purpose: str) -> Iterator[Path]:
    """Give a hidden folder in another, on its disk, which goes with all that is left in it.

    Parameters
    ----------
    inside : Path
    purpose : str
        What a process with the same purpose left there, when it was killed or its disk went away,
        is removed first; so only one may have it at a time.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If the folder cannot be made or written for another reason.
    """
    try:
        # paths have limits, and what is in it has long names already
        folder = _hidden(inside, f"scratch-{stable_key(purpose)[:8]}")
    except OSError as error:
        raise unwritable(inside, error) from error
    try:
        yield folder
    except OSError as error:
        raise unwritable(inside, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hidden(inside: Path, name: str) -> Path:
    """Make a hidden folder, and remove those of the name that were left."""
    inside.mkdir(parents=True, exist_ok=True)
    stem = f".{name}{PARTIAL_MARK}"
    for leftover in inside.glob(f"{glob.escape(stem)}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = inside / f"{stem}{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return folder


def _take_place(staging: Path, final: Path) -> None:
    """Rename the staged folder; what stood there before goes away only afterwards."""
    if not final.exists():
        staging.replace(final)
        return
    replaced = staging.with_name(f"{staging.name}-old")
    final.replace(replaced)
    try:
        staging.replace(final)
    except OSError:
        replaced.replace(final)
        raise
    shutil.rmtree(replaced, ignore_errors=True)
