"""The quality layer of a stack: layover, shadow, borders, thin composites."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.terms import Polarisation, Quality
from landslidectl.terrain.visibility import layover_shadow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

# Relief this far outside a block can still lay over it or shade it.
HALO_M = 5000.0
BORDER_PIXELS = 3

CountReader = Callable[[Window], "NDArray[np.uint8]"]


def visibility_of(
    dem: "Dem", grid: Grid, scene: "Scene"
) -> Callable[[Window], "NDArray[np.uint8]"]:
    """Prepare the layover and shadow test of one track.

    Parameters
    ----------
    dem : Dem
        Its grid reaches beyond ``grid``: relief outside matters.
    grid : Grid
    scene : Scene
        Any scene of the track; orbits repeat within a few hundred metres.

    Returns
    -------
    callable
        From a window of ``grid`` to uint8 `Quality` bits of its shape.
    """
    if dem.is_flat:
        return lambda block: np.zeros(block.shape, dtype=np.uint8)
    geometry = scene_geometry(read_annotation(scene, Polarisation.VV))
    geolocator = build_geolocator(geometry, dem.grid)
    row_shift = round((dem.grid.top - grid.top) / grid.pixel_m)
    col_shift = round((grid.left - dem.grid.left) / grid.pixel_m)
    halo = round(HALO_M / grid.pixel_m)

    def test(block: Window) -> "NDArray[np.uint8]":
        inner = Window(block.row + row_shift, block.col + col_shift, *block.shape)
        outer = _widened(inner, halo, dem.grid)
        bits = layover_shadow(dem.heights(outer), grid.pixel_m, geolocator.look(outer))
        row, col = inner.row - outer.row, inner.col - outer.col
        return np.asarray(bits[row : row + inner.rows, col : col + inner.cols], dtype=np.uint8)

    return test


def count_bits(
    read_counts: CountReader, grid: Grid, block: Window, enough: tuple[int, int]
) -> "NDArray[np.uint8]":
    """Return the bits that follow from the counts of observations.

    Parameters
    ----------
    read_counts : callable
        From a window of ``grid`` to uint8 (2, row, col): pre and post counts.
    grid : Grid
    block : Window
    enough : tuple of int
        Fewest pre- and post-event observations; fewer sets TOO_FEW_IMAGES where there is any.

    Returns
    -------
    uint8 array of the block's shape
        BORDER on observed pixels within 3 pixels of unobserved ones. The edge of the grid is no
        border.
    """
    outer = _widened(block, BORDER_PIXELS, grid)
    counts = read_counts(outer)
    observed = (counts[0] > 0) & (counts[1] > 0)
    row, col = block.row - outer.row, block.col - outer.col
    inner = (slice(row, row + block.rows), slice(col, col + block.cols))
    edge = observed & ~eroded(observed, BORDER_PIXELS)
    few = observed & ((counts[0] < enough[0]) | (counts[1] < enough[1]))
    bits = np.where(edge, int(Quality.BORDER), 0) | np.where(few, int(Quality.TOO_FEW_IMAGES), 0)
    return np.asarray(bits[inner], dtype=np.uint8)


def eroded(mask: "NDArray[np.bool_]", pixels: int) -> "NDArray[np.bool_]":
    """Shrink a mask by a square of ``pixels`` on every side; outside the array counts as true."""
    for axis in (0, 1):
        padded = np.pad(
            mask, [(pixels, pixels) if a == axis else (0, 0) for a in (0, 1)], constant_values=True
        )
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * pixels + 1, axis=axis)
        mask = np.asarray(windows.all(axis=-1))
    return mask


def _widened(window: Window, pixels: int, grid: Grid) -> Window:
    row, col = max(window.row - pixels, 0), max(window.col - pixels, 0)
    last_row = min(window.row + window.rows + pixels, grid.rows)
    last_col = min(window.col + window.cols + pixels, grid.cols)
    return Window(row, col, last_row - row, last_col - col)
