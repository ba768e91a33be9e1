"""The map grid of a job: north-up, UTM, square pixels, snapped to whole pixels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Bounds(NamedTuple):
    """Outer edges in the units of a grid's coordinate system."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Window:
    """A block of rows and columns: half-open, ``[row, row + rows)`` by ``[col, col + cols)``."""

    row: int
    col: int
    rows: int
    cols: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the (row, col) slices into an array of the whole."""
        return slice(self.row, self.row + self.rows), slice(self.col, self.col + self.cols)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, cols)."""
        return self.rows, self.cols


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up raster grid; a pixel is an area, its centre is at +0.5.

    Parameters
    ----------
    epsg : int
        Code of the UTM zone (326xx north, 327xx south).
    left, top : float
        Outer corner of pixel (0, 0), metres, multiples of ``pixel_m``.
    pixel_m : float
        Side of a pixel, metres.
    rows, cols : int
        Shape.
    """

    epsg: int
    left: float
    top: float
    pixel_m: float
    rows: int
    cols: int

    @classmethod
    def covering(cls, epsg: int, bounds: Bounds, pixel_m: float = 10.0) -> "Grid":
        """Return the smallest snapped grid that covers ``bounds`` (metres in ``epsg``)."""
        left = math.floor(bounds.left / pixel_m) * pixel_m
        top = math.ceil(bounds.top / pixel_m) * pixel_m
        cols = math.ceil((bounds.right - left) / pixel_m)
        rows = math.ceil((top - bounds.bottom) / pixel_m)
        return cls(epsg, left, top, pixel_m, max(rows, 1), max(cols, 1))

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, cols)."""
        return self.rows, self.cols

    @property
    def bounds(self) -> Bounds:
        """Return the outer edges, metres."""
        return Bounds(
            self.left,
            self.top - self.rows * self.pixel_m,
            self.left + self.cols * self.pixel_m,
            self.top,
        )

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Return the affine coefficients (a, b, c, d, e, f) from (col, row) to (x, y)."""
        return (self.pixel_m, 0.0, self.left, 0.0, -self.pixel_m, self.top)

    @property
    def area_km2(self) -> float:
        """Return the area of the whole grid in square kilometres."""
        return self.rows * self.cols * self.pixel_m**2 / 1e6

    def buffered(self, margin_m: float) -> "Grid":
        """Return this grid with ``margin_m``, rounded up to whole pixels, added on every side."""
        pixels = math.ceil(margin_m / self.pixel_m)
        side = pixels * self.pixel_m
        return Grid(
            self.epsg,
            self.left - side,
            self.top + side,
            self.pixel_m,
            self.rows + 2 * pixels,
            self.cols + 2 * pixels,
        )

    def subgrid(self, window: Window) -> "Grid":
        """Return the grid of ``window``."""
        return Grid(
            self.epsg,
            self.left + window.col * self.pixel_m,
            self.top - window.row * self.pixel_m,
            self.pixel_m,
            window.rows,
            window.cols,
        )

    def blocks(self, side: int) -> Iterator[Window]:
        """Yield windows of at most ``side`` x ``side`` pixels that tile the grid row by row."""
        for row in range(0, self.rows, side):
            for col in range(0, self.cols, side):
                yield Window(row, col, min(side, self.rows - row), min(side, self.cols - col))


def utm_epsg(lon_deg: float, lat_deg: float) -> int:
    """Return the EPSG code of the WGS 84 / UTM zone that holds a point."""
    wrapped = (lon_deg + 180.0) % 360.0 - 180.0
    zone = min(int((wrapped + 180.0) // 6.0) + 1, 60)
    return (32600 if lat_deg >= 0 else 32700) + zone
