"""The column beside the map: result, legend, strongest detections, acquisitions, limitations."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.evidence import scene_span
from landslidectl.detection.regions import OUTLINE_DELINEATED
from landslidectl.products.contract import MASKED_RGB
from landslidectl.products.ink import BLACK, FAINT, GREY, Anchor, Ink, Style
from landslidectl.products.map_frame import AREA_RGB, OUTLINE_RGB, dashes, draw_badge
from landslidectl.products.map_layers import (
    MASK_ALPHA,
    blend,
    hatching,
    score_alpha,
    score_colours,
)
from landslidectl.products.map_view import Box
from landslidectl.products.wording import (
    confidence_in_words,
    day,
    dem_in_words,
    limitations,
    model_in_words,
    standing_in_words,
)
from landslidectl.terms import Confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from landslidectl.detection.regions import Detection
    from landslidectl.products.request import ProductRequest

BODY = Style(21)
SMALL = Style(18, GREY)
HEADING = Style(22, (22, 72, 110), bold=True)
FIGURE = Style(40, BLACK, bold=True)
LISTED_MOST = 10
ROW_HEIGHT = 31
TRACKS_LISTED = 4
SWATCH = (54, 30)
LEGEND_GROUND = 200.0


class Panel:
    """A column of text that is filled from the top."""

    def __init__(self, page: "Image", ink: Ink, box: Box) -> None:
        self.page = page
        self.ink = ink
        self.box = box
        self.y = box.top

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.y += 14
        self.ink.write((self.box.left, self.y), text, HEADING)
        self.y += 32
        self.ink.draw.line((self.box.left, self.y, self.box.right, self.y), fill=FAINT, width=2)
        self.y += 9

    def paragraph(self, text: str, style: Style = BODY, indent: int = 0) -> None:
        """Set a text in as many lines as it needs."""
        for line in self.ink.wrapped(text, style, self.box.width - indent):
            self.ink.write((self.box.left + indent, self.y), line, style)
            self.y += round(1.28 * style.size)

    def pair(self, left: str, right: str, style: Style = BODY) -> None:
        """Set a name and, at the right edge, its value."""
        self.ink.write((self.box.left, self.y), left, style)
        self.ink.write((self.box.right, self.y), right, style, Anchor.RIGHT_TOP)
        self.y += round(1.34 * style.size)

    def swatch(self, text: str, paint: Callable[[Box], None]) -> None:
        """Set a line of the legend beside a small picture of it."""
        box = Box(self.box.left, self.y, *SWATCH)
        paint(box)
        middle = self.y + SWATCH[1] / 2
        self.ink.write((box.right + 16, middle), text, BODY, Anchor.LEFT_MIDDLE)
        self.y += SWATCH[1] + 9


def fill_panel(panel: Panel, request: "ProductRequest", listed: "tuple[Detection, ...]") -> None:
    """Fill the column from the result down to the limitations."""
    _result(panel, request)
    _legend(panel, request)
    if listed:
        _strongest(panel, request, listed)
    _acquisitions(panel, request)
    panel.heading("LIMITATIONS")
    for sentence in limitations(request):
        panel.paragraph(sentence, SMALL)
        panel.y += 4


def room_for_detections(box: Box, request: "ProductRequest") -> int:
    """Return how many detections can be listed when everything else has its place."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    scratch = Image.new("RGB", (box.right, box.bottom))
    panel = Panel(scratch, Ink(ImageDraw.Draw(scratch)), box)
    fill_panel(panel, request, request.detections.items[:1])
    return max(1, min(LISTED_MOST, 1 + (box.bottom - panel.y) // ROW_HEIGHT))


def _result(panel: Panel, request: "ProductRequest") -> None:
    found = request.detections
    count = len(found.items)
    words = f"{count} detection{'' if count == 1 else 's'}" if count else "No detection"
    panel.ink.write((panel.box.left, panel.y), words, FIGURE)
    panel.y += 54
    if count:
        outlined = sum(item.area_ha for item in found.items)
        drawn = sum(item.outline == OUTLINE_DELINEATED for item in found.items)
        panel.paragraph(f"{outlined:,.0f} ha outlined, {drawn} of {count} delineated")
        flagged = sum(bool(item.flag) for item in found.items)
        if flagged:
            panel.paragraph(f"{flagged} flagged as doubtful")
        high = found.count(Confidence.HIGH)
        panel.paragraph(confidence_in_words(high, count - high))
        if request.release > 1:
            panel.paragraph(standing_in_words(request), SMALL)
    else:
        panel.paragraph("A result only for the area analysed:")
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    for name, km2 in (
        ("Analysed", found.tested_km2),
        ("Masked", found.masked_km2),
        ("Not observed", found.unobserved_km2),
    ):
        panel.pair(name, f"{km2:,.1f} sq km  \N{MIDDLE DOT}  {100 * km2 / total:.1f} %")


def _legend(panel: Panel, request: "ProductRequest") -> None:
    draw, threshold = panel.ink.draw, request.detections.threshold
    panel.heading("LEGEND")
    _score_bar(panel, threshold, request.detections.threshold_high)

    def outline(box: Box) -> None:
        draw.rectangle(_edges(box), outline=OUTLINE_RGB, width=4)

    def dashed(box: Box) -> None:
        left, top, right, bottom = _edges(box)
        ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        for part in dashes([(float(x), float(y)) for x, y in ring]):
            draw.line(part, fill=OUTLINE_RGB, width=4)

    def masked(box: Box) -> None:
        ground = np.full((1, 1, 3), LEGEND_GROUND, dtype=np.float32)
        colour = blend(ground, np.array(MASKED_RGB, np.float32), np.full((1, 1), MASK_ALPHA))
        red, green, blue = (int(value) for value in colour[0, 0])
        draw.rectangle(_edges(box), fill=(red, green, blue), outline=GREY)

    def unobserved(box: Box) -> None:
        _paste(panel.page, hatching((box.height, box.width)), box)
        draw.rectangle(_edges(box), outline=GREY)

    def area(box: Box) -> None:
        draw.rectangle(_edges(box), outline=AREA_RGB, width=4)

    if request.detections.threshold_high is not None:
        panel.swatch("Detection, high confidence", outline)
    panel.swatch("Detection, low confidence", dashed)
    words = "Layover, shadow, water, slope"
    words = words if request.has_relief else "Masked (layover not tested)"
    panel.swatch(words, masked)
    panel.swatch("Not observed", unobserved)
    if request.provenance.area_of_interest is not None:
        panel.swatch("Area of interest", area)


def _score_bar(panel: Panel, threshold: float, threshold_high: float | None) -> None:
    """Draw the colours of the score as they look on the map, with the thresholds marked."""
    box = Box(panel.box.left, panel.y, panel.box.width, 30)
    scores = np.linspace(0.0, 1.0, box.width, dtype=np.float32)[None, :]
    ground = np.full((1, box.width, 3), LEGEND_GROUND, dtype=np.float32)
    colours = blend(ground, score_colours(scores), score_alpha(scores, threshold))
    _paste(panel.page, np.repeat(colours, box.height, axis=0), box)
    draw, ink = panel.ink.draw, panel.ink
    draw.rectangle(_edges(box), outline=GREY)
    mark = box.left + threshold * box.width
    draw.line((mark, box.top - 4, mark, box.bottom + 6), fill=BLACK, width=3)
    below = box.bottom + 10
    ink.write((box.left, below), "0", SMALL)
    ink.write((box.right, below), "1", SMALL, Anchor.RIGHT_TOP)
    words = f"threshold {threshold:.2f}"
    if threshold_high is not None:
        mark_high = box.left + threshold_high * box.width
        draw.line((mark_high, box.top - 4, mark_high, box.bottom + 6), fill=BLACK, width=3)
        words += f", high {threshold_high:.2f}"
    half = ink.width(words, SMALL) / 2
    middle = min(max(mark, box.left + 100 + half), box.right - 25 - half)
    ink.write((middle, below), words, SMALL, Anchor.CENTRE_TOP)
    ink.write((box.left + 28, below), "score", SMALL)
    panel.y = below + 36


def _strongest(panel: Panel, request: "ProductRequest", listed: "tuple[Detection, ...]") -> None:
    total = len(request.detections.items)
    panel.heading("STRONGEST DETECTIONS" if total > len(listed) else "DETECTIONS")
    columns = (panel.box.left + 44, panel.box.left + 300, panel.box.left + 420, panel.box.right)
    names = ("lat, lon", "score", "ha", "tracks")
    _cells(panel, columns, names, SMALL)
    for number, item in enumerate(listed, start=1):
        draw_badge(panel.ink, (panel.box.left + 16, panel.y + 12), number, item)
        cells = (
            f"{item.centroid_lat:.4f}, {item.centroid_lon:.4f}",
            f"{item.score_max:.2f}",
            f"{item.area_ha:,.1f}",
            item.tracks if len(item.tracks) < 12 else f"{item.tracks.count('+') + 1} tracks",
        )
        _cells(panel, columns, cells, BODY)
        panel.y += 4


def _cells(panel: Panel, columns: tuple[int, ...], texts: tuple[str, ...], style: Style) -> None:
    """Set one row of the table: the first cell from its left, the others to their right."""
    panel.ink.write((columns[0], panel.y), texts[0], style)
    for x, text in zip(columns[1:], texts[1:], strict=True):
        panel.ink.write((x, panel.y), text, style, Anchor.RIGHT_TOP)
    panel.y += round(1.3 * style.size)


def _acquisitions(panel: Panel, request: "ProductRequest") -> None:
    panel.heading("SENTINEL-1 ACQUISITIONS AND MODEL")
    stacks = sorted(request.stacks, key=lambda stack: stack.track)
    for stack in stacks[:TRACKS_LISTED]:
        first, last = scene_span(stack.pre_scenes)
        span = f" ({day(first)} to {day(last)})" if first and last else ""
        before, after = len(stack.pre_scenes), len(stack.post_scenes)
        panel.paragraph(f"{stack.track.name}: {stack.track}, {'+'.join(stack.bands.polarisations)}")
        panel.paragraph(
            f"{before} before{span}, {after} after ({day(stack.post_start)})", SMALL, 20
        )
    if len(stacks) > TRACKS_LISTED:
        panel.paragraph(f"and {len(stacks) - TRACKS_LISTED} more tracks", SMALL, 20)
    models = sorted({model_in_words(model) for model in request.models})
    panel.paragraph(
        f"Model {', '.join(models)}, threshold {request.detections.threshold:.2f}, "
        f"SHA-256 {', '.join(sorted({model.sha256[:8] for model in request.models}))}"
    )
    panel.paragraph(f"Height model: {dem_in_words(request)}")


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right - 1, box.bottom - 1


def _paste(page: "Image", values: "NDArray[np.float32]", box: Box) -> None:
    from PIL import Image  # noqa: PLC0415

    page.paste(Image.fromarray(np.rint(values).astype(np.uint8)), (box.left, box.top))
