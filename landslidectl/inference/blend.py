"""From scores of windows to scores of pixels, row block by row block.

One row of windows leaves two lines of column sums, of score times weight and of weight; a pixel's
sums are those lines times the bell at its row, added up in the order of the windows. The order
depends neither on the blocks nor on the pieces a block is worked on in, so neither does any bit of
the result.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.grid import Window
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.inference.windows import bell

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE_ROWS, PIECE_COLS = 64, 1024
"""A piece whose sums stay in the processor's cache."""

Each = Callable[[Callable[[Window], None], Iterable[Window]], Any]
"""Calls a function with each of several pieces, in any order, like ``map``."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What one row of windows leaves along the columns.

    Parameters
    ----------
    sums : float64, (2, col)
        Of score times bell and of the bell, over the windows that were scored.
    skipped : bool, (col,)
        Where windows were skipped.
    """

    sums: "NDArray[np.float64]"
    skipped: "NDArray[np.bool_]"


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
        self._lines: dict[int, _Line] = {}

    def add(self, origin: int, scores: "NDArray[np.float32]") -> None:
        """Take the scores of the row of windows that starts at ``origin``.

        NaN and `SKIPPED_SCORE` are those of windows that were not scored.
        """
        scored, skipped = scores >= 0.0, scores == SKIPPED_SCORE
        self._lines[origin] = _Line(
            self._column_sums(self._columns[scored], scores[scored]),
            self._reached(self._columns[skipped]),
        )

    def rows(
        self, block: Window, missing: "NDArray[np.bool_]", each: Each
    ) -> "NDArray[np.float32]":
        """Return the scores of a block's pixels; rows above it can be asked for no more.

        Where no window that covers a pixel was scored, its score is `SKIPPED_SCORE` if one of them
        was skipped since too little there can be judged, else NaN.

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
        skipped = np.zeros(piece.shape, dtype=bool)
        across = slice(piece.col, piece.col + piece.cols)
        for origin in sorted(self._lines):
            top = max(origin, piece.row)
            bottom = min(origin + self._side, piece.row + piece.rows)
            if top >= bottom:
                continue
            rows = slice(top - piece.row, bottom - piece.row)
            line = self._lines[origin]
            skipped[rows] |= line.skipped[across]
            if not line.sums[1, across].any():
                continue
            weights = self._bell[top - origin : bottom - origin, np.newaxis]
            scratch = product[: bottom - top]
            for index in range(2):
                np.multiply(weights, line.sums[index, across], out=scratch)
                sums[index, rows] += scratch
        covered = sums[1] != 0.0
        np.divide(sums[0], sums[1], out=out, where=covered & ~missing, casting="same_kind")
        out[skipped & ~covered & ~missing] = SKIPPED_SCORE

    def _reached(self, columns: "NDArray[np.intp]") -> "NDArray[np.bool_]":
        """Return which pixel columns some windows of one row hold: (col,)."""
        edges = np.zeros(self._width + 1, dtype=np.int64)
        np.add.at(edges, columns, 1)
        np.subtract.at(edges, columns + self._side, 1)
        return np.asarray(np.cumsum(edges[:-1]) > 0)

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
