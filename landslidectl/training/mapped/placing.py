"""Choose windows on a mapped event: dense round its landslides, thinned where they overlap.

An inventory of a dozen polygons must give a few hundred patches, one of ten thousand no more than
fit into memory. So windows are tried on a regular grid and at offsets round every polygon; those
that overlap more than a cap are thinned, and the cap is raised only where too few are left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landslidectl.training.cutting import (
    WINDOW,
    CutOptions,
    Kind,
    Places,
    Source,
    judged,
    survey,
)
from landslidectl.training.splits import SPLITS, Split

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

STRIDES = (8, 32)
GRID_WINDOWS = 4000
"""The regular grid is so dense that it has this many windows, within the strides above."""

OFFSET = 12
REACH = 24
INSIDE = 16
OVERLAPS = (0.5, 0.65, 0.8)


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many windows a stack gives.

    Parameters
    ----------
    positives : int
        At most this many landslide windows; shared among the sets as the ground is.
    enough : int
        The overlap of kept windows is allowed to grow until there are this many, if it can be.
    small, empty : float
        Windows with slides under 5 % of the pixels, and without any, for each landslide window.
    least_empty : int
        So many windows without slides are kept however few slides there are.
    """

    positives: int = 400
    enough: int = 150
    small: float = 0.5
    empty: float = 3.0
    least_empty: int = 60


@dataclass(frozen=True, slots=True)
class Candidates:
    """Windows that may become patches.

    Parameters
    ----------
    places : Places
        On the grid of the source.
    kinds : int8
        `Kind` of each.
    """

    places: Places
    kinds: NDArray[np.int8]


def candidates(
    source: Source, outlines: "list[BaseGeometry]", rng: np.random.Generator
) -> Candidates:
    """Return the usable windows of a source: a grid at a random start, and some at each outline."""
    grid = source.grid
    if min(grid.shape) < WINDOW:
        nowhere = np.empty(0, dtype=np.intp)
        return Candidates(Places(nowhere, nowhere, np.empty(0)), np.empty(0, dtype=np.int8))
    stride = int(np.clip(np.sqrt(grid.rows * grid.cols / GRID_WINDOWS), *STRIDES))
    first = rng.integers(0, stride, 2)
    rows, cols = (
        np.arange(start % (length - WINDOW + 1), length - WINDOW + 1, stride)
        for start, length in zip(first, grid.shape, strict=True)
    )
    parts = [np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)]
    for outline in outlines:
        left, bottom, right, top = outline.bounds
        row = _starts((grid.top - top) / grid.pixel_m, (grid.top - bottom) / grid.pixel_m)
        col = _starts((left - grid.left) / grid.pixel_m, (right - grid.left) / grid.pixel_m)
        parts.append(np.stack(np.meshgrid(row, col, indexing="ij"), axis=-1).reshape(-1, 2))
    places = np.unique(np.concatenate(parts), axis=0)
    inside = (places >= 0).all(axis=1) & (places <= np.array(grid.shape) - WINDOW).all(axis=1)
    row, col = places[inside].T
    found, kinds = judged(survey(source), row, col, CutOptions())
    usable = np.flatnonzero(kinds >= 0)
    return Candidates(found.taken(usable), kinds[usable])


def chosen(
    offered: Candidates,
    splits: NDArray[np.int8],
    amounts: Amounts,
    shares: Mapping[Split, float],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return the indexes of the windows to keep, in order.

    Parameters
    ----------
    offered : Candidates
    splits : int8
        Set of each window as an index of `splits.SPLITS`; negative ones are not taken.
    amounts : Amounts
    shares : mapping of Split to float
        Part of the amounts that each set gets; one that is not named gets nothing.
    rng : numpy.random.Generator
    """
    kept = [np.empty(0, dtype=np.intp)]
    for split, share in shares.items():
        number = SPLITS.index(split)
        mine = [np.flatnonzero((splits == number) & (offered.kinds == kind)) for kind in Kind]
        mine = [rng.permutation(part) for part in mine]
        most = max(round(amounts.positives * share), 1)
        positives = _enough(offered.places, mine[Kind.POSITIVE], most, amounts.enough * share)
        small = round(amounts.small * positives.size)
        empty = max(round(amounts.empty * positives.size), round(amounts.least_empty * share))
        kept += [
            positives,
            _enough(offered.places, mine[Kind.SMALL], small, small),
            _enough(offered.places, mine[Kind.EMPTY], empty, empty),
        ]
    return np.sort(np.concatenate(kept))


def thinned(places: Places, order: NDArray[np.intp], most: int, overlap: float) -> NDArray[np.intp]:
    """Take windows in order, each that overlaps none taken before by more than a share of itself.

    Parameters
    ----------
    places : Places
    order : int
        Indexes of windows.
    most : int
        Stop at so many.
    overlap : float
        Share of a window that it may have in common with another.
    """
    taken = np.empty(min(most, order.size), dtype=np.intp)
    count = 0
    for index in order:
        if count == most:
            break
        before = taken[:count]
        apart_rows = WINDOW - np.abs(places.row[before] - places.row[index])
        apart_cols = WINDOW - np.abs(places.col[before] - places.col[index])
        shared = np.maximum(apart_rows, 0) * np.maximum(apart_cols, 0)
        if not (shared > overlap * WINDOW**2).any():
            taken[count] = index
            count += 1
    return taken[:count]


def _enough(places: Places, order: NDArray[np.intp], most: int, enough: float) -> NDArray[np.intp]:
    """Thin by the smallest overlap that leaves enough windows, or by the largest."""
    kept = order[:0]
    for overlap in OVERLAPS:
        kept = thinned(places, order, most, overlap)
        if kept.size >= min(enough, most):
            break
    return kept


def _starts(low: float, high: float) -> NDArray[np.intp]:
    """Return first pixels of windows that hold much of what lies from ``low`` to ``high``.

    The middles of the windows lie up to 24 pixels from the middle of what is short, and reach over
    all of what is long.
    """
    middle = (low + high) / 2.0 - WINDOW / 2.0
    first = min(middle - REACH, low - WINDOW + INSIDE)
    last = max(middle + REACH, high - INSIDE)
    return np.arange(round(first), round(last) + 1, OFFSET, dtype=np.intp)
