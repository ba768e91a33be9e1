"""Which windows of a block are computed together in one tile, and which by themselves.

Windows that lie on the stride's grid are taken in tiles of one shape; the last tile of a row or
column of tiles is moved back to the last such window, so that its shape stays, and does not score
again what others score. A window flush with the last row or column is off the grid, and one with
gaps has medians of its own in them: those are scored by themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Run:
    """Windows along one axis that one tile holds.

    Parameters
    ----------
    first, count : int
        Index of the first of them among the windows along the axis, and how many there are.
    repeated : int
        How many at the front are in the run before too.
    """

    first: int
    count: int
    repeated: int

    @property
    def indexes(self) -> slice:
        """Return which windows along the axis these are."""
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a block and the windows it gives scores to.

    Parameters
    ----------
    row, col : int
        Its first pixel in the block.
    first : (int, int)
        Indexes of its first window.
    wanted : bool, (window row, window col)
        Which of its windows it gives scores to.
    """

    row: int
    col: int
    first: tuple[int, int]
    wanted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the windows of a block are scored.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of every tile, in pixels.
    tiles : tuple of Tile
        Those that score any window.
    alone : intp, (window, 2)
        Indexes (row, col) of the windows scored by themselves.
    """

    shape: tuple[int, int]
    tiles: tuple[Tile, ...]
    alone: NDArray[np.intp]


def on_grid(origins: Sequence[int], stride: int) -> int:
    """Return how many windows along an axis, from the first, follow each other by the stride."""
    count = 1
    while count < len(origins) and origins[count] - origins[count - 1] == stride:
        count += 1
    return min(count, len(origins))


def runs(count: int, most: int) -> tuple[Run, ...]:
    """Divide windows along one axis into as few runs of equal length as ``most`` allows.

    The last run is moved back where fewer are left over.
    """
    if count == 0:
        return ()
    length = math.ceil(count / math.ceil(count / most))
    firsts = range(0, count - length + 1, length)
    found = [Run(first, length, 0) for first in firsts]
    if firsts[-1] + length < count:
        last = count - length
        found.append(Run(last, length, firsts[-1] + length - last))
    return tuple(found)


def plan(
    origins: tuple[Sequence[int], Sequence[int]],
    scorable: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    side: int,
    grid: tuple[int, int],
) -> Plan:
    """Plan the tiles of a block.

    Parameters
    ----------
    origins : (sequence of int, sequence of int)
        First rows and first columns of the windows in the block's pixels.
    scorable, whole : bool, (window row, window col)
        Which windows are to be scored, and which of them have no gaps.
    side : int
        Of a window.
    grid : (int, int)
        The stride and the largest side of a tile.
    """
    stride, largest = grid
    most = max(1, (largest - side) // stride + 1)
    down, across = (runs(on_grid(one, stride), most) for one in origins)
    shared = np.zeros_like(scorable)
    tiles = []
    for rows in down:
        for cols in across:
            place = (rows.indexes, cols.indexes)
            wanted = scorable[place] & whole[place]
            wanted[: rows.repeated] = False
            wanted[:, : cols.repeated] = False
            shared[place] |= wanted
            if wanted.any():
                row, col = origins[0][rows.first], origins[1][cols.first]
                tiles.append(Tile(row, col, (rows.first, cols.first), wanted))
    shape = tuple(side + (axis[0].count - 1) * stride if axis else side for axis in (down, across))
    alone = np.argwhere(scorable & ~shared)
    return Plan((shape[0], shape[1]), tuple(tiles), alone)
