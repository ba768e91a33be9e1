"""Holes in an elevation model: narrow ones are bridged, wide ones stay holes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_VOID_PX = 20
VOID_REACH_PX = 2 * (MAX_VOID_PX + 1)
"""Pixels around a window that can change what `fill_narrow_voids` does inside it."""


def fill_narrow_voids(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolate voids at most 20 pixels wide from their rims; leave wider ones NaN.

    A void is wide where a square of 21 x 21 void pixels fits into it. The decision needs only
    `VOID_REACH_PX` pixels around, so blocks of one raster agree with each other.

    Parameters
    ----------
    heights : ndarray of float32, shape (row, col)
        NaN where void; not changed.

    Returns
    -------
    ndarray of float32
        The same array when nothing is void, a filled copy otherwise.

    Source: inverse-distance weighting of GDAL's fillnodata.
    """
    void = np.isnan(heights)
    if not void.any():
        return heights
    wide = opened(void, MAX_VOID_PX + 1)
    if void.all() or not (void & ~wide).any():
        return heights
    from rasterio.fill import fillnodata  # noqa: PLC0415

    filled = fillnodata(
        np.where(void, np.float32(0.0), heights),
        mask=(~void).astype(np.uint8),
        max_search_distance=float(MAX_VOID_PX),
    )
    return np.where(wide, np.float32(np.nan), filled).astype(np.float32)


def opened(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Return the part of a mask that squares of ``side`` x ``side`` set pixels cover."""
    if min(mask.shape) < side:
        return np.zeros_like(mask)
    fits = _box_sum(mask.astype(np.int32), side) == side * side
    padded = np.pad(fits.astype(np.int32), side - 1)
    return np.asarray(_box_sum(padded, side) > 0)


def _box_sum(values: NDArray[np.int32], side: int) -> NDArray[Any]:
    """Sum over every ``side`` x ``side`` square that lies inside."""
    total = np.pad(values.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32), ((1, 0), (1, 0)))
    return np.asarray(
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
