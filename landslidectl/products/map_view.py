"""Where the map lies on the page: scale, graticule, scale bar length, direction of north."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.geodesy import from_wgs84, to_wgs84
from landslidectl.grid import Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF_TURN_SECONDS = 180 * 3600
EDGE_POINTS = 65
MARGIN_SHARE = 0.015
INTERVALS_SECONDS = (
    5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000,
)  # fmt: skip
"""Steps of a graticule that people can count in, arc seconds."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page, pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Return the column after the last."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Return the row after the last."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the graticule: its label and where it meets two opposite edges, pixels."""

    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class MapView:
    """A map of a grid, centred in a frame of the page; pixels count from the frame's corner.

    Parameters
    ----------
    grid : Grid
        What is shown.
    width, height : int
        Frame in page pixels.
    """

    grid: Grid
    width: int
    height: int

    @property
    def scale_m(self) -> float:
        """Return the metres of one page pixel."""
        bounds = self.grid.bounds
        usable = 1.0 - 2.0 * MARGIN_SHARE
        return max(
            (bounds.right - bounds.left) / (self.width * usable),
            (bounds.top - bounds.bottom) / (self.height * usable),
        )

    @property
    def corner(self) -> tuple[float, float]:
        """Return the map coordinates of the frame's upper left corner."""
        bounds = self.grid.bounds
        return (
            (bounds.left + bounds.right - self.width * self.scale_m) / 2.0,
            (bounds.top + bounds.bottom + self.height * self.scale_m) / 2.0,
        )

    @property
    def grid_box(self) -> Box:
        """Return where the grid lies in the frame, whole pixels."""
        bounds = self.grid.bounds
        points = self.pixels(np.array([[bounds.left, bounds.top], [bounds.right, bounds.bottom]]))
        (left, top), (right, bottom) = np.rint(points).astype(int).tolist()
        return Box(left, top, max(right - left, 1), max(bottom - top, 1))

    def pixels(self, points: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the frame pixels (x, y) of map coordinates, both of shape (n, 2)."""
        left, top = self.corner
        return np.column_stack([points[:, 0] - left, top - points[:, 1]]) / self.scale_m

    def meridians(self) -> list[Line]:
        """Return the meridians that cross the frame: x at its bottom and at its top."""
        return self._graticule(axis=0)

    def parallels(self) -> list[Line]:
        """Return the parallels that cross the frame: y at its left and at its right."""
        return self._graticule(axis=1)

    def north_deg(self) -> float:
        """Return the direction of true north at the centre, clockwise from up on the page."""
        import shapely  # noqa: PLC0415

        left, top = self.corner
        centre = shapely.Point(
            left + self.width * self.scale_m / 2, top - self.height * self.scale_m / 2
        )
        here = to_wgs84(centre, self.grid.epsg)
        ahead = from_wgs84(shapely.Point(here.x, here.y + 1e-3), self.grid.epsg).centroid
        return math.degrees(math.atan2(ahead.x - centre.x, ahead.y - centre.y))

    def _graticule(self, axis: int) -> list[Line]:
        """Return lines of constant longitude (axis 0) or latitude (axis 1)."""
        near, far = self._edge(axis, near=True), self._edge(axis, near=False)
        if axis == 0:  # one edge may cross the antimeridian and the other not
            far = far + 360.0 * round((near.mean() - far.mean()) / 360.0)
        low, high = max(near.min(), far.min()), min(near.max(), far.max())
        interval = _interval_seconds((near.max() - near.min()) * 3600.0)
        length = self.width if axis == 0 else self.height
        places = np.linspace(0.0, length, EDGE_POINTS)
        lines = []
        for step in range(math.ceil(low * 3600 / interval), math.floor(high * 3600 / interval) + 1):
            value = step * interval / 3600.0
            start, end = (float(_interpolated(value, edge, places)) for edge in (near, far))
            lines.append(Line(angle_label(value, axis == 0), start, end))
        return lines

    def _edge(self, axis: int, near: bool) -> "NDArray[np.float64]":
        """Return longitudes along bottom or top, or latitudes along left or right."""
        import shapely  # noqa: PLC0415

        share = np.linspace(0.0, 1.0, EDGE_POINTS)
        left, top = self.corner
        if axis == 0:
            x = left + share * self.width * self.scale_m
            y = np.full_like(x, top - (self.height if near else 0) * self.scale_m)
        else:
            y = top - share * self.height * self.scale_m
            x = np.full_like(y, left + (0 if near else self.width) * self.scale_m)
        edge = to_wgs84(shapely.LineString(np.column_stack([x, y])), self.grid.epsg)
        return np.asarray(shapely.get_coordinates(edge)[:, axis])


def round_length(longest: float) -> float:
    """Return the greatest of 1, 2, 5 times a power of ten that is not longer than ``longest``."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest * (1 + 1e-9))


def angle_label(value_deg: float, is_longitude: bool) -> str:
    """Return an angle for people, such as ``142 deg 05' E``, with as many parts as it needs."""
    wrapped = (value_deg + 180.0) % 360.0 - 180.0 if is_longitude else value_deg
    letters = "EW" if is_longitude else "NS"
    seconds = round(abs(wrapped) * 3600)
    degrees, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    text = f"{degrees}\N{DEGREE SIGN}"
    if minutes or rest:
        text += f"{minutes:02d}'"
    if rest:
        text += f'{rest:02d}"'
    has_no_side = seconds == 0 or (is_longitude and seconds == HALF_TURN_SECONDS)
    return text if has_no_side else f"{text} {letters[wrapped < 0]}"


def position_label(lat_deg: float, lon_deg: float) -> str:
    """Return a position to the minute, such as ``42 deg 41' N, 141 deg 56' E``."""
    lat, lon = (round(value * 60) / 60 for value in (lat_deg, lon_deg))
    return f"{angle_label(lat, False)}, {angle_label(lon, True)}"


def _interval_seconds(span_seconds: float) -> int:
    """Return the step that gives about four lines over a span."""
    return next((step for step in INTERVALS_SECONDS if span_seconds / step <= 5.5), 72000)


def _interpolated(
    value: float, along: "NDArray[np.float64]", places: "NDArray[np.float64]"
) -> float:
    """Return where a monotonic course of values takes ``value``."""
    order = np.argsort(along)
    return float(np.interp(value, along[order], places[order]))
