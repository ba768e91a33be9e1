"""The legend that stands on the screen of Google Earth."""

import io
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.products.contract.colours import MASKED_RGB, MASKED_WORDS, Rgb
from landslidectl.products.contract.rasters import CONFIDENCE_RGB
from landslidectl.products.ink import BLACK, GREY, Across, Down, Ink, Pen, Style
from landslidectl.products.map_frame import AREA_RGB, OUTLINE_RGB
from landslidectl.products.map_layers import score_colours
from landslidectl.products.map_view import Box
from landslidectl.products.paint_png import paint_png
from landslidectl.terms import Confidence, Decision

if TYPE_CHECKING:
    from landslidectl.products.contents import Contents

WIDTH, MARGIN, ROW = 400, 16, 34
SWATCH = (46, 22)
BAR_HEIGHT = 22
BODY, SMALL = Style(18), Style(15, GREY)
HEADING = Style(20, BLACK, bold=True)
ALARM = Style(20, (190, 20, 20), bold=True)
DRAWN_RGB: Rgb = (255, 255, 255)
REJECTED_RGB: Rgb = (110, 110, 110)
UNOBSERVED_RGB: Rgb = (128, 128, 128)
LINE_HEIGHT = 1.3
TALLEST = 600


def legend_png(contents: "Contents") -> bytes:
    """Return the legend as a PNG."""
    ink, y = Ink(), MARGIN
    simulated = contents.facts["simulated"]
    y = _lines(ink, y, contents.facts["title"], ALARM if simulated else HEADING)
    if simulated:
        y = _lines(ink, y, "no map of a real event", ALARM)
    y = _lines(ink, y + 4, "Landslide score, not a probability", BODY)
    y = _ramp(ink, y + 2, float(contents.facts["result"]["threshold"]))
    for fill, line, words in _kinds(contents):
        y = _swatch(ink, y, fill, line, words)
    y = _swatch(ink, y, UNOBSERVED_RGB, UNOBSERVED_RGB, "Not observed")
    y = _swatch(ink, y, MASKED_RGB, MASKED_RGB, MASKED_WORDS)
    y = _swatch(ink, y, None, AREA_RGB, "Area of interest")
    y = _lines(ink, y + 2, "No colour does not mean 'no landslide'.", SMALL)
    y = _lines(ink, y, contents.facts["credit"], SMALL)
    bottom = min(y + MARGIN, TALLEST)
    ink.rectangle(Box(0, 0, WIDTH, bottom), pen=Pen(GREY, 2.0))
    content = io.BytesIO()
    paint_png(ink, (WIDTH, bottom)).save(content, "PNG", optimize=True)
    return content.getvalue()


def _kinds(contents: "Contents") -> list[tuple[Rgb | None, Rgb, str]]:
    """Return fill, line and words of the kinds of detections that are shown."""
    low, high = CONFIDENCE_RGB[Confidence.LOW.value], CONFIDENCE_RGB[Confidence.HIGH.value]
    kinds: list[tuple[Rgb | None, Rgb, str]] = []
    if contents.facts["result"]["threshold_high"] is not None:
        kinds.append((high, OUTLINE_RGB, "Detection, high confidence"))
    kinds.append((low, OUTLINE_RGB, "Detection, low confidence"))
    rows = contents.detections.rows
    if any(row.get("confidence") not in CONFIDENCE_RGB for row in rows):
        kinds.append((DRAWN_RGB, OUTLINE_RGB, "Drawn by a person"))
    if any(row.get("review") == Decision.REJECTED.value for row in rows):
        kinds.append((None, REJECTED_RGB, "Rejected by a person"))
    return kinds


def _lines(ink: Ink, y: int, text: str, style: Style) -> int:
    for line in ink.wrapped(text, style, WIDTH - 2 * MARGIN):
        ink.write((MARGIN, y), line, style)
        y += round(LINE_HEIGHT * style.size)
    return y


def _ramp(ink: Ink, y: int, threshold: float) -> int:
    """Draw the colours from half of the threshold, where they begin to show, up to 1."""
    length, low = WIDTH - 2 * MARGIN, 0.5 * threshold
    scores = np.linspace(low, 1.0, length, dtype=np.float32)
    colours = np.rint(score_colours(scores)).astype(np.uint8)
    bar = np.repeat(colours[np.newaxis], BAR_HEIGHT, axis=0)
    ink.picture(bar, Box(MARGIN, y, length, BAR_HEIGHT))
    x = MARGIN + length * (threshold - low) / (1.0 - low)
    ink.line(((x, y), (x, y + BAR_HEIGHT + 4)), Pen(BLACK, 2.0))
    y += BAR_HEIGHT + 3
    ink.write((MARGIN, y), f"{low:.2f}", SMALL)
    ink.write((MARGIN + length, y), "1.00", SMALL, Across.RIGHT)
    middle = MARGIN + length / 2
    ink.write((middle, y), f"mark: detected from {threshold:.2f}", SMALL, Across.CENTRE)
    return y + ROW - 8


def _swatch(ink: Ink, y: int, fill: Rgb | None, line: Rgb, text: str) -> int:
    ink.rectangle(Box(MARGIN, y, *SWATCH), fill, Pen(line, 3.0))
    middle = y + SWATCH[1] / 2
    ink.write((MARGIN + SWATCH[0] + 12, middle), text, BODY, down=Down.MIDDLE)
    return y + ROW
