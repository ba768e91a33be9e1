"""The elevation model of a job: ellipsoidal heights on its grid, in one raster."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DemError
from landslidectl.events import Reporter, Warned, silent
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    grid_of,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.terrain.coverage import tiles_for
from landslidectl.terrain.datum import VerticalDatum, resolve_datum
from landslidectl.terrain.geoid import Geoid
from landslidectl.terrain.mosaic import Mosaic, undulation_m
from landslidectl.terrain.tile import Tile

DEM_MARGIN_M = 5000.0
BLOCK_SIDE = 1024
COARSE_M = 60.0
VOID_SHARE_WORTH_SAYING = 0.001


@dataclass(frozen=True, slots=True)
class DemOptions:
    """What the user says about the elevation model.

    Parameters
    ----------
    vertical : str or None
        ``egm96``, ``egm2008`` or ``ellipsoid``; None takes it from a compound coordinate
        system, then from the file name.
    """

    vertical: str | None = None


@dataclass(frozen=True, slots=True)
class Dem:
    """Heights over the WGS 84 ellipsoid at the pixel centres of a grid.

    Parameters
    ----------
    path : Path
        float32 GeoTIFF, metres, NaN = void.
    grid : Grid
        The grid it covers, margin included.
    vertical_datum : str
        Datum the sources were in, several joined by ``+``.
    sources : tuple of str
        File names the heights come from.
    is_flat : bool
        Whether the heights are the geoid alone (no elevation model was given).
    """

    path: Path
    grid: Grid
    vertical_datum: str
    sources: tuple[str, ...]
    is_flat: bool

    def heights(self, window: Window) -> NDArray[np.float32]:
        """Read a window of heights, float32 metres, NaN where void."""
        with open_raster(self.path) as dataset:
            part = dataset.read(1, window=rasterio_window(window))
        return np.asarray(part, dtype=np.float32)


def build_dem(
    source: Path,
    grid: Grid,
    out: Path,
    options: DemOptions = DemOptions(),
    reporter: Reporter = silent,
) -> Dem:
    """Write the ellipsoidal heights of a grid from whatever tiles the user has.

    Heights are interpolated bilinearly at pixel centres, block by block, so memory does not
    grow with the area. Voids up to 20 source pixels wide are bridged, wider ones stay NaN.

    Parameters
    ----------
    source : Path
        Folder, zip or single raster.
    grid : Grid
        Grid to fill; it already has the margin `DEM_MARGIN_M` around the area of interest.
    out : Path
        GeoTIFF to write.
    options : DemOptions
        What the user says about the heights.
    reporter : Reporter
        Hears of coarse tiles and of voids.

    Raises
    ------
    DemError
        If tiles are missing (named), damaged (named) or their vertical datum is unknown.
    """
    with gdal_session():
        tiles = tiles_for(source, grid)
        dated = [(tile, _datum(tile, options)) for tile in tiles]
        _warn_of_coarse(tiles, reporter)
        dem = Dem(
            out,
            grid,
            "+".join(sorted({datum.value for _, datum in dated})),
            tuple(sorted({tile.name for tile in tiles})),
            is_flat=False,
        )
        voids = 0
        with Mosaic(dated) as mosaic, create_raster(out, grid, _layout(dem)) as dataset:
            for window in grid.blocks(BLOCK_SIDE):
                heights = mosaic.heights(grid, window)
                voids += int(np.isnan(heights).sum())
                dataset.write(heights, 1, window=rasterio_window(window))
            _check_voids(voids / (grid.rows * grid.cols), source, reporter)
    return dem


def flat_dem(grid: Grid, out: Path) -> Dem:
    """Write the heights of the sea surface: orthometric height 0, that is the geoid undulation.

    For work without an elevation model; positions in mountains are then wrong by kilometres.
    """
    dem = Dem(out, grid, VerticalDatum.EGM96.value, (), is_flat=True)
    geoid = Geoid.load()
    with create_raster(out, grid, _layout(dem)) as dataset:
        for window in grid.blocks(BLOCK_SIDE):
            heights = undulation_m(geoid, grid, window)
            dataset.write(heights, 1, window=rasterio_window(window))
    return dem


def open_dem(path: Path) -> Dem:
    """Open an elevation model that `build_dem` or `flat_dem` wrote.

    Raises
    ------
    DemError
        If the file cannot be read or was written by something else.
    """
    from rasterio.errors import RasterioIOError  # noqa: PLC0415

    try:
        with open_raster(path) as dataset:
            tags, grid = dataset.tags(), grid_of(dataset)
        return Dem(
            path,
            grid,
            tags["vertical_datum"],
            tuple(json.loads(tags["sources"])),
            tags["is_flat"] == "yes",
        )
    except (RasterioIOError, KeyError, ValueError) as error:
        raise DemError(
            f"{path}: is no elevation model written by this program: {error}",
            "Remove the file; the same command makes it anew.",
        ) from error


def _layout(dem: Dem) -> RasterLayout:
    tags = {
        "heights": "metres above the WGS 84 ellipsoid",
        "vertical_datum": dem.vertical_datum,
        "sources": json.dumps(dem.sources),
        "is_flat": "yes" if dem.is_flat else "no",
    }
    return RasterLayout(("height",), nodata=float("nan"), tags=tags)


def _datum(tile: Tile, options: DemOptions) -> VerticalDatum:
    return resolve_datum((tile.name, *tile.part_names), tile.crs, options.vertical)


def _warn_of_coarse(tiles: tuple[Tile, ...], reporter: Reporter) -> None:
    coarse = [tile.name for tile in tiles if tile.spacing_m > COARSE_M]
    if coarse:
        reporter(
            Warned(
                f"elevation tiles coarser than {COARSE_M:.0f} m: {', '.join(coarse[:5])}; "
                "positions on steep slopes and the layover mask suffer",
                "coarse-dem",
            )
        )


def _check_voids(share: float, source: Path, reporter: Reporter) -> None:
    if share == 1.0:
        raise DemError(
            f"{source}: holds no height at all in the area that terrain correction needs",
            "Check the nodata value of the elevation model, or give another one.",
        )
    if share > VOID_SHARE_WORTH_SAYING:
        reporter(
            Warned(
                f"the elevation model has voids on {100.0 * share:.1f} % of the area; "
                "nothing can be observed there",
                "dem-voids",
            )
        )
