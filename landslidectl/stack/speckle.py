"""Speckle filters for the acquisitions of one side of an event: Lee, and Quegan and Yu.

Both work on linear intensities and use local means over a square. Window sums are built by
doubling (pairs, fours, eights, ...), so that each sum is made of the same additions in the same
order wherever a block is cut: with a halo of half a window, blocks agree to the last bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.terms import Speckle

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = (Speckle.LEE, Speckle.QUEGAN)
# -30 dB: local means this low are what noise removal left over, and can be next to nothing or
# negative; a ratio to them says nothing of the ground.
LEAST_MEAN = np.float32(1e-3)
# Strips of a few MB stay in the processor's cache from one window addition to the next.
STRIP_PIXELS = 1 << 17


@dataclass(frozen=True, slots=True)
class SpeckleFilter:
    """A speckle filter and its settings.

    Parameters
    ----------
    kind : str
        ``lee``: spatial, each acquisition for itself. ``quegan``: multi-temporal, the spatial
        resolution stays.
    side_px : int
        Side of the window, odd.
    looks : float
        Equivalent number of looks of the input, for ``lee``; 4.4 for IW GRDH.

    Raises
    ------
    StackError
        If a setting makes no sense.

    Source: Lee 1980 (IEEE TPAMI 2, 165-168), multiplicative noise; Quegan and Yu 2001
    (IEEE TGRS 39, 2373-2379), uncorrelated images.
    """

    kind: Speckle
    side_px: int = 7
    looks: float = 4.4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise StackError(
                f"speckle filter {self.kind!r} is unknown", f"Use one of: {', '.join(KINDS)}."
            )
        if self.side_px < 3 or self.side_px % 2 == 0:
            raise StackError(
                f"the window of a speckle filter needs an odd side of 3 or more, not {self.side_px}"
            )
        if not self.looks > 0.0:
            raise StackError(f"the number of looks must be positive, not {self.looks}")

    @property
    def halo_px(self) -> int:
        """Return how many pixels around a block its result depends on."""
        return self.side_px // 2

    def apply(self, values: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Filter a block.

        Parameters
        ----------
        values : float32 array of shape (acquisition, polarisation, row, col)
            Linear intensities of one track and one side of the event, negatives kept; NaN where
            not observed. Windows leave NaN out, and whatever is beyond the edge of the block.

        Returns
        -------
        float32 array of the same shape
            NaN where the input is NaN.
        """
        out = np.empty(values.shape, dtype=np.float32)
        for outer, inner, strip in _strips(values.shape[2], values.shape[3], self.halo_px):
            part = np.asarray(values[:, :, outer], dtype=np.float32)
            filtered = self._quegan(part) if self.kind == Speckle.QUEGAN else self._lee(part)
            out[:, :, strip] = filtered[:, :, inner]
        return out

    def _lee(self, values: "NDArray[np.float32]") -> "NDArray[np.float32]":
        out = np.empty_like(values)
        for index in np.ndindex(*values.shape[:2]):
            out[index] = _lee(values[index], self.side_px, np.float32(1.0 / self.looks))
        return out

    def _quegan(self, values: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Average the ratios to the local mean over the acquisitions, per polarisation.

        Acquisitions that are dark there are left out of the average; where all are, the local
        mean stands.
        """
        out = np.empty_like(values)
        for polarisation in range(values.shape[1]):
            total = np.zeros(values.shape[2:], dtype=np.float32)
            count = np.zeros(values.shape[2:], dtype=np.float32)
            for acquisition, image in enumerate(values[:, polarisation]):
                valid, filled = _filled(image)
                mean = _Window(valid, self.side_px).mean(filled)
                telling = valid & (mean > LEAST_MEAN)
                np.divide(filled, mean, out=filled, where=telling)
                filled *= telling
                total += filled
                count += telling
                mean[~valid] = np.nan
                out[acquisition, polarisation] = mean
            np.divide(total, count, out=total, where=count > 0.0)
            total[count == 0.0] = 1.0
            out[:, polarisation] *= total
        return out


def _lee(
    values: "NDArray[np.float32]", side: int, speckle_variance: np.float32
) -> "NDArray[np.float32]":
    """Move each value towards the local mean, by how much of the local variance speckle explains.

    With mean m and variance v of the window and the relative variance s of speckle, the scene
    itself varies by ``q = (v + m^2) / (1 + s) - m^2``; the result is
    ``m + q / (q + s m^2) (value - m)``.
    """
    valid, filled = _filled(values)
    window = _Window(valid, side)
    mean = window.mean(filled)
    scene = window.mean(filled * filled)
    squared = mean * mean
    scene /= np.float32(1.0) + speckle_variance
    scene -= squared
    np.maximum(scene, np.float32(0.0), out=scene)
    squared *= speckle_variance
    squared += scene
    # Where the window holds zeros alone both terms vanish, and the mean is the value.
    np.maximum(squared, np.finfo(np.float32).tiny, out=squared)
    scene /= squared
    filled -= mean
    filled *= scene
    filled += mean
    if not valid.all():
        filled[~valid] = np.nan
    return filled


class _Window:
    """Means over a square around each pixel, of what is valid and inside the array."""

    def __init__(self, valid: "NDArray[np.bool_]", side: int) -> None:
        self._side = side
        count = _sums(valid.astype(np.float32), side) if not valid.all() else _counts(valid, side)
        np.maximum(count, np.float32(1.0), out=count)
        self._share = np.float32(1.0) / count

    def mean(self, filled: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return the local means of an array that is 0 where it is not valid."""
        sums = _sums(filled, self._side)
        sums *= self._share
        return sums


def _counts(like: "NDArray[np.bool_]", side: int) -> "NDArray[np.float32]":
    """Return how many pixels of each window lie inside the array."""
    rows, cols = (
        np.minimum(np.arange(count), side // 2)
        + np.minimum(np.arange(count)[::-1], side // 2)
        + np.float32(1.0)
        for count in like.shape
    )
    return np.asarray(rows[:, None] * cols, dtype=np.float32)


def _sums(values: "NDArray[np.float32]", side: int) -> "NDArray[np.float32]":
    """Sum over a square around each pixel; outside the array counts as 0."""
    half = side // 2
    padded = np.zeros((values.shape[0] + 2 * half, values.shape[1] + 2 * half), dtype=np.float32)
    padded[half : half + values.shape[0], half : half + values.shape[1]] = values
    return _running(_running(padded, side).T, side).T


def _running(values: "NDArray[np.float32]", side: int) -> "NDArray[np.float32]":
    """Sum ``side`` consecutive rows, by doubling."""
    rows = values.shape[0] - side + 1
    total: NDArray[np.float32] | None = None
    start, span, doubled = 0, 1, values
    while True:
        if side & span:
            part = doubled[start : start + rows]
            total = part if total is None else total + part
            start += span
        if 2 * span > side:
            break
        doubled = doubled[: len(doubled) - span] + doubled[span:]
        span *= 2
    return np.asarray(total)


def _filled(values: "NDArray[np.float32]") -> "tuple[NDArray[np.bool_], NDArray[np.float32]]":
    valid = np.isfinite(values)
    return valid, np.where(valid, values, np.float32(0.0))


def _strips(rows: int, cols: int, halo: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield row slices: of the input with its halo, of the result in that, of the output."""
    height = max(STRIP_PIXELS // max(cols, 1), 8 * halo)
    for top in range(0, rows, height):
        bottom = min(top + height, rows)
        first, last = max(top - halo, 0), min(bottom + halo, rows)
        yield slice(first, last), slice(top - first, bottom - first), slice(top, bottom)
