"""Scores at the middles of windows, and which windows slid: what fusing is held against."""

from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.polygons import pixels_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.grid import Grid
    from landslidectl.training.judging.scenes import Slides

WINDOW_PX = 64
STRIDE_PX = 16
CORE_PX = 4
SLID_SHARE = 0.05


def window_samples(
    score: "NDArray[np.float32]", slid: "NDArray[np.bool_]"
) -> "tuple[NDArray[np.float32], NDArray[np.bool_]]":
    """Return the scores at the middles of windows, and whether more than 5 % of them slid."""
    half = WINDOW_PX // 2
    rows = np.arange(half, score.shape[0] - half + 1, STRIDE_PX)
    cols = np.arange(half, score.shape[1] - half + 1, STRIDE_PX)
    shares = _box_sums(slid, rows, cols, half) / WINDOW_PX**2
    middles = _box_sums(score, rows, cols, CORE_PX) / (2 * CORE_PX) ** 2
    seen = np.isfinite(middles)
    return middles[seen].astype(np.float32), shares[seen] > SLID_SHARE


def slid_pixels(slides: "Slides", grid: "Grid") -> "NDArray[np.bool_]":
    """Return which pixels of a grid slid."""
    import shapely  # noqa: PLC0415

    return pixels_inside(shapely.union_all(slides.outlines), grid)


def _box_sums(
    values: "NDArray[Any]", rows: "NDArray[np.intp]", cols: "NDArray[np.intp]", half: int
) -> "NDArray[np.float64]":
    """Return sums over squares of ``2 half`` pixels around the corners between pixels."""
    below = np.lib.stride_tricks.sliding_window_view(values, (2 * half, 2 * half))
    sums = below[np.ix_(rows - half, cols - half)].sum(axis=(2, 3), dtype=np.float64)
    return np.asarray(sums)
