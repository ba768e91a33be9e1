import io

import pytest
from PIL import ImageFont

from landslidectl.errors import LandslidectlError
from landslidectl.products import typeface
from landslidectl.products.typeface import BOLD, REGULAR, load_typeface


@pytest.mark.parametrize("name", [REGULAR, BOLD])
def test_widths_are_those_of_freetype(name: str) -> None:
    face = load_typeface(name)
    font = ImageFont.truetype(face.path, 1000, layout_engine=ImageFont.Layout.BASIC)
    for text in ("Probable landslides", "São Tomé 10\N{DEGREE SIGN}15'", "Şişli, Кавказ, Ελλάδα"):
        assert 1000 * face.width(text) == pytest.approx(font.getlength(text), abs=len(text))
    assert 1000 * face.ascent == pytest.approx(font.getmetrics()[0], abs=1)


def test_a_subset_is_a_small_font_that_draws_the_same_letters() -> None:
    face = load_typeface(REGULAR)
    letters = "Aé8"  # the accented letter is composed of two glyphs
    data = face.subset(face.glyphs[ord(letter)] for letter in letters)
    assert data == face.subset({face.glyphs[ord(letter)] for letter in reversed(letters)})
    outlines = [len(data), face.path.stat().st_size]
    assert outlines[0] < outlines[1] / 8
    whole = ImageFont.truetype(face.path, 60, layout_engine=ImageFont.Layout.BASIC)
    # a subset for PDF holds no table from letters to glyphs; lend it the one of the whole font
    lent = typeface._font_file(dict(tables_of(data)) | {"cmap": face.tables["cmap"]})
    part = ImageFont.truetype(io.BytesIO(lent), 60, layout_engine=ImageFont.Layout.BASIC)
    for letter in letters:
        assert bytes(part.getmask(letter)) == bytes(whole.getmask(letter)) != b""
    assert part.getbbox("B")[2:] != whole.getbbox("B")[2:]


def tables_of(data: bytes) -> dict[str, bytes]:
    count = int.from_bytes(data[4:6], "big")
    tables = {}
    for at in range(12, 12 + 16 * count, 16):
        start, length = (int.from_bytes(data[at + k : at + k + 4], "big") for k in (8, 12))
        tables[data[at : at + 4].decode()] = data[start : start + length]
    return tables


def test_letters_the_typeface_lacks_lose_their_accents_or_become_question_marks() -> None:
    face = load_typeface(REGULAR)
    assert face.printable("São Tomé 10\N{DEGREE SIGN}") == "São Tomé 10\N{DEGREE SIGN}"
    assert face.printable("北海道") == "???"
    assert face.printable("a\tb\nc\x00") == "a b c?"
    assert face.printable("n\N{COMBINING TILDE}") == "ñ"
    assert face.printable("\N{ANGSTROM SIGN}") == "Å"


def test_a_missing_typeface_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeface, "find_spec", lambda _: None)
    with pytest.raises(LandslidectlError, match="matplotlib"):
        load_typeface(REGULAR)
    with pytest.raises(LandslidectlError, match="cannot be read"):
        monkeypatch.undo()
        load_typeface("NoSuchFace")
