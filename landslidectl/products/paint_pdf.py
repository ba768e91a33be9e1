"""Paint a page as PDF: lines stay lines, text can be selected and searched, fonts are embedded.

Written by hand, for it needs little more than what is below; the bytes follow from the marks and
the facts given, and hold no other time than the one given.

Source
------
ISO 32000-1:2008: 7.5 (file structure), 8.4-8.5 (graphics), 8.9 (images), 9.7 (composite fonts),
9.10.3 (ToUnicode).
"""

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from landslidectl.products.ink import Across, Ink, Pen, Picture, Shape, Words
from landslidectl.products.texts import plain_text

if TYPE_CHECKING:
    from landslidectl.products.contract.colours import Rgb
from landslidectl.products.typeface import Typeface

POINTS_PER_INCH = 72.0
JPEG_QUALITY = 90
UNICODES_AT_ONCE = 100
CMAP_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
CMAP_END = """endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """Title, subject, program and time of a document, and the dots per inch of its pixels."""

    title: str
    subject: str
    creator: str
    created: datetime
    dots_per_inch: int


class _Objects:
    """The numbered objects of a file."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def reserve(self) -> int:
        self.bodies.append(b"")
        return len(self.bodies)

    def add(self, body: str) -> int:
        self.bodies.append(body.encode("latin-1"))
        return len(self.bodies)

    def stream(self, data: bytes, entries: str = "", is_packed: bool = False) -> int:
        packed = data if is_packed else zlib.compress(data, 9)
        filtered = "" if is_packed else "/Filter /FlateDecode "
        head = f"<< {entries} {filtered}/Length {len(packed)} >>\nstream\n".encode("latin-1")
        self.bodies.append(head + packed + b"\nendstream")
        return len(self.bodies)

    def file(self, root: int, info: int) -> bytes:
        out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self.bodies, start=1):
            offsets.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        name = hashlib.sha256(out).hexdigest()[:32].upper()
        table = len(out)
        out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode()
        out += "".join(f"{offset:010d} 00000 n \n" for offset in offsets).encode()
        out += (
            f"trailer\n<< /Size {len(offsets) + 1} /Root {root} 0 R /Info {info} 0 R "
            f"/ID [<{name}> <{name}>] >>\nstartxref\n{table}\n%%EOF\n"
        ).encode()
        return bytes(out)


def paint_pdf(ink: Ink, size: tuple[int, int], facts: PdfFacts) -> bytes:
    """Return a document of one page of ``size`` (width, height) pixels."""
    objects = _Objects()
    root, pages, page = objects.reserve(), objects.reserve(), objects.reserve()
    scale = POINTS_PER_INCH / facts.dots_per_inch
    width, height = size[0] * scale, size[1] * scale
    pictures = {
        f"P{index}": objects.stream(*_jpeg(mark), is_packed=True)
        for index, mark in enumerate(m for m in ink.marks if isinstance(m, Picture))
    }
    names = {name: f"F{index}" for index, name in enumerate(sorted(ink.typefaces))}
    fonts = {names[name]: _embed(objects, ink, name) for name in sorted(names)}
    drawing = "\n".join(_content(ink, names, (scale, height)))
    content = objects.stream(drawing.encode("ascii"))
    resources = f"<< /Font << {_references(fonts)} >> /XObject << {_references(pictures)} >> >>"
    objects.bodies[root - 1] = (
        f"<< /Type /Catalog /Pages {pages} 0 R /Lang (en-GB) "
        "/ViewerPreferences << /DisplayDocTitle true >> >>"
    ).encode()
    objects.bodies[pages - 1] = f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>".encode()
    objects.bodies[page - 1] = (
        f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {width:.2f} {height:.2f}] "
        f"/Resources {resources} /Contents {content} 0 R >>"
    ).encode()
    return objects.file(root, _info(objects, facts))


def _info(objects: _Objects, facts: PdfFacts) -> int:
    stamp = facts.created.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
    return objects.add(
        f"<< /Title {_text(facts.title)} /Subject {_text(facts.subject)} "
        f"/Creator {_text(facts.creator)} /Producer {_text(facts.creator)} "
        f"/CreationDate ({stamp}) /ModDate ({stamp}) >>"
    )


def _content(ink: Ink, names: Mapping[str, str], page: tuple[float, float]) -> Iterator[str]:
    """Yield the operators of the page, whose own pixels and direction they use."""
    scale, height = page
    yield f"{scale:.6f} 0 0 {-scale:.6f} 0 {height:.2f} cm 1 j 1 J"
    index = 0
    for mark in ink.marks:
        if isinstance(mark, Picture):
            box = mark.box
            place = f"{box.width} 0 0 {-box.height} {box.left} {box.bottom}"
            yield f"q {place} cm /P{index} Do Q"
            index += 1
        else:
            yield from _shape(mark)
    for line in ink.words:
        face = ink.typeface(line.style)
        codes = "".join(f"{face.glyphs[ord(letter)]:04X}" for letter in line.text)
        x, size = _left(line, face), line.style.size
        yield (
            f"BT /{names[face.name]} 1 Tf {_colour(line.style.colour)} rg "
            f"{size} 0 0 {-size} {x:.2f} {line.y:.2f} Tm <{codes}> Tj ET"
        )


def _shape(mark: Shape) -> Iterator[str]:
    if mark.fill is not None:
        yield f"{_colour(mark.fill)} rg"
    if mark.pen is not None:
        yield _pen(mark.pen)
    (x, y), *others = mark.points
    yield f"{x:.2f} {y:.2f} m " + " ".join(f"{x:.2f} {y:.2f} l" for x, y in others)
    ending = {(True, True): "b", (True, False): "f", (False, True): "s", (False, False): "n"}
    paint = ending[(mark.fill is not None, mark.pen is not None)]
    yield paint if mark.closed else "S"


def _pen(pen: Pen) -> str:
    dash = f"[{pen.dash[0]:.2f} {pen.dash[1]:.2f}] 0 d 0 J" if pen.dash else "[] 0 d 1 J"
    return f"{_colour(pen.colour)} RG {pen.width:.2f} w {dash}"


def _colour(colour: "Rgb") -> str:
    return " ".join(f"{part / 255:.3f}" for part in colour)


def _left(line: Words, face: "Typeface") -> float:
    share = {Across.LEFT: 0.0, Across.CENTRE: 0.5, Across.RIGHT: 1.0}[line.across]
    return line.x - share * face.width(line.text) * line.style.size


def _jpeg(mark: Picture) -> tuple[bytes, str]:
    """Return a picture compressed, and the entries of its object."""
    from PIL import Image  # noqa: PLC0415

    packed = io.BytesIO()
    Image.fromarray(mark.pixels).save(packed, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    rows, cols = mark.pixels.shape[:2]
    return packed.getvalue(), (
        f"/Type /XObject /Subtype /Image /Width {cols} /Height {rows} "
        "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    )


def _embed(objects: _Objects, ink: Ink, name: str) -> int:
    """Embed the letters of a typeface that the page uses, and what they mean."""
    face = ink.typefaces[name]
    letters = {letter for line in ink.words if line.style.typeface == name for letter in line.text}
    used = {face.glyphs[ord(letter)]: letter for letter in sorted(letters, reverse=True)}
    data = face.subset(used)
    file = objects.stream(data, f"/Length1 {len(data)}")
    tag = hashlib.sha256("".join(sorted(letters)).encode()).digest()[:6]
    full = "".join(chr(65 + byte % 26) for byte in tag) + f"+{name}"
    left, low, right, high = face.box
    descriptor = objects.add(
        f"<< /Type /FontDescriptor /FontName /{full} /Flags 4 "
        f"/FontBBox [{left} {low} {right} {high}] /ItalicAngle 0 "
        f"/Ascent {round(1000 * face.ascent)} /Descent {round(1000 * face.descent)} "
        f"/CapHeight 729 /StemV {150 if 'Bold' in name else 90} /FontFile2 {file} 0 R >>"
    )
    widths = " ".join(
        f"{glyph} [{round(1000 * face.advances[glyph] / face.units)}]" for glyph in sorted(used)
    )
    descendant = objects.add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{full} "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {descriptor} 0 R /DW 1000 /W [{widths}] /CIDToGIDMap /Identity >>"
    )
    meaning = objects.stream(_unicodes(used).encode("ascii"))
    return objects.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{full} /Encoding /Identity-H "
        f"/DescendantFonts [{descendant} 0 R] /ToUnicode {meaning} 0 R >>"
    )


def _unicodes(used: Mapping[int, str]) -> str:
    """Return which letter each glyph stands for, so that text can be copied."""
    lines = [f"<{glyph:04X}> <{ord(used[glyph]):04X}>" for glyph in sorted(used)]
    blocks = []
    for start in range(0, len(lines), UNICODES_AT_ONCE):
        block = lines[start : start + UNICODES_AT_ONCE]
        blocks.append(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n")
    return CMAP_HEAD + "".join(blocks) + CMAP_END


def _references(objects: Mapping[str, int]) -> str:
    return " ".join(f"/{name} {number} 0 R" for name, number in objects.items())


def _text(text: str) -> str:
    return f"<FEFF{plain_text(text).encode('utf-16-be').hex().upper()}>"
