"""A sum over ground facets in radar geometry that moves along with the lines.

Cells are 2 x 2 pixels of the product, 20 m, about its resolution. A facet is spread evenly over
the slant range between its edges, and linearly over the two nearest rows of cells. So the sum of
the facets of any plane, however stretched or compressed in range, is even: a facet counted at its
centre alone would beat with the cells and tear the result.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.stack.resample import bilinear

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_PX = 2
# A facet seen edge-on in range still covers this share of a cell.
MIN_WIDTH = 1.0 / 16.0
GROWTH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Facets:
    """Facets of the ground, 1-D float64 arrays.

    Parameters
    ----------
    line : ndarray
        Line coordinate of the centre.
    pixel, width_px : ndarray
        Pixel coordinate of the centre, and how many pixels the facet covers.
    weight : ndarray
        What is summed.
    """

    line: "NDArray[np.float64]"
    pixel: "NDArray[np.float64]"
    width_px: "NDArray[np.float64]"
    weight: "NDArray[np.float64]"


class RadarSums:
    """The rows of the sum that are still needed.

    Parameters
    ----------
    pixel_min, pixel_max : float
        Pixel coordinates between which the sum will be read.
    """

    def __init__(self, pixel_min: float, pixel_max: float) -> None:
        self._first_col = int(np.floor(pixel_min / CELL_PX)) - 2
        cols = int(np.ceil(pixel_max / CELL_PX)) + 3 - self._first_col
        self._first_row: int | None = None
        self._used = 0
        self._rows = np.zeros((0, cols), dtype=np.float32)

    @property
    def nbytes(self) -> int:
        """Return the memory that the rows hold."""
        return self._rows.nbytes

    def forget_before(self, line: float) -> None:
        """Drop all rows that reading at ``line`` and beyond does not touch."""
        first = int(np.floor(line / CELL_PX)) - 2
        if self._first_row is None:
            self._first_row = first
        dropped = min(first - self._first_row, self._used)
        if first <= self._first_row:
            return
        kept = self._rows[dropped : self._used].copy()
        self._rows[: len(kept)] = kept
        self._rows[len(kept) : self._used] = 0.0
        self._first_row, self._used = first, len(kept)

    def add(self, facets: Facets) -> None:
        """Add facets; what falls outside the rows or columns kept is lost."""
        if facets.line.size == 0:
            return
        row = (facets.line + 0.5) / CELL_PX - 0.5
        centre = (facets.pixel + 0.5) / CELL_PX
        width = np.maximum(facets.width_px / CELL_PX, MIN_WIDTH)
        near, far = centre - 0.5 * width, centre + 0.5 * width
        top, left = int(np.floor(row.min())), int(np.floor(near.min()))
        shape = int(row.max()) + 2 - top + 1, int(far.max()) + 2 - left + 1
        row -= top
        steps = _splat(row, near - left, facets.weight / width, shape)
        steps -= _splat(row, far - left, facets.weight / width, shape)
        self._take(np.cumsum(steps, axis=1), top, left)

    def read(
        self, line: "NDArray[np.float64]", pixel: "NDArray[np.float64]"
    ) -> "NDArray[np.float32]":
        """Interpolate the sum at radar coordinates; NaN outside what is kept."""
        if self._first_row is None or self._used < 2:
            return np.full(line.shape, np.nan, dtype=np.float32)
        row = (line + 0.5) / CELL_PX - (0.5 + self._first_row)
        col = (pixel + 0.5) / CELL_PX - (0.5 + self._first_col)
        return np.asarray(bilinear(self._rows[None, : self._used], row, col)[0])

    def _take(self, block: "NDArray[np.float64]", top: int, left: int) -> None:
        """Add a block whose first cell is (top, left)."""
        if self._first_row is None:
            self._first_row = top
        row, col = top - self._first_row, left - self._first_col
        block = block[max(-row, 0) :, max(-col, 0) :]
        row, col = max(row, 0), max(col, 0)
        block = block[:, : max(self._rows.shape[1] - col, 0)]
        if block.size == 0:
            return
        self._reserve(row + len(block))
        self._rows[row : row + len(block), col : col + block.shape[1]] += block

    def _reserve(self, rows: int) -> None:
        if rows > len(self._rows):
            grown = np.zeros((rows + GROWTH_ROWS, self._rows.shape[1]), dtype=np.float32)
            grown[: self._used] = self._rows[: self._used]
            self._rows = grown
        self._used = max(self._used, rows)


def _splat(
    row: "NDArray[np.float64]",
    edge: "NDArray[np.float64]",
    density: "NDArray[np.float64]",
    shape: tuple[int, int],
) -> "NDArray[np.float64]":
    """Return what, summed up along each row, is a step of ``density`` at every edge.

    A step inside a cell fills the rest of that cell, and all of the next: its difference along
    the row is the share of the cell behind the edge, then the share before it.
    """
    upper, cell = row.astype(np.intp), edge.astype(np.intp)
    index = upper * shape[1] + cell
    lower_part = density * (row - upper)
    upper_part = density - lower_part
    before = edge - cell
    size = shape[0] * shape[1]
    total = np.zeros(size)
    for offset, part in ((0, upper_part), (shape[1], lower_part)):
        second = part * before
        total += np.bincount(index + offset, part - second, size)
        total += np.bincount(index + (offset + 1), second, size)
    return total.reshape(shape)
