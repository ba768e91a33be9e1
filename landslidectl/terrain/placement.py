"""Which pixels of a tile some map positions lie on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Window
from landslidectl.terrain.sampling import Coordinates, near_longitude
from landslidectl.terrain.tile import Tile

EDGE_TOLERANCE_PX = 1e-3
"""A millimetre or three: tiles that touch on paper may differ that much in their headers."""


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
    return lies_on(tile, *pixels_of(tile, points))


def _reach(tile: Tile) -> float:
    """Return how far beyond the outermost pixel centres the tile speaks, in pixels."""
    # Averaging whole groups of pixels leaves less than one group at the far edges uncovered.
    return (0.5 if tile.thinning == 1 else 1.5) + EDGE_TOLERANCE_PX


def limits(tile: Tile, box: Window) -> tuple[float, float, float, float]:
    """Return the outermost positions that a tile speaks for, counted from a box of its pixels."""
    reach = _reach(tile)
    rows, cols = tile.shape
    return (
        -reach - box.row,
        rows - 1 + reach - box.row,
        -reach - box.col,
        cols - 1 + reach - box.col,
    )


def lies_on(tile: Tile, row: NDArray[Any], col: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which fractional positions a tile speaks for."""
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


def box_around(tile: Tile, row: NDArray[Any], col: NDArray[Any], ring: int = 1) -> Window:
    """Return the pixels that interpolation needs, at most a ring beyond the tile."""
    top, bottom = _needed(row, tile.shape[0], ring)
    left, right = _needed(col, tile.shape[1], ring)
    return Window(top, left, bottom - top + 1, right - left + 1)


def _needed(position: NDArray[Any], count: int, ring: int) -> tuple[int, int]:
    """Return the first and last pixel, two at least where there are two."""
    first = min(max(int(np.floor(position.min())), -ring), count - 1)
    last = min(int(np.floor(position.max())) + 1, count - 1 + ring)
    return first, max(last, min(first + 1, count - 1 + ring))


def clipped(window: Window, tile: Tile) -> Window:
    """Return the part of a window of pixels that the tile has."""
    row, col = max(window.row, 0), max(window.col, 0)
    return Window(
        row,
        col,
        min(window.row + window.rows, tile.shape[0]) - row,
        min(window.col + window.cols, tile.shape[1]) - col,
    )
