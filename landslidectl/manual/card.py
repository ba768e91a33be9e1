"""The quick-start page as a card to print: one A4 page, vector, with text that can be selected."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from landslidectl import __version__
from landslidectl.manual.pages import Page
from landslidectl.products.ink import Ink, Pen, Style
from landslidectl.products.map_view import Box
from landslidectl.products.paint_pdf import PdfFacts, paint_pdf

DOTS_PER_INCH = 144
SIZE = (1191, 1684)
"""A4 in pixels of a 144th of an inch."""
MARGIN, INDENT, PAD = 90, 34, 14
TITLE, HEAD, TEXT, CODE = (
    Style(48, bold=True),
    Style(30, (170, 50, 10), bold=True),
    Style(23),
    Style(18, bold=True),
)
LEADING = 1.42
TINT = (238, 240, 243)
MARKS = re.compile(r"`([^`]*)`|\*+([^*]+)\*+|\[([^\]]*)\]\([^)]*\)")
"""Code, emphasis, links: of each the words stay."""
ITEM = re.compile(r"^(-|\d+\.) +(.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, an item of a list, or lines of code."""

    kind: str
    lines: tuple[str, ...]
    mark: str = ""


def card_pdf(page: Page, created: datetime) -> bytes:
    """Return the card.

    Parameters
    ----------
    page : Page
        Headings, paragraphs, lists and code; no tables or pictures.
    created : datetime
        Aware; written into the document.

    Raises
    ------
    ValueError
        If the text does not fit one page.
    """
    ink = Ink()
    y = float(MARGIN)
    for block in blocks(page.text):
        y = _draw(ink, block, y)
    if y > SIZE[1] - MARGIN:
        raise ValueError(f"{page.path}: {y:.0f} pixels of text do not fit one page of {SIZE[1]}")
    foot = f"landslidectl {__version__}: landslidectl docs has the whole manual"
    ink.write((MARGIN, SIZE[1] - MARGIN / 2 - TEXT.size), foot, Style(16))
    facts = PdfFacts(page.title, "Quick start", "landslidectl", created, DOTS_PER_INCH)
    return paint_pdf(ink, SIZE, facts)


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text, without the marks inside lines."""
    pending: list[str] = []
    kind, mark = "text", ""
    for line in [*text.splitlines(), ""]:
        if kind == "code":
            if line.startswith("```"):
                yield Block(kind, tuple(pending))
                pending, kind = [], "text"
            else:
                pending.append(line)
            continue
        item = ITEM.match(line)
        if pending and (not line.strip() or item or line.startswith(("#", "```"))):
            yield Block(kind, (_unmarked(" ".join(pending)),), mark)
            pending, kind, mark = [], "text", ""
        if line.startswith("```"):
            kind = "code"
        elif line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            yield Block("title" if level == 1 else "head", (_unmarked(line.lstrip("# ")),))
        elif item:
            pending, kind, mark = [item[2]], "item", item[1]
        elif line.strip():
            pending.append(line.strip())


def _unmarked(text: str) -> str:
    return MARKS.sub(lambda match: match[match.lastindex or 0], text)


def _draw(ink: Ink, block: Block, y: float) -> float:
    """Draw a block from a height on; return the height where the next one begins."""
    if block.kind == "code":
        return _draw_code(ink, block, y)
    style = {"title": TITLE, "head": HEAD}.get(block.kind, TEXT)
    left = MARGIN + (INDENT if block.kind == "item" else 0)
    if block.kind == "head":
        y += style.size * 0.6
    if block.mark:
        ink.write(
            (MARGIN, y), "•" if block.mark == "-" else block.mark, Style(TEXT.size, bold=True)
        )
    for line in ink.wrapped(block.lines[0], style, SIZE[0] - MARGIN - left):
        ink.write((left, y), line, style)
        y += style.size * LEADING
    return y + (4 if block.kind == "item" else 10)


def _draw_code(ink: Ink, block: Block, y: float) -> float:
    lines = [
        part
        for line in block.lines
        for part in ink.wrapped(line, CODE, SIZE[0] - 2 * MARGIN - 2 * PAD)
    ]
    height = len(lines) * CODE.size * LEADING + 2 * PAD
    box = Box(MARGIN, int(y), SIZE[0] - 2 * MARGIN, int(height))
    ink.rectangle(box, TINT, Pen((200, 204, 210), 1.0))
    for index, line in enumerate(lines):
        ink.write((MARGIN + PAD, y + PAD + index * CODE.size * LEADING), line, CODE)
    return y + height + 16
