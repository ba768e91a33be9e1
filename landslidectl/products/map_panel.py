"""The column beside the map: result, legend, strongest detections, acquisitions, limitations."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.detections import OUTLINE_DELINEATED
from landslidectl.detection.evidence import scene_span
from landslidectl.products.contract.colours import MASKED_RGB, MASKED_WORDS
from landslidectl.products.ink import BLACK, FAINT, GREY, Across, Down, Ink, Pen, Style
from landslidectl.products.map_frame import (
    AREA,
    BADGE_RADIUS,
    OUTLINE,
    WEAK_OUTLINE,
    draw_badge,
    is_weak,
)
from landslidectl.products.map_furniture import NAVY, draw_world
from landslidectl.products.map_layers import (
    blend,
    hatching,
    mask_alpha,
    score_alpha,
    score_colours,
)
from landslidectl.products.map_view import Box, MapView
from landslidectl.products.wording import (
    REVIEW_START,
    confidence_in_words,
    day,
    dem_in_words,
    ha_in_words,
    is_reviewed,
    km2_in_words,
    limitations,
    model_in_words,
    review_in_words,
    score_in_words,
    standing_in_words,
)
from landslidectl.terms import Confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.detection.detections import Detection
    from landslidectl.products.request import ProductRequest

BODY = Style(19)
SMALL = Style(17, GREY)
HEADING = Style(19, NAVY, bold=True)
FIGURE = Style(36, BLACK, bold=True)
RULE = Pen(FAINT, 2.0)
THIN = Pen(GREY, 1.5)
LISTED_MOST = 10
ROW_HEIGHT = 33
TRACKS_LISTED = 4
SWATCH = (50, 27)
WORLD = (238, 96)
LEGEND_GROUND = 200.0


class Panel:
    """A column of text that is filled from the top."""

    def __init__(self, ink: Ink, box: Box) -> None:
        self.ink = ink
        self.box = box
        self.y = box.top

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.y += 14
        self.ink.write((self.box.left, self.y), text, HEADING)
        self.y += 28
        self.ink.line(((self.box.left, self.y), (self.box.right, self.y)), RULE)
        self.y += 8

    def paragraph(self, text: str, style: Style = BODY, indent: int = 0) -> None:
        """Set a text in as many lines as it needs."""
        for line in self.ink.wrapped(text, style, self.box.width - indent):
            self.ink.write((self.box.left + indent, self.y), line, style)
            self.y += round(1.28 * style.size)

    def pair(self, left: str, right: str, style: Style = BODY) -> None:
        """Set a name and, at the right edge, its value."""
        self.ink.write((self.box.left, self.y), left, style)
        self.ink.write((self.box.right, self.y), right, style, Across.RIGHT)
        self.y += round(1.34 * style.size)

    def swatch(self, text: str, paint: Callable[[Box], None]) -> None:
        """Set a line of the legend beside a small picture of it."""
        box = Box(self.box.left, self.y, *SWATCH)
        paint(box)
        middle = self.y + SWATCH[1] / 2
        self.ink.write((box.right + 14, middle), text, BODY, down=Down.MIDDLE)
        self.y += SWATCH[1] + 9


def fill_panel(
    panel: Panel, view: MapView, request: "ProductRequest", listed: "tuple[Detection, ...]"
) -> None:
    """Fill the column from the result down to the limitations."""
    _result(panel, request)
    _legend(panel, view, request)
    if listed:
        _strongest(panel, request, listed)
    _acquisitions(panel, request)
    panel.heading("LIMITATIONS")
    for sentence in limitations(request):
        panel.paragraph(sentence, SMALL)
        panel.y += 4


def room_for_detections(box: Box, view: MapView, request: "ProductRequest") -> int:
    """Return how many detections can be listed when everything else has its place."""
    panel = Panel(Ink(), box)
    fill_panel(panel, view, request, request.detections.items[:1])
    return max(1, min(LISTED_MOST, 1 + (box.bottom - panel.y) // ROW_HEIGHT))


def _result(panel: Panel, request: "ProductRequest") -> None:
    found = request.detections
    count = len(found.items)
    words = f"{count:,} detection{'' if count == 1 else 's'}" if count else "No detection"
    panel.ink.write((panel.box.left, panel.y - 6), words, FIGURE)
    panel.y += 44
    if count:
        outlined = sum(item.area_ha for item in found.items)
        drawn = sum(item.outline == OUTLINE_DELINEATED for item in found.items)
        panel.paragraph(f"{ha_in_words(outlined)} ha outlined, {drawn:,} of {count:,} delineated")
        high = found.count(Confidence.HIGH)
        flagged = sum(bool(item.flag) for item in found.items)
        doubtful = f"; {flagged:,} flagged as doubtful" if flagged else ""
        panel.paragraph(f"{confidence_in_words(high, count - high)}{doubtful}")
        if request.release > 1:
            panel.paragraph(standing_in_words(request), SMALL)
    else:
        panel.paragraph("A result only for the area analysed:")
    if is_reviewed(found.reviews):
        panel.paragraph(f"{REVIEW_START}{review_in_words(found.reviews)}", SMALL)
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    for name, km2 in (
        ("Analysed", found.tested_km2),
        ("Masked", found.masked_km2),
        ("Not observed", found.unobserved_km2),
    ):
        share = 100 * km2 / total if total else 0.0
        panel.pair(name, f"{km2_in_words(km2, total)} sq km  \N{MIDDLE DOT}  {share:.1f} %")


def _legend(panel: Panel, view: MapView, request: "ProductRequest") -> None:
    ink = panel.ink
    panel.heading("LEGEND")
    _score_bar(panel, request.detections.threshold, request.detections.threshold_high)
    world = Box(panel.box.right - WORLD[0], panel.y + 4, *WORLD)
    draw_world(ink, view, world)

    def outline(pen: Pen) -> Callable[[Box], None]:
        return lambda box: ink.rectangle(box, pen=pen)

    def masked(box: Box) -> None:
        ground = np.full((box.height, box.width, 3), LEGEND_GROUND, dtype=np.float32)
        colour = np.array(MASKED_RGB, np.float32)
        _paste(ink, blend(ground, colour, mask_alpha((box.height, box.width))), box)
        ink.rectangle(box, pen=THIN)

    def unobserved(box: Box) -> None:
        grey = hatching((box.height, box.width))[:, :, None]
        _paste(ink, np.repeat(grey, 3, axis=2), box)
        ink.rectangle(box, pen=THIN)

    if request.detections.threshold_high is not None:
        panel.swatch("Detection, high confidence", outline(OUTLINE))
    panel.swatch("Detection, low confidence", outline(WEAK_OUTLINE))
    panel.swatch(MASKED_WORDS, masked)
    panel.swatch("Not observed", unobserved)
    if request.provenance.area_of_interest is not None:
        panel.swatch("Area of interest", outline(AREA))
    panel.y = max(panel.y, world.bottom + 24)


def _score_bar(panel: Panel, threshold: float, threshold_high: float | None) -> None:
    """Draw the colours of the score as they look on the map, with the thresholds marked."""
    ink, box = panel.ink, Box(panel.box.left, panel.y, panel.box.width, 26)
    scores = np.linspace(0.0, 1.0, box.width, dtype=np.float32)[None, :]
    ground = np.full((1, box.width, 3), LEGEND_GROUND, dtype=np.float32)
    colours = blend(ground, score_colours(scores), score_alpha(scores, threshold))
    _paste(ink, np.repeat(colours, box.height, axis=0), box)
    ink.rectangle(box, pen=THIN)
    marks = [threshold] if threshold_high is None else [threshold, threshold_high]
    for share in marks:
        mark = box.left + share * box.width
        ink.line(((mark, box.top - 4), (mark, box.bottom + 6)), Pen(BLACK, 3.0))
    below = box.bottom + 8
    ink.write((box.left, below), "0   score", SMALL)
    ink.write((box.right, below), "1", SMALL, Across.RIGHT)
    words = f"threshold {threshold:.2f}"
    words += "" if threshold_high is None else f", high {threshold_high:.2f}"
    half = ink.width(words, SMALL) / 2
    middle = min(box.left + threshold * box.width, box.right - 25 - half)
    ink.write((max(middle, box.left + 100 + half), below), words, SMALL, Across.CENTRE)
    panel.y = below + 30


def _strongest(panel: Panel, request: "ProductRequest", listed: "tuple[Detection, ...]") -> None:
    total = len(request.detections.items)
    more = f"STRONGEST {len(listed)} OF {total:,} DETECTIONS"
    panel.heading(more if total > len(listed) else "DETECTIONS")
    left = panel.box.left
    columns = (left + 42, left + 350, left + 450, panel.box.right)
    _cells(panel, columns, ("latitude, longitude", "score", "ha", "tracks"), SMALL)
    panel.y += 6
    for number, item in enumerate(listed, start=1):
        at = (left + BADGE_RADIUS, panel.y + 11.0)
        draw_badge(panel.ink, at, number, is_weak(item))
        cells = (
            f"{item.centroid_lat:.4f}, {item.centroid_lon:.4f}",
            score_in_words(item.score_max),
            f"{item.area_ha:,.1f}",
            item.tracks if len(item.tracks) < 12 else f"{item.tracks.count('+') + 1} tracks",
        )
        _cells(panel, columns, cells, BODY)
        panel.y += ROW_HEIGHT - round(1.3 * BODY.size)


def _cells(panel: Panel, columns: tuple[int, ...], texts: tuple[str, ...], style: Style) -> None:
    """Set one row of the table: the first cell from its left, the others to their right."""
    panel.ink.write((columns[0], panel.y), texts[0], style)
    for x, text in zip(columns[1:], texts[1:], strict=True):
        panel.ink.write((x, panel.y), text, style, Across.RIGHT)
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
    panel.paragraph(f"Height model: {dem_in_words(request)}", SMALL)


def _paste(ink: Ink, values: "NDArray[np.float32]", box: Box) -> None:
    ink.picture(np.rint(values).astype(np.uint8), box)
