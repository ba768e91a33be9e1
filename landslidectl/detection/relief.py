"""How an outline lies in the terrain: whether it is steep anywhere, and whether it is a river bed.

Slides start on slopes, so an outline that is steep nowhere is none: tilled fields, floods and wet
ground make such outlines. A river that moves its gravel changes as a slide does, and lies on ground
that is low and level along its length, as hardly any slide does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.polygons import pixels_inside, window_of
from landslidectl.grid import Window
from landslidectl.terms import Flag
from landslidectl.terrain.slope import slope_aspect

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.grid import Grid
    from landslidectl.terrain.dem import Dem

STEEP_DEG = 10.0
"""What the steepness of a slide reaches; the defaults were chosen on simulated events."""
STEEPNESS_PERCENTILE = 90.0
LOW_M = 10.0
LOW_REACH_M = 200.0
LOW_SHARE = 0.5
LEVEL_DEG = 5.0


@dataclass(frozen=True, slots=True)
class Lie:
    """How an outline lies in the terrain.

    Parameters
    ----------
    steepness_deg : float
        90th percentile of the slope inside.
    low_share : float
        Share of it at most 10 m above the lowest ground within 200 m.
    along_deg : float
        Fall of the ground along its longest extent.
    """

    steepness_deg: float
    low_share: float
    along_deg: float

    @property
    def is_river_bed(self) -> bool:
        """Tell whether most of it is low, and it is level along its length."""
        return self.low_share >= LOW_SHARE and self.along_deg <= LEVEL_DEG

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Return what speaks against a slide."""
        gentle = (Flag.GENTLE,) if self.steepness_deg < STEEP_DEG else ()
        return (*gentle, *((Flag.RIVER_BED,) if self.is_river_bed else ()))


class Relief:
    """The terrain under the outlines of one job.

    Parameters
    ----------
    dem : Dem
        Heights of real ground; its grid has the pixels of ``grid``.
    grid : Grid
        Of the outlines.
    """

    def __init__(self, dem: "Dem", grid: "Grid") -> None:
        self._dem, self._grid = dem, grid

    def lie(self, outline: "BaseGeometry") -> Lie | None:
        """Return how an outline in grid units lies; None where no height is known inside."""
        heights, slope, inside = self._under(outline)
        if not inside.any():
            return None
        low = lowest_around(heights, round(LOW_REACH_M / self._grid.pixel_m))
        return Lie(
            float(np.percentile(slope[inside], STEEPNESS_PERCENTILE)),
            float(np.mean((heights - low)[inside] <= LOW_M)),
            along_deg(heights, inside, self._grid.pixel_m),
        )

    def steep_parts(
        self, outline: "BaseGeometry", min_steepness_deg: float
    ) -> "BaseGeometry | None":
        """Return the parts of an outline that are steep enough, None where none is.

        Parts of unknown steepness count as steep.
        """
        import shapely  # noqa: PLC0415

        if min_steepness_deg <= 0.0:
            return outline
        parts = shapely.get_parts(outline)
        steep = [part for part in parts if self._reaches(part, min_steepness_deg)]
        if len(steep) == len(parts):
            return outline
        return shapely.union_all(steep) if steep else None

    def _reaches(self, outline: "BaseGeometry", steepness_deg: float) -> bool:
        _, slope, inside = self._under(outline)
        known = slope[inside]
        return not known.size or bool(np.percentile(known, STEEPNESS_PERCENTILE) >= steepness_deg)

    def _under(
        self, outline: "BaseGeometry"
    ) -> "tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]":
        """Return heights and slopes of the ground around an outline, and what is known inside."""
        window = self._widened(window_of(outline, self._grid))
        heights = self._dem.heights(window)
        slope, _ = slope_aspect(heights, self._grid.pixel_m)
        inside = pixels_inside(outline, self._dem.grid.subgrid(window))
        return heights, slope, inside & np.isfinite(slope + heights)

    def _widened(self, window: Window) -> Window:
        """Return a window of the outlines' grid, with the ground around, on that of the heights."""
        grid, dem_grid = self._grid, self._dem.grid
        reach = round(LOW_REACH_M / grid.pixel_m) + 1
        row = window.row + round((dem_grid.top - grid.top) / grid.pixel_m)
        col = window.col + round((grid.left - dem_grid.left) / grid.pixel_m)
        top, left = max(row - reach, 0), max(col - reach, 0)
        bottom = min(row + window.rows + reach, dem_grid.rows)
        right = min(col + window.cols + reach, dem_grid.cols)
        return Window(top, left, bottom - top, right - left)


def lowest_around(heights: "NDArray[np.float32]", reach: int) -> "NDArray[np.float32]":
    """Return the lowest height in the square of ``reach`` pixels to every side; voids are none."""
    low = heights
    for axis in (0, 1):
        rim = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
        lines = np.moveaxis(np.pad(low, rim, constant_values=np.nan), axis, 0)
        width, wanted = 1, 2 * reach + 1
        while width < wanted:
            shift = min(width, wanted - width)
            lines = np.fmin(lines[: len(lines) - shift], lines[shift:])
            width += shift
        low = np.moveaxis(lines, 0, axis)
    return low


def along_deg(heights: "NDArray[np.float32]", inside: "NDArray[np.bool_]", pixel_m: float) -> float:
    """Return the fall of the ground along the longest extent of some pixels, degrees.

    The longest extent is the first principal axis of their places, the fall the slope of the line
    through their heights along it; 0 for a single pixel.
    """
    places = np.argwhere(inside) * pixel_m
    places -= places.mean(axis=0)
    _, axes = np.linalg.eigh(places.T @ places)
    along = places @ axes[:, -1]
    rises = heights[inside].astype(np.float64)
    spread = float(along @ along)
    return float(np.degrees(np.arctan(abs(along @ rises) / spread))) if spread else 0.0
