"""The median over acquisitions, by a network of minima and maxima on blocks that fit the cache.

Sorting a few values at each of millions of pixels costs a branch at every comparison. A sorting
network compares the same pairs everywhere, so each comparison is one minimum and one maximum of
whole planes; those that do not reach the middle are left out. The network is Batcher's odd-even
merge sort (Knuth, The Art of Computer Programming, volume 3, section 5.2.2, algorithm M).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_PX = 16_384
"""Pixels worked on at once: seven planes of float32 take half a megabyte."""
BLOCK_ROWS = 64


def median_db(
    values: "NDArray[np.float32]", floor_db: float, factor: "NDArray[np.float32] | None" = None
) -> "NDArray[np.float32]":
    """Take the median over the first axis and turn it into dB.

    Samples are ordered by their signed linear value, NaN left out. An odd count gives the dB of
    the middle sample; an even one the mean, in dB, of the two middle samples, each floored first.

    Parameters
    ----------
    values : float32 array of shape (acquisition, ...)
        Linear sigma nought, negatives kept, NaN = not observed.
    floor_db : float
        Floor of the result.
    factor : float32 array of shape ``values.shape[1:]``, optional
        Positive; multiplies the linear samples. NaN makes the result NaN.

    Returns
    -------
    float32 array of shape ``values.shape[1:]``
        dB; NaN where no acquisition observes.
    """
    shape = values.shape[1:]
    layers = values.reshape(len(values), -1, shape[-1] if len(shape) > 1 else values[0].size)
    factors = None if factor is None else factor.reshape(layers.shape[1:])
    out = np.empty(layers.shape[1:], dtype=np.float32)
    for part in _parts(out.shape):
        planes = layers[:, *part].copy().reshape(len(layers), -1)
        factor_part = None if factors is None else factors[part].ravel()
        out[part] = _median_db(planes, floor_db, factor_part).reshape(out[part].shape)
    return out.reshape(shape)


def to_db(linear: "NDArray[np.float32]", floor_db: float) -> "NDArray[np.float32]":
    """Floor linear values and convert them to dB; NaN stays NaN."""
    floored = np.maximum(linear, np.float32(10.0 ** (floor_db / 10.0)))
    return np.asarray(10.0 * np.log10(floored), dtype=np.float32)


@lru_cache(maxsize=64)
def selection_network(count: int, wanted: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the comparisons that bring the samples of some ranks to their places.

    Parameters
    ----------
    count : int
        Samples.
    wanted : tuple of int
        Ranks that must be right in the end, from 0, the smallest.

    Returns
    -------
    tuple of (i, j)
        In order: afterwards place ``i`` holds the smaller and ``j`` the larger of the two.
    """
    needed, kept = set(wanted), []
    for pair in reversed(list(_batcher(count))):
        if needed & set(pair):
            kept.append(pair)
            needed |= set(pair)
    return tuple(reversed(kept))


def _parts(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Yield compact parts: the border of a scene then runs through few of them."""
    high = max(min(shape[0], BLOCK_ROWS), 1)
    wide = BLOCK_PX // high
    for top in range(0, shape[0], high):
        for left in range(0, shape[1], wide):
            yield slice(top, top + high), slice(left, left + wide)


def _median_db(
    planes: "NDArray[np.float32]", floor_db: float, factor: "NDArray[np.float32] | None"
) -> "NDArray[np.float32]":
    lower, upper = _middles(planes)
    one = upper is lower
    if factor is not None:
        lower = lower * factor
        upper = lower if one else upper * factor
    lower_db = to_db(lower, floor_db)
    if one:
        return lower_db
    return np.asarray(0.5 * (lower_db + to_db(upper, floor_db)), dtype=np.float32)


def _batcher(count: int) -> Iterator[tuple[int, int]]:
    top = 1 << max(count - 1, 0).bit_length() >> 1
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            yield from ((i, i + d) for i in range(count - d) if i & p == r)
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1


def _middles(
    planes: "NDArray[np.float32]",
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Return the lower and the upper middle sample; the same array when all counts are odd."""
    missing = np.isnan(planes)
    if not missing.any():
        return _dense(planes)
    void = missing.all(axis=1)
    kept = planes[~void]
    if not len(kept):
        nothing = np.full(planes.shape[1], np.nan, dtype=np.float32)
        return nothing, nothing
    kept_missing = missing[~void]
    if not kept_missing.any():
        return _dense(kept)
    return _sparse(kept, kept_missing)


def _dense(planes: "NDArray[np.float32]") -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Take the middles where every plane is observed at every pixel."""
    count = len(planes)
    low, high = (count - 1) // 2, count // 2
    ordered = _compared(planes, selection_network(count, (low, high)))
    return ordered[low], ordered[high]


def _sparse(
    planes: "NDArray[np.float32]", missing: "NDArray[np.bool_]"
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Take the middles where the number of observations differs from pixel to pixel."""
    total = len(planes)
    filled = np.where(missing, np.float32(np.inf), planes)
    ordered = _compared(filled, selection_network(total, tuple(range(total))))
    counts = total - np.count_nonzero(missing, axis=0)
    lower = np.full(planes.shape[1], np.nan, dtype=np.float32)
    upper = lower.copy()
    for count in np.flatnonzero(np.bincount(counts, minlength=1)).tolist():
        if count:
            here = counts == count
            np.copyto(lower, ordered[(count - 1) // 2], where=here)
            np.copyto(upper, ordered[count // 2], where=here)
    return lower, upper


def _compared(
    planes: "NDArray[np.float32]", network: Sequence[tuple[int, int]]
) -> "list[NDArray[np.float32]]":
    """Run planes through a network; they are overwritten."""
    work = list(planes)
    spare = np.empty_like(work[0])
    for i, j in network:
        np.minimum(work[i], work[j], out=spare)
        np.maximum(work[i], work[j], out=work[j])
        work[i], spare = spare, work[i]
    return work
