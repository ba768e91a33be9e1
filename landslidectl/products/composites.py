"""The backscatter before and after the event, for those who want to see it themselves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.products.contract.rasters import COMPOSITE_LAYER
from landslidectl.products.rasters import Band, write_bands
from landslidectl.terms import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.grid import Window
    from landslidectl.stack.stack import Stack


def write_composites(final: Path, stacks: "Sequence[Stack]", tags: Mapping[str, str]) -> None:
    """Write the composites of all tracks as one Cloud-Optimized GeoTIFF.

    Bands are named by track, side of the event and polarisation, such as ``D046 pre VV``; values
    are dB, NaN where not observed. A stack holds the composite after the event and the change;
    the one before is their difference.
    """
    bands = [
        band for stack in sorted(stacks, key=lambda item: item.track) for band in _bands(stack)
    ]
    write_bands(final, stacks[0].grid, COMPOSITE_LAYER, bands, tags)


def _bands(stack: "Stack") -> Iterator[Band]:
    count = len(stack.bands.polarisations)
    for phase in Phase:
        for index, polarisation in enumerate(stack.bands.polarisations, start=1):
            yield Band(
                f"{stack.track.name} {phase.value} {polarisation}",
                _reader(stack.values_path, index, count if phase is Phase.PRE else 0),
            )


def _reader(path: Path, index: int, change: int) -> Any:
    """Return a function that reads a window of the post-event band, less its change if asked."""

    def read(window: "Window") -> "NDArray[Any]":
        with open_raster(path) as stack:
            place = rasterio_window(window)
            values: NDArray[Any] = stack.read(index, window=place)
            return values - stack.read(index + change, window=place) if change else values

    return read
