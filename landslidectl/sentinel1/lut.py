"""A look-up table given as vectors of (pixel, value) at some lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LutVector:
    """One vector: values at pixels (both 1-D float64, pixels ascending) of one line."""

    line: float
    pixels: FloatArray
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LineLut:
    """Vectors sorted by line; each keeps its own pixel list, since these are not always equal."""

    vectors: tuple[LutVector, ...]

    @classmethod
    def of(cls, vectors: Sequence[LutVector]) -> "LineLut":
        """Sort the vectors by line; of two at the same line the later one counts."""
        by_line = {vector.line: vector for vector in vectors}
        return cls(tuple(by_line[line] for line in sorted(by_line)))

    def grid(
        self, lines: NDArray[np.integer | np.floating], pixels: FloatArray
    ) -> NDArray[np.float32]:
        """Interpolate along pixels in each vector, then between vectors along lines.

        Parameters
        ----------
        lines : 1-D, ascending
            Line coordinates; outside the vectors the outermost one holds.
        pixels : 1-D
            Pixel coordinates; outside a vector its outermost value holds.

        Returns
        -------
        (len(lines), len(pixels)) float32
        """
        out = np.empty((len(lines), len(pixels)), dtype=np.float32)
        if out.size == 0:
            return out
        knots = np.array([vector.line for vector in self.vectors])
        position = np.interp(lines, knots, np.arange(len(knots), dtype=np.float64))
        below = np.minimum(position.astype(np.intp), max(len(knots) - 2, 0))
        weight = (position - below).astype(np.float32)
        edges = np.flatnonzero(np.diff(below)) + 1
        for start, stop in zip([0, *edges], [*edges, len(lines)], strict=True):
            index = int(below[start])
            lower = self._row(index, pixels)
            upper = self._row(min(index + 1, len(knots) - 1), pixels)
            part = out[start:stop]
            np.multiply(weight[start:stop, np.newaxis], upper - lower, out=part)
            part += lower
        return out

    def rows(self, samples: int) -> "RowTable":
        """Interpolate every vector once along the first ``samples`` whole pixels."""
        pixels = np.arange(samples, dtype=np.float64)
        return RowTable(
            np.array([vector.line for vector in self.vectors]),
            np.stack([self._row(index, pixels) for index in range(len(self.vectors))]),
        )

    def _row(self, index: int, pixels: FloatArray) -> NDArray[np.float32]:
        vector = self.vectors[index]
        return np.interp(pixels, vector.pixels, vector.values).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class RowTable:
    """A table with a value for every pixel of a line, so that only lines are left to interpolate.

    Parameters
    ----------
    lines : (n,) float64
        Where the rows lie, ascending.
    values : (n, samples) float32
        Rows from sample 0 on.
    """

    lines: FloatArray
    values: NDArray[np.float32]

    def place(self, lines: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return for each line the row before it and the share of the next one.

        Outside the rows the outermost one holds.
        """
        position = np.interp(lines, self.lines, np.arange(len(self.lines), dtype=np.float64))
        before = np.minimum(position.astype(np.intp), max(len(self.lines) - 2, 0))
        return before, (position - before).astype(np.float32)[:, np.newaxis]

    def blend(
        self, row: int, shares: NDArray[np.float32], columns: slice, out: NDArray[np.float32]
    ) -> None:
        """Blend a row and the next one into ``out``, a line for each share."""
        first = self.values[row, columns]
        second = self.values[min(row + 1, len(self.values) - 1), columns]
        np.multiply(shares, second - first, out=out)
        out += first
