"""The window of the job's grid on which tiles, sea and water are put, strip by strip."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid, Window
from landslidectl.terrain.datum import VerticalDatum
from landslidectl.terrain.geoid import Geoid
from landslidectl.terrain.land import TILE_EDGE_DEG, LandMask
from landslidectl.terrain.placement import box_around, lies_on, limits, pixels_of, touches
from landslidectl.terrain.sampling import (
    GEOGRAPHIC,
    Coordinates,
    Spread,
    bilinear,
    nearest,
    node_coordinates,
    strips,
)
from landslidectl.terrain.tile import Tile


@dataclass(frozen=True, slots=True)
class Patch:
    """Pixels of a tile and where those of the window lie in them.

    ``limits`` are the first and last row and column that the tile speaks for; None where all of
    the window is inside them.
    """

    values: NDArray[Any]
    row: Spread
    col: Spread
    limits: tuple[float, float, float, float] | None

    def inside(self, row: NDArray[np.float32], col: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which positions the tile speaks for."""
        if self.limits is None:
            return np.ones(row.shape, dtype=np.bool_)
        top, bottom, left, right = self.limits
        return np.asarray((row >= top) & (row <= bottom) & (col >= left) & (col <= right))


class Canvas:
    """A window of the grid being filled: heights, which ground tiles cover, and water."""

    def __init__(self, grid: Grid, window: Window, undulation: Spread) -> None:
        self.window = window
        self.heights = np.full(window.shape, np.nan, dtype=np.float32)
        self.covered = np.zeros(window.shape, dtype=np.bool_)
        self.water = np.zeros(window.shape, dtype=np.bool_)
        self._grid = grid
        self._undulation = undulation
        self._nodes: dict[str, Coordinates] = {}

    def nodes(self, crs: str) -> Coordinates:
        """Return the coordinates of the window's nodes, transformed once a system."""
        if crs not in self._nodes:
            self._nodes[crs] = node_coordinates(self._grid, self.window, crs)
        return self._nodes[crs]

    def place(self, tile: Tile, read: Callable[[Window], NDArray[Any]], ring: int) -> Patch | None:
        """Read what of a tile, grown by a ring of pixels, lies in the window; None if nothing."""
        rows, cols = pixels_of(tile, self.nodes(tile.crs))
        if not touches(tile, rows, cols):
            return None
        box = box_around(tile, rows, cols, ring)
        row, col = Spread(rows, self.window, box.row), Spread(cols, self.window, box.col)
        all_inside = lies_on(tile, rows, cols).all()
        return Patch(read(box), row, col, None if all_inside else limits(tile, box))

    def paint(self, patch: Patch, datum: VerticalDatum) -> None:
        """Put a tile's heights where there is none yet."""
        for strip in strips(self.window.rows):
            known = ~np.isnan(self.heights[strip])
            row, col = patch.row.rows(strip), patch.col.rows(strip)
            inside = patch.inside(row, col)
            if known.all() or not inside.any():
                continue
            self.covered[strip] |= inside
            sampled = bilinear(patch.values, row, col)
            if datum.needs_geoid:
                sampled += self._undulation.rows(strip)
            np.copyto(self.heights[strip], sampled, where=inside & ~known)

    def flood(self, land: LandMask) -> None:
        """Put the sea where no tile lies and the land mask knows of no land."""
        lon, lat = self.nodes(GEOGRAPHIC)
        origin = float(lon.flat[0])
        lon_of, lat_of = Spread(lon, self.window, origin), Spread(lat, self.window)
        for strip in strips(self.window.rows):
            sea = ~self.covered[strip]
            if not sea.any():
                continue
            sea &= land.is_sea(lon_of.rows(strip) + origin, lat_of.rows(strip), TILE_EDGE_DEG)
            np.copyto(self.heights[strip], self._undulation.rows(strip), where=sea)
            self.water[strip] |= sea

    def paint_water(self, patch: Patch) -> None:
        """Mark where a layer says water."""
        if not patch.values.any():
            return
        for strip in strips(self.window.rows):
            row, col = patch.row.rows(strip), patch.col.rows(strip)
            inside = patch.inside(row, col)
            if inside.any():
                self.water[strip] |= inside & nearest(patch.values, row, col)


def undulation_m(geoid: Geoid, grid: Grid, window: Window) -> NDArray[np.float32]:
    """Return the geoid undulation at every pixel of a window, interpolated between its nodes."""
    return undulation_of(geoid, grid, window).whole()


def undulation_of(geoid: Geoid, grid: Grid, window: Window) -> Spread:
    """Return the geoid undulation of a window, ready to be interpolated to its rows."""
    lon, lat = node_coordinates(grid, window, GEOGRAPHIC)
    return Spread(geoid.undulation(lon, lat), window)
