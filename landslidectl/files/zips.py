"""Zip files: written so that the same members always give the same bytes, read with distrust."""

import io
import lzma
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first instant that a zip can hold; no clock is read."""
UNIX = 3
PLAIN_FILE = 0o100644 << 16
COMPRESSED_ALREADY = (".png",)

ACTING = ("Cc", "Cf", "Cs")
"""Kinds of characters that steer a terminal or turn a text around."""
END_RECORD = b"PK\x05\x06"
END_RECORD_BYTES = 22
LONGEST_COMMENT = 0xFFFF
BIG_LOCATOR = b"PK\x06\x07"
BIG_LOCATOR_BYTES = 20
LOCAL_HEADER_BYTES = 30
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError),
)
"""What a member raises that is damaged, encrypted or packed in a way that is not known."""
MAX_TABLE_BYTES = 8 << 20
"""Some 100,000 members; a product has fewer than a hundred."""
BOMB_BYTES, BOMB_RATIO = 1 << 30, 100
"""Radar numbers hardly get smaller; a member that is larger and packed tighter is made to harm."""


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


def read_table(path: Path) -> tuple[zipfile.ZipInfo, ...]:
    """Return the members of a zip, folders left out, once they are sure to do no harm.

    Raises
    ------
    zipfile.BadZipFile
        If the zip is damaged, or made to harm: names that lead out of it, links, encrypted
        members, members of one name or over each other, and contents or a table without measure.
    OSError
        If it cannot be read.
    """
    _check_table_size(path)
    try:
        with zipfile.ZipFile(path) as zipped:
            # a name may be empty, which zipfile itself does not survive asking for a folder
            entries = tuple(one for one in zipped.infolist() if not one.filename.endswith("/"))
    except (NotImplementedError, RuntimeError, ValueError, EOFError, struct.error) as error:
        raise zipfile.BadZipFile(str(error)) from error
    for entry in entries:
        reason = _harm(entry)
        if reason:
            raise zipfile.BadZipFile(f"member {printable(entry.filename)} {reason}")
    _refuse_doubles(entries)
    return entries


def printable(text: str) -> str:
    """Return a name from a zip so that it can be shown: short, and nothing in it acts."""
    shown = "".join("?" if unicodedata.category(one) in ACTING else one for one in text[-80:])
    return ("..." if len(text) > len(shown) else "") + shown


def _harm(entry: zipfile.ZipInfo) -> str:
    """Say what is hostile about a member; empty where nothing is."""
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    if any(unicodedata.category(letter) in ACTING for letter in name):
        return "has control characters in its name"
    if ".." in parts or not parts[0] or parts[0].endswith(":") or set(parts) == {"."}:
        return "has a name that leads out of the zip"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.file_size > max(BOMB_BYTES, BOMB_RATIO * entry.compress_size):
        return f"unpacks {entry.compress_size} to {entry.file_size} bytes"
    return ""


def _refuse_doubles(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse two members of one name, of which readers take now one, now the other."""
    names: set[str] = set()
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.filename in names:
            raise zipfile.BadZipFile(f"two members are called {printable(entry.filename)}")
        if entry.header_offset < end:
            raise zipfile.BadZipFile(f"member {printable(entry.filename)} lies over another")
        names.add(entry.filename)
        end = entry.header_offset + LOCAL_HEADER_BYTES + entry.compress_size


def _check_table_size(path: Path) -> None:
    """Refuse a table of members that would fill the memory, before it is read."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - LONGEST_COMMENT - END_RECORD_BYTES - BIG_LOCATOR_BYTES))
        tail = handle.read()
        end = tail.rfind(END_RECORD)
        if end < 0 or len(tail) < end + END_RECORD_BYTES:
            raise zipfile.BadZipFile("it has no table of members")
        table_bytes = struct.unpack_from("<I", tail, end + 12)[0]
        locator = end - BIG_LOCATOR_BYTES
        if locator >= 0 and tail.startswith(BIG_LOCATOR, locator):
            handle.seek(min(struct.unpack_from("<Q", tail, locator + 8)[0], size))
            record = handle.read(56)
            table_bytes = struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else 0
    if table_bytes > MAX_TABLE_BYTES:
        raise zipfile.BadZipFile(f"its table of members has {table_bytes} bytes")
