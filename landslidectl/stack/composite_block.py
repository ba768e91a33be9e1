"""The median of one window over the acquisitions of one side, and what a composite is asked for."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.rasters import TILE_SIDE, grid_of, open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.acquisitions import Acquisitions, open_acquisitions
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.median import median_db
from landslidectl.stack.offsets import sample_slices, sample_step
from landslidectl.stack.speckle import SpeckleFilter
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

BUFFER_BYTES = 32 * 2**20
"""What one thread may hold of the acquisitions' samples, where a tile of each fits."""
MAX_COUNT = 255


@dataclass(frozen=True, slots=True)
class CompositeRequest:
    """What a composite is to be.

    Parameters
    ----------
    path : Path
        The GeoTIFF of medians; ``<stem>_counts.tif`` and ``<stem>.json`` come beside it.
    grid : Grid
    polarisations : tuple of Polarisation
        Band order.
    contract : StackContract
        The geocoded scenes must have been made under it.
    speckle : SpeckleFilter, optional
        Applied to the linear samples of all acquisitions.
    factor_path : Path, optional
        Raster on ``grid`` whose first band multiplies the linear median; NaN makes it NaN.
    threads : int
        The result does not depend on it.
    """

    path: Path
    grid: Grid
    polarisations: tuple[Polarisation, ...]
    contract: StackContract
    speckle: SpeckleFilter | None = None
    factor_path: Path | None = None
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Readers:
    """What one thread reads from."""

    acquisitions: Acquisitions
    factor: "DatasetReader | None"


@dataclass(frozen=True, slots=True)
class Block:
    """What comes of one window; ``samples`` are (acquisition, polarisation, sample)."""

    window: Window
    median_db: "NDArray[np.float32]"
    count: "NDArray[np.uint8]"
    samples: "NDArray[np.float32]"


def open_readers(
    stack: ExitStack, scenes: Sequence[GeocodedScene], request: CompositeRequest
) -> Readers:
    """Open the acquisitions, and the factor where there is one, for one thread."""
    acquisitions = stack.enter_context(open_acquisitions(scenes, request.polarisations))
    if request.factor_path is None:
        return Readers(acquisitions, None)
    factor = stack.enter_context(open_raster(request.factor_path))
    if (found := grid_of(factor)) != request.grid:
        raise StackError(
            f"{request.factor_path}: its map grid is {found}, the composite's is {request.grid}"
        )
    return Readers(acquisitions, factor)


def composited(readers: Readers, window: Window, request: CompositeRequest) -> Block:
    """Return the median, the count and a sample of the acquisitions in one window."""
    halo = 0 if request.speckle is None else request.speckle.halo_px
    outer = widened(window, (halo, halo), request.grid)
    values = readers.acquisitions.read(outer)
    inner = within(window, outer)
    count = _count(values[:, :, *inner])
    if request.speckle is not None:
        values = np.ascontiguousarray(request.speckle.apply(values)[:, :, *inner])
    factor = _factor(readers, window)
    floor_db = request.contract.noise_floor_db
    bands = [median_db(values[:, band], floor_db, factor) for band in range(values.shape[1])]
    thin = values[:, :, *sample_slices(window, sample_step(request.grid))]
    return Block(window, np.stack(bands), count, thin.reshape(*thin.shape[:2], -1).copy())


def _factor(readers: Readers, window: Window) -> "NDArray[np.float32] | None":
    if readers.factor is None:
        return None
    return np.asarray(readers.factor.read(1, window=rasterio_window(window)), dtype=np.float32)


def _count(values: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    """Count the acquisitions that observe a pixel in every polarisation."""
    count = np.zeros(values.shape[2:], dtype=np.uint8 if len(values) <= MAX_COUNT else np.uint16)
    for acquisition in values:
        observed = np.isfinite(acquisition[0])
        for band in acquisition[1:]:
            observed &= np.isfinite(band)
        count += observed.view(np.uint8)
    return np.minimum(count, MAX_COUNT).astype(np.uint8)


def windows_of(request: CompositeRequest, acquisitions: int) -> "Iterator[Window]":
    """Yield windows of whole tiles: one tile high, or square where a filter needs a halo."""
    tile_bytes = 4 * TILE_SIDE**2 * acquisitions * len(request.polarisations)
    tiles = max(BUFFER_BYTES // tile_bytes, 1)
    high = 1 if request.speckle is None else isqrt(tiles)
    rows = [*range(0, request.grid.rows, high * TILE_SIDE), request.grid.rows]
    cols = [*range(0, request.grid.cols, tiles // high * TILE_SIDE), request.grid.cols]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            yield Window(top, left, bottom - top, right - left)
