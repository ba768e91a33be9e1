"""Zip files that the same members always give the same bytes."""

import io
import zipfile
from collections.abc import Sequence

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first instant that a zip can hold; no clock is read."""
UNIX = 3
PLAIN_FILE = 0o100644 << 16
COMPRESSED_ALREADY = (".png",)


def zip_bytes(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return a zip of members, in their order, that tells neither when nor where it was made."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members:
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = UNIX
            info.external_attr = PLAIN_FILE
            packed = not name.endswith(COMPRESSED_ALREADY)
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(info, member, compresslevel=9 if packed else None)
    return content.getvalue()
