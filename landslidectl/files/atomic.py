"""Write to a temporary name, sync, rename: a file under its final name is always complete."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from landslidectl.errors import OutputError

PARTIAL_MARK = ".partial-"


@contextmanager
def atomic_path(final: Path) -> Iterator[Path]:
    """Give a temporary path beside ``final`` and rename it when the block ends well.

    The temporary name keeps the suffix, since GDAL and others choose by it. On any exception the
    temporary file is removed and ``final`` stays as it was.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written there.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(final, error) from error
    temporary = final.with_name(f".{final.stem}{PARTIAL_MARK}{uuid.uuid4().hex[:8]}{final.suffix}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(final)
        _sync_folder(final.parent)
    except OSError as error:
        raise _unwritable(final, error) from error
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


def _unwritable(final: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(
        f"{final}: cannot be written: {reason}",
        "Choose another folder with --output, or free space and run the same command again.",
    )


def _sync(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows cannot open folders and needs no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
