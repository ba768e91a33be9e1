"""Bilinear sampling of radar values at fractional coordinates."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# the gather of a strip this high stays in the processor's cache
STRIP_ROWS = 32


def bilinear(
    source: "NDArray[np.float32]",
    row: "NDArray[Any]",
    col: "NDArray[Any]",
    corner: tuple[int, int] = (0, 0),
) -> "NDArray[np.float32]":
    """Sample all bands of ``source`` at the same coordinates.

    Parameters
    ----------
    source : float32 array of shape (band, row, col), at least 2 x 2, in C order
        NaN spreads to every sample that touches it.
    row, col : float arrays of one shape (rows, cols)
        0 is the centre of the element at ``corner``; single precision is enough when they stay
        within a few thousand.
    corner : (row, col)
        Element of the source that the coordinates are counted from.

    Returns
    -------
    float32 array of shape (band, rows, cols)
        NaN where a coordinate is NaN or outside the centres of the outermost elements.
    """
    out = np.empty((source.shape[0], *row.shape), dtype=np.float32)
    for top in range(0, row.shape[0], STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        _sample(source, (row[rows], col[rows]), corner, out[:, rows])
    return out


def _sample(
    source: "NDArray[np.float32]",
    at: "tuple[NDArray[Any], NDArray[Any]]",
    corner: tuple[int, int],
    out: "NDArray[np.float32]",
) -> None:
    bands, height, width = source.shape
    row, col = at
    lowest = -corner[0], -corner[1]
    highest = height - 1 - corner[0], width - 1 - corner[1]
    inside: NDArray[np.bool_] | None = None
    if not (_within(row, lowest[0], highest[0]) and _within(col, lowest[1], highest[1])):
        inside = (row >= lowest[0]) & (row <= highest[0]) & (col >= lowest[1]) & (col <= highest[1])
        if not inside.any():
            out[:] = np.nan
            return
        row, col = np.where(inside, row, lowest[0]), np.where(inside, col, lowest[1])
    row_share, index = _split(row, highest[0] - 1)
    col_share, col_index = _split(col, highest[1] - 1)
    index *= width
    index += col_index
    index += corner[0] * width + corner[1]
    for band in range(bands):
        flat = source[band].reshape(-1)
        upper = _along(flat, index, col_share)
        lower = _along(flat[width:], index, col_share)
        lower -= upper
        lower *= row_share
        np.add(upper, lower, out=out[band])
        if inside is not None:
            out[band][~inside] = np.nan


def _split(
    coordinates: "NDArray[Any]", last: int
) -> "tuple[NDArray[np.float32], NDArray[np.intp]]":
    """Part coordinates into the share of the next element and the whole element before it."""
    whole = np.floor(coordinates)
    np.minimum(whole, last, out=whole)
    share = (coordinates - whole).astype(np.float32, copy=False)
    return share, whole.astype(np.intp)


def _within(values: "NDArray[Any]", lowest: int, highest: int) -> bool:
    """Tell whether all values lie between two limits; NaN does not."""
    return bool(values.min() >= lowest and values.max() <= highest)


def _along(
    flat: "NDArray[np.float32]", index: "NDArray[np.intp]", share: "NDArray[np.float32]"
) -> "NDArray[np.float32]":
    """Blend each element with its right neighbour; "clip" spares numpy's checked slow path."""
    left = flat.take(index, mode="clip")
    right = flat[1:].take(index, mode="clip")
    right -= left
    right *= share
    left += right
    return left
