"""Median composites of the acquisitions of one track."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.rasters import (
    TILE_SIDE,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

BAND_COLS = 16 * TILE_SIDE
MAX_COUNT = 255


def median_db(values: "NDArray[np.float32]", floor_db: float) -> "NDArray[np.float32]":
    """Take the median over the first axis and turn it into dB.

    Samples are ordered by their signed linear value, NaN left out. An odd count gives the dB of
    the middle sample; an even one the mean, in dB, of the two middle samples, each floored first.

    Parameters
    ----------
    values : float32 array of shape (acquisition, ...)
        Linear sigma nought, negatives kept, NaN = not observed.
    floor_db : float
        Floor of the result.

    Returns
    -------
    float32 array of shape ``values.shape[1:]``
        dB; NaN where no acquisition observes.
    """
    ordered = np.sort(values, axis=0)
    count = np.count_nonzero(~np.isnan(values), axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    if count.size and count.min() == count.max():
        lower, upper = ordered[low.flat[0]], ordered[min(high.flat[0], len(ordered) - 1)]
    else:
        np.minimum(high, len(ordered) - 1, out=high)
        lower = np.take_along_axis(ordered, low[None], axis=0)[0]
        upper = np.take_along_axis(ordered, high[None], axis=0)[0]
    return 0.5 * (_to_db(lower, floor_db) + _to_db(upper, floor_db))


class Acquisitions:
    """The geocoded scenes of one side of the event, read window by window.

    Slices of one overflight are merged, first valid value first: at a seam they agree, and they
    are one observation, not two.
    """

    def __init__(
        self, groups: "Sequence[Sequence[DatasetReader]]", bands: Sequence[Sequence[list[int]]]
    ) -> None:
        self._groups = groups
        self._bands = bands

    def __len__(self) -> int:
        """Return the number of acquisitions."""
        return len(self._groups)

    def read(self, window: Window) -> "NDArray[np.float32]":
        """Return linear values, float32 of shape (acquisition, polarisation, row, col)."""
        return np.stack([self._merged(index, window) for index in range(len(self._groups))])

    def median(
        self, window: Window, floor_db: float
    ) -> "tuple[NDArray[np.float32], NDArray[np.uint8]]":
        """Return the median in dB (polarisation, row, col) and the count (row, col)."""
        values = self.read(window)
        observed = np.isfinite(values).all(axis=1)
        count = np.minimum(np.count_nonzero(observed, axis=0), MAX_COUNT).astype(np.uint8)
        bands = [median_db(values[:, band], floor_db) for band in range(values.shape[1])]
        return np.stack(bands), count

    def _merged(self, index: int, window: Window) -> "NDArray[np.float32]":
        merged: NDArray[np.float32] | None = None
        for dataset, bands in zip(self._groups[index], self._bands[index], strict=True):
            values = np.asarray(dataset.read(bands, window=rasterio_window(window)))
            if merged is None:
                merged = values
            else:
                missing = np.isnan(merged)
                merged[missing] = values[missing]
        if merged is None:
            raise ValueError("an acquisition without scenes")
        return merged


@contextmanager
def open_acquisitions(
    geocoded: Sequence[GeocodedScene], polarisations: Sequence[Polarisation]
) -> Iterator[Acquisitions]:
    """Open geocoded scenes of one track, grouped by overflight, for reading by windows.

    Raises
    ------
    StackError
        If there is none, or grids, tracks, contracts or polarisations do not agree.
    """
    check_alike(geocoded, polarisations)
    ordered = sorted(geocoded, key=lambda scene: (*scene.acquisition, scene.start, scene.scene_id))
    groups = [list(group) for _, group in groupby(ordered, key=lambda scene: scene.acquisition)]
    bands = [
        [[scene.polarisations.index(name) + 1 for name in polarisations] for scene in group]
        for group in groups
    ]
    with ExitStack() as stack:
        datasets = [
            [stack.enter_context(open_raster(scene.path)) for scene in group] for group in groups
        ]
        yield Acquisitions(datasets, bands)


def check_alike(geocoded: Sequence[GeocodedScene], polarisations: Sequence[Polarisation]) -> None:
    """Refuse scenes that must not share a composite.

    Raises
    ------
    StackError
        Naming the first scene that differs and in what.
    """
    if not geocoded:
        raise StackError("there is no geocoded scene to composite")
    first = geocoded[0]
    for scene in geocoded:
        pairs = {
            "track": (scene.track, first.track),
            "map grid": (scene.grid, first.grid),
            "contract": (scene.contract, first.contract),
        }
        for name, (found, expected) in pairs.items():
            if found != expected:
                raise StackError(
                    f"{scene.scene_id}: its {name} is {found}, that of {first.scene_id} is "
                    f"{expected}; they cannot share a composite"
                )
        missing = [str(name) for name in polarisations if name not in scene.polarisations]
        if missing:
            raise StackError(f"{scene.scene_id}: has no {' and no '.join(missing)}")


def tile_bands(grid: Grid) -> Iterator[Window]:
    """Yield windows one tile high and several wide, aligned with the files' tiles."""
    for row in range(0, grid.rows, TILE_SIDE):
        for col in range(0, grid.cols, BAND_COLS):
            yield Window(row, col, min(TILE_SIDE, grid.rows - row), min(BAND_COLS, grid.cols - col))


def _to_db(linear: "NDArray[np.float32]", floor_db: float) -> "NDArray[np.float32]":
    """Floor and convert; `numpy.maximum` keeps NaN."""
    floored = np.maximum(linear, np.float32(10.0 ** (floor_db / 10.0)))
    return np.asarray(10.0 * np.log10(floored), dtype=np.float32)
