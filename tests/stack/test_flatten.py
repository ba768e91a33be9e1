"""Terrain flattening divides out the ground that a radar cell holds, and nothing else."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import StackError
from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.stack import flatten, illuminated
from landslidectl.stack.flatten import write_flattening
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.stack.illuminated import look_at
from landslidectl.stack.radar_sums import Facets, RadarSums
from landslidectl.terms import Pass

from .scenes import circular_geometry, grid_at, make_scene
from .test_geocode import cut, sampled

FLAT_M = 200.0
SIDE = 240


@dataclass(frozen=True)
class Relief:
    """Heights in memory."""

    grid: Grid
    values: np.ndarray
    path: Path = Path("dem.tif")
    is_flat: bool = False

    def heights(self, window: Window) -> np.ndarray:
        return self.values[window.slices].astype(np.float32)


@dataclass(frozen=True)
class SineLut:
    """beta nought over sigma nought amplitude, as exact as the geometry: a parabola in pixels."""

    parabola: np.ndarray

    def beta_nought(self, lines, pixels) -> np.ndarray:
        values = np.sqrt(np.clip(np.polyval(self.parabola, pixels), 0.2, 0.9))
        return np.tile(values.astype(np.float32), (len(lines), 1))

    def sigma_nought(self, lines, pixels) -> np.ndarray:
        return np.ones((len(lines), len(pixels)), np.float32)


class World:
    """A track, a map grid in mid-swath with a margin, and what the tests ask of it."""

    def __init__(self, lat_deg: float = 42.0, direction: Pass = Pass.DESCENDING, side=SIDE):
        self.geometry, centre = circular_geometry(lat_deg, direction)
        self.grid = grid_at(*centre, side, side)
        self.dem_grid = self.grid.buffered(1000.0)
        self.geolocator = build_geolocator(self.geometry, self.dem_grid)
        self.whole = Window(0, 0, *self.dem_grid.shape)
        level = np.full(self.dem_grid.shape, FLAT_M, np.float32)
        self.look = look_at(self.geolocator, self.whole, level)
        _, pixel = self.geolocator.line_pixel(self.whole, level)
        sine = np.sqrt(1.0 - self.look.up.astype(float) ** 2)
        self.lut = SineLut(np.polyfit(pixel[::50, ::50].ravel(), sine[::50, ::50].ravel(), 2))
        self.cosine = self.inner(self.look.up.astype(float))
        self.tangent = np.sqrt(1 - self.cosine**2) / self.cosine

    def inner(self, values: np.ndarray) -> np.ndarray:
        return values[100:-100, 100:-100]

    @property
    def away_m(self) -> np.ndarray:
        """Return horizontal distance from the middle, away from the sensor, on the DEM's grid."""
        return self._turned(-float(self.look.east.mean()), -float(self.look.north.mean()))

    @property
    def along_m(self) -> np.ndarray:
        return self._turned(float(self.look.north.mean()), -float(self.look.east.mean()))

    def _turned(self, east: float, north: float) -> np.ndarray:
        rows, cols = (np.arange(count) - 0.5 * (count - 1) for count in self.dem_grid.shape)
        return (cols * east - rows[:, None] * north) * 10.0 / np.hypot(east, north)

    def dem(self, relief_m: np.ndarray | float) -> Relief:
        return Relief(self.dem_grid, np.broadcast_to(FLAT_M + relief_m, self.dem_grid.shape))

    def factor(self, monkeypatch, path: Path, dem: Relief, kind="gamma0_terrain", geometry=None):
        with monkeypatch.context() as patch:
            patch.setattr(flatten, "read_annotation", lambda scene, polarisation: None)
            patch.setattr(flatten, "scene_geometry", lambda annotation: geometry or self.geometry)
            patch.setattr(flatten, "read_calibration", lambda scene, polarisation: self.lut)
            assert write_flattening(make_scene(), dem, self.grid, path, kind) == path
        return read_bands(path)[0].astype(float)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("lat_deg", "direction"),
    [(42.0, Pass.DESCENDING), (0.0, Pass.ASCENDING), (65.0, Pass.ASCENDING)],
)
def test_level_ground_is_ellipsoidal_gamma_and_does_not_tear(
    tmp_path, monkeypatch, lat_deg, direction
) -> None:
    world = World(lat_deg, direction)
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(0.0))
    ratio = factor * world.cosine
    assert np.abs(ratio - 1.0).max() < 0.01
    assert ratio.std() < 0.003


@pytest.mark.parametrize("slope_deg", [5.0, 15.0, 20.0])
def test_a_ridge_gets_darker_in_front_and_brighter_behind(
    world, tmp_path, monkeypatch, slope_deg
) -> None:
    """On a plane tilted by a towards the sensor, gamma falls by tan(theta - a) / tan(theta)."""
    slope = np.tan(np.radians(slope_deg))
    relief = slope * np.maximum(0.0, 700.0 - np.abs(world.away_m))
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    ratio = factor * world.cosine
    away = world.inner(world.away_m)
    theta = np.arctan(world.tangent)
    for sign, flank in ((1, (away > -640) & (away < -60)), (-1, (away > 60) & (away < 640))):
        expected = np.tan(theta - sign * np.radians(slope_deg)) / world.tangent
        found = ratio[flank] / expected[flank]
        assert abs(np.median(found) - 1.0) < 0.01
        assert np.abs(found - 1.0).max() < 0.03
        assert (ratio[flank] < 1.0).all() if sign > 0 else (ratio[flank] > 1.0).all()
    beyond = np.abs(away) > 1000
    assert np.abs(ratio[beyond] - 1.0).max() < 0.01


@pytest.mark.parametrize("slope_deg", [-25.0, 25.0])
def test_a_slope_along_the_track_changes_nothing(world, tmp_path, monkeypatch, slope_deg) -> None:
    """The facet shows the same area, on ground that is sheared in range but not stretched."""
    relief = np.tan(np.radians(slope_deg)) * world.along_m
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    ratio = factor * world.cosine
    assert np.abs(ratio - 1.0).max() < 0.025
    assert ratio.std() < 0.01


def test_a_long_back_slope_is_even(world, tmp_path, monkeypatch) -> None:
    """A facet covers more than a cell of range here; counted at its centre alone it would beat."""
    relief = -np.tan(np.radians(40.0)) * world.away_m
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    expected = np.tan(np.arctan(world.tangent) + np.radians(40.0)) / world.tangent
    ratio = (factor * world.cosine / expected)[40:-40, 40:-40]
    assert np.abs(ratio - 1.0).max() < 0.02
    assert ratio.std() < 0.008


def test_areas_add_up_in_layover(world, tmp_path, monkeypatch) -> None:
    """The foot, a slope steeper than the look, and the plateau behind share the same cells."""
    height, slope = 400.0, np.radians(60.0)
    width = height / np.tan(slope)
    relief = height * np.clip(world.away_m / width, 0.0, 1.0)
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    ratio = factor * world.cosine
    away = world.inner(world.away_m)
    theta = np.arctan(world.tangent)
    top = width - height / world.tangent
    shared = (away > top + 60.0) & (away < -60.0)
    assert shared.sum() > 1000
    expected = 1.0 / (2.0 + world.tangent / np.tan(slope - theta))
    assert np.abs(np.median(ratio[shared] / expected[shared]) - 1.0) < 0.02
    np.testing.assert_allclose(ratio[shared], expected[shared], rtol=0.06)
    before = away < top - 60.0
    np.testing.assert_allclose(ratio[before], 1.0, rtol=0.01)
    # where the plateau leaves the shared cells, two surfaces of the three are left behind
    plateau = away > width - top + 60.0
    np.testing.assert_allclose(ratio[plateau], 1.0, rtol=0.01)


def test_shadow_is_undefined(world, tmp_path, monkeypatch) -> None:
    """Behind a cliff no ground is seen, be it turned away from the radar or only hidden."""
    height, width = 300.0, 80.0
    relief = height * np.clip(1.0 - world.away_m / width, 0.0, 1.0)
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    away = world.inner(world.away_m)
    end = height * world.tangent
    assert np.isnan(factor[(away > width + 30.0) & (away < end - 40.0)]).all()
    seen = (away < -40.0) | (away > end + 40.0)
    np.testing.assert_allclose((factor * world.cosine)[seen], 1.0, rtol=0.01)


def test_voids_leave_no_false_brightness(world, tmp_path, monkeypatch) -> None:
    relief = np.zeros(world.dem_grid.shape)
    relief[200:210, 220:222] = np.nan
    factor = world.factor(monkeypatch, tmp_path / "factor.tif", world.dem(relief))
    missing = np.isnan(factor)
    assert missing.sum() == (10 + 6) * (2 + 6)
    assert missing[97:113, 117:125].all()
    np.testing.assert_allclose((factor * world.cosine)[~missing], 1.0, rtol=0.01)


def test_blocks_do_not_show(world, tmp_path, monkeypatch) -> None:
    away, along = world.away_m, world.along_m
    relief = 150.0 * np.sin(away / 170.0) * np.cos(along / 230.0) + 60.0 * np.sin(along / 90.0)
    whole = world.factor(monkeypatch, tmp_path / "whole.tif", world.dem(relief))
    monkeypatch.setattr(flatten, "BLOCK_SIDE", 64)
    monkeypatch.setattr(illuminated, "SPLAT_SIDE", 37)
    parts = world.factor(monkeypatch, tmp_path / "parts.tif", world.dem(relief))
    np.testing.assert_allclose(parts, whole, rtol=2e-5)
    assert whole.std() > 0.1


def test_the_factor_belongs_to_the_track_not_to_the_scene(world, tmp_path, monkeypatch) -> None:
    """The slice that the geometry is taken from may end within the map."""
    relief = 100.0 * np.sin(world.away_m / 150.0)
    line, _ = world.geolocator.line_pixel(world.whole, world.dem(relief).heights(world.whole))
    middle = int(np.median(line))
    part = cut(world.geometry, middle - 2000, 2000)
    whole = world.factor(monkeypatch, tmp_path / "whole.tif", world.dem(relief))
    found = world.factor(monkeypatch, tmp_path / "part.tif", world.dem(relief), geometry=part)
    np.testing.assert_allclose(found, whole, rtol=0.01)


def test_memory_does_not_follow_the_map() -> None:
    """Rows of cells are forgotten once written, and adding before them is harmless."""
    sums = RadarSums(0.0, 400.0)
    rng = np.random.default_rng(4)
    for top in range(0, 20_000, 100):
        sums.forget_before(top - 100.0)
        line = rng.uniform(top - 150.0, top + 100.0, 500)
        ones = np.ones(500)
        sums.add(Facets(line, rng.uniform(-50.0, 450.0, 500), ones, ones))
    assert sums.nbytes < 205 * 4 * 600


def test_sums_keep_the_whole_area_of_facets() -> None:
    sums = RadarSums(0.0, 100.0)
    sums.forget_before(0.0)
    rng = np.random.default_rng(2)
    count = 200
    weight = rng.uniform(0.0, 1.0, count)
    line, pixel = rng.uniform(20.0, 60.0, count), rng.uniform(30.0, 70.0, count)
    sums.add(Facets(line, pixel, rng.uniform(0.0, 8.0, count), weight))
    centres = 2.0 * np.arange(5, 40) + 0.5
    cells = sums.read(*np.meshgrid(centres[:30], centres, indexing="ij"))
    assert np.nansum(cells) == pytest.approx(weight.sum(), rel=1e-5)
    assert np.nanmin(cells) > -1e-6


def test_ellipsoidal_gamma_is_the_cosine_alone(world, tmp_path, monkeypatch) -> None:
    relief = 100.0 * np.sin(world.away_m / 150.0)
    factor = world.factor(monkeypatch, tmp_path / "g.tif", world.dem(relief), "gamma0")
    np.testing.assert_allclose(factor * world.cosine, 1.0, rtol=2e-4)
    with open_raster(tmp_path / "g.tif") as dataset:
        assert dataset.dtypes == ("float32",)
        assert dataset.tags()["radiometry"] == "gamma0"


def test_refusals_name_the_reason(world, tmp_path, monkeypatch) -> None:
    with pytest.raises(StackError, match="sigma0"):
        world.factor(monkeypatch, tmp_path / "f.tif", world.dem(0.0), "sigma0")
    outer = replace(world.dem_grid, left=world.dem_grid.left + 2000.0)
    with pytest.raises(StackError, match="does not contain"):
        world.factor(monkeypatch, tmp_path / "f.tif", Relief(outer, np.zeros(outer.shape)))
    assert not list(tmp_path.iterdir())


def test_real_product_over_rome(shared_data, tmp_path) -> None:
    """Against level ground, and at 150 m against sarsen's areas (of the nominal spacing)."""
    from rasterio.warp import transform

    from landslidectl.sentinel1.discover import open_scene
    from landslidectl.terrain.dem import DemOptions, build_dem, flat_dem

    scene = open_scene(next((shared_data / "s1/products/sarsen").glob("S1B*.SAFE")))
    x, y = transform("EPSG:4326", "EPSG:32633", [12.46, 12.54], [41.96, 42.04])
    outer = Grid.covering(32633, Bounds(x[0], y[0], x[1], y[1]))
    grid = outer.subgrid(Window(80, 60, 600, 450))
    source = shared_data / "s1/dem/Rome-30m-DEM.tif"
    dem = build_dem(source, outer, tmp_path / "dem.tif", DemOptions("ellipsoid"))
    gamma = read_bands(write_flattening(scene, dem, grid, tmp_path / "g.tif", "gamma0"))[0]
    level = write_flattening(
        scene, flat_dem(outer, tmp_path / "flat.tif"), grid, tmp_path / "l.tif", "gamma0_terrain"
    )
    ratio = read_bands(level)[0] / gamma
    assert np.abs(ratio - 1.0).max() < 0.015
    assert ratio.std() < 0.003

    cols, rows = np.meshgrid(np.arange(grid.cols) + 0.5, np.arange(grid.rows) + 0.5)
    lon, lat = transform(
        "EPSG:32633",
        "EPSG:4326",
        (grid.left + cols * 10).ravel().tolist(),
        (grid.top - rows * 10).ravel().tolist(),
    )
    at = np.array(lon).reshape(grid.shape), np.array(lat).reshape(grid.shape)
    reference = shared_data / "s1/reference"
    # ESA, and the reference with it, measures against the geocentric vertical: 0.03 degrees
    angle = sampled(reference / "geocoding/rome_ellipsoid_incidence_deg.tif", *at)
    assert np.abs(np.degrees(np.arccos(1.0 / gamma)) - angle).max() < 0.035

    factor = read_bands(write_flattening(scene, dem, grid, tmp_path / "t.tif", "gamma0_terrain"))[0]
    ours = coarse(factor * np.sin(np.radians(angle)))
    theirs = coarse(1.0 / sampled(reference / "sarsen/rome_semireal_simulated.tif", *at))
    assert abs(np.median(ours / theirs) - 1.0) < 0.06
    assert np.corrcoef(np.log(ours).ravel(), np.log(theirs).ravel())[0, 1] > 0.95


def coarse(values: np.ndarray, side: int = 15) -> np.ndarray:
    """Average squares of pixels."""
    rows, cols = (count // side for count in values.shape)
    cut_off = values[: rows * side, : cols * side]
    return cut_off.reshape(rows, side, cols, side).mean(axis=(1, 3))
