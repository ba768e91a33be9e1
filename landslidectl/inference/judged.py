"""Which windows hold enough ground that can be judged; the others are not scored.

A patch was landslide in training when more than 5 % of its pixels were, outside layover and shadow.
A window with no more than that of ground that is seen and can be judged (no sea, say) can not be
one, so scoring it would say nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.grid import Grid, Window
from landslidectl.inference.windows import held, pad_to_window, window_origins

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_SHARE = 0.05
"""Share of a window's pixels that must be exceeded."""
SKIPPED_SCORE = -1.0
"""Score of a window, and of a pixel that has values, where nothing was scored for this reason."""
STRIP_ROWS = 256

Judged = Callable[[Window], "NDArray[np.bool_] | None"]
"""Returns which pixels of a part of the raster may be judged, (row, col); None: all of them.

It is asked for strips from top to bottom, then for single windows again, by one thread at a time;
what it says of a pixel does not depend on the part that is asked for.
"""


class JudgedGround:
    """How much of each window may be judged.

    Parameters
    ----------
    grid : Grid
        Of the raster.
    side, stride : int
        Of the windows.
    judged : Judged
        Asked for the whole raster at once, in strips.

    Attributes
    ----------
    counts : int64, (window row, window col)
        Pixels of each window that may be judged, were they all observed.
    least : float
        A window needs more of them.
    """

    def __init__(self, grid: Grid, side: int, stride: int, judged: Judged) -> None:
        self._grid, self._side, self._judged = grid, side, judged
        self._origins = tuple(window_origins(length, side, stride) for length in grid.shape)
        self.least = LEAST_SHARE * side**2
        self.counts = self._counted()

    @property
    def possible(self) -> "NDArray[np.bool_]":
        """Return the windows that would hold enough if all pixels were observed."""
        return np.asarray(self.counts > self.least)

    def enough(
        self, first: int, gaps: "NDArray[np.int64]", missing: "NDArray[np.bool_]"
    ) -> "NDArray[np.bool_]":
        """Return which windows hold enough ground that is observed and may be judged.

        Parameters
        ----------
        first : int
            Index of the first of some rows of windows.
        gaps : int64, (window row, window col)
            How many pixels each of them lacks.
        missing : bool, (row, col)
            Pixels without a value, from the first row of the first of these windows on.
        """
        counts = self.counts[first : first + len(gaps)]
        found = counts - gaps > self.least
        for row, col in np.argwhere((counts > self.least) & ~found).tolist():
            top, left = self._origins[0][first + row], self._origins[1][col]
            start = top - self._origins[0][first]
            unseen = missing[start : start + self._side, left : left + self._side]
            here = self._ask(Window(top, left, self._side, self._side))
            found[row, col] = np.count_nonzero(here & ~unseen) > self.least
        return found

    def _ask(self, part: Window) -> "NDArray[np.bool_]":
        """Return what may be judged of a part; what hangs over the edge is mirrored."""
        rows = min(part.rows, self._grid.rows - part.row)
        cols = min(part.cols, self._grid.cols - part.col)
        inside = Window(part.row, part.col, rows, cols)
        answer = self._judged(inside)
        known = np.ones(inside.shape, dtype=bool) if answer is None else answer
        return np.asarray(pad_to_window(known[np.newaxis], self._side)[0])

    def _counted(self) -> "NDArray[np.int64]":
        rows, columns = self._origins
        counts: NDArray[Any] = np.zeros((len(rows), len(columns)), dtype=np.int64)
        tall = max(STRIP_ROWS, self._side)
        for row in range(0, max(self._grid.rows, 1), tall):
            known = self._ask(Window(row, 0, tall, self._grid.cols))
            for index, origin in enumerate(rows):
                top, bottom = max(origin - row, 0), min(origin + self._side - row, len(known))
                if top < bottom:
                    counts[index] += held(known[top:bottom], columns, self._side)
        return counts
