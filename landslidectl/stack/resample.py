"""Bilinear sampling of radar values at fractional coordinates."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# the gather of a strip this high stays in the processor's cache
STRIP_ROWS = 32


def bilinear(
    source: "NDArray[np.float32]", row: "NDArray[np.float64]", col: "NDArray[np.float64]"
) -> "NDArray[np.float32]":
    """Sample all bands of ``source`` at the same coordinates.

    Parameters
    ----------
    source : float32 array of shape (band, row, col), at least 2 x 2
        NaN spreads to every sample that touches it.
    row, col : float64 arrays of one shape (rows, cols)
        0 is the centre of the first element.

    Returns
    -------
    float32 array of shape (band, rows, cols)
        NaN where a coordinate is NaN or outside ``[0, size - 1]``.
    """
    out = np.empty((source.shape[0], *row.shape), dtype=np.float32)
    for top in range(0, row.shape[0], STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        _sample(source, row[rows], col[rows], out[:, rows])
    return out


def _sample(
    source: "NDArray[np.float32]",
    row: "NDArray[np.float64]",
    col: "NDArray[np.float64]",
    out: "NDArray[np.float32]",
) -> None:
    bands, height, width = source.shape
    inside = (row >= 0) & (row <= height - 1) & (col >= 0) & (col <= width - 1)
    if not inside.any():
        out[:] = np.nan
        return
    everywhere = bool(inside.all())
    if not everywhere:
        row, col = np.where(inside, row, 0.0), np.where(inside, col, 0.0)
    row_cell = np.minimum(row.astype(np.intp), height - 2)
    col_cell = np.minimum(col.astype(np.intp), width - 2)
    row_share = (row - row_cell).astype(np.float32)
    col_share = (col - col_cell).astype(np.float32)
    corner = row_cell * width + col_cell
    for band in range(bands):
        flat = source[band].reshape(-1)
        upper = _along(flat, corner, col_share)
        lower = _along(flat, corner + width, col_share)
        lower -= upper
        lower *= row_share
        np.add(upper, lower, out=out[band])
        if not everywhere:
            out[band][~inside] = np.nan


def _along(
    flat: "NDArray[np.float32]", corner: "NDArray[np.intp]", share: "NDArray[np.float32]"
) -> "NDArray[np.float32]":
    """Blend each element with its right neighbour; "clip" spares numpy's checked slow path."""
    left = flat.take(corner, mode="clip")
    right = flat.take(corner + 1, mode="clip")
    right -= left
    right *= share
    left += right
    return left
