"""Regions without values: where numbers are 0 because nothing was measured, and what lies beside.

A single 0, or a few, is a dark pixel of calm water whose noise the processor already subtracted;
regions around a scene are long runs of zeros along the range.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Window

MIN_RUN = 8

BoolArray = NDArray[np.bool_]


def halo_of(margin: int) -> tuple[int, int]:
    """Return how many lines and samples beyond a window decide on its pixels."""
    return (margin, margin + MIN_RUN - 1) if margin else (0, 0)


def near_no_value(
    numbers: NDArray[Any], margin: int, at_edges: tuple[bool, bool] = (False, False)
) -> BoolArray | None:
    """Find the pixels in or beside a region without values.

    Parameters
    ----------
    numbers : (lines, samples) uint16
        Of a window with a halo (see `halo_of`); what is returned holds within the halo.
    margin : int
        How far from the region pixels still count as beside it, along lines and samples.
    at_edges : (bool, bool)
        Whether the first and the last sample are those of the measurement. Beyond them nothing was
        measured, so that a run which touches them counts whatever its length.

    Returns
    -------
    (lines, samples) bool, or None where there is no such pixel
    """
    if margin == 0 or numbers.all():
        return None
    void = np.pad(
        numbers == 0,
        ((0, 0), tuple(MIN_RUN - 1 if edge else 0 for edge in at_edges)),
        constant_values=True,
    )
    runs = _runs(void)
    if not runs.any():
        return None
    first = MIN_RUN - 1 if at_edges[0] else 0
    samples = numbers.shape[1]
    region = _covered(runs, void.shape[1])[:, first : first + samples]
    return _spread(_spread(region, margin).T, margin).T


def _runs(void: BoolArray) -> BoolArray:
    """Return where ``MIN_RUN`` voids follow one another, for each possible first sample."""
    count = max(void.shape[1] - MIN_RUN + 1, 0)
    runs = void[:, :count].copy()
    for step in range(1, MIN_RUN):
        runs &= void[:, step : step + count]
    return runs


def _covered(runs: BoolArray, samples: int) -> BoolArray:
    """Return the samples that the runs consist of."""
    covered = np.zeros((len(runs), samples), dtype=np.bool_)
    for step in range(MIN_RUN):
        covered[:, step : step + runs.shape[1]] |= runs
    return covered


def _spread(region: BoolArray, margin: int) -> BoolArray:
    """Return the region grown by ``margin`` along the second axis, both ways."""
    wider = region.copy()
    for step in range(1, min(margin, region.shape[1] - 1) + 1):
        wider[:, step:] |= region[:, :-step]
        wider[:, :-step] |= region[:, step:]
    return wider


def clipped(window: Window, shape: tuple[int, int]) -> Window | None:
    """Return the part of a window inside a measurement of that shape; None where there is none."""
    top, left = max(window.row, 0), max(window.col, 0)
    bottom = min(window.row + window.rows, shape[0])
    right = min(window.col + window.cols, shape[1])
    if bottom <= top or right <= left:
        return None
    return Window(top, left, bottom - top, right - left)


def grown(window: Window, lines: int, samples: int) -> Window:
    """Return a window with so many more lines and samples on every side."""
    return Window(
        window.row - lines, window.col - samples, window.rows + 2 * lines, window.cols + 2 * samples
    )


def within(inner: Window, outer: Window) -> tuple[slice, slice]:
    """Return where a window lies in an array that holds another one around it."""
    return Window(inner.row - outer.row, inner.col - outer.col, inner.rows, inner.cols).slices
