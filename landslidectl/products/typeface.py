"""The typeface of the page: DejaVu Sans, read from the files that come with matplotlib.

They are read, and matplotlib is not imported: that would first look through all fonts of the
machine. DejaVu knows Latin with accents, Greek and Cyrillic; what it lacks loses its accents or
becomes a question mark.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from landslidectl.errors import LandslidectlError

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
EMBEDDED_TABLES = ("cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep")
CHECKSUM_MAGIC = 0xB1B0AFBA
WINDOWS_UNICODE = (3, 1)
WORDS, SCALE, MORE, SCALES, MATRIX = 0x01, 0x08, 0x20, 0x40, 0x80
"""Flags of a composite glyph's parts (OpenType, table glyf)."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """A TrueType font.

    Parameters
    ----------
    name : str
        PostScript name.
    path : Path
        Its file.
    tables : mapping of str to bytes
        As in the file.
    glyphs : mapping of int to int
        Glyph of a code point.
    advances : tuple of int
        Width of every glyph in units of the font.
    units : int
        Units of the font in one em.

    Source
    ------
    OpenType specification 1.9: cmap, glyf, head, hhea, hmtx, loca, maxp.
    """

    name: str
    path: Path
    tables: Mapping[str, bytes]
    glyphs: Mapping[int, int]
    advances: tuple[int, ...]
    units: int

    @property
    def ascent(self) -> float:
        """Return the height above the baseline, in em."""
        return float(struct.unpack_from(">h", self.tables["hhea"], 4)[0]) / self.units

    @property
    def descent(self) -> float:
        """Return the depth below the baseline, in em, negative."""
        return float(struct.unpack_from(">h", self.tables["hhea"], 6)[0]) / self.units

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Return the box around all glyphs, in thousandths of an em."""
        left, low, right, high = struct.unpack_from(">4h", self.tables["head"], 36)
        scale = 1000.0 / self.units
        return round(left * scale), round(low * scale), round(right * scale), round(high * scale)

    def printable(self, text: str) -> str:
        """Return the text in letters that the font has."""
        return "".join(self._known(letter) for letter in unicodedata.normalize("NFC", text))

    def width(self, text: str) -> float:
        """Return the width of a printable text, in em."""
        return sum(self.advances[self.glyphs[ord(letter)]] for letter in text) / self.units

    def subset(self, wanted: Iterable[int]) -> bytes:
        """Return the font with the outlines of some glyphs alone; glyphs keep their numbers."""
        kept = self._closure({0, *wanted})
        outlines, offsets = bytearray(), [0]
        for glyph in range(len(self.advances)):
            outline = self._outline(glyph) if glyph in kept else b""
            outlines += outline + bytes(-len(outline) % 4)
            offsets.append(len(outlines))
        head = bytearray(self.tables["head"])
        struct.pack_into(">I", head, 8, 0)
        struct.pack_into(">h", head, 50, 1)  # offsets of four bytes
        widths = b"".join(
            struct.pack(">Hh", advance, self._bearing(glyph)) if glyph in kept else bytes(4)
            for glyph, advance in enumerate(self.advances)
        )
        hhea = bytearray(self.tables["hhea"])
        struct.pack_into(">H", hhea, 34, len(self.advances))
        changed = {
            "glyf": bytes(outlines),
            "loca": struct.pack(f">{len(offsets)}I", *offsets),
            "head": bytes(head),
            "hhea": bytes(hhea),
            "hmtx": widths,
        }
        tables = {tag: self.tables[tag] for tag in EMBEDDED_TABLES if tag in self.tables}
        return _font_file(tables | changed)

    def _known(self, letter: str) -> str:
        if ord(letter) in self.glyphs and letter.isprintable():
            return letter
        plain = [part for part in unicodedata.normalize("NFKD", letter) if ord(part) in self.glyphs]
        bare = "".join(part for part in plain if not unicodedata.combining(part))
        return bare or (" " if letter.isspace() else "?")

    def _outline(self, glyph: int) -> bytes:
        is_long = struct.unpack_from(">h", self.tables["head"], 50)[0] == 1
        if is_long:
            start, end = struct.unpack_from(">2I", self.tables["loca"], 4 * glyph)
        else:
            start, end = (
                2 * at for at in struct.unpack_from(">2H", self.tables["loca"], 2 * glyph)
            )
        return self.tables["glyf"][start:end]

    def _bearing(self, glyph: int) -> int:
        """Return the space left of a glyph, by which its outline is shifted."""
        (measured,) = struct.unpack_from(">H", self.tables["hhea"], 34)
        at = 4 * glyph + 2 if glyph < measured else 4 * measured + 2 * (glyph - measured)
        return int(struct.unpack_from(">h", self.tables["hmtx"], at)[0])

    def _closure(self, glyphs: set[int]) -> set[int]:
        """Return the glyphs and those that they are composed of."""
        done: set[int] = set()
        waiting = set(glyphs)
        while waiting:
            glyph = waiting.pop()
            done.add(glyph)
            waiting |= set(_parts(self._outline(glyph))) - done
        return done


def load_typeface(name: str) -> Typeface:
    """Read one of the two weights.

    Raises
    ------
    LandslidectlError
        If the installation is incomplete.
    """
    path = _folder() / f"{name}.ttf"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LandslidectlError(
            f"{path}: the typeface of the map page cannot be read: {error.strerror}",
            "Install landslidectl again.",
        ) from error
    (count,) = struct.unpack_from(">H", data, 4)
    tables = {}
    for index in range(count):
        tag, _, start, length = struct.unpack_from(">4s3I", data, 12 + 16 * index)
        tables[tag.decode("ascii")] = data[start : start + length]
    (units,) = struct.unpack_from(">H", tables["head"], 18)
    (glyph_count,) = struct.unpack_from(">H", tables["maxp"], 4)
    (measured,) = struct.unpack_from(">H", tables["hhea"], 34)
    advances = [struct.unpack_from(">H", tables["hmtx"], 4 * at)[0] for at in range(measured)]
    advances += advances[-1:] * (glyph_count - measured)
    return Typeface(name, path, tables, dict(_code_points(tables["cmap"])), tuple(advances), units)


def _folder() -> Path:
    spec = find_spec("matplotlib")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise LandslidectlError(
            "matplotlib, whose typeface the map page is set in, is missing",
            "Install landslidectl again.",
        )
    return Path(places[0], "mpl-data", "fonts", "ttf")


def _code_points(cmap: bytes) -> Iterator[tuple[int, int]]:
    """Yield code point and glyph of the basic plane (cmap format 4)."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    records = [struct.unpack_from(">HHI", cmap, 4 + 8 * index) for index in range(count)]
    start = next(at for platform, coding, at in records if (platform, coding) == WINDOWS_UNICODE)
    segments = struct.unpack_from(">H", cmap, start + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", cmap, start + 14)
    rest = start + 16 + 2 * segments
    firsts = struct.unpack_from(f">{segments}H", cmap, rest)
    deltas = struct.unpack_from(f">{segments}H", cmap, rest + 2 * segments)
    ranges_at = rest + 4 * segments
    ranges = struct.unpack_from(f">{segments}H", cmap, ranges_at)
    for index, (first, end, delta, offset) in enumerate(
        zip(firsts, ends, deltas, ranges, strict=True)
    ):
        for code in range(first, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                at = ranges_at + 2 * index + offset + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", cmap, at)
            glyph = (glyph + delta) & 0xFFFF if glyph or not offset else 0
            if glyph:
                yield code, glyph


def _parts(outline: bytes) -> Iterator[int]:
    """Yield the glyphs that a composite glyph is made of."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return
    at, flags = 10, MORE
    while flags & MORE:
        flags, glyph = struct.unpack_from(">HH", outline, at)
        yield glyph
        at += 4 + (4 if flags & WORDS else 2)
        at += 2 if flags & SCALE else 4 if flags & SCALES else 8 if flags & MATRIX else 0


def _font_file(tables: Mapping[str, bytes]) -> bytes:
    """Return a font file of tables, its checksums set."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">I4H", 0x00010000, count, 16 << power, power, 16 * (count - (1 << power)))
    directory, body = b"", bytearray()
    start = 12 + 16 * count
    for tag in sorted(tables):
        table = tables[tag]
        place = start + len(body)
        directory += struct.pack(">4s3I", tag.encode(), _checksum(table), place, len(table))
        body += table + bytes(-len(table) % 4)
        if tag == "head":
            head_at = place
    whole = bytearray(head + directory + bytes(body))
    struct.pack_into(">I", whole, head_at + 8, (CHECKSUM_MAGIC - _checksum(whole)) & 0xFFFFFFFF)
    return bytes(whole)


def _checksum(table: bytes | bytearray) -> int:
    padded = bytes(table) + bytes(-len(table) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
