"""Weighted local means on small rasters: Gaussian for shapes, box for the ground around them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH_SIGMAS = 3.0
NO_WEIGHT = 1e-6


def gaussian(values: "NDArray[np.float32]", sigma_px: float) -> "NDArray[np.float32]":
    """Return values weighed by a Gaussian cut at three sigma; beyond the edges lie zeros.

    Parameters
    ----------
    values : NDArray
        float32 (row, col).
    sigma_px : float
        Standard deviation in pixels.
    """
    reach = math.ceil(REACH_SIGMAS * sigma_px)
    offsets = np.arange(-reach, reach + 1)
    taps = np.exp(-0.5 * (offsets / sigma_px) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    return _columns(_columns(values, taps).T, taps).T


def box(values: "NDArray[np.float32]", radius_px: int) -> "NDArray[np.float32]":
    """Return sums over squares of ``2 radius_px + 1`` pixels; beyond the edges lie zeros."""
    return _running(_running(values, radius_px).T, radius_px).T


def local_mean(
    values: "NDArray[np.float32]", weights: "NDArray[np.float32]", sigma_px: float
) -> "NDArray[np.float32]":
    """Return the weighted Gaussian mean; 0 where nothing near carries weight."""
    total = gaussian(weights, sigma_px)
    mean = gaussian(values * weights, sigma_px) / np.maximum(total, np.float32(NO_WEIGHT))
    return np.asarray(mean, dtype=np.float32)


def _columns(values: "NDArray[np.float32]", taps: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Filter along the first axis."""
    rows, reach = values.shape[0], taps.size // 2
    padded = np.pad(values, ((reach, reach), (0, 0)))
    out = padded[reach : reach + rows] * taps[reach]
    for step in range(1, reach + 1):
        pair = padded[reach - step : reach - step + rows] + padded[reach + step :][:rows]
        out += taps[reach + step] * pair
    return np.asarray(out, dtype=np.float32)


def running_sums(values: "NDArray[np.integer[Any]]", radius: int) -> "NDArray[np.int32]":
    """Return sums of whole numbers along the first axis over ``2 radius + 1`` rows, exactly.

    The sum of a whole column must fit 31 bits.
    """
    return np.asarray(_sums(values, radius, np.int32))


def _running(values: "NDArray[np.float32]", radius: int) -> "NDArray[np.float32]":
    """Sum along the first axis over ``2 radius + 1`` rows."""
    return np.asarray(_sums(values, radius, np.float64), dtype=np.float32)


def _sums(values: "NDArray[Any]", radius: int, dtype: Any) -> "NDArray[Any]":
    rows = values.shape[0]
    sums = np.zeros((rows + 1, values.shape[1]), dtype=dtype)
    np.cumsum(values, axis=0, out=sums[1:])
    last = np.minimum(np.arange(rows) + radius + 1, rows)
    first = np.maximum(np.arange(rows) - radius, 0)
    return np.asarray(sums[last] - sums[first])
