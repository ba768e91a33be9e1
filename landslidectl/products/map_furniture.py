"""What stands beside the map: scale bar, north arrow, and where in the world it is."""

import math
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.geodesy import to_wgs84, wrapped_lon
from landslidectl.products.ink import BLACK, GREY, WHITE, Across, Down, Ink, Pen, Style
from landslidectl.products.map_view import Box, MapView, position_label, round_length
from landslidectl.terrain.land import LandMask

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAVY = (22, 72, 110)
SEA_RGB, LAND_RGB = (226, 234, 240), (150, 158, 150)
WORLD_SOUTH, WORLD_NORTH = -60, 85
CROSS = Pen((150, 0, 38), 2.0)
THIN = Pen(GREY, 1.5)
SMALL = Style(16, GREY)
METRES_PER_INCH = 0.0254


def draw_scale_bar(ink: Ink, view: MapView, at: tuple[int, int], dots_per_inch: int) -> None:
    """Draw a scale bar of a round length, and the scale of the printed page."""
    length_m = round_length(0.28 * view.width * view.scale_m)
    pixels = length_m / view.scale_m
    left, top = at
    for part in range(4):
        x = left + pixels * part / 4
        quarter = [(x, top), (x + pixels / 4, top), (x + pixels / 4, top + 12), (x, top + 12)]
        ink.polygon(quarter, BLACK if part % 2 == 0 else WHITE, Pen(BLACK, 1.5))
    unit, divisor = ("km", 1000.0) if length_m >= 1000 else ("m", 1.0)
    for share in (0.0, 0.5, 1.0):
        text = f"{length_m * share / divisor:g}" + (f" {unit}" if share == 1.0 else "")
        ink.write((left + pixels * share, top + 16), text, Style(18), Across.CENTRE)
    printed = view.scale_m * dots_per_inch / METRES_PER_INCH
    words = f"1 : {float(f'{printed:.2g}'):,.0f} on A4"
    ink.write((left + pixels + 70, top + 6), words, SMALL, down=Down.MIDDLE)


def draw_north_arrow(ink: Ink, view: MapView, centre: tuple[int, int]) -> None:
    """Draw an arrow to true north."""
    x, y = centre
    turn = math.radians(view.north_deg())

    def turned(right: float, up: float) -> tuple[float, float]:
        return (
            x + right * math.cos(turn) + up * math.sin(turn),
            y + right * math.sin(turn) - up * math.cos(turn),
        )

    tip, notch = turned(0, 38), turned(0, -14)
    ink.polygon((tip, turned(-18, -30), notch), BLACK, Pen(BLACK, 1.5))
    ink.polygon((tip, turned(18, -30), notch), WHITE, Pen(BLACK, 1.5))
    ink.write((x + 34, y), "N", Style(24, BLACK, bold=True), Across.CENTRE, Down.MIDDLE)


def draw_world(ink: Ink, view: MapView, box: Box) -> None:
    """Draw the land of the world with the area in it, and its position in words."""
    lon, lat = centre_of(view)
    ink.picture(world_picture(), box)
    ink.rectangle(box, pen=THIN)
    x = box.left + (wrapped_lon(lon) + 180.0) / 360.0 * box.width
    y = box.top + (WORLD_NORTH - lat) / (WORLD_NORTH - WORLD_SOUTH) * box.height
    y = min(max(y, box.top + 3), box.bottom - 3)  # Antarctica is not shown
    left, right = max(x - 9, box.left), min(x + 9, box.right)
    up, low = max(y - 9, box.top), min(y + 9, box.bottom)
    hair = Pen(CROSS.colour, 1.2)
    for line in (
        ((box.left, y), (left, y)), ((right, y), (box.right, y)),
        ((x, box.top), (x, up)), ((x, low), (x, box.bottom)),
    ):  # fmt: skip
        ink.line(line, hair)
    ink.polygon(((left, up), (right, up), (right, low), (left, low)), pen=CROSS)
    middle = box.left + box.width / 2
    ink.write((middle, box.bottom + 4), position_label(lat, lon), SMALL, Across.CENTRE)


def world_picture() -> "NDArray[np.uint8]":
    """Return the land of the world, one pixel a degree, north up."""
    cells = LandMask.load().cells[WORLD_SOUTH + 90 : WORLD_NORTH + 90][::-1]
    return np.where(cells[:, :, None], np.array(LAND_RGB, np.uint8), np.array(SEA_RGB, np.uint8))


def centre_of(view: MapView) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the map."""
    import shapely  # noqa: PLC0415

    left, top = view.corner
    middle = shapely.Point(
        left + view.width * view.scale_m / 2, top - view.height * view.scale_m / 2
    )
    here = to_wgs84(middle, view.grid.epsg)
    return float(here.x), float(here.y)
