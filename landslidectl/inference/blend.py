"""From scores of windows to scores of pixels, row block by row block.

One row of windows leaves two lines of column sums, of score times weight and of weight; a pixel's
sums are those lines times the bell at its row, added up in the order of the windows. The order
depends neither on the blocks nor on the pieces a block is worked on in, so neither does any bit of
the result.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.grid import Window
from landslidectl.inference.windows import bell

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE_ROWS, PIECE_COLS = 64, 1024
"""A piece whose sums stay in the processor's cache."""

Each = Callable[[Callable[[Window], None], Iterable[Window]], Any]
"""Calls a function with each of several pieces, in any order, like ``map``."""


class Blend:
    """Keeps of the scored windows what later rows of pixels still need.

    Parameters
    ----------
    columns : sequence of int
        First columns of the windows.
    side : int
        Of a window.
    """

    def __init__(self, columns: Sequence[int], side: int) -> None:
        self._side = side
        self._bell = bell(side)
        self._columns = np.asarray(columns, dtype=np.intp)
        self._width = int(self._columns[-1]) + side
        self._lines: dict[int, NDArray[np.float64]] = {}

    def add(self, origin: int, scores: "NDArray[np.float32]") -> None:
        """Take the scores of the row of windows that starts at ``origin``; NaN = not scored."""
        scored = np.isfinite(scores)
        self._lines[origin] = self._column_sums(self._columns[scored], scores[scored])

    def rows(
        self, block: Window, missing: "NDArray[np.bool_]", each: Each
    ) -> "NDArray[np.float32]":
        """Return the scores of a block's pixels; rows above it can be asked for no more.

        Parameters
        ----------
        block : Window
            Whole rows, all of whose windows have been added.
        missing : bool, (row, col)
            Which pixels have no value and hence no score.
        each : Each
            How pieces of the block are shared out.
        """
        self._lines = {
            origin: line for origin, line in self._lines.items() if origin + self._side > block.row
        }
        scores = np.full(block.shape, np.nan, dtype=np.float32)

        def one(piece: Window) -> None:
            place = (
                slice(piece.row - block.row, piece.row - block.row + piece.rows),
                slice(piece.col, piece.col + piece.cols),
            )
            self._blend(piece, missing[place], scores[place])

        deque(each(one, _pieces(block)), maxlen=0)
        return scores

    def _blend(
        self, piece: Window, missing: "NDArray[np.bool_]", out: "NDArray[np.float32]"
    ) -> None:
        sums, product = np.zeros((2, *piece.shape)), np.empty(piece.shape)
        for origin in sorted(self._lines):
            top = max(origin, piece.row)
            bottom = min(origin + self._side, piece.row + piece.rows)
            if top >= bottom:
                continue
            weights = self._bell[top - origin : bottom - origin, np.newaxis]
            rows, scratch = slice(top - piece.row, bottom - piece.row), product[: bottom - top]
            line = self._lines[origin][:, piece.col : piece.col + piece.cols]
            for index in range(2):
                np.multiply(weights, line[index], out=scratch)
                sums[index, rows] += scratch
        known = ~missing & (sums[1] != 0.0)
        np.divide(sums[0], sums[1], out=out, where=known, casting="same_kind")

    def _column_sums(
        self, columns: "NDArray[np.intp]", scores: "NDArray[np.float32]"
    ) -> "NDArray[np.float64]":
        """Return along the columns the sums of score times bell and of the bell: (2, col)."""
        places = (columns[:, np.newaxis] + np.arange(self._side)).ravel()
        weights = np.tile(self._bell, columns.size)
        weighted = weights * np.repeat(scores.astype(np.float64), self._side)
        return np.stack(
            [
                np.bincount(places, weighted, minlength=self._width),
                np.bincount(places, weights, minlength=self._width),
            ]
        )


def _pieces(block: Window) -> Iterator[Window]:
    for row in range(block.row, block.row + block.rows, PIECE_ROWS):
        for col in range(0, block.cols, PIECE_COLS):
            rows = min(PIECE_ROWS, block.row + block.rows - row)
            yield Window(row, col, rows, min(PIECE_COLS, block.cols - col))
