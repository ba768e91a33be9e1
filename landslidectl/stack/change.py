"""What changed in one window between two composites, and what there is to know of its pixels."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.files.rasters import TILE_SIDE, open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.composite_record import Composite
from landslidectl.stack.offsets import noise_of, sample_slices, sample_step
from landslidectl.stack.quality import BORDER_PIXELS, Surveyor, count_bits
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Polarisation, Quality

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

BLOCK_ROWS, BLOCK_COLS = 4 * TILE_SIDE, 8 * TILE_SIDE
"""Wider than high: layover and shadow need a margin along the look, which runs about east."""
UNSTABLE = np.uint8(Quality.LAYOVER | Quality.SHADOW | Quality.WATER)


@dataclass(frozen=True, slots=True)
class Readers:
    """The rasters of both composites, pre-event first, for one thread."""

    polarisations: tuple[Polarisation, ...]
    values: "tuple[DatasetReader, ...]"
    counts: "tuple[DatasetReader, ...]"


@dataclass(frozen=True, slots=True)
class Change:
    """What comes of one window; ``changes_db`` are (polarisation, sample) on stable land."""

    window: Window
    values: "NDArray[np.float32]"
    counts: "NDArray[np.uint8]"
    bits: "NDArray[np.uint8]"
    angles: "NDArray[np.float32]"
    changes_db: "list[NDArray[np.float32]]"


def open_readers(exits: ExitStack, sides: tuple[Composite, Composite]) -> Readers:
    """Open the composites before and after the event until the stack of exits is left."""
    return Readers(
        sides[0].polarisations,
        tuple(exits.enter_context(open_raster(side.path)) for side in sides),
        tuple(exits.enter_context(open_raster(side.counts_path)) for side in sides),
    )


def change_of(
    readers: Readers, window: Window, surveyor: Surveyor, enough: tuple[int, int]
) -> Change:
    """Return one window of a stack; fewer pre- and post-event observations than enough are marked.

    Bands are post-event values, then post minus pre; NaN in all where one is missing.
    """
    values = _change(readers, window)
    bits, angles = surveyor.survey(window)
    outer = widened(window, (BORDER_PIXELS, BORDER_PIXELS), surveyor.grid)
    own = within(window, outer)
    counts = np.stack([file.read(1, window=rasterio_window(outer)) for file in readers.counts])
    bits |= count_bits(counts, own, enough)
    lattice = sample_slices(window, sample_step(surveyor.grid))
    changes_db = _stable_changes(values[:, *lattice], bits[lattice], readers.polarisations)
    return Change(window, values, counts[:, *own], bits, angles, changes_db)


def _change(readers: Readers, window: Window) -> "NDArray[np.float32]":
    part = rasterio_window(window)
    pre_file, post_file = readers.values
    bands = post_file.count
    values = np.empty((2 * bands, *window.shape), dtype=np.float32)
    post_file.read(window=part, out=values[:bands])
    np.subtract(values[:bands], pre_file.read(window=part), out=values[bands:])
    unobserved = np.isnan(values[bands])
    for layer in values[bands + 1 :]:
        unobserved |= np.isnan(layer)
    if unobserved.any():
        values[:, unobserved] = np.nan
    return values


def _stable_changes(
    values: "NDArray[np.float32]", bits: "NDArray[np.uint8]", polarisations: Sequence[Polarisation]
) -> "list[NDArray[np.float32]]":
    """Return the change of land that is seen well and brighter than noise on both sides' mean."""
    seen = (bits & UNSTABLE) == 0
    changes = []
    for index, name in enumerate(polarisations):
        post, change = values[index], values[len(polarisations) + index]
        changes.append(change[seen & (post - 0.5 * change > noise_of(name))])
    return changes


def windows_of(grid: Grid) -> "Iterator[Window]":
    """Yield the windows of a grid in the order in which they are written."""
    for row in range(0, grid.rows, BLOCK_ROWS):
        for col in range(0, grid.cols, BLOCK_COLS):
            yield Window(
                row, col, min(BLOCK_ROWS, grid.rows - row), min(BLOCK_COLS, grid.cols - col)
            )
