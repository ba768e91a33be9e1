"""Zip files that the same members always give the same bytes."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from landslidectl.files.atomic import atomic_path

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first instant that a zip can hold; no clock is read."""
UNIX = 3
PLAIN_FILE = 0o100644 << 16
COMPRESSED_ALREADY = (".png",)


def write_zip(final: Path, members: Sequence[tuple[str, bytes]]) -> None:
    """Write members, in their order, without anything that tells when or where it was done."""
    with atomic_path(final) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = UNIX
            info.external_attr = PLAIN_FILE
            packed = not name.endswith(COMPRESSED_ALREADY)
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(info, content, compresslevel=9 if packed else None)
