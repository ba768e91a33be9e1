"""A stack read from top to bottom, once, in strips that overlap by what windows reach."""

import math
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.stack.record import Stack

REBUILD = "Delete the stack's folder and run the same command again."


@dataclass(frozen=True, slots=True)
class Strip:
    """Whole rows of a raster, and the rows that their windows reach beyond them.

    Parameters
    ----------
    block : Window
        The rows themselves.
    bands : float32, (band, row, col)
        dB, NaN where there is no value, with the rows reached.
    missing : bool, (row, col)
        Pixels that lack a value in any band, with the rows reached.
    """

    block: Window
    bands: "NDArray[np.float32]"
    missing: "NDArray[np.bool_]"

    def is_whole(self, read: int) -> bool:
        """Tell whether the rows of the raster before ``read`` are all that it needs."""
        return bool(self.block.row + self.bands.shape[1] <= read)

    def take(self, other: "Strip") -> None:
        """Copy what it reaches of the rows of another one below it."""
        first = other.block.row - self.block.row
        rows = min(other.block.rows, self.bands.shape[1] - first)
        self.bands[:, first : first + rows] = other.bands[:, :rows]
        self.missing[first : first + rows] = other.missing[:rows]


def read_strips(
    stack: "Stack", names: Sequence[str], rows: int, reach: int
) -> Generator[Strip, None, None]:
    """Yield a stack in strips; every row is read once.

    Memory is taken again, since the system clears new memory first: once the next strip but one is
    asked for, a strip is overwritten.

    Parameters
    ----------
    stack : Stack
    names : sequence of str
        The bands wanted, in their order.
    rows, reach : int
        Rows of a strip, and how many more its windows need.

    Raises
    ------
    StackError
        If the stack's raster cannot be read to its end.
    """
    grid, height = stack.grid, min(rows + reach, stack.grid.rows)
    indexes = [stack.bands.band_names.index(name) + 1 for name in names]
    with open_raster(stack.values_path) as values:
        waiting: deque[Strip] = deque()
        memory = [
            (
                np.empty((len(indexes), height, grid.cols), dtype=np.float32),
                np.empty((height, grid.cols), dtype=bool),
            )
            for _ in range(strips_held(rows, reach))
        ]
        for row in range(0, grid.rows, rows):
            block = Window(row, 0, min(rows, grid.rows - row), grid.cols)
            tall = min(block.rows + reach, grid.rows - row)
            bands, missing = memory[row // rows % len(memory)]
            strip = Strip(block, bands[:, :tall], missing[:tall])
            own = strip.bands[:, : block.rows]
            try:
                values.read(indexes, window=rasterio_window(block), out=own)
            except OSError as error:
                raise StackError(
                    f"{stack.values_path}: cannot be read: {error}", REBUILD
                ) from error
            _find_missing(own, strip.missing[: block.rows])
            for earlier in waiting:
                earlier.take(strip)
            waiting.append(strip)
            while waiting and waiting[0].is_whole(row + block.rows):
                yield waiting.popleft()


def strips_held(rows: int, reach: int) -> int:
    """Return how many strips are in memory: one in use, one made ready, those it waits for."""
    return 2 + math.ceil(reach / rows)


def _find_missing(bands: "NDArray[np.float32]", out: "NDArray[np.bool_]") -> None:
    """Say which pixels lack a value in any band, row by row: a row stays in the cache."""
    for row in range(len(out)):
        np.isnan(bands[0, row], out=out[row])
        for band in bands[1:]:
            out[row] |= np.isnan(band[row])
