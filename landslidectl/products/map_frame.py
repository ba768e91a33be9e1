"""What is drawn over the picture in the map frame: outlines, numbers, graticule, scale, north."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.geodesy import from_wgs84
from landslidectl.products.ink import BLACK, GREY, WHITE, Anchor, Ink, Style
from landslidectl.products.map_view import Box, MapView, round_length
from landslidectl.terms import Confidence

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from shapely.geometry.base import BaseGeometry

    from landslidectl.detection.regions import Detection

OVERSAMPLING = 2
OUTLINE_RGB = (64, 0, 32)
AREA_RGB = (0, 92, 138)
VEIL = (255, 255, 255, 120)
BADGE_RADIUS = 15
SMALLEST_SHOWN = 12
MARK_RADIUS = 9
TICK = 12
LABEL_ROOM = 40
DASH_AND_GAP = (9.0, 6.0)
LABEL = Style(20, GREY)


def draw_outlines(
    picture: "Image", view: MapView, detections: "Sequence[Detection]", area: "BaseGeometry | None"
) -> None:
    """Draw the area of interest and the outlines of the detections, smooth, over the picture.

    Outlines of high confidence are solid, those of low confidence dashed: also without colours the
    two can be told apart.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415

    size = (view.width * OVERSAMPLING, view.height * OVERSAMPLING)
    sheet = Image.new("RGBA", size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(sheet)
    if area is not None:
        _draw_area(draw, from_wgs84(area, view.grid.epsg), view)
    rings = [(ring, item.confidence) for item in detections for ring in _marks(item.polygon, view)]
    for ring, _ in rings:
        _line(draw, ring, (255, 255, 255, 190), 6)
    for ring, confidence in rings:
        for part in [ring] if confidence == Confidence.HIGH else dashes(ring):
            _line(draw, part, (*OUTLINE_RGB, 255), 3)
    smooth = sheet.resize((view.width, view.height), Image.Resampling.LANCZOS)
    picture.paste(smooth, (0, 0), smooth)


def draw_badges(ink: Ink, view: MapView, corner: Box, detections: "Sequence[Detection]") -> None:
    """Set a number beside each outline, in their order, clear of the others."""
    taken: list[tuple[float, float]] = []
    for number, item in enumerate(detections, start=1):
        place = _free_place(item.polygon.bounds, view, taken)
        taken.append(place)
        x, y = corner.left + place[0], corner.top + place[1]
        draw_badge(ink, (x, y), number, item)


def draw_badge(ink: Ink, at: tuple[float, float], number: int, item: "Detection") -> None:
    """Set a number in a disc, dark for high confidence and light for low."""
    (x, y), radius = at, BADGE_RADIUS
    is_high = item.confidence == Confidence.HIGH
    ground, letters = (OUTLINE_RGB, WHITE) if is_high else (WHITE, OUTLINE_RGB)
    circle = (x - radius, y - radius, x + radius, y + radius)
    ink.draw.ellipse(circle, fill=ground, outline=letters, width=2)
    ink.write(at, str(number), Style(19, letters, bold=True), Anchor.CENTRE)


def dashes(ring: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the parts of a line that are drawn when it is dashed, pixels."""
    import shapely  # noqa: PLC0415
    from shapely.ops import substring  # noqa: PLC0415

    line = shapely.LineString(ring)
    count = max(round(line.length / sum(DASH_AND_GAP)), 1)
    period = line.length / count
    drawn = period * DASH_AND_GAP[0] / sum(DASH_AND_GAP)
    parts = [substring(line, n * period, n * period + drawn) for n in range(count)]
    return [[(x, y) for x, y in shapely.get_coordinates(part).tolist()] for part in parts]


def draw_graticule(ink: Ink, view: MapView, frame: Box) -> None:
    """Draw meridians and parallels as thin lines, ticks and labels at the frame, and the frame."""
    draw = ink.draw
    for line in view.meridians():
        bottom, top = frame.left + line.start, frame.left + line.end
        _hairline(draw, (bottom, frame.bottom), (top, frame.top))
        draw.line((bottom, frame.bottom - TICK, bottom, frame.bottom + TICK), fill=BLACK, width=2)
        draw.line((top, frame.top - TICK // 2, top, frame.top + TICK), fill=BLACK, width=2)
        if LABEL_ROOM < line.start < frame.width - LABEL_ROOM:
            ink.write((bottom, frame.bottom + TICK + 6), line.label, LABEL, Anchor.CENTRE_TOP)
    for line in view.parallels():
        left, right = frame.top + line.start, frame.top + line.end
        _hairline(draw, (frame.left, left), (frame.right, right))
        draw.line((frame.left - TICK, left, frame.left + TICK, left), fill=BLACK, width=2)
        draw.line((frame.right - TICK, right, frame.right + TICK // 2, right), fill=BLACK, width=2)
        ink.write((frame.left - TICK - 8, left), line.label, LABEL, Anchor.RIGHT_MIDDLE)
    draw.rectangle(
        (frame.left - 2, frame.top - 2, frame.right + 1, frame.bottom + 1), outline=BLACK, width=3
    )


def draw_scale_bar(ink: Ink, view: MapView, frame: Box) -> None:
    """Draw a scale bar of a round length in the lower left corner of the frame."""
    length_m = round_length(0.26 * view.width * view.scale_m)
    pixels = length_m / view.scale_m
    left, top = frame.left + 46, frame.bottom - 50
    ink.draw.rounded_rectangle(
        (frame.left + 16, top - 46, left + pixels + 66, frame.bottom - 16), 10, fill=WHITE
    )
    for part in range(4):
        x = left + pixels * part / 4
        fill = BLACK if part % 2 == 0 else WHITE
        ink.draw.rectangle((x, top, x + pixels / 4, top + 12), fill=fill, outline=BLACK, width=2)
    unit, divisor = ("km", 1000.0) if length_m >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        text = f"{length_m * share / divisor:g}" + (f" {unit}" if share == 1.0 else "")
        ink.write((left + pixels * share, top - 8), text, Style(20), Anchor.CENTRE_BOTTOM)


def draw_north_arrow(ink: Ink, view: MapView, frame: Box) -> None:
    """Draw an arrow to true north in the upper right corner of the frame."""
    x, y, radius = frame.right - 58, frame.top + 64, 30.0
    ink.draw.rounded_rectangle((x - 40, y - 48, x + 40, y + 60), 10, fill=WHITE)
    turn = math.radians(view.north_deg())

    def turned(right: float, up: float) -> tuple[float, float]:
        return (
            x + right * math.cos(turn) + up * math.sin(turn),
            y + right * math.sin(turn) - up * math.cos(turn),
        )

    tip, notch = turned(0, radius + 8), turned(0, -radius * 0.45)
    ink.draw.polygon([tip, turned(-radius * 0.62, -radius), notch], fill=BLACK)
    ink.draw.polygon([tip, turned(radius * 0.62, -radius), notch], fill=WHITE, outline=BLACK)
    ink.write((x, y + 46), "N", Style(24, BLACK, bold=True), Anchor.CENTRE)


def _draw_area(draw: "ImageDraw", area: "BaseGeometry", view: MapView) -> None:
    """Pale what lies outside the area of interest, and outline it."""
    import shapely  # noqa: PLC0415

    draw.rectangle((0, 0, *draw.im.size), fill=VEIL)
    parts = [list(_rings(part, view)) for part in shapely.get_parts(area)]
    for exterior, *holes in parts:
        draw.polygon(_oversampled(exterior), fill=(255, 255, 255, 0))
        for hole in holes:
            draw.polygon(_oversampled(hole), fill=VEIL)
    for ring in (ring for part in parts for ring in part):
        _line(draw, ring, (255, 255, 255, 200), 7)
        _line(draw, ring, (*AREA_RGB, 255), 3)


def _marks(region: "BaseGeometry", view: MapView) -> "Iterator[list[tuple[float, float]]]":
    """Yield the rings of an outline, or a circle around one too small to be seen."""
    left, bottom, right, top = region.bounds
    if max(right - left, top - bottom) / view.scale_m >= SMALLEST_SHOWN:
        yield from _rings(region, view)
        return
    ((x, y),) = view.pixels(np.array([[(left + right) / 2, (bottom + top) / 2]])).tolist()
    angles = np.linspace(0.0, 2.0 * np.pi, 33)
    yield [
        (x + MARK_RADIUS * math.cos(angle), y + MARK_RADIUS * math.sin(angle)) for angle in angles
    ]


def _rings(region: "BaseGeometry", view: MapView) -> "Iterator[list[tuple[float, float]]]":
    import shapely  # noqa: PLC0415

    for part in shapely.get_parts(region):
        for ring in shapely.get_rings(part):
            yield [(x, y) for x, y in view.pixels(shapely.get_coordinates(ring)).tolist()]


def _line(
    draw: "ImageDraw",
    ring: list[tuple[float, float]],
    colour: tuple[int, int, int, int],
    width: int,
) -> None:
    draw.line(_oversampled(ring), fill=colour, width=width * OVERSAMPLING, joint="curve")


def _oversampled(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in ring]


def _hairline(draw: "ImageDraw", start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a dotted line: it shows on every ground and hides nothing."""
    length = math.dist(start, end)
    steps = int(length // 9)
    for step in range(steps):
        share = step / max(steps, 1)
        x = start[0] + (end[0] - start[0]) * share
        y = start[1] + (end[1] - start[1]) * share
        draw.rectangle((x, y, x + 1, y + 1), fill=(70, 76, 84))


def _free_place(
    bounds: tuple[float, float, float, float], view: MapView, taken: list[tuple[float, float]]
) -> tuple[float, float]:
    """Return where a number can stand: a corner of the outline, inside the frame, if possible."""
    left, bottom, right, top = bounds
    (x0, y0), (x1, y1) = view.pixels(np.array([[left, top], [right, bottom]])).tolist()
    away = 0.75 * BADGE_RADIUS
    corners = [
        (x1 + away, y0 - away),
        (x0 - away, y0 - away),
        (x1 + away, y1 + away),
        (x0 - away, y1 + away),
        ((x0 + x1) / 2, y0 - 1.4 * BADGE_RADIUS),
        ((x0 + x1) / 2, y1 + 1.4 * BADGE_RADIUS),
    ]
    rim = BADGE_RADIUS + 4
    inside = [
        (min(max(x, rim), view.width - rim), min(max(y, rim), view.height - rim))
        for x, y in corners
    ]
    for place in inside:
        if all(math.dist(place, other) > 2.1 * BADGE_RADIUS for other in taken):
            return place
    return inside[0]
