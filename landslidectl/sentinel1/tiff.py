"""Where the numbers of a plain TIFF lie, so that lines can be read or streamed without a library.

ESA writes measurements as one uncompressed strip a line, one after the other. Such a file is its
header followed by the lines, which is all that reading it in one go, from a disk or out of a zip,
has to know. Everything else (tiles, compression, scattered strips) is left to GDAL.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Read = Callable[[int, int], bytes]
"""Returns ``count`` bytes from ``offset``; fewer where the file, or what is known of it, ends."""

WIDTH, LENGTH, BITS, COMPRESSION = 256, 257, 258, 259
STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTES = 273, 277, 278, 279
TILE_WIDTH, SAMPLE_FORMAT = 322, 339
DEFAULTS = {BITS: 1, COMPRESSION: 1, SAMPLES_PER_PIXEL: 1, SAMPLE_FORMAT: 1}
PLAIN = {BITS: 16, COMPRESSION: 1, SAMPLES_PER_PIXEL: 1, SAMPLE_FORMAT: 1}
TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}
MAX_ENTRIES = 4096
MAX_NUMBERS = 1 << 20
"""Of one field; the longest scenes have some 30,000 lines with a strip each."""


@dataclass(frozen=True, slots=True)
class PlainLayout:
    """Unsigned 16 bit numbers of one band, line after line without a gap.

    Parameters
    ----------
    offset : int
        Byte at which the first line begins.
    lines, samples : int
        Shape.
    dtype : str
        ``<u2`` or ``>u2``.
    """

    offset: int
    lines: int
    samples: int
    dtype: str

    @property
    def line_bytes(self) -> int:
        """Return the length of a line in bytes."""
        return 2 * self.samples

    @property
    def end(self) -> int:
        """Return the byte after the last line."""
        return self.offset + self.lines * self.line_bytes


@dataclass(frozen=True, slots=True)
class _Format:
    """Byte order and the sizes in which classic and big TIFF differ."""

    order: str
    is_big: bool

    @property
    def entry_bytes(self) -> int:
        return 20 if self.is_big else 12

    @property
    def offset_code(self) -> str:
        return "Q" if self.is_big else "I"


def plain_layout(read: Read) -> PlainLayout | None:
    """Read the header of a TIFF; None unless it is plain and its header lies within reach.

    Source: TIFF 6.0 specification, sections 2 and 3; BigTIFF design by Aware Systems.
    """
    try:
        return _layout(read)
    except (struct.error, IndexError):
        return None


def _layout(read: Read) -> PlainLayout | None:
    form, directory = _header(read(0, 16))
    if form is None:
        return None
    values = DEFAULTS | _directory(read, form, directory)
    if any(_first(values.get(tag)) != wanted for tag, wanted in PLAIN.items()):
        return None
    if TILE_WIDTH in values or not {WIDTH, LENGTH, STRIP_OFFSETS, STRIP_BYTES} <= set(values):
        return None
    lines, samples = int(_first(values[LENGTH])), int(_first(values[WIDTH]))
    offsets = np.atleast_1d(np.asarray(values[STRIP_OFFSETS], dtype=np.int64))
    sizes = np.atleast_1d(np.asarray(values[STRIP_BYTES], dtype=np.int64))
    if len(offsets) != len(sizes) or len(offsets) == 0:
        return None
    in_one_piece = bool(np.all(offsets[:-1] + sizes[:-1] == offsets[1:]))
    if not in_one_piece or int(offsets[0]) < 0 or sum(sizes.tolist()) != 2 * lines * samples:
        return None
    return PlainLayout(int(offsets[0]), lines, samples, f"{form.order}u2")


def _header(head: bytes) -> tuple[_Format | None, int]:
    """Return the format and where the first directory lies."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        return None, 0
    version = struct.unpack_from(f"{order}H", head, 2)[0]
    if version == 42:
        return _Format(order, False), int(struct.unpack_from(f"{order}I", head, 4)[0])
    if version == 43:
        return _Format(order, True), int(struct.unpack_from(f"{order}Q", head, 8)[0])
    return None, 0


def _directory(read: Read, form: _Format, offset: int) -> dict[int, Any]:
    """Return the values of the first directory's integer fields by tag."""
    count_code, count_bytes = ("Q", 8) if form.is_big else ("H", 2)
    head = read(offset, count_bytes)
    count = min(int(struct.unpack(f"{form.order}{count_code}", head)[0]), MAX_ENTRIES)
    table = read(offset + count_bytes, count * form.entry_bytes)
    values: dict[int, Any] = {}
    for index in range(count):
        tag, kind = struct.unpack_from(f"{form.order}HH", table, index * form.entry_bytes)
        if kind in TYPES:
            values[tag] = _values(read, form, table, index)
    return values


def _values(read: Read, form: _Format, table: bytes, index: int) -> Any:
    """Return the numbers of one field, which lie in its entry or where that points to."""
    start = index * form.entry_bytes + 4
    kind = struct.unpack_from(f"{form.order}H", table, start - 2)[0]
    count = int(struct.unpack_from(f"{form.order}{form.offset_code}", table, start)[0])
    place = start + struct.calcsize(f"<{form.offset_code}")
    if count > MAX_NUMBERS:
        raise IndexError("the field is too long")
    code = np.dtype(f"{form.order}{TYPES[kind]}")
    room = struct.calcsize(f"<{form.offset_code}")
    if count * code.itemsize <= room:
        content = table[place : place + count * code.itemsize]
    else:
        pointer = struct.unpack_from(f"{form.order}{form.offset_code}", table, place)[0]
        content = read(int(pointer), count * code.itemsize)
    if len(content) < count * code.itemsize:
        raise IndexError("the field lies out of reach")
    return np.frombuffer(content, dtype=code, count=count)


def _first(values: Any) -> Any:
    return np.atleast_1d(np.asarray(values))[0]
