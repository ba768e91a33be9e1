"""Hidden folders: renamed when they are complete, or gone with all that is left in them."""

import glob
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landslidectl.files.atomic import (
    PARTIAL_MARK,
    hidden_beside,
    make_folder,
    sync_folder,
    unwritable,
)


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
    stem = f".{final.name}{PARTIAL_MARK}"
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        for leftover in final.parent.glob(f"{glob.escape(stem)}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        staging = final.parent / f"{stem}{uuid.uuid4().hex[:8]}"
        staging.mkdir()
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
def scratch_folder(inside: Path) -> Iterator[Path]:
    """Give a hidden folder in another, on its disk, which goes with all that is left in it.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If the folder cannot be made or written for another reason.
    """
    make_folder(inside)
    folder = hidden_beside(inside / "scratch")
    try:
        folder.mkdir()
        yield folder
    except OSError as error:
        raise unwritable(inside, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
