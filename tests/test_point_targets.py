"""The forward model and the inverse model are separate code; here they must agree.

Bright point targets are planted by the simulator at known longitude, latitude and height. They must
appear where the range-Doppler code looks for them, in radar geometry and on the map.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.grid import Bounds, Grid, Window, utm_epsg
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.sentinel1.radiometry import read_sigma_nought
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef, solve_zero_doppler
from landslidectl.sentinel1.scene import Scene
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec, PointTarget, TrackSpec
from landslidectl.simulation.terrain import Relief
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.terms import Pass, Polarisation
from landslidectl.terrain.dem import Dem

SIZE_KM = 2.0
HALF = 5


@dataclass(frozen=True)
class Planted:
    scenes: tuple[Scene, ...]
    targets: tuple[PointTarget, ...]


def spread_targets(lon: float, lat: float, height_m: float) -> tuple[PointTarget, ...]:
    step_deg = 0.35 * SIZE_KM / 111.0
    return tuple(
        PointTarget(lon + i * step_deg / np.cos(np.radians(lat)), lat + j * step_deg, height_m)
        for i, j in ((-1, -1), (-0.17, 0.31), (0.83, -0.62), (1, 1))
    )


@pytest.fixture(
    scope="module",
    params=[(-72.5, -43.0), (36.4, 0.2), (142.1, 42.7)],
    ids=["43S", "equator", "43N"],
)
def planted(request, tmp_path_factory) -> Planted:
    lon, lat = request.param
    targets = spread_targets(lon, lat, 600.0)
    spec = EventSpec(
        seed=5,
        size_km=SIZE_KM,
        lon=lon,
        lat=lat,
        slides=False,
        tracks=(TrackSpec(Pass.DESCENDING), TrackSpec(Pass.ASCENDING)),
        n_pre=1,
        targets=targets,
        relief=Relief(slope_deg=8.0, base_m=500.0),
        zip_every=0,
    )
    event = simulate_event(spec, tmp_path_factory.mktemp("targets"))
    return Planted(find_scenes([event.scenes]).scenes, targets)


def centroid(values: NDArray[np.float32], row: float, col: float) -> tuple[float, float]:
    """Centre of gravity of what stands above the surroundings, within HALF pixels of a place."""
    top, left = round(row) - HALF, round(col) - HALF
    part = values[top : top + 2 * HALF + 1, left : left + 2 * HALF + 1].astype(np.float64)
    weight = np.clip(part - 0.02 * part.max(), 0.0, None)
    assert part.max() > 30.0 * np.nanmedian(values), "no bright target near its place"
    rows, cols = np.indices(part.shape)
    return (
        top + float((weight * rows).sum() / weight.sum()),
        left + float((weight * cols).sum() / weight.sum()),
    )


def test_targets_appear_at_their_line_and_pixel(planted: Planted) -> None:
    for scene in planted.scenes:
        annotation = read_annotation(scene, Polarisation.VV)
        geometry = scene_geometry(annotation)
        whole = Window(0, 0, annotation.lines, annotation.samples)
        sigma = np.nan_to_num(read_sigma_nought(scene, Polarisation.VV, whole))
        for target in planted.targets:
            place = geodetic_to_ecef(target.lon, target.lat, target.height_m)
            line, pixel = geometry.line_pixel(*solve_zero_doppler(geometry.orbit, place, 0.0))
            found = centroid(sigma, float(line), float(pixel))
            assert found == pytest.approx((float(line), float(pixel)), abs=0.1), scene.scene_id


def test_targets_appear_at_their_place_on_the_map(planted: Planted, tmp_path: Path) -> None:
    with gdal_session():
        from rasterio.warp import transform

        first = planted.targets[0]
        epsg = utm_epsg(first.lon, first.lat)
        lons = [target.lon for target in planted.targets]
        lats = [target.lat for target in planted.targets]
        xs, ys = (np.array(part) for part in transform("EPSG:4326", f"EPSG:{epsg}", lons, lats))
    bounds = Bounds(xs.min() - 150, ys.min() - 150, xs.max() + 150, ys.max() + 150)
    grid = Grid.covering(epsg, bounds)
    path = tmp_path / "dem.tif"
    plane = np.full(grid.shape, first.height_m, np.float32)
    write_raster(path, grid, [plane], RasterLayout(("height",), nodata=float("nan")))
    dem = Dem(path, grid, "ellipsoid", ("plane",), False)
    for scene in planted.scenes:
        out = tmp_path / f"{scene.scene_id}.tif"
        geocode_scene(scene, dem, grid, out, GeocodeOptions())
        sigma = np.nan_to_num(read_bands(out)[0])
        for x, y in zip(xs, ys, strict=True):
            row, col = (grid.top - y) / grid.pixel_m - 0.5, (x - grid.left) / grid.pixel_m - 0.5
            assert centroid(sigma, row, col) == pytest.approx((row, col), abs=0.1), scene.scene_id
