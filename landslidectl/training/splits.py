"""Split patches by place: square blocks of a fixed map grid go to training, validation or test.

Windows of one hillside overlap, and both passes see it; drawn at random they would carry the test
set into the training set. So places are drawn, not windows: a window belongs to a set when all the
ground under it does, and a window over ground of two sets belongs to none. Windows of two sets
therefore never share a pixel, whatever tracks they are from.

A window's place is the row and column of its first pixel on the map grid of its UTM zone, counted
in pixels from the zone's origin, rows downwards. Ground is drawn in blocks of 2.56 km, or
of 1.28 km where an event has too few of the larger ones that hold landslides.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.training.patches import PatchSet

WINDOW = 64
CELL_PIXELS = 128
LARGE_BLOCK_CELLS = 2
ENOUGH_BLOCKS = 6
REAL_EVENT = 1_000_000_000
"""Events numbered from here on were mapped, not simulated: their windows are told by place."""

NONE = -1
CHUNK = 512


class Split(StrEnum):
    """The set that a place belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


SPLITS = tuple(Split)
SHARES = {Split.TRAIN: 0.6, Split.VALIDATION: 0.2, Split.TEST: 0.2}

Cell = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class MapWindows:
    """Windows of one event on the map grid.

    Parameters
    ----------
    epsg : int
        UTM zone of the grid.
    row, col : int64
        First pixel of each window on the zone's grid.
    positive : bool
        Whether it is a landslide patch.
    """

    epsg: int
    row: NDArray[np.int64]
    col: NDArray[np.int64]
    positive: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Division:
    """Which set each drawn cell of ground belongs to.

    Parameters
    ----------
    cells : mapping of (epsg, row, col) to Split
        Squares of 1.28 km.
    filled : frozenset of Split
        Sets that some event gave landslides to.
    """

    cells: Mapping[Cell, Split] = field(default_factory=dict)
    filled: frozenset[Split] = frozenset()


def division_record(division: Division) -> dict[str, Any]:
    """Return a division ready for JSON: rows and columns of cells by set and zone."""
    record: dict[str, Any] = {split.value: {} for split in SPLITS}
    for (epsg, row, col), split in sorted(division.cells.items()):
        record[split.value].setdefault(str(epsg), []).append([row, col])
    return {"cell_pixels": CELL_PIXELS, "sets": record}


def division_of(record: Mapping[str, Any]) -> Division:
    """Return the division that `division_record` described; no set counts as filled.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is none.
    """
    if record["cell_pixels"] != CELL_PIXELS:
        raise ValueError(f"cells of {record['cell_pixels']} pixels, expected {CELL_PIXELS}")
    cells: dict[Cell, Split] = {}
    for name, zones in record["sets"].items():
        for epsg, places in zones.items():
            cells.update({(int(epsg), int(row), int(col)): Split(name) for row, col in places})
    return Division(cells)


def assign(windows: MapWindows, division: Division, seed: int) -> Division:
    """Draw the ground under an event's windows; ground that was drawn before stays as it is.

    Blocks with landslides go round the three sets before any gets a second one, sets that have no
    landslides yet from other events first; then each goes where its event is furthest below
    60, 20 and 20 % of the landslide windows. Blocks without any are shared out in the same way by
    their number. The order is that of a hash of seed and place.
    """
    counts = _inside(windows, LARGE_BLOCK_CELLS)
    side = LARGE_BLOCK_CELLS if len(counts) >= ENOUGH_BLOCKS else 1
    counts = counts if side == LARGE_BLOCK_CELLS else _inside(windows, 1)
    blocks = sorted({_block(cell, side) for cell in _touched(windows)}, key=partial(_rank, seed))
    drawn = dict(division.cells)
    landslides, empty = _Tally(), _Tally()
    for block in blocks:
        known = {drawn[cell] for cell in _cells(block, side) if cell in drawn}
        for split in known:
            landslides.add(split, counts.get(block, 0))
    filled = set(division.filled) | landslides.splits
    for block in sorted(blocks, key=lambda block: block not in counts):
        wanted = [cell for cell in _cells(block, side) if cell not in drawn]
        if not wanted:
            continue
        count = counts.get(block, 0)
        split = landslides.next(filled) if count else empty.furthest()
        drawn.update(dict.fromkeys(wanted, split))
        if count:
            landslides.add(split, count)
            filled.add(split)
        else:
            empty.add(split, 1)
    return Division(drawn, frozenset(filled))


def hold_out(windows: Iterable[MapWindows], division: Division) -> Division:
    """Give all ground under an event's windows to the test set.

    Raises
    ------
    InputError
        If part of it was trained on or validated with before.
    """
    cells = {cell for part in windows for cell in _touched(part)}
    taken = [cell for cell in sorted(cells) if division.cells.get(cell, Split.TEST) != Split.TEST]
    if taken:
        raise InputError(
            f"{len(taken)} of the {len(cells)} squares of ground of an event that is to be left "
            "out were trained on before",
            "Start from a model that did not see the event, or do not leave it out.",
        )
    held = dict(division.cells) | dict.fromkeys(sorted(cells), Split.TEST)
    return Division(held, division.filled)


def splits_of(windows: MapWindows, division: Division) -> NDArray[np.int8]:
    """Return the set of each window as an index of `SPLITS`; -1 where the ground is of several."""
    found = np.full(windows.row.size, NONE, dtype=np.int8)
    for index, corners in enumerate(_corners(windows)):
        kinds = {division.cells.get((windows.epsg, *corner)) for corner in corners}
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is not None:
            found[index] = SPLITS.index(kind)
    return found


def check_disjoint(patches: PatchSet, others: PatchSet, names: tuple[str, str]) -> None:
    """Refuse two sets of patches that share what only one of them may hold.

    A simulated event may be in one set alone. A mapped event may be in both where no window of one
    overlaps a window of the other.

    Raises
    ------
    InputError
        Naming the events.
    """
    shared = np.intersect1d(patches.seed, others.seed)
    simulated = shared[shared < REAL_EVENT]
    if simulated.size:
        raise InputError(
            f"the events {simulated.tolist()} are in the {names[0]} and in the {names[1]} set",
            "Make the two sets from different events.",
        )
    for event in shared:
        one, other = patches.seed == event, others.seed == event
        places = [(part.row[of], part.col[of]) for part, of in ((patches, one), (others, other))]
        if windows_overlap(*places):
            raise InputError(
                f"windows of event {event} in the {names[0]} set overlap windows of the "
                f"{names[1]} set",
                "Split the event by place: landslidectl train does.",
            )


def windows_overlap(
    one: tuple[NDArray[np.integer], NDArray[np.integer]],
    other: tuple[NDArray[np.integer], NDArray[np.integer]],
) -> bool:
    """Return whether a window of one set shares a pixel with one of the other: (row, col) each."""
    for first in range(0, one[0].size, CHUNK):
        part = slice(first, first + CHUNK)
        apart = [
            np.abs(mine[part, np.newaxis].astype(np.int64) - theirs) >= WINDOW
            for mine, theirs in zip(one, other, strict=True)
        ]
        if not (apart[0] | apart[1]).all():
            return True
    return False


class _Tally:
    """How much of an event each set has."""

    def __init__(self) -> None:
        self._amounts = dict.fromkeys(SPLITS, 0)

    @property
    def splits(self) -> set[Split]:
        return {split for split, amount in self._amounts.items() if amount}

    def add(self, split: Split, amount: int) -> None:
        self._amounts[split] += amount

    def furthest(self) -> Split:
        """Return the set furthest below its share."""
        total = sum(self._amounts.values()) + 1
        return max(SPLITS, key=lambda split: SHARES[split] * total - self._amounts[split])

    def next(self, filled: set[Split]) -> Split:
        """Return a set with none of this event, best one with none at all; else the furthest."""
        without = [split for split in SPLITS if not self._amounts[split]]
        if not without:
            return self.furthest()
        return min(without, key=lambda split: (split in filled, -SHARES[split]))


def _corners(windows: MapWindows) -> list[set[tuple[int, int]]]:
    """Return the cells under each window: one, two or four."""
    rows = [windows.row // CELL_PIXELS, (windows.row + WINDOW - 1) // CELL_PIXELS]
    cols = [windows.col // CELL_PIXELS, (windows.col + WINDOW - 1) // CELL_PIXELS]
    pairs = [np.column_stack([row, col]).tolist() for row in rows for col in cols]
    return [{(row, col) for row, col in corners} for corners in zip(*pairs, strict=True)]


def _touched(windows: MapWindows) -> set[Cell]:
    return {(windows.epsg, *cell) for corners in _corners(windows) for cell in corners}


def _inside(windows: MapWindows, side: int) -> dict[Cell, int]:
    """Count the landslide windows that lie inside one block, by block."""
    counts: dict[Cell, int] = {}
    for positive, corners in zip(windows.positive, _corners(windows), strict=True):
        blocks = {_block((windows.epsg, *cell), side) for cell in corners}
        if positive and len(blocks) == 1:
            block = blocks.pop()
            counts[block] = counts.get(block, 0) + 1
    return counts


def _block(cell: Cell, side: int) -> Cell:
    epsg, row, col = cell
    return epsg, row // side, col // side


def _cells(block: Cell, side: int) -> list[Cell]:
    epsg, row, col = block
    return [(epsg, row * side + i, col * side + j) for i in range(side) for j in range(side)]


def _rank(seed: int, block: Cell) -> bytes:
    """Return the hash that a block is drawn in the order of."""
    text = f"{seed}:{block[0]}:{block[1]}:{block[2]}"
    return hashlib.sha256(text.encode("ascii")).digest()
