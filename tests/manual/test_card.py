"""The card is one page that holds all of the quick start."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from landslidectl.manual.card import blocks, card_pdf
from landslidectl.manual.pages import Page, pages

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def test_blocks() -> None:
    text = (
        "# One\n\na `*b`\nc [d](e.md)\n\n- one\n  more\n- two\n\n```sh\ncode -x\n```\n1. *last*\n"
    )
    found = [(block.kind, block.lines, block.mark) for block in blocks(text)]
    assert found == [
        ("title", ("One",), ""),
        ("text", ("a *b c d",), ""),
        ("item", ("one more",), "-"),
        ("item", ("two",), "-"),
        ("code", ("code -x",), ""),
        ("item", ("last",), "1."),
    ]


def test_the_quick_start_fits_one_page_whose_text_can_be_read(tmp_path: Path) -> None:
    content = card_pdf(pages()[0], NOW)
    assert content == card_pdf(pages()[0], NOW)
    assert b"/Count 1" in content
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here (poppler-utils)")
    (tmp_path / "card.pdf").write_bytes(content)
    said = subprocess.run(
        ["pdftotext", "-layout", "card.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    assert "landslidectl doctor" in said
    assert "A score is not a probability" in said


def test_what_does_not_fit_is_told() -> None:
    page = Page("long", Path("long.md"), "# Long\n" + "\nword word\n" * 90)
    with pytest.raises(ValueError, match="do not fit"):
        card_pdf(page, NOW)
