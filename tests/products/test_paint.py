import itertools
import re
import shutil
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.products.ink import Across, Down, Ink, Pen, Style
from landslidectl.products.map_view import Box
from landslidectl.products.paint_pdf import PdfFacts, paint_pdf
from landslidectl.products.paint_png import dashes, paint_png

SIZE = (600, 400)
FACTS = PdfFacts(
    "Título (1)", "Limits", "landslidectl 0.1.0", datetime(2018, 9, 12, tzinfo=UTC), 200
)
RED = (200, 0, 0)


def page() -> Ink:
    ink = Ink()
    ink.picture(np.full((20, 40, 3), 120, dtype=np.uint8), Box(300, 200, 80, 40))
    ink.rectangle(Box(20, 20, 100, 60), RED)
    ink.line(((20, 150), (200, 150)), Pen((0, 0, 0), 4.0))
    ink.write((320, 40), "Año Şişli", Style(40), Across.LEFT)
    ink.write((70, 50), "B", Style(30, (255, 255, 255), bold=True), Across.CENTRE, Down.MIDDLE)
    return ink


def test_png_shows_marks_where_they_were_put() -> None:
    shown = np.asarray(paint_png(page(), SIZE)).astype(int)
    assert shown.shape == (SIZE[1], SIZE[0], 3)
    assert shown[25, 25].tolist() == list(RED)
    assert shown[150, 100].max() == 0
    assert shown[155, 100].min() == 255
    assert shown[220, 340].tolist() == [120, 120, 120]
    assert (shown[40:90, 320:560].min(axis=2) < 100).any()
    assert (shown[40:60, 60:80].min(axis=2) > 200).any()


def test_pdf_is_the_same_twice_and_holds_no_other_time_than_the_given() -> None:
    data = paint_pdf(page(), SIZE, FACTS)
    assert data == paint_pdf(page(), SIZE, FACTS)
    assert re.findall(rb"D:\d+Z", data) == [b"D:20180912000000Z"] * 2
    offsets = [int(at) for at in re.findall(rb"(\d{10}) 00000 n", data)]
    for number, offset in enumerate(offsets, start=1):
        assert data[offset:].startswith(f"{number} 0 obj".encode())
    table = int(data.split(b"startxref\n")[1].split()[0])
    assert data[table:].startswith(b"xref")


def test_lines_of_a_pdf_stay_lines_and_text_stays_text() -> None:
    data = paint_pdf(page(), SIZE, FACTS)
    streams = [
        zlib.decompress(packed)
        for packed in re.findall(
            rb"/FlateDecode /Length \d+ >>\nstream\n(.*?)\nendstream", data, re.S
        )
    ]
    (drawing,) = [stream for stream in streams if b" cm 1 j" in stream]
    assert b"20.00 150.00 m 200.00 150.00 l" in drawing
    assert drawing.count(b"Tj") == 2
    assert any(b"beginbfchar" in stream and b"015E" in stream for stream in streams)
    assert data.count(b"/Subtype /Image") == 1


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_other_programs_read_the_pdf(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(paint_pdf(page(), SIZE, FACTS))
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    assert text.stderr == ""
    assert "Año Şişli" in text.stdout
    facts = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    assert "Título (1)" in facts
    assert "216 x 144 pts" in facts
    subprocess.run(["pdftoppm", "-r", "200", "-png", path, tmp_path / "p"], check=True)
    (shown,) = tmp_path.glob("p*.png")
    from PIL import Image

    with Image.open(shown) as picture:
        theirs = np.asarray(picture.convert("RGB")).astype(int)
    ours = np.asarray(paint_png(page(), SIZE)).astype(int)
    assert np.abs(theirs - ours).mean() < 3.0


@settings(deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(0, 99), st.floats(0, 99)), min_size=2, max_size=6),
    stroke=st.floats(1.0, 20.0),
    gap=st.floats(1.0, 20.0),
)
def test_dashes_lie_on_the_line_and_cover_their_share(points, stroke, gap) -> None:
    length = sum(np.hypot(*np.subtract(a, b)) for a, b in itertools.pairwise(points))
    drawn = sum(
        np.hypot(*np.subtract(*ends)) for ends in dashes(points, (stroke, gap), closed=False)
    )
    whole, rest = divmod(length, stroke + gap)
    assert drawn == pytest.approx(whole * stroke + min(rest, stroke), abs=0.01)


def test_texts_are_wrapped_and_fitted_to_their_room() -> None:
    ink, style = Ink(), Style(20)
    text = "Not observed or masked does not mean Donaudampfschifffahrtsgesellschaft here"
    lines = ink.wrapped(text, style, 200.0)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(ink.width(line, style) <= 200.0 for line in lines)
    assert ink.width(ink.fitted(text, style, 200.0), style) <= 200.0
    assert ink.fitted("short", style, 200.0) == "short"
