"""Terrain-corrected geocoding of a scene on to the job's grid."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import SceneOutsideGrid, StackError
from landslidectl.files.rasters import RasterLayout, create_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.geometry import SceneGeometry, scene_geometry
from landslidectl.sentinel1.radiometry import RadiometryOptions, open_sigma_nought
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene, tags_of
from landslidectl.stack.geolocate import Geolocator, RadarExtent, build_geolocator
from landslidectl.stack.resample import bilinear
from landslidectl.stack.source import SourceLines
from landslidectl.terms import Polarisation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from landslidectl.sentinel1.radiometry import SigmaNoughtSource
    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

# multiples of the 256-pixel tiles, so that every tile is compressed once
STRIP_ROWS = 512
PANEL_COLS = 12_288
HEIGHTS_ON_EARTH_M = (-500.0, 9000.0)
SOURCE_MARGIN = 4
TAKEN = (Polarisation.VV, Polarisation.VH)


@dataclass(frozen=True, slots=True)
class GeocodeOptions:
    """How a scene is put on the map.

    Parameters
    ----------
    polarisations : tuple of Polarisation
        Bands to write, in order; empty takes VV and VH as far as the scene has them.
    contract : StackContract
        Recorded in the file; decides resampling and radiometry.
    bistatic : bool
        Correct the azimuth time for the travel time within the swath.
    radiometry : RadiometryOptions
        Noise and border handling.
    """

    polarisations: tuple[Polarisation, ...] = ()
    contract: StackContract = field(default_factory=StackContract)
    bistatic: bool = True
    radiometry: RadiometryOptions = field(default_factory=RadiometryOptions)


def geocode_scene(
    scene: "Scene", dem: "Dem", grid: Grid, out: Path, options: GeocodeOptions | None = None
) -> GeocodedScene:
    """Resample a scene bilinearly on to a map grid, at the terrain's height.

    Parameters
    ----------
    scene : Scene
    dem : Dem
        Ellipsoidal heights whose grid contains ``grid``, pixel on pixel.
    grid : Grid
        Map grid, row by row from the north.
    out : Path
        GeoTIFF to write: float32, one band a polarisation, linear sigma nought, negatives kept,
        NaN where not observed (no signal, outside the scene, DEM void).
    options : GeocodeOptions, optional

    Returns
    -------
    GeocodedScene

    Raises
    ------
    SceneOutsideGrid
        If no pixel of the grid lies in the scene.
    StackError
        If the contract asks for something unknown, a polarisation is missing, or the DEM does not
        contain the grid.
    """
    options = options or GeocodeOptions()
    polarisations = _polarisations(scene, options)
    _check(dem, grid, options.contract)
    annotation = read_annotation(scene, polarisations[0])
    geometry = scene_geometry(annotation, bistatic=options.bistatic)
    geolocator = build_geolocator(geometry, grid)
    everywhere = geolocator.extent(Window(0, 0, *grid.shape), *HEIGHTS_ON_EARTH_M)
    if _source_window(everywhere, geometry) is None:
        raise SceneOutsideGrid(
            f"{scene.scene_id}: the scene does not reach the map grid",
            "Leave the scene out, or check the area of interest.",
        )
    layout = RasterLayout(
        tuple(str(polarisation) for polarisation in polarisations),
        nodata=float("nan"),
        tags=tags_of(scene, options.contract),
    )
    with ExitStack() as stack:
        sources = [
            stack.enter_context(open_sigma_nought(scene, polarisation, options.radiometry))
            for polarisation in polarisations
        ]
        dataset = stack.enter_context(create_raster(out, grid, layout))
        task = _Task(dem, geolocator, sources, dataset)
        for panel in _panels(grid):
            _geocode_panel(task, panel)
    return GeocodedScene(
        path=out,
        scene_id=scene.scene_id,
        grid=grid,
        polarisations=polarisations,
        track=scene.track,
        start=scene.start,
        stop=scene.stop,
        datatake=scene.datatake,
        contract=options.contract,
    )


@dataclass(frozen=True, slots=True)
class _Task:
    dem: "Dem"
    geolocator: Geolocator
    sources: "Sequence[SigmaNoughtSource]"
    dataset: "DatasetWriter"


def _geocode_panel(task: _Task, panel: Window) -> None:
    """Geocode the strips of a panel in the order of the scene's lines, so that each is read once.

    Strips that the scene does not meet stay unwritten: the raster's fill is NaN.
    """
    geolocator, geometry = task.geolocator, task.geolocator.geometry
    area = _source_window(geolocator.extent(panel, *HEIGHTS_ON_EARTH_M), geometry)
    if area is None:
        return
    source = SourceLines(task.sources, area.row, area.col, area.cols)
    for strip in _in_line_order(panel, geolocator):
        heights = task.dem.heights(_on_dem(task.dem, geolocator.grid, strip))
        if not np.isfinite(heights).any():
            continue
        limits = float(np.nanmin(heights)), float(np.nanmax(heights))
        needed = _source_window(geolocator.extent(strip, *limits), geometry)
        if needed is None:
            continue
        source.cover(needed.row, needed.row + needed.rows)
        values = _geocode_strip(geolocator, source, strip, heights)
        task.dataset.write(values, window=rasterio_window(strip))


def _geocode_strip(
    geolocator: Geolocator, source: SourceLines, strip: Window, heights: "NDArray[np.float32]"
) -> "NDArray[np.float32]":
    geometry = geolocator.geometry
    line, pixel = geolocator.line_pixel(strip, heights)
    # Half a sample beyond the last one still belongs to the scene: where the next slice of the
    # datatake begins, the two meet without a gap.
    outside = ~(np.abs(line - 0.5 * (geometry.lines - 1)) <= 0.5 * geometry.lines) | ~(
        np.abs(pixel - 0.5 * (geometry.samples - 1)) <= 0.5 * geometry.samples
    )
    np.clip(line, 0, geometry.lines - 1, out=line)
    np.clip(pixel, 0, geometry.samples - 1, out=pixel)
    line -= source.first_line
    pixel -= source.first_sample
    line[outside] = np.nan
    return bilinear(source.values, line, pixel)


def _polarisations(scene: "Scene", options: GeocodeOptions) -> tuple[Polarisation, ...]:
    wanted = options.polarisations or tuple(
        polarisation for polarisation in TAKEN if polarisation in scene.polarisations
    )
    missing = [str(name) for name in wanted if name not in scene.polarisations]
    if missing or not wanted:
        has = ", ".join(str(name) for name in scene.polarisations) or "none"
        raise StackError(
            f"{scene.scene_id}: polarisation {' and '.join(missing) or 'VV'} is needed, "
            f"the scene has {has}",
            "Leave the scene out, or take a model for VV alone.",
        )
    return wanted


def _check(dem: "Dem", grid: Grid, contract: StackContract) -> None:
    contract.check_supported()
    if contract.pixel_m != grid.pixel_m:
        raise StackError(
            f"the contract asks for pixels of {contract.pixel_m:g} m, "
            f"the grid has {grid.pixel_m:g} m"
        )
    window = _on_dem(dem, grid, Window(0, 0, *grid.shape))
    inside = (
        (dem.grid.epsg, dem.grid.pixel_m) == (grid.epsg, grid.pixel_m)
        and min(window.row, window.col) >= 0
        and window.row + window.rows <= dem.grid.rows
        and window.col + window.cols <= dem.grid.cols
        and dem.grid.subgrid(window) == grid
    )
    if not inside:
        raise StackError(
            f"{dem.path}: the elevation model on grid {dem.grid} does not contain the grid {grid}",
            "Prepare the elevation model again for this area.",
        )


def _on_dem(dem: "Dem", grid: Grid, window: Window) -> Window:
    row = round((dem.grid.top - grid.top) / grid.pixel_m) + window.row
    col = round((grid.left - dem.grid.left) / grid.pixel_m) + window.col
    return Window(row, col, window.rows, window.cols)


def _panels(grid: Grid) -> Iterator[Window]:
    for col in range(0, grid.cols, PANEL_COLS):
        yield Window(0, col, grid.rows, min(PANEL_COLS, grid.cols - col))


def _in_line_order(panel: Window, geolocator: Geolocator) -> list[Window]:
    strips = [
        Window(row, panel.col, min(STRIP_ROWS, panel.rows - row), panel.cols)
        for row in range(0, panel.rows, STRIP_ROWS)
    ]
    first_lines = [geolocator.extent(strip, 0.0, 0.0).line_min for strip in strips]
    return [strips[index] for index in np.argsort(first_lines, kind="stable")]


def _source_window(extent: RadarExtent, geometry: SceneGeometry) -> Window | None:
    """Return the lines and samples a radar extent needs, cut to the scene; None when it misses."""
    if not np.isfinite([extent.line_min, extent.pixel_min]).all():
        return None
    first_line = max(int(np.floor(extent.line_min)) - SOURCE_MARGIN, 0)
    first_pixel = max(int(np.floor(extent.pixel_min)) - SOURCE_MARGIN, 0)
    last_line = min(int(np.ceil(extent.line_max)) + SOURCE_MARGIN, geometry.lines)
    last_pixel = min(int(np.ceil(extent.pixel_max)) + SOURCE_MARGIN, geometry.samples)
    if last_line - first_line < 2 or last_pixel - first_pixel < 2:
        return None
    return Window(first_line, first_pixel, last_line - first_line, last_pixel - first_pixel)
