"""Calibrated radar lines for geocoding: read once, in file order, kept only while needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.grid import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.radiometry import SigmaNoughtSource

# The next strip may start a line or two before the last one did, where its ground is higher.
KEPT_BEHIND = 8


class SourceLines:
    """A rolling buffer of linear sigma nought over fixed samples of a scene.

    Going forward only matters inside a zip, where stepping back inflates from the start again.

    Parameters
    ----------
    sources : sequence of SigmaNoughtSource
        One open measurement a polarisation.
    first_line, first_sample, samples : int
        Where to start, and which samples to keep.

    Attributes
    ----------
    values : float32 array of shape (polarisation, line, sample)
    first_line : int
        Line of the scene that ``values[:, 0]`` holds.
    """

    def __init__(
        self,
        sources: "Sequence[SigmaNoughtSource]",
        first_line: int,
        first_sample: int,
        samples: int,
    ) -> None:
        self._sources = sources
        self.first_line = first_line
        self.first_sample = first_sample
        self.values: NDArray[np.float32] = np.empty((len(sources), 0, samples), dtype=np.float32)

    @property
    def end_line(self) -> int:
        """Return the line after the last one held."""
        return self.first_line + int(self.values.shape[1])

    def cover(self, first: int, last: int) -> None:
        """Make the buffer hold lines ``first`` to ``last`` (half-open), going forward."""
        if last <= self.end_line:
            return
        keep_from = max(first - KEPT_BEHIND, self.first_line)
        kept = self.values[:, keep_from - self.first_line :]
        read_from = max(self.end_line, keep_from)
        samples = kept.shape[2]
        self.values = np.empty(
            (len(self._sources), kept.shape[1] + last - read_from, samples), dtype=np.float32
        )
        self.values[:, : kept.shape[1]] = kept
        window = Window(read_from, self.first_sample, last - read_from, samples)
        for index, source in enumerate(self._sources):
            self.values[index, kept.shape[1] :] = source.read(window)
        self.first_line = read_from - kept.shape[1]
