"""Where the windows of a scored raster lie, and how much each says about a pixel.

Windows start at multiples of the stride; where the last of them leaves rows or columns over, one
more window is put flush with the edge, so that every pixel is covered, the last row and column
included. A grid smaller than a window has one window that hangs over its edge.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Kind = TypeVar("_Kind", bound="np.generic[Any]")


def window_origins(length: int, side: int, stride: int) -> tuple[int, ...]:
    """Return the first pixels of the windows along one axis, ascending.

    Parameters
    ----------
    length : int
        Pixels along the axis.
    side : int
        Side of a window.
    stride : int
        Distance of neighbouring windows, at most ``side``.

    Returns
    -------
    tuple of int
        ``0, stride, 2 * stride, ...`` and ``length - side``; ``(0,)`` if the axis is shorter
        than a window.
    """
    if length < 1 or not 1 <= stride <= side:
        raise ValueError(f"no windows of {side} with stride {stride} along {length} pixels")
    last = max(length - side, 0)
    regular = list(range(0, last + 1, stride))
    if regular[-1] != last:
        regular.append(last)
    return tuple(regular)


def bell(side: int) -> NDArray[np.float64]:
    """Return how much a window's score says about its pixels along one axis: a Hann bell.

    Shape (side,), positive, largest in the middle; the weight of a pixel is the product over both
    axes. At a stride of half a window the bells of neighbouring windows add up to one, so the
    blended score has no seams.
    """
    return np.asarray(np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2)


def pad_to_window(bands: NDArray[_Kind], side: int) -> NDArray[_Kind]:
    """Mirror the right and bottom edge until both axes are at least ``side`` long.

    Parameters
    ----------
    bands : NDArray
        (band, row, col). NaN stays NaN and is mirrored too, so the share of missing pixels is not
        disturbed.
    """
    rows, cols = bands.shape[1:]
    extra = ((0, 0), (0, max(side - rows, 0)), (0, max(side - cols, 0)))
    if not any(after for _, after in extra):
        return bands
    return np.pad(bands, extra, mode="symmetric")


def cut_windows(
    strip: NDArray[np.float32], columns: Sequence[int], side: int
) -> NDArray[np.float32]:
    """Cut the windows of one row of windows.

    Parameters
    ----------
    strip : float32, (band, side, col)
        The rows of the stack under these windows.
    columns : sequence of int
        First column of each window.

    Returns
    -------
    float32, (window, side, side, band)
    """
    view = np.lib.stride_tricks.sliding_window_view(strip, side, axis=2)
    chosen = view[:, :, np.asarray(columns, dtype=np.intp), :]
    return np.ascontiguousarray(chosen.transpose(2, 1, 3, 0))


def held(pixels: NDArray[np.bool_], columns: Sequence[int], side: int) -> NDArray[np.int64]:
    """Return how many of some pixels each window of one row of windows holds: (window,).

    Parameters
    ----------
    pixels : bool, (row, col)
        True for those that count; at most as many rows as a window has.
    columns : sequence of int
        First column of each window.
    """
    narrow = len(pixels) <= np.iinfo(np.uint8).max
    tall = pixels.view(np.uint8).sum(axis=0, dtype=np.uint8 if narrow else np.int64)
    before = np.concatenate(([0], np.cumsum(tall, dtype=np.int64)))
    first = np.asarray(columns, dtype=np.intp)
    return np.asarray(before[first + side] - before[first])


def fill_missing(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put the median of a window's own band wherever that band has no value.

    Parameters
    ----------
    windows : float32, (window, row, col, band)
        Each window has at least one value in every band.

    Returns
    -------
    float32
        The same array when nothing is missing, else a copy.
    """
    gaps = np.isnan(windows)
    holed = np.flatnonzero(gaps.any(axis=(1, 2, 3)))
    if holed.size == 0:
        return windows
    filled = windows.copy()
    medians = np.nanmedian(windows[holed], axis=(1, 2))[:, np.newaxis, np.newaxis, :]
    filled[holed] = np.where(gaps[holed], medians, windows[holed])
    return filled
