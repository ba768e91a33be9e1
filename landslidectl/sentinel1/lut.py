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

    def _row(self, index: int, pixels: FloatArray) -> NDArray[np.float32]:
        vector = self.vectors[index]
        return np.interp(pixels, vector.pixels, vector.values).astype(np.float32)
