"""Which windows of a block are computed together in one tile, and which by themselves.

Windows that lie on the stride's grid are taken in tiles of one shape. A tile begins at the first
window that is wanted and in no tile yet; where that leaves no room for its shape, it is moved back,
and does not score again what others score. A window flush with the last row or column is off the
grid, and one with gaps has medians of its own in them: those are scored by themselves, and so are
those of a tile that would hold hardly any.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALONE_COST = 1.5
"""What a pixel of a window by itself costs, in pixels of a tile."""


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


def even_length(count: int, most: int) -> int:
    """Return how many windows a tile takes along an axis, so that tiles come out about equal."""
    return math.ceil(count / math.ceil(count / most)) if count else 0


def starts(wanted: NDArray[np.bool_], length: int) -> list[int]:
    """Return where along an axis tiles of a length begin, so that they hold all wanted windows.

    Parameters
    ----------
    wanted : bool, (window,)
        At least ``length`` of them.
    length : int
        Windows that a tile holds.
    """
    found: list[int] = []
    reached = 0
    for place in np.flatnonzero(wanted).tolist():
        if place >= reached:
            found.append(min(place, wanted.size - length))
            reached = found[-1] + length
    return found


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
    counts = tuple(on_grid(one, stride) for one in origins)
    height, width = (even_length(count, most) for count in counts)
    shape = tuple(side + max(length - 1, 0) * stride for length in (height, width))
    left = (scorable & whole)[: counts[0], : counts[1]]
    shared = np.zeros_like(scorable)
    tiles = []
    for row in starts(np.asarray(left.any(axis=1)), height):
        for col in starts(np.asarray(left[row : row + height].any(axis=0)), width):
            place = (slice(row, row + height), slice(col, col + width))
            wanted = left[place] & ~shared[place]
            if np.count_nonzero(wanted) * side**2 * ALONE_COST < shape[0] * shape[1]:
                continue
            shared[place] |= wanted
            tiles.append(Tile(origins[0][row], origins[1][col], (row, col), wanted))
    return Plan((shape[0], shape[1]), tuple(tiles), np.argwhere(scorable & ~shared))
