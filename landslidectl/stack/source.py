"""Calibrated radar lines for geocoding: read once, in file order, kept only while needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.grid import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.radiometry import SigmaNoughtSource

# A later window may start a line or two before an earlier one did, where its ground is higher.
KEPT_BEHIND = 8
# Reading this many lines at a time makes the copy of those that are kept a small matter.
CHUNK_LINES = 512

Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""Like `map`; that of a pool lets the polarisations be read side by side."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a scene, which stay as they are however far the source goes on.

    Parameters
    ----------
    first_line, first_sample : int
        Line and sample that ``values[:, 0, 0]`` is.
    values : float32 array of shape (polarisation, line, sample)
        Linear sigma nought, NaN where there is no signal.
    """

    first_line: int
    first_sample: int
    values: "NDArray[np.float32]"

    @property
    def end_line(self) -> int:
        """Return the line after the last one."""
        return self.first_line + int(self.values.shape[1])


class SourceLines:
    """A window of lines that moves forward through a scene.

    Going forward only matters inside a zip, where stepping back inflates from the start again.

    Parameters
    ----------
    sources : sequence of SigmaNoughtSource
        One open measurement a polarisation.
    area : Window
        Lines and samples that are ever asked for.
    mapper : callable, optional
        Like `map`, for reading the polarisations at the same time.
    """

    def __init__(
        self, sources: "Sequence[SigmaNoughtSource]", area: Window, mapper: Mapper = map
    ) -> None:
        self._sources = sources
        self._area = area
        self._mapper = mapper
        nothing = np.empty((len(sources), 0, area.cols), dtype=np.float32)
        self._lines = Lines(area.row, area.col, nothing)

    def cover(self, first: int, last: int) -> Lines:
        """Return lines that hold ``first`` to ``last`` (half-open) of the area.

        Calls must go forward: lines more than 8 before ``first`` are forgotten when new ones are
        read.
        """
        held = self._lines
        if last <= held.end_line:
            return held
        keep_from = max(first - KEPT_BEHIND, held.first_line)
        kept = held.values[:, keep_from - held.first_line :]
        read_from = max(held.end_line, keep_from)
        read_to = min(max(last, read_from + CHUNK_LINES), self._area.row + self._area.rows)
        count, samples = int(kept.shape[1]), self._area.cols
        values = np.empty((len(self._sources), count + read_to - read_from, samples), np.float32)
        values[:, :count] = kept
        window = Window(read_from, self._area.col, read_to - read_from, samples)

        def read(index: int) -> None:
            self._sources[index].read_into(window, values[index, count:])

        for _ in self._mapper(read, range(len(self._sources))):
            pass
        self._lines = Lines(read_from - count, self._area.col, values)
        return self._lines
