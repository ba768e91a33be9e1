"""Write to a temporary name, sync, rename: a file under its final name is always complete."""

import errno
import glob
import json
import os
import platform
import shutil
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from landslidectl.errors import OutputError, ResourceError
from landslidectl.files.processes import is_running, process_space

PARTIAL_MARK = ".partial-"
FULL = (errno.ENOSPC, errno.EDQUOT)
NO_ROOM_BYTES = 1 << 20
"""A disk with less is full: libraries that write do not always say why they could not."""


@contextmanager
def atomic_path(final: Path) -> Iterator[Path]:
    """Give a temporary path beside ``final`` and rename it when the block ends well.

    The temporary name keeps the suffix, since GDAL and others choose by it. On any exception the
    temporary file is removed and ``final`` stays as it was. Where it cannot be removed, as on a
    disk that became read-only, or the process is killed, whoever writes ``final`` next removes it.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If the folder cannot be made or the file cannot be written there for another reason.
    """
    make_folder(final.parent)
    temporary = hidden_beside(final)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(final)
        sync_folder(final.parent)
    except OSError as error:
        raise unwritable(final, error) from error
    finally:
        # a read-only file system refuses to remove even what is not there
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text_atomic(final: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends."""
    with atomic_path(final) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes_atomic(final: Path, content: bytes) -> None:
    """Write bytes as they are."""
    with atomic_path(final) as temporary:
        temporary.write_bytes(content)


def write_json_atomic(final: Path, value: Any) -> None:
    """Write indented JSON with a final newline; keys keep their order."""
    write_text_atomic(final, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises
    ------
    ResourceError, OutputError
        As `atomic_path`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def remove_file(path: Path) -> None:
    """Remove a file, where there is one.

    Raises
    ------
    OutputError
        If it cannot be removed, as on a disk that became read-only.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputError | ResourceError:
    """Return the error for a file or folder that cannot be written: disk full, or anything else."""
    told = full_disk(path, error.errno in FULL)
    if told:
        return ResourceError(f"{path}: cannot be written: {told}", "Free space, then run it again.")
    return OutputError(
        f"{path}: cannot be written: {error.strerror or error}",
        "Choose another folder with --output, or make this one writable.",
    )


def full_disk(path: Path, is_sure: bool = False) -> str:
    """Say with figures that the disk of a path is full; empty where it is not.

    Parameters
    ----------
    path : Path
        Need not exist.
    is_sure : bool
        The system said so itself.
    """
    folder = next((item for item in (path, *path.absolute().parents) if item.is_dir()), None)
    if folder is None:
        return ""
    room = shutil.disk_usage(folder)
    if not is_sure and room.free >= NO_ROOM_BYTES:
        return ""
    free, total = room.free / 1e6, room.total / 1e6
    return f"the disk is full: {free:.1f} MB of {total:,.0f} MB are free"


def hidden_beside(final: Path) -> Path:
    """Return a temporary path beside ``final`` whose name tells the process, with its suffix.

    What processes of this machine that are gone left under such names, when they were killed or
    their disk went away, is removed.
    """
    machine = zlib.crc32(f"{platform.node()} {process_space()}".encode()) & 0xFFFF
    begins = f".{final.stem}{PARTIAL_MARK}{machine:04x}-"
    for left in final.parent.glob(f"{glob.escape(begins)}*"):
        writer = left.name.removeprefix(begins).partition("-")[0]
        with suppress(OSError, ValueError):
            if not is_running(int(writer, 16)):
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    return final.with_name(f"{begins}{os.getpid():x}-{uuid.uuid4().hex[:6]}{final.suffix}")


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows cannot open folders and needs no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
