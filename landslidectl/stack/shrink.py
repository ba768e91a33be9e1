"""A stack small enough to be shown: averages that are gathered while its blocks go by."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.files.atomic import atomic_path
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.terms import BandSet

LONGEST_SIDE = 1536
"""Pixels; about what a page or a screen shows."""


def shown_bands(bands: "BandSet") -> list[int]:
    """Return which bands of a stack are shown, from 0: VV after the event, and its change."""
    names = bands.band_names
    return [names.index("post_VV"), names.index("diff_VV")]


def shown_shape(grid: Grid) -> tuple[int, int]:
    """Return the rows and columns of what is shown: those of the grid, or fewer."""
    shrink = max(1.0, max(grid.rows, grid.cols) / LONGEST_SIDE)
    return max(1, round(grid.rows / shrink)), max(1, round(grid.cols / shrink))


class Shrinker:
    """Averages the known values of bands over cells of the grid.

    Every pixel goes into one cell; the cells are as even as whole pixels allow. GDAL's own
    averaging takes several times as long, and would have to read what has just been in memory.

    Parameters
    ----------
    grid : Grid
    bands : int
        How many.
    """

    def __init__(self, grid: Grid, bands: int) -> None:
        self.shape = shown_shape(grid)
        self._edges = tuple(
            np.arange(wanted + 1) * size // wanted
            for size, wanted in zip(grid.shape, self.shape, strict=True)
        )
        self._sums = np.zeros((bands, *self.shape), dtype=np.float32)
        self._counts = np.zeros((bands, *self.shape), dtype=np.uint32)

    def add(self, window: Window, values: "NDArray[np.float32]") -> None:
        """Take in a block of shape (band, row, col); NaN is not known."""
        known = np.isfinite(values)
        (rows, row_starts), (cols, col_starts) = (
            _cells(edges, start, size)
            for edges, start, size in zip(
                self._edges, (window.row, window.col), window.shape, strict=True
            )
        )
        filled = np.where(known, values, np.float32(0.0))
        for total, part, dtype in ((self._sums, filled, np.float32), (self._counts, known, "u4")):
            thin = np.add.reduceat(part, row_starts, axis=1, dtype=dtype)
            total[:, rows, cols] += np.add.reduceat(thin, col_starts, axis=2, dtype=dtype)

    def means(self) -> "NDArray[np.float32]":
        """Return the means, float32 of shape (band, row, col), NaN where nothing is known."""
        blank = np.where(self._counts > 0, np.float32(0.0), np.float32(np.nan))
        return np.asarray(self._sums / np.maximum(self._counts, 1) + blank, dtype=np.float32)

    def save(self, final: Path) -> None:
        """Write the means as a numpy file."""
        with atomic_path(final) as temporary, temporary.open("wb") as file:
            np.save(file, self.means(), allow_pickle=False)


def read_shrunk(path: Path, shape: tuple[int, ...]) -> "NDArray[np.float32] | None":
    """Return what `Shrinker.save` wrote; None when it is missing, damaged or of another shape."""
    try:
        means = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return means if means.shape == shape and means.dtype == np.float32 else None


def _cells(edges: "NDArray[np.intp]", start: int, size: int) -> "tuple[slice, NDArray[np.intp]]":
    """Return the cells that ``size`` pixels from ``start`` on touch, and where each begins."""
    first, last = np.searchsorted(edges, [start, start + size - 1], side="right") - 1
    return slice(first, last + 1), np.maximum(edges[first : last + 1] - start, 0)
