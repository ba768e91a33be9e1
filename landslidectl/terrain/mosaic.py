"""Ellipsoidal heights at map pixels from many tiles, without seams.

Tiles may differ in spacing, width and coordinate system. Each one is interpolated over its own
pixels, extended by a ring of one pixel that is taken from its neighbours; so the half pixel
between the outermost centres of two tiles is interpolated, never left out or stretched.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid, Window
from landslidectl.terrain.datum import VerticalDatum
from landslidectl.terrain.geoid import Geoid
from landslidectl.terrain.reader import TileReader
from landslidectl.terrain.sampling import (
    Coordinates,
    bilinear,
    near_longitude,
    node_coordinates,
    spread,
    transform_points,
)
from landslidectl.terrain.tile import Tile
from landslidectl.terrain.voids import VOID_REACH_PX, fill_narrow_voids

NESTED_RINGS = 2
"""Where four tiles meet, the neighbour's own rim needs its neighbour too."""
EDGE_TOLERANCE_PX = 1e-3
"""A millimetre or three: tiles that touch on paper may differ that much in their headers."""


class Mosaic:
    """The tiles of one job with their vertical datums, in order of preference."""

    def __init__(self, tiles: Sequence[tuple[Tile, VerticalDatum]]) -> None:
        self._tiles = tuple(tiles)
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
        heights = np.full(window.shape, np.nan, dtype=np.float32)
        undulation = undulation_m(self._geoid, grid, window)
        nodes: dict[str, Coordinates] = {}
        for tile, datum in self._tiles:
            if tile.crs not in nodes:
                nodes[tile.crs] = node_coordinates(grid, window, tile.crs)
            sampled = self._sample(tile, datum, nodes[tile.crs], window)
            if sampled is None:
                continue
            if datum.needs_geoid:
                sampled += undulation
            heights = np.where(np.isnan(heights), sampled, heights)
            if not np.isnan(heights).any():
                break
        return heights

    def _sample(
        self, tile: Tile, datum: VerticalDatum, nodes: Coordinates, window: Window
    ) -> NDArray[np.float32] | None:
        """Return stored heights at every pixel, NaN outside the tile; None when none is inside."""
        rows, cols = pixels_of(tile, nodes)
        if not touches(tile, rows, cols):
            return None
        row, col = spread(rows, window), spread(cols, window)
        inside = _inside(tile, row, col)
        if not inside.any():
            return None
        box = _box(tile, row[inside], col[inside])
        sampled = bilinear(self._patch(tile, datum, box), row - box.row, col - box.col)
        sampled[~inside] = np.nan
        return sampled

    def _patch(
        self, tile: Tile, datum: VerticalDatum, box: Window, rings: int = NESTED_RINGS
    ) -> NDArray[np.float32]:
        """Read a box that may reach one pixel beyond the tile; that ring comes from neighbours."""
        inner = _clipped(box, tile)
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
        inside = _inside(tile, row, col)
        if inside.any():
            row, col = row[inside], col[inside]
            box = _box(tile, row, col)
            patch = self._patch(tile, datum, box, rings)
            heights[inside] = bilinear(patch, row - box.row, col - box.col)
        return heights

    def _filled(self, tile: Tile, window: Window) -> NDArray[np.float32]:
        """Read a window with narrow voids bridged, whatever window they are seen through."""
        reach = VOID_REACH_PX
        wide = _clipped(
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


def undulation_m(geoid: Geoid, grid: Grid, window: Window) -> NDArray[np.float32]:
    """Return the geoid undulation at every pixel of a window, interpolated between its nodes."""
    lon, lat = node_coordinates(grid, window, "EPSG:4326")
    return spread(geoid.undulation(lon, lat), window).astype(np.float32)


def pixels_of(tile: Tile, points: Coordinates) -> Coordinates:
    """Return fractional (rows, cols) of points given in the tile's coordinate system.

    Longitudes may be given in any turn.
    """
    x, y = points
    if tile.is_geographic:
        x = near_longitude(x, tile.centre()[0])
    return tile.to_pixel(x, y)


def covers(tile: Tile, points: Coordinates) -> NDArray[np.bool_]:
    """Return which points, in the tile's coordinate system, lie on the tile."""
    return _inside(tile, *pixels_of(tile, points))


def _reach(tile: Tile) -> float:
    """Return how far beyond the outermost pixel centres the tile speaks, in pixels."""
    # Averaging whole groups of pixels leaves less than one group at the far edges uncovered.
    return (0.5 if tile.thinning == 1 else 1.5) + EDGE_TOLERANCE_PX


def _inside(tile: Tile, row: NDArray[Any], col: NDArray[Any]) -> NDArray[np.bool_]:
    reach = _reach(tile)
    rows, cols = tile.shape
    return np.asarray(
        (row >= -reach) & (row <= rows - 1 + reach) & (col >= -reach) & (col <= cols - 1 + reach)
    )


def touches(tile: Tile, rows: NDArray[Any], cols: NDArray[Any]) -> bool:
    """Return whether the bounding box of some positions reaches the tile."""
    reach = _reach(tile)
    return bool(
        rows.max() >= -reach
        and rows.min() <= tile.shape[0] - 1 + reach
        and cols.max() >= -reach
        and cols.min() <= tile.shape[1] - 1 + reach
    )


def _box(tile: Tile, row: NDArray[Any], col: NDArray[Any]) -> Window:
    """Return the pixels that bilinear interpolation needs, at most one beyond the tile."""
    first_row = min(max(int(np.floor(row.min())), -1), tile.shape[0] - 1)
    first_col = min(max(int(np.floor(col.min())), -1), tile.shape[1] - 1)
    last_row = min(int(np.floor(row.max())) + 1, tile.shape[0])
    last_col = min(int(np.floor(col.max())) + 1, tile.shape[1])
    return Window(
        first_row, first_col, max(last_row - first_row, 1) + 1, max(last_col - first_col, 1) + 1
    )


def _clipped(window: Window, tile: Tile) -> Window:
    row, col = max(window.row, 0), max(window.col, 0)
    return Window(
        row,
        col,
        min(window.row + window.rows, tile.shape[0]) - row,
        min(window.col + window.cols, tile.shape[1]) - col,
    )
