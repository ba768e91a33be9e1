"""Ellipsoidal heights at map pixels from many tiles, without seams.

Tiles may differ in spacing, width and coordinate system. Each one is interpolated over its own
pixels, extended by a ring of one pixel that is taken from its neighbours; so the half pixel
between the outermost centres of two tiles is interpolated, never left out or stretched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid, Window
from landslidectl.terrain.canvas import Canvas, undulation_of
from landslidectl.terrain.datum import VerticalDatum
from landslidectl.terrain.geoid import Geoid
from landslidectl.terrain.land import LandMask
from landslidectl.terrain.placement import box_around, clipped, lies_on, pixels_of
from landslidectl.terrain.reader import TileReader
from landslidectl.terrain.sampling import Coordinates, bilinear, transform_points
from landslidectl.terrain.tile import Tile
from landslidectl.terrain.voids import VOID_REACH_PX, fill_narrow_voids

NESTED_RINGS = 2
"""Where four tiles meet, the neighbour's own rim needs its neighbour too."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is known of a window: heights (float32 metres, NaN void), and where water is."""

    heights: NDArray[np.float32]
    water: NDArray[np.bool_]


class Mosaic:
    """The tiles of one job with their vertical datums, in order of preference.

    Parameters
    ----------
    tiles : sequence of (Tile, VerticalDatum)
        The first that has a height at a pixel gives it.
    land : LandMask, optional
        Where it knows of no land and no tile lies, there is open sea; None leaves such ground void.
    """

    def __init__(
        self, tiles: Sequence[tuple[Tile, VerticalDatum]], land: LandMask | None = None
    ) -> None:
        self._tiles = tuple(tiles)
        self._land = land
        self._reader = TileReader()
        self._geoid = Geoid.load()

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reader.__exit__(kind, error, traceback)

    def heights(self, grid: Grid, window: Window) -> NDArray[np.float32]:
        """Interpolate ellipsoidal heights at the pixel centres of a window of the grid.

        Returns
        -------
        ndarray of float32, shape (window.rows, window.cols)
            Metres over WGS 84; NaN where no tile has a height. An earlier tile wins; a void in
            it is taken from a later one.

        Raises
        ------
        DemError
            If a tile is damaged.
        """
        return self.block(grid, window).heights

    def block(self, grid: Grid, window: Window) -> Block:
        """Interpolate the heights of a window, with the water that the tiles or the sea tell of.

        Raises
        ------
        DemError
            If a tile or its water layer is damaged.
        """
        canvas = Canvas(grid, window, undulation_of(self._geoid, grid, window))
        for tile, datum in self._tiles:
            patch = canvas.place(tile, partial(self._patch, tile, datum), ring=1)
            if patch is not None:
                canvas.paint(patch, datum)
            if not np.isnan(canvas.heights).any():
                break
        if self._land is not None and not canvas.covered.all():
            canvas.flood(self._land)
        for tile, _ in self._tiles:
            if tile.water is None:
                continue
            patch = canvas.place(tile.water, partial(self._reader.water, tile.water), ring=0)
            if patch is not None:
                canvas.paint_water(patch)
        return Block(canvas.heights, canvas.water)

    def _patch(
        self, tile: Tile, datum: VerticalDatum, box: Window, rings: int = NESTED_RINGS
    ) -> NDArray[np.float32]:
        """Read a box that may reach one pixel beyond the tile; that ring comes from neighbours."""
        inner = clipped(box, tile)
        values = self._filled(tile, inner)
        if inner == box:
            return values
        before, left = inner.row - box.row, inner.col - box.col
        after, right = box.rows - inner.rows - before, box.cols - inner.cols - left
        patch = np.pad(values, ((before, after), (left, right)), mode="edge")
        if rings == 0:
            return patch
        outside = np.ones(box.shape, dtype=np.bool_)
        outside[before : before + inner.rows, left : left + inner.cols] = False
        rows, cols = np.nonzero(outside)
        points = tile.to_map(rows + box.row, cols + box.col)
        for other, other_datum in self._tiles:
            if other is tile or other_datum.needs_geoid != datum.needs_geoid:
                continue
            moved = transform_points(tile.crs, other.crs, points)
            taken = self._neighbour(other, other_datum, moved, rings - 1)
            known = ~np.isnan(taken)
            patch[rows[known], cols[known]] = taken[known]
            rows, cols = rows[~known], cols[~known]
            points = points[0][~known], points[1][~known]
            if rows.size == 0:
                break
        return patch

    def _neighbour(
        self, tile: Tile, datum: VerticalDatum, points: Coordinates, rings: int
    ) -> NDArray[np.float32]:
        """Return heights of single points, shape (n,), NaN outside the tile."""
        row, col = pixels_of(tile, points)
        heights = np.full(row.shape, np.nan, dtype=np.float32)
        inside = lies_on(tile, row, col)
        if inside.any():
            row, col = row[inside], col[inside]
            box = box_around(tile, row, col)
            patch = self._patch(tile, datum, box, rings)
            heights[inside] = bilinear(patch, row - box.row, col - box.col)
        return heights

    def _filled(self, tile: Tile, window: Window) -> NDArray[np.float32]:
        """Read a window with narrow voids bridged, whatever window they are seen through."""
        reach = VOID_REACH_PX
        wide = clipped(
            Window(
                window.row - reach,
                window.col - reach,
                window.rows + 2 * reach,
                window.cols + 2 * reach,
            ),
            tile,
        )
        filled = fill_narrow_voids(self._reader.read(tile, wide))
        row, col = window.row - wide.row, window.col - wide.col
        return filled[row : row + window.rows, col : col + window.cols]
