"""Mutations that know how TIFF, zip and network files are built."""

import io
import random
import struct
import zipfile
from typing import Any

from tests.attacks.fuzz.mutate import LONG, WORDS, any_bytes, put

BLIND_SHARE = 0.25
ENTRY_BYTES = 12


def tiff(rng: random.Random, content: bytes) -> bytes:
    """Mutate the entries of the directories of a classic TIFF."""
    data = bytearray(content)
    entries = _entries(data)
    if not entries or rng.random() < BLIND_SHARE:
        return any_bytes(rng, content)
    order = "<" if data[:2] == b"II" else ">"
    for _ in range(rng.randint(1, 3)):
        entry = rng.choice(entries)
        match rng.randrange(8):
            case 0:
                put(
                    data, entry, f"{order}H", rng.choice((256, 257, 258, 259, 273, 279, 339, 33550))
                )
            case 1:
                put(data, entry + 2, f"{order}H", rng.randrange(20))
            case 2:
                put(data, entry + 4, f"{order}I", rng.choice((*LONG, 2, 3, 1 << 28)))
            case 3 | 4 | 5:
                value = rng.choice((*LONG, *WORDS, len(data), rng.randrange(1 << 32)))
                put(data, entry + 8, f"{order}I", value)
            case 6:
                other = rng.choice(entries)
                data[entry : entry + ENTRY_BYTES] = data[other : other + ENTRY_BYTES]
            case _:
                put(data, rng.choice((0, 2, 4, entries[0] - 2)), f"{order}H", rng.choice(WORDS))
    return bytes(data)


def _entries(data: bytearray) -> list[int]:
    """Return where the entries of all directories of a classic TIFF lie."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        return []
    places: list[int] = []
    offset = struct.unpack_from(f"{order}I", data, 4)[0]
    for _ in range(8):
        if not 8 <= offset <= len(data) - 6:
            break
        count = struct.unpack_from(f"{order}H", data, offset)[0]
        last = offset + 2 + count * ENTRY_BYTES
        if last + 4 > len(data):
            break
        places += range(offset + 2, last, ENTRY_BYTES)
        offset = struct.unpack_from(f"{order}I", data, last)[0]
    return places


ZIP_FIELDS = {
    b"PK\x03\x04": (
        (4, "H"),
        (6, "H"),
        (8, "H"),
        (14, "I"),
        (18, "I"),
        (22, "I"),
        (26, "H"),
        (28, "H"),
    ),
    b"PK\x01\x02": (
        *((6, "H"), (8, "H"), (10, "H"), (16, "I"), (20, "I"), (24, "I"), (28, "H"), (30, "H")),
        *((32, "H"), (34, "H"), (36, "H"), (38, "I"), (42, "I")),
    ),
    b"PK\x05\x06": ((4, "H"), (6, "H"), (8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H")),
}
HOSTILE_NAMES = (
    *(
        "../../outside",
        "/outside",
        "..\\outside",
        "C:\\outside",
        "a\0b",
        ".",
        "..",
        "",
        "x/",
        "CON",
    ),
    *(
        "annotation/../manifest.safe",
        "A" * 60_000,
        "\u202e",
        "annotation//x.xml",
        "./manifest.safe",
    ),
)


def zipped(rng: random.Random, content: bytes) -> bytes:
    """Mutate the records of a zip, or write it anew with names that should not be there."""
    choice = rng.random()
    if choice < BLIND_SHARE:
        return any_bytes(rng, content)
    if choice < 0.4:
        return _renamed(rng, content)
    data = bytearray(content)
    records = [
        (place, fields) for mark, fields in ZIP_FIELDS.items() for place in _found(data, mark)
    ]
    for _ in range(rng.randint(1, 3) if records else 0):
        place, fields = rng.choice(records)
        offset, code = rng.choice(fields)
        value = rng.choice((*LONG, *WORDS, 8, 12, 14, 93, 99, len(data)))
        put(data, place + offset, f"<{code}", value)
    return bytes(data)


def _found(data: bytearray, mark: bytes) -> list[int]:
    places, start = [], data.find(mark)
    while start >= 0:
        places.append(start)
        start = data.find(mark, start + 1)
    return places


def _renamed(rng: random.Random, content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            members = [(info.filename, source.read(info)) for info in source.infolist()]
    except Exception:  # an already broken one
        return any_bytes(rng, content)
    place = rng.randrange(len(members)) if members else 0
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", rng.choice((0, 8, 12, 14))) as target:
        for index, (name, member) in enumerate(members):
            changed = name
            if index == place:
                if rng.random() < 0.3:
                    continue
                prefix = name.rpartition("/")[0] if rng.random() < 0.5 else ""
                changed = (
                    f"{prefix}/{rng.choice(HOSTILE_NAMES)}"
                    if prefix
                    else rng.choice((*HOSTILE_NAMES, rng.choice(members)[0]))
                )
            info = zipfile.ZipInfo(changed or "x")
            info.external_attr = rng.choice((0, 0o120777 << 16, 0o100644 << 16, 0x10))
            info.compress_type = rng.choice((0, 8))
            _write_unasked(target, info, member)
    return made.getvalue()


def _write_unasked(target: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # duplicate names are the point
        target.writestr(info, content)


def network(rng: random.Random, content: bytes) -> bytes:
    """Mutate a network file, as bytes or as the objects it holds."""
    if rng.random() < 0.5:
        return any_bytes(rng, content)
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        for _ in range(rng.randint(1, 3)):
            _mutate_object(rng, model)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
    except Exception:  # what cannot be packed is no file
        return any_bytes(rng, content)


def _mutate_object(rng: random.Random, model: Any) -> None:
    graph = model.subgraphs[0]
    target = rng.choice((*graph.tensors, *graph.operators, *model.operatorCodes, graph, model))
    fields = [name for name in vars(target) if not name.startswith("_")]
    name = rng.choice(fields)
    old = getattr(target, name)
    if isinstance(old, bool) or old is None:
        return
    if isinstance(old, int):
        setattr(target, name, rng.choice((0, 1, 2, 5, 9, 33, 100, 127)))
    elif hasattr(old, "__len__") and len(old) and not isinstance(old, str | bytes):
        numbers = [int(item) for item in old] if not hasattr(old[0], "__dict__") else None
        if numbers is None:
            del old[rng.randrange(len(old))]
            return
        numbers[rng.randrange(len(numbers))] = rng.choice((-1, 0, 1, 2, 7, 100, 1 << 20, 2**31 - 1))
        setattr(target, name, numbers)
