"""The geocoded scenes of one side of an event, read window by window."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader


class Acquisitions:
    """Open scenes grouped by overflight, for one thread.

    Slices of one overflight are merged, first valid value first: at a seam they agree, and they
    are one observation, not two.
    """

    def __init__(
        self, groups: "Sequence[Sequence[DatasetReader]]", bands: Sequence[Sequence[list[int]]]
    ) -> None:
        self._groups = groups
        self._bands = bands
        # Fresh memory costs page faults, as much time as the median itself.
        self._buffer: NDArray[np.float32] = np.empty(0, dtype=np.float32)

    def __len__(self) -> int:
        """Return the number of acquisitions."""
        return len(self._groups)

    def read(self, window: Window) -> "NDArray[np.float32]":
        """Read linear values.

        Returns
        -------
        float32 array of shape (acquisition, polarisation, row, col)
            It is overwritten by the next call.
        """
        shape = len(self), len(self._bands[0][0]), *window.shape
        size = int(np.prod(shape))
        if self._buffer.size < size:
            self._buffer = np.empty(size, dtype=np.float32)
        values = self._buffer[:size].reshape(shape)
        for index in range(len(self)):
            self._read_merged(index, window, values[index])
        return values

    def _read_merged(self, index: int, window: Window, out: "NDArray[np.float32]") -> None:
        part = rasterio_window(window)
        slices = list(zip(self._groups[index], self._bands[index], strict=True))
        first, bands = slices[0]
        first.read(bands, window=part, out=out)
        for dataset, bands in slices[1:]:
            missing = np.isnan(out)
            if missing.any():
                np.copyto(out, dataset.read(bands, window=part), where=missing)


def grouped(geocoded: Sequence[GeocodedScene]) -> list[list[GeocodedScene]]:
    """Return the scenes by overflight, overflights and slices in order of time."""
    ordered = sorted(geocoded, key=lambda scene: (*scene.acquisition, scene.start, scene.scene_id))
    groups = [list(group) for _, group in groupby(ordered, key=lambda scene: scene.acquisition)]
    return sorted(groups, key=lambda group: (group[0].start, group[0].scene_id))


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
    groups = grouped(geocoded)
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
