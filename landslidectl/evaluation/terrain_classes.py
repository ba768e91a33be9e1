"""Slope and aspect on a product's grid, and the classes they are told in."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import DemError
from landslidectl.evaluation.product import MappedProduct
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    grid_of,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terrain.dem import DemOptions, build_dem
from landslidectl.terrain.slope import slope_aspect, utm_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOPE_EDGES_DEG = (0.0, 10.0, 20.0, 30.0, 40.0)
SLOPE_CLASSES = ("0-10°", "10-20°", "20-30°", "30-40°", "over 40°")
ASPECT_CLASSES = ("N", "NE", "E", "SE", "S", "SW", "W", "NW", "flat")
FLAT = ASPECT_CLASSES.index("flat")
FLAT_BELOW_DEG = 2.0
"""Ground less steep than this has no aspect worth telling."""
HISTOGRAM_STEP_DEG = 5.0
HISTOGRAM_BINS = 13
"""The last one is open: 60 degrees and more."""
MARGIN_PX = 1
WORK_BLOCK = 1024
WORK_BANDS = INCIDENCE_BANDS[2:]
SLOPE, ASPECT = WORK_BANDS


@dataclass(frozen=True, slots=True)
class Terrain:
    """Open layers of slope and aspect on a product's grid.

    Parameters
    ----------
    source : str
        Where they come from, in words.
    dataset : rasterio.io.DatasetReader
        Bands named `SLOPE` and `ASPECT`, float32 degrees.
    """

    source: str
    dataset: Any

    def read(self, window: Window) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
        """Read slope and aspect, degrees; NaN where unknown, aspect also where level."""
        names = self.dataset.descriptions
        bands = [names.index(name) + 1 for name in (SLOPE, ASPECT)]
        slope, aspect = self.dataset.read(bands, window=rasterio_window(window))
        return slope, aspect

    def digest(self, grid: Grid) -> str:
        """Return the SHA-256 of the slope as it is used."""
        digest = hashlib.sha256()
        for block in grid.blocks(WORK_BLOCK):
            digest.update(np.round(self.read(block)[0], 1).tobytes())
        return digest.hexdigest()


def slope_class(slope_deg: "NDArray[Any]") -> "NDArray[np.intp]":
    """Return the index in `SLOPE_CLASSES` of every slope; -1 where unknown."""
    index = np.digitize(slope_deg, SLOPE_EDGES_DEG) - 1
    return np.where(np.isfinite(slope_deg), np.maximum(index, 0), -1)


def aspect_class(slope_deg: "NDArray[Any]", aspect_deg: "NDArray[Any]") -> "NDArray[np.intp]":
    """Return the index in `ASPECT_CLASSES`: eight points of 45 degrees, or flat; -1 unknown."""
    level = (slope_deg < FLAT_BELOW_DEG) | ~np.isfinite(aspect_deg)
    turned = np.where(level, 0.0, aspect_deg)
    point = np.floor((turned + 22.5) / 45.0).astype(np.intp) % 8
    return np.where(np.isfinite(slope_deg), np.where(level, FLAT, point), -1)


def slope_histogram(slope_deg: "NDArray[Any]") -> "NDArray[np.int64]":
    """Count slopes in steps of five degrees; unknown ones are left out."""
    known = slope_deg[np.isfinite(slope_deg)]
    bins = np.minimum((known / HISTOGRAM_STEP_DEG).astype(np.intp), HISTOGRAM_BINS - 1)
    return np.bincount(bins, minlength=HISTOGRAM_BINS)


def histogram_names() -> list[str]:
    """Return the names of the steps of `slope_histogram`."""
    step, last = int(HISTOGRAM_STEP_DEG), HISTOGRAM_BINS - 1
    return [f"{bin_ * step}-{(bin_ + 1) * step}°" for bin_ in range(last)] + [
        f"over {last * step}°"
    ]


@contextmanager
def open_terrain(product: MappedProduct, dem: Path | None, work: Path) -> Iterator[Terrain | None]:
    """Open slope and aspect: from a given elevation model, else from what the job left behind.

    Parameters
    ----------
    product : MappedProduct
        Its job's folder is looked for beside it; layers of another grid do not count.
    dem : Path or None
        File or folder of elevation tiles.
    work : Path
        Folder for intermediate files.

    Yields
    ------
    Terrain or None
        None where nothing tells of the terrain.

    Raises
    ------
    DemError
        If the given elevation model cannot be used.
    """
    if dem is not None:
        path, source = _from_dem(dem, product.grid, work)
    else:
        found = _left_by_job(product)
        if found is None:
            yield None
            return
        path, source = found, f"layers of the job ({found.parent.name}/{found.name})"
    with open_raster(path) as dataset:
        yield Terrain(source, dataset)


def _left_by_job(product: MappedProduct) -> Path | None:
    """Return the angles of a stack beside the product, if they lie on the product's grid."""
    from rasterio.errors import RasterioError  # noqa: PLC0415

    if not product.has_relief:
        return None
    for path in sorted(product.folder.parent.glob(".work/stacks/*/incidence.tif")):
        try:
            with open_raster(path) as dataset:
                if grid_of(dataset) == product.grid and {SLOPE, ASPECT} <= set(
                    dataset.descriptions
                ):
                    return path
        except (RasterioError, ValueError):
            continue  # a half-written or foreign file: as good as none
    return None


def _from_dem(dem: Path, grid: Grid, work: Path) -> tuple[Path, str]:
    """Compute slope and aspect of a grid from elevation tiles into ``work``."""
    wide = grid.buffered(MARGIN_PX * grid.pixel_m)
    # Slopes do not ask what heights are counted from, so any datum serves where none is told.
    options = DemOptions(vertical="egm96")
    try:
        heights = build_dem(dem, wide, work / "dem.tif", options)
    except DemError as error:
        raise DemError(
            error.message,
            "Give an elevation model of the product's area with --dem, or leave --dem away.",
        ) from error
    out = work / "terrain.tif"
    layout = RasterLayout(WORK_BANDS, nodata=float("nan"))
    with create_raster(out, grid, layout) as target:
        for block in grid.blocks(WORK_BLOCK):
            padded = Window(block.row, block.col, block.rows + 2, block.cols + 2)
            scale = utm_scale(grid, block).mean()
            layers = slope_aspect(heights.heights(padded) * scale, grid.pixel_m)
            for band, layer in enumerate(layers, start=1):
                part = np.round(layer[1:-1, 1:-1], 1)
                target.write(part, band, window=rasterio_window(block))
    return out, f"elevation model ({', '.join(heights.sources[:3])})"
