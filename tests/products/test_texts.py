"""Nothing in a text from outside acts."""

import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.products.kml_markup import leaf
from landslidectl.products.texts import inert_cell, plain_text, plain_values

ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too


@given(ANY_TEXT)
def test_any_text_becomes_one_line_that_every_file_can_hold(text: str) -> None:
    plain = plain_text(text)
    assert not {unicodedata.category(letter) for letter in plain} & {"Cc", "Cs", "Zl", "Zp"}
    assert plain.encode().decode() == plain
    assert len(plain.splitlines()) <= 1
    assert plain_text(plain) == plain
    assert ElementTree.fromstring(leaf("name", text)).text == (plain or None)


@given(ANY_TEXT)
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = inert_cell(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert "\t" not in cell and "\r" not in cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("\t=1+1", "' =1+1"),
        ("\r+1", "' +1"),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
        ("Atsuma", "Atsuma"),
        ("厚真", "厚真"),
        ("46+68", "46+68"),
    ],
)
def test_cells_that_look_like_formulas_are_quoted(text: str, cell: str) -> None:
    assert inert_cell(text) == cell


def test_letters_that_turn_the_line_are_dropped() -> None:
    assert plain_text("photo\u202egpj.exe") == "photogpj.exe"


def test_texts_inside_records_are_made_plain() -> None:
    value = {"a\x00": ["b\x1b[31m", 1, None, {"c": "d\udcff"}]}
    assert plain_values(value) == {"a ": ["b [31m", 1, None, {"c": "d\N{REPLACEMENT CHARACTER}"}]}
