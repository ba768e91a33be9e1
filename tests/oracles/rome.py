"""The real product over Rome, with pixels, on a small map grid: what other libraries are given."""

import importlib
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.geometry import SceneGeometry, scene_geometry
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef, solve_zero_doppler
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import Polarisation
from landslidectl.terrain.dem import Dem, DemOptions, build_dem

PRODUCT = "s1/products/sarsen"
ELEVATION = "s1/dem/Rome-30m-DEM.tif"
WEST, EAST, SOUTH, NORTH = 12.47, 12.53, 41.97, 42.03
FIRST_LINE, LAST_LINE = 6500, 9500


def imported(name: str) -> ModuleType:
    """Import an oracle, or skip; warnings at its import are no concern of these tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{error}: install landslidectl[oracle]", allow_module_level=True)


@dataclass(frozen=True)
class Rome:
    """The filled product, and where the pixels of a grid lie."""

    scene: Scene
    dem: Dem
    grid: Grid
    geometry: SceneGeometry
    lon: np.ndarray
    lat: np.ndarray
    heights: np.ndarray

    def line_pixel(self) -> tuple[np.ndarray, np.ndarray]:
        """Return our exact line and pixel of every pixel of the grid."""
        target = geodetic_to_ecef(self.lon, self.lat, self.heights)
        return self.geometry.line_pixel(*solve_zero_doppler(self.geometry.orbit, target, 12.0))

    @property
    def annotation(self) -> Path:
        """Return the annotation's file."""
        return self.scene.path / self.scene.members[Polarisation.VV].annotation


def lay_out(shared_data: Path, folder: Path) -> Rome:
    """Copy the product, fill it with a smooth pattern, and prepare heights taken as ellipsoidal."""
    from rasterio.warp import transform

    real = next((shared_data / PRODUCT).glob("S1B*.SAFE"))
    safe = folder / real.name
    shutil.copytree(real, safe, copy_function=shutil.copyfile)
    scene = open_scene(safe)
    annotation = read_annotation(scene, Polarisation.VV)
    _fill(safe / scene.members[Polarisation.VV].measurement, annotation.lines, annotation.samples)
    x, y = transform("EPSG:4326", "EPSG:32633", [WEST, EAST], [SOUTH, NORTH])
    grid = Grid.covering(32633, Bounds(x[0], y[0], x[1], y[1]))
    dem = build_dem(shared_data / ELEVATION, grid, folder / "heights.tif", DemOptions("ellipsoid"))
    rows, cols = np.indices(grid.shape) + 0.5
    xs, ys = grid.left + cols * grid.pixel_m, grid.top - rows * grid.pixel_m
    lon, lat = transform("EPSG:32633", "EPSG:4326", xs.ravel(), ys.ravel())
    return Rome(
        open_scene(safe),
        dem,
        grid,
        scene_geometry(annotation, bistatic=False),
        np.reshape(lon, grid.shape),
        np.reshape(lat, grid.shape),
        dem.heights(Window(0, 0, *grid.shape)).astype(np.float64),
    )


def _fill(path: Path, lines: int, samples: int) -> None:
    """Write waves some tens of pixels long; a tenth of a line off shows, but does not swamp."""
    import rasterio
    from rasterio.windows import Window as Part

    line = np.arange(FIRST_LINE, LAST_LINE)[:, None]
    sample = np.arange(samples)[None]
    numbers = 300.0 * (1 + 0.4 * np.sin(line / 9.0) * np.cos(sample / 7.0))
    path.unlink()
    profile = {"driver": "GTiff", "width": samples, "height": lines, "count": 1, "dtype": "uint16"}
    part = Part(0, FIRST_LINE, samples, LAST_LINE - FIRST_LINE)
    with (
        gdal_session(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", **profile, blockysize=1, SPARSE_OK=True) as dataset:
            dataset.write(np.rint(numbers).astype(np.uint16), 1, window=part)
