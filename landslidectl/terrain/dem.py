"""The elevation model of a job: ellipsoidal heights on its grid, in one raster."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
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
from landslidectl.terrain.canvas import undulation_m
from landslidectl.terrain.coverage import Coverage, find_cover
from landslidectl.terrain.datum import VerticalDatum, parse_datum, resolve_datum
from landslidectl.terrain.geoid import Geoid
from landslidectl.terrain.land import LandMask
from landslidectl.terrain.mosaic import Mosaic
from landslidectl.terrain.tile import Tile

DEM_MARGIN_M = 5120.0
"""Two tiles of a raster: windows of the map then begin where tiles of the heights do."""
SPARE_MARGIN_M = 120.0
"""Of that margin, what the user's elevation model need not cover: 5 km are enough."""
BLOCK_SIDE = 1024
SEA_DATUM = VerticalDatum.EGM96
WATER_LAYOUT = RasterLayout(("water",), dtype="uint8", tags={"values": "1 water, 0 land"})
COARSE_M = 60.0
VOID_SHARE_WORTH_SAYING = 0.001


@dataclass(frozen=True, slots=True)
class DemOptions:
    """What the user says about the elevation model.

    Parameters
    ----------
    vertical : str or None
        ``egm96``, ``egm2008`` or ``ellipsoid``, for files of which neither a compound coordinate
        system nor the name tells.
    spare_m : float
        The outermost metres of the grid need not be covered.
    """

    vertical: str | None = None
    spare_m: float = 0.0


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
    water_path : Path or None
        uint8 GeoTIFF on the same grid, 1 = water; None where nothing tells of water.
    """

    path: Path
    grid: Grid
    vertical_datum: str
    sources: tuple[str, ...]
    is_flat: bool
    water_path: Path | None = None

    def heights(self, window: Window) -> NDArray[np.float32]:
        """Read a window of heights, float32 metres, NaN where void."""
        with open_raster(self.path) as dataset:
            part = dataset.read(1, window=rasterio_window(window))
        return np.asarray(part, dtype=np.float32)

    def water(self, window: Window) -> NDArray[np.bool_]:
        """Read a window of the water mask: ocean, lakes, rivers, open sea; False when unknown."""
        if self.water_path is None:
            return np.zeros(window.shape, dtype=np.bool_)
        with open_raster(self.water_path) as dataset:
            part = dataset.read(1, window=rasterio_window(window))
        return np.asarray(part != 0)


def build_dem(
    source: Path,
    grid: Grid,
    out: Path,
    options: DemOptions = DemOptions(),
    reporter: Reporter = silent,
) -> Dem:
    """Write the ellipsoidal heights of a grid from whatever tiles the user has.

    Heights are interpolated bilinearly at pixel centres, block by block, so memory does not
    grow with the area. Voids up to 20 source pixels wide are bridged, wider ones stay NaN, at
    sea too: only where no tile lies is open sea taken as height 0, that is the geoid. Where
    water layers come with the tiles, or there is open sea, the water is written beside ``out``
    as ``<stem>_water.tif``.

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
        Hears of coarse tiles, of voids and of cells taken as open sea.

    Raises
    ------
    DemError
        If tiles are missing (named), damaged (named) or their vertical datum is unknown.
    """
    with gdal_session():
        cover = find_cover(source, grid, options.spare_m)
        dated = [
            (tile, resolve_datum((tile.name, *tile.part_names), tile.crs, options.vertical))
            for tile in cover.tiles
        ]
        _warn(cover, reporter)
        _warn_of_unused_word(dated, options, reporter)
        has_water = bool(cover.sea_cells) or any(tile.water for tile in cover.tiles)
        dem = Dem(
            out,
            grid,
            "+".join(sorted({datum.value for _, datum in dated})) or SEA_DATUM.value,
            tuple(sorted({tile.name for tile in cover.tiles})),
            is_flat=False,
            water_path=water_path_of(out) if has_water else None,
        )
        with Mosaic(dated, LandMask.load()) as mosaic:
            void_share = _write(dem, mosaic, source, options.spare_m)
    if void_share > VOID_SHARE_WORTH_SAYING:
        reporter(_void_warning(void_share))
    return dem


def water_path_of(dem_path: Path) -> Path:
    """Return where the water mask of an elevation model lies."""
    return dem_path.with_name(f"{dem_path.stem}_water.tif")


def _write(dem: Dem, mosaic: Mosaic, source: Path, spare_m: float) -> float:
    """Write heights and water; return the share of voids. The heights get their name last."""
    voids, spare = 0, round(spare_m / dem.grid.pixel_m)
    needed = Window(spare, spare, dem.grid.rows - 2 * spare, dem.grid.cols - 2 * spare)
    with ExitStack() as files:
        heights = files.enter_context(create_raster(dem.path, dem.grid, _layout(dem)))
        water = None
        if dem.water_path is not None:
            water = files.enter_context(create_raster(dem.water_path, dem.grid, WATER_LAYOUT))
        for window in dem.grid.blocks(BLOCK_SIDE):
            block = mosaic.block(dem.grid, window)
            voids += int(np.count_nonzero(np.isnan(_part(block.heights, window, needed))))
            heights.write(block.heights, 1, window=rasterio_window(window))
            if water is not None:
                water.write(block.water.view(np.uint8), 1, window=rasterio_window(window))
        if voids == needed.rows * needed.cols:
            raise DemError(
                f"{source}: holds no height at all in the area that terrain correction needs",
                "Check the nodata value of the elevation model, or give another one.",
            )
    return voids / (needed.rows * needed.cols)


def _part(values: NDArray[np.float32], window: Window, needed: Window) -> NDArray[np.float32]:
    """Return what of a window's values lies in another window; perhaps nothing."""
    top, left = max(needed.row - window.row, 0), max(needed.col - window.col, 0)
    bottom = max(needed.row + needed.rows - window.row, 0)
    right = max(needed.col + needed.cols - window.col, 0)
    return values[top:bottom, left:right]


def flat_dem(grid: Grid, out: Path) -> Dem:
    """Write the heights of the sea surface: orthometric height 0, that is the geoid undulation.

    For work without an elevation model; positions in mountains are then wrong by kilometres.
    """
    dem = Dem(out, grid, SEA_DATUM.value, (), is_flat=True)
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
            _stored_water(path, tags.get("water", "no")),
        )
    except (RasterioIOError, KeyError, ValueError) as error:
        raise DemError(
            f"{path}: is no elevation model written by this program: {error}",
            "Remove the file; the same command makes it anew.",
        ) from error


def _stored_water(dem_path: Path, tag: str) -> Path | None:
    path = water_path_of(dem_path)
    if tag == "yes" and not path.exists():
        raise ValueError(f"its water mask {path.name} is missing")
    return path if tag == "yes" else None


def _layout(dem: Dem) -> RasterLayout:
    tags = {
        "heights": "metres above the WGS 84 ellipsoid",
        "vertical_datum": dem.vertical_datum,
        "sources": json.dumps(dem.sources),
        "is_flat": "yes" if dem.is_flat else "no",
        "water": "yes" if dem.water_path else "no",
    }
    return RasterLayout(("height",), nodata=float("nan"), tags=tags)


def _warn(cover: Coverage, reporter: Reporter) -> None:
    coarse = [tile.name for tile in cover.tiles if tile.spacing_m > COARSE_M]
    if coarse:
        reporter(
            Warned(
                f"elevation tiles coarser than {COARSE_M:.0f} m: {', '.join(coarse[:5])}; "
                "positions on steep slopes and the layover mask suffer",
                "coarse-dem",
            )
        )
    if cover.sea_cells:
        reporter(
            Warned(
                f"no elevation tile in {', '.join(cover.sea_cells)}: taken as open sea, height 0",
                "open-sea",
            )
        )


def _warn_of_unused_word(
    dated: Sequence[tuple[Tile, VerticalDatum]], options: DemOptions, reporter: Reporter
) -> None:
    if options.vertical is None:
        return
    asked = parse_datum(options.vertical)
    others = [(tile, datum) for tile, datum in dated if datum.needs_geoid != asked.needs_geoid]
    if others:
        tile, datum = others[0]
        reporter(
            Warned(
                f"--dem-vertical {asked.value} is not used for {len(others)} elevation file(s) "
                f"that say something else, the first {tile.name}: {datum.value}; rename a file "
                "whose heights were converted",
                "dem-vertical-unused",
            )
        )


def _void_warning(share: float) -> Warned:
    return Warned(
        f"the elevation model has voids on {100.0 * share:.1f} % of the area; "
        "nothing can be observed there",
        "dem-voids",
    )
