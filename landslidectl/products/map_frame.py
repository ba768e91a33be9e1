"""What is drawn over the picture in the map frame: outlines, numbers, graticule."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.geodesy import from_wgs84
from landslidectl.products.ink import BLACK, GREY, WHITE, Across, Down, Ink, Pen, Point, Style
from landslidectl.products.map_view import Box, MapView
from landslidectl.terms import Confidence

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.detection.detections import Detection

OUTLINE_RGB = (64, 0, 32)
AREA_RGB = (0, 92, 138)
OUTLINE = Pen(OUTLINE_RGB, 2.8)
WEAK_OUTLINE = Pen(OUTLINE_RGB, 2.8, (8.0, 5.0))
CASING_WIDTH = 3.2
MANY = 400
"""From here on outlines are drawn thinner, so that they do not hide the map."""
AREA = Pen(AREA_RGB, 3.0)
AREA_CASING = Pen(WHITE, 6.5)
HAIRLINE = Pen((70, 76, 84), 1.4, (2.0, 7.0))
EDGE = Pen(BLACK, 3.0)
TICK_PEN = Pen(BLACK, 2.0)
BADGE_RADIUS = 15.0
SMALLEST_SHOWN = 12.0
MARK_RADII = ((60, 9.0), (400, 6.5), (math.inf, 4.5))
"""Up to so many detections, and the radius of the circles around those too small to be seen."""
TICK = 12
LABEL_ROOM = 60
LABEL = Style(18, GREY)
RINGS, SPOKES = 12, 12


def is_weak(item: "Detection") -> bool:
    """Tell whether a detection is of low confidence."""
    return item.confidence == Confidence.LOW


def draw_area(ink: Ink, view: MapView, corner: Box, area: "BaseGeometry") -> None:
    """Draw the outline of the area of interest, as far as it lies in the frame."""
    import shapely  # noqa: PLC0415

    left, top = view.corner
    frame = shapely.box(
        left, top - view.height * view.scale_m, left + view.width * view.scale_m, top
    )
    for ring in shapely.get_rings(from_wgs84(area, view.grid.epsg)):
        for line in shapely.get_parts(shapely.intersection(ring, frame)):
            points = _on_page(shapely.get_coordinates(line), view, corner)
            if len(points) > 1:
                ink.line(points, AREA_CASING)
                ink.line(points, AREA)


def draw_outlines(ink: Ink, view: MapView, corner: Box, items: "Sequence[Detection]") -> None:
    """Draw the outlines of the detections, dashed where the confidence is low."""
    radius = next(size for most, size in MARK_RADII if len(items) <= most)
    marks = [(ring, is_weak(i)) for i in items for ring in _marks(i.polygon, view, corner, radius)]
    share = 1.0 if len(items) <= MANY else 0.6
    strong, weak = (replace(pen, width=share * pen.width) for pen in (OUTLINE, WEAK_OUTLINE))
    for ring, _ in marks:
        ink.polygon(ring, pen=Pen(WHITE, share * (OUTLINE.width + CASING_WIDTH)))
    for ring, is_low in marks:
        ink.polygon(ring, pen=weak if is_low else strong)


def draw_badges(ink: Ink, view: MapView, corner: Box, items: "Sequence[Detection]") -> None:
    """Set a number beside each outline, in their order, clear of the others.

    Where there is no room beside it, the number moves away and a line leads back.
    """
    taken: list[Point] = []
    for number, item in enumerate(items, start=1):
        left, bottom, right, top = item.polygon.bounds
        (x0, y0), (x1, y1) = view.pixels(np.array([[left, top], [right, bottom]])).tolist()
        place, is_away = free_place((x0, y0, x1, y1), (view.width, view.height), taken)
        taken.append(place)
        at = (corner.left + place[0], corner.top + place[1])
        if is_away:
            middle = (corner.left + (x0 + x1) / 2, corner.top + (y0 + y1) / 2)
            ink.line((at, middle), Pen(WHITE, 5.0))
            ink.line((at, middle), Pen(OUTLINE_RGB, 2.0))
        draw_badge(ink, at, number, is_weak(item))


def draw_badge(ink: Ink, at: Point, number: int, is_weak: bool) -> None:
    """Set a number on a disc: dark, or white when the confidence is low."""
    fill, colour = (WHITE, OUTLINE_RGB) if is_weak else (OUTLINE_RGB, WHITE)
    ink.polygon(circle(at, BADGE_RADIUS + 1.5), fill=WHITE)
    pen = Pen(OUTLINE_RGB, 2.0)
    ink.polygon(circle(at, BADGE_RADIUS - 1), fill=fill, pen=pen)
    ink.write(at, str(number), Style(17, colour, bold=True), Across.CENTRE, Down.MIDDLE)


def draw_graticule(ink: Ink, view: MapView, frame: Box) -> None:
    """Draw meridians and parallels as thin lines, ticks and labels at the frame, and the frame."""
    for line in view.meridians():
        bottom, top = frame.left + line.start, frame.left + line.end
        ink.line(((bottom, frame.bottom), (top, frame.top)), HAIRLINE)
        ink.line(((bottom, frame.bottom), (bottom, frame.bottom + TICK)), TICK_PEN)
        ink.line(((top, frame.top - TICK // 2), (top, frame.top)), TICK_PEN)
        if LABEL_ROOM < line.start < frame.width - LABEL_ROOM:
            ink.write((bottom, frame.bottom + TICK + 4), line.label, LABEL, Across.CENTRE)
    for line in view.parallels():
        left, right = frame.top + line.start, frame.top + line.end
        ink.line(((frame.left, left), (frame.right, right)), HAIRLINE)
        ink.line(((frame.left - TICK, left), (frame.left, left)), TICK_PEN)
        ink.line(((frame.right, right), (frame.right + TICK // 2, right)), TICK_PEN)
        ink.write((frame.left - TICK - 6, left), line.label, LABEL, Across.RIGHT, Down.MIDDLE)
    ink.rectangle(frame, pen=EDGE)


def circle(centre: Point, radius: float, corners: int = 32) -> list[Point]:
    """Return the corners of a circle."""
    turns = [2.0 * math.pi * step / corners for step in range(corners)]
    return [(centre[0] + radius * math.cos(t), centre[1] + radius * math.sin(t)) for t in turns]


def free_place(
    bounds: tuple[float, float, float, float], size: tuple[int, int], taken: Sequence[Point]
) -> tuple[Point, bool]:
    """Return where a number can stand, inside the frame and off the others, and if that is away.

    Parameters
    ----------
    bounds : tuple of float
        Left, top, right and bottom of the outline, pixels of the frame.
    size : tuple of int
        Width and height of the frame.
    taken : sequence of (x, y)
        Where other numbers stand.
    """
    x0, y0, x1, y1 = bounds
    away, far = 0.75 * BADGE_RADIUS, 1.4 * BADGE_RADIUS
    beside = [
        (x1 + away, y0 - away), (x0 - away, y0 - away), (x1 + away, y1 + away),
        (x0 - away, y1 + away), ((x0 + x1) / 2, y0 - far), ((x0 + x1) / 2, y1 + far),
    ]  # fmt: skip
    rim = BADGE_RADIUS + 4
    for is_away, places in ((False, beside), (True, _around(bounds))):
        for x, y in places:
            inside = rim <= x <= size[0] - rim and rim <= y <= size[1] - rim
            if inside and all(math.dist((x, y), other) > 2.3 * BADGE_RADIUS for other in taken):
                return (x, y), is_away
    x, y = beside[0]
    return (min(max(x, rim), size[0] - rim), min(max(y, rim), size[1] - rim)), False


def _around(bounds: tuple[float, float, float, float]) -> Iterator[Point]:
    """Yield places ever farther from the middle of an outline."""
    x0, y0, x1, y1 = bounds
    for ring in range(1, RINGS + 1):
        radius = math.dist((x0, y0), (x1, y1)) / 2 + ring * 1.5 * BADGE_RADIUS
        yield from circle(((x0 + x1) / 2, (y0 + y1) / 2), radius, SPOKES)


def _marks(
    region: "BaseGeometry", view: MapView, corner: Box, radius: float
) -> Iterator[list[Point]]:
    """Yield the rings of an outline, or a circle around one too small to be seen."""
    import shapely  # noqa: PLC0415

    left, bottom, right, top = region.bounds
    if max(right - left, top - bottom) / view.scale_m < SMALLEST_SHOWN:
        middle = np.array([[(left + right) / 2, (bottom + top) / 2]])
        yield circle(_on_page(middle, view, corner)[0], radius, 20)
        return
    simple = shapely.simplify(region, 0.3 * view.scale_m)
    for part in shapely.get_parts(simple):
        for ring in shapely.get_rings(part):
            yield _on_page(shapely.get_coordinates(ring)[:-1], view, corner)


def _on_page(points: "np.ndarray", view: MapView, corner: Box) -> list[Point]:
    return [(corner.left + x, corner.top + y) for x, y in view.pixels(points).tolist()]
