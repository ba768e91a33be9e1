"""Archives made to harm, built from a sound product."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

MIB = 1 << 20
LINK = 0o120777 << 16
ENTITY_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "lol">'
    + b"".join(f'<!ENTITY a{i} "{"".join([f"&a{i - 1};"] * 10)}">'.encode() for i in range(1, 10))
    + b"]><product>&a9;</product>"
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<product><adsHeader>&x;</adsHeader></product>"
)

Members = Mapping[str, bytes]
Build = Callable[[Path, str, Members], None]
"""Writes a hostile zip; is given its path, the folder inside and the sound members."""


def members_of(scene: Path) -> dict[str, bytes]:
    """Return the files of a SAFE folder by their names in it."""
    return {
        path.relative_to(scene).as_posix(): path.read_bytes()
        for path in sorted(scene.rglob("*"))
        if path.is_file()
    }


def annotation_name(members: Members) -> str:
    return next(name for name in members if name.startswith("annotation/s1"))


def _write(path: Path, entries: Iterable[tuple[zipfile.ZipInfo, bytes]]) -> None:
    import warnings

    with zipfile.ZipFile(path, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names that are there twice are the point
        for info, content in entries:
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)


def _entries(top: str, members: Members) -> list[tuple[zipfile.ZipInfo, bytes]]:
    return [(zipfile.ZipInfo(f"{top}/{name}"), content) for name, content in members.items()]


def with_name(name: str) -> Build:
    """Add a member of a hostile name."""

    def build(path: Path, top: str, members: Members) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = name.replace("TOP", top)
        _write(path, [*_entries(top, members), (info, b"owned")])

    return build


def below(folder: str) -> Build:
    """Put the whole product below a folder that lies outside."""
    return lambda path, top, members: _write(path, _entries(f"{folder}/{top}", members))


def linked(path: Path, top: str, members: Members) -> None:
    """Make the annotation a link to a file of the system."""
    name = annotation_name(members)
    info = zipfile.ZipInfo(f"{top}/{name}")
    info.external_attr = LINK
    rest = {one: content for one, content in members.items() if one != name}
    _write(path, [*_entries(top, rest), (info, b"/etc/passwd")])


def doubled(path: Path, top: str, members: Members) -> None:
    """Give two manifests of the same name."""
    again = zipfile.ZipInfo(f"{top}/manifest.safe")
    _write(path, [*_entries(top, members), (again, members["manifest.safe"])])


def overlapping(path: Path, top: str, members: Members) -> None:
    """Let one stretch of bytes be the content of two members."""
    sound = io.BytesIO()
    with zipfile.ZipFile(sound, "w") as target:
        for name, content in members.items():
            target.writestr(f"{top}/{name}", content)
    data = bytearray(sound.getvalue())
    offsets = _places(data, b"PK\x01\x02")
    first = struct.unpack_from("<I", data, offsets[0] + 42)[0]
    struct.pack_into("<I", data, offsets[1] + 42, first)
    path.write_bytes(data)


def encrypted(path: Path, top: str, members: Members) -> None:
    """Mark every member as encrypted."""
    _write(path, _entries(top, members))
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for place in _places(data, mark):
            data[place + flags] |= 1
    path.write_bytes(data)


def with_content(change: Callable[[dict[str, bytes]], None]) -> Build:
    """Change the members before they are zipped."""

    def build(path: Path, top: str, members: Members) -> None:
        changed = dict(members)
        change(changed)
        _write(path, _entries(top, changed))

    return build


def bomb(kind: str, chunk: bytes, times: int) -> Build:
    """Let the first member of a kind unpack to ``times`` chunks."""

    def build(path: Path, top: str, members: Members) -> None:
        name = max(one for one in members if one.startswith(kind) and "-vv-" in one)
        rest = {one: content for one, content in members.items() if one != name}
        _write(path, _entries(top, rest))
        _append(path, f"{top}/{name}", chunk, times)

    return build


def lying_bomb(path: Path, top: str, members: Members) -> None:
    """Unpack to a gibibyte and claim a kilobyte."""
    bomb("annotation/", b"<a/>" * (MIB // 4), 1024)(path, top, members)
    data = bytearray(path.read_bytes())
    last = _places(data, b"PK\x01\x02")[-1]
    struct.pack_into("<I", data, last + 24, 1024)
    path.write_bytes(data)


def endless_table(path: Path, top: str, members: Members) -> None:
    """Hold more members than fit into any memory worth having."""
    del top, members
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, *[0] * 4, 0, 0
    )
    table = (entry + b"x") * 400_000
    head = b"PK\x03\x04" + bytes(26)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFE, 0xFFFE, len(table), len(head), 0)
    path.write_bytes(head + table + end)


def _append(path: Path, name: str, chunk: bytes, times: int) -> None:
    """Append a member that was packed once and is repeated, which costs no time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    body = packed * times + packer.flush(zlib.Z_FINISH)
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\x05\x06")
    count, table_bytes, table = struct.unpack_from("<HII", data, end + 10)
    sizes = (0, len(body), len(chunk) * times)  # nobody gets as far as the checksum
    title = name.encode()
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, *sizes, len(title), 0) + title
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, *sizes, len(title), *[0] * 4, 0, table
    )
    directory = bytes(data[table : table + table_bytes]) + entry + title
    start = table + len(local) + len(body)
    tail = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(directory), start, 0
    )
    path.write_bytes(bytes(data[:table]) + local + body + directory + tail)


def _places(data: bytearray, mark: bytes) -> list[int]:
    places, start = [], data.find(mark)
    while start >= 0:
        places.append(start)
        start = data.find(mark, start + 1)
    return places


def _set(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[annotation_name(members) if name == "annotation" else name] = content

    return change


ARCHIVES: dict[str, Build] = {
    "climbs out": with_name("../../outside.txt"),
    "climbs out from within": with_name("TOP/measurement/../../../outside.txt"),
    "climbs out with backslashes": with_name("..\\..\\outside.txt"),
    "starts at the root": with_name("/tmp/outside.txt"),
    "starts at a drive": with_name("C:/outside.txt"),
    "lies outside as a whole": below("../.."),
    "has a name that acts": with_name("TOP/\x1b]0;owned\x07.xml"),
    "has a name that turns around": with_name("TOP/\u202efdp.xml"),
    "holds a link": linked,
    "holds two of a name": doubled,
    "holds members over each other": overlapping,
    "is encrypted": encrypted,
    "holds an entity bomb as manifest": with_content(_set("manifest.safe", ENTITY_BOMB)),
    "holds an entity bomb as annotation": with_content(_set("annotation", ENTITY_BOMB)),
    "names an external entity": with_content(_set("annotation", EXTERNAL)),
    "names one in UTF-16": with_content(
        _set(
            "annotation",
            EXTERNAL.decode()
            .replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
            .encode("utf-16"),
        )
    ),
    "nests elements a million deep": with_content(
        _set("annotation", b"<a>" * 10**6 + b"</a>" * 10**6)
    ),
    "unpacks to 1 GiB of XML": bomb("annotation/", b"<a/>" * (MIB // 4), 1024),
    "unpacks to 4 GiB of pixels": bomb("measurement/", bytes(MIB), 4095),
    "unpacks to more than it claims": lying_bomb,
    "has a table without end": endless_table,
}
