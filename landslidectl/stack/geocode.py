"""Terrain-corrected geocoding of a scene on to the job's grid."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import SceneOutsideGrid, StackError
from landslidectl.files.rasters import RasterLayout, create_raster
from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.sentinel1.orbit_file import scene_orbit
from landslidectl.sentinel1.radiometry import (
    RadiometryMode,
    RadiometryOptions,
    open_sigma_noughts,
)
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene, tags_of
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.stack.sweep import Sweep, source_window, sweep, window_on
from landslidectl.terms import Polarisation, Radiometry

if TYPE_CHECKING:
    from landslidectl.sentinel1.radiometry import SigmaNoughtSource
    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

HEIGHTS_ON_EARTH_M = (-500.0, 9000.0)
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
    orbits : Path, optional
        Folder of orbit files; a scene without one there keeps the orbit of its annotation.
    threads : int
        How many threads work on a scene; the result does not depend on it.
    """

    polarisations: tuple[Polarisation, ...] = ()
    contract: StackContract = field(default_factory=StackContract)
    bistatic: bool = True
    radiometry: RadiometryOptions = field(default_factory=RadiometryOptions)
    orbits: Path | None = None
    threads: int = 1

    @property
    def as_contracted(self) -> "GeocodeOptions":
        """Return the options with what the contract's radiometry asks for.

        Earth Engine floors what is below the noise and leaves the bistatic residual in.
        """
        if self.contract.radiometry is not Radiometry.GEE:
            return self
        floored = replace(self.radiometry, mode=RadiometryMode.GEE)
        return replace(self, bistatic=False, radiometry=floored)


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
    options = (options or GeocodeOptions()).as_contracted
    polarisations = _polarisations(scene, options)
    _check(dem, grid, options.contract)
    annotation = read_annotation(scene, polarisations[0])
    vectors, orbit = scene_orbit(options.orbits, scene, annotation.epoch)
    geometry = scene_geometry(annotation, bistatic=options.bistatic, orbit=vectors)
    geolocator = build_geolocator(geometry, grid)
    whole = geolocator.extent(Window(0, 0, *grid.shape), *HEIGHTS_ON_EARTH_M)
    area = source_window(whole, geometry)
    if area is None:
        raise SceneOutsideGrid(
            f"{scene.scene_id}: the scene does not reach the map grid",
            "Leave the scene out, or check the area of interest.",
        )
    layout = RasterLayout(
        tuple(str(polarisation) for polarisation in polarisations),
        nodata=float("nan"),
        tags=tags_of(scene, options.contract) | {"ORBIT": orbit},
        is_noisy=True,
    )
    disk = threading.Lock()
    with ExitStack() as stack:
        opened = open_sigma_noughts(scene, polarisations, options.radiometry, disk)
        sources = stack.enter_context(opened)
        work = Sweep(dem, geolocator, sources, area, options.threads)
        dataset = stack.enter_context(create_raster(out, grid, layout))
        sweep(work, dataset)
        checksums = _checksums(polarisations, sources)
        dataset.update_tags(PIXELS_CRC32=checksums)
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
        orbit=orbit,
        pixels_crc32=checksums,
    )


def _checksums(
    polarisations: tuple[Polarisation, ...], sources: "Sequence[SigmaNoughtSource]"
) -> str:
    """Return the checksums of the numbers that were read, such as ``VV:0a1b2c3d VH:...``."""
    sums = [source.measurement.checksum for source in sources]
    return " ".join(f"{name}:{crc:08x}" for name, crc in zip(polarisations, sums, strict=True))


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
    window = window_on(dem.grid, grid, Window(0, 0, *grid.shape))
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
