"""Reading and writing GeoTIFFs on a job's grid."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.files.atomic import atomic_path
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader, DatasetWriter

TILE_SIDE = 256


@dataclass(frozen=True, slots=True)
class RasterLayout:
    """How a raster is stored.

    Parameters
    ----------
    band_names : tuple of str
        One description a band.
    dtype : str
        numpy name.
    nodata : float or None
        NaN for float layers, a number or None for integer layers.
    tags : mapping
        Dataset tags; values become text.
    is_noisy : bool
        Single radar scenes: speckle has no pattern that a predictor could find, and looking for one
        costs more than all the rest of writing.
    """

    band_names: tuple[str, ...]
    dtype: str = "float32"
    nodata: float | None = None
    tags: Mapping[str, str] | None = None
    is_noisy: bool = False

    @property
    def predictor(self) -> int:
        """Return TIFF's number of what is stored in place of the values themselves."""
        if self.is_noisy:
            return 1
        return 3 if self.dtype.startswith("float") else 2


@contextmanager
def create_raster(final: Path, grid: Grid, layout: RasterLayout) -> Iterator["DatasetWriter"]:
    """Open a tiled, compressed GeoTIFF for writing by windows; it appears complete or not at all.

    Yields
    ------
    rasterio.io.DatasetWriter
        Bands count from 1, in the order of ``layout.band_names``.
    """
    import rasterio  # noqa: PLC0415

    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": grid.cols,
        "height": grid.rows,
        "count": len(layout.band_names),
        "dtype": layout.dtype,
        "crs": f"EPSG:{grid.epsg}",
        "transform": rasterio.Affine(*grid.transform),
        "nodata": layout.nodata,
        "tiled": True,
        "blockxsize": TILE_SIDE,
        "blockysize": TILE_SIDE,
        "compress": "ZSTD",
        "zstd_level": 1,
        "predictor": layout.predictor,
        "bigtiff": "IF_SAFER",
    }
    with atomic_path(final) as temporary, gdal_session():
        with rasterio.open(temporary, "w", **profile) as dataset:
            dataset.descriptions = layout.band_names
            if layout.tags:
                dataset.update_tags(**layout.tags)
            yield dataset
        require_whole(temporary)


def require_whole(path: Path) -> None:
    """Make sure that every block of a GeoTIFF that was just written is in the file.

    Much of a raster is written when it is closed, and what the system refuses then, as on a full
    disk, is lost without an error.

    Raises
    ------
    OSError
        If a block is missing or cut.
    """
    import rasterio  # noqa: PLC0415

    size = path.stat().st_size
    with rasterio.open(path) as dataset:
        for band, (rows, cols) in zip(dataset.indexes, dataset.block_shapes, strict=True):
            for row in range(-(-dataset.height // rows)):
                for col in range(-(-dataset.width // cols)):
                    place, length = (
                        dataset.get_tag_item(f"BLOCK_{what}_{col}_{row}", "TIFF", bidx=band)
                        for what in ("OFFSET", "SIZE")
                    )
                    if place is None or int(place) + int(length) > size:
                        raise OSError(f"the system did not take the whole file, only {size} bytes")


def write_raster(
    final: Path, grid: Grid, bands: "Sequence[NDArray[Any]]", layout: RasterLayout
) -> None:
    """Write whole bands, each of shape ``grid.shape``, as a tiled, compressed GeoTIFF."""
    with create_raster(final, grid, layout) as dataset:
        for index, band in enumerate(bands, start=1):
            dataset.write(np.asarray(band, dtype=layout.dtype), index)


@contextmanager
def open_raster(path: Path | str) -> Iterator["DatasetReader"]:
    """Open a raster for reading inside a GDAL session."""
    import rasterio  # noqa: PLC0415

    with gdal_session(), rasterio.open(path) as dataset:
        yield dataset


def read_bands(path: Path | str, window: Window | None = None) -> "NDArray[Any]":
    """Read all bands, or a window of them, as an array of shape (band, row, col)."""
    with open_raster(path) as dataset:
        return np.asarray(dataset.read(window=rasterio_window(window)))


def rasterio_window(window: Window | None) -> Any:
    """Return the same window in rasterio's own type (None stays None: the whole raster)."""
    if window is None:
        return None
    from rasterio.windows import Window as RasterioWindow  # noqa: PLC0415

    return RasterioWindow(window.col, window.row, window.cols, window.rows)


def grid_of(dataset: "DatasetReader") -> Grid:
    """Return the grid of an open raster that this program wrote.

    Raises
    ------
    ValueError
        If its coordinate system is none that this program writes.
    """
    code = dataset.crs.to_epsg() if dataset.crs else None
    if code is None:
        raise ValueError("its coordinate system has no EPSG code")
    transform = dataset.transform
    return Grid(int(code), transform.c, transform.f, transform.a, *dataset.shape)
