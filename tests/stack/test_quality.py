"""Quality bits and angles: borders and thin composites from counts, the rest from the terrain."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.stack import quality
from landslidectl.stack.quality import (
    BORDER_PIXELS,
    count_bits,
    eroded,
    steepest,
    surveyor_of,
)
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Pass, Quality
from landslidectl.terrain.incidence import Look, terrain_angles
from landslidectl.terrain.slope import height_gradient, slope_aspect, utm_scale
from landslidectl.terrain.visibility import layover_shadow

from .scenes import LevelDem, circular_geometry, grid_at, make_scene

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 40, 50)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 4))
def test_erosion_against_the_definition(seed, pixels) -> None:
    mask = np.random.default_rng(seed).random((9, 11)) > 0.1
    expected = [
        [
            mask[
                max(row - pixels, 0) : row + pixels + 1, max(col - pixels, 0) : col + pixels + 1
            ].all()
            for col in range(11)
        ]
        for row in range(9)
    ]
    np.testing.assert_array_equal(eroded(mask, pixels), expected)


def bits_of(counts: np.ndarray, block: Window, enough: tuple[int, int] = (1, 1)) -> np.ndarray:
    outer = widened(block, (BORDER_PIXELS, BORDER_PIXELS), GRID)
    return count_bits(counts[:, *outer.slices], within(block, outer), enough)


def test_border_does_not_depend_on_blocks() -> None:
    counts = np.ones((2, *GRID.shape), np.uint8)
    counts[1, 10:14, 20] = 0
    whole = bits_of(counts, Window(0, 0, 40, 50))
    for block in GRID.blocks(13):
        np.testing.assert_array_equal(bits_of(counts, block), whole[block.slices])
    border = whole & Quality.BORDER > 0
    assert border.sum() == 10 * 7 - 4
    assert not border[10:14, 20].any()
    assert not border[0].any()


def test_too_few_images() -> None:
    counts = np.full((2, *GRID.shape), 3, np.uint8)
    counts[0, 0, 0], counts[1, 5, 5] = 1, 0
    few = bits_of(counts, Window(0, 0, 40, 50), (2, 1)) & Quality.TOO_FEW_IMAGES > 0
    assert few[0, 0]
    assert few.sum() == 1


@dataclass(frozen=True)
class Ridge(LevelDem):
    """A north-south ridge in the middle columns, with a void and a lake."""

    top_m: float = 400.0
    fall_m: float = 25.0

    def heights(self, window: Window) -> np.ndarray:
        col = np.arange(window.col, window.col + window.cols)
        profile = np.maximum(0.0, self.top_m - self.fall_m * np.abs(col - self.grid.cols // 2))
        heights = np.broadcast_to(profile, window.shape).astype(np.float32)
        heights[self._rows(window) < 80] = np.nan
        return heights

    def water(self, window: Window) -> np.ndarray:
        return np.broadcast_to(self._rows(window)[:, None] % 100 == 99, window.shape)

    def _rows(self, window: Window) -> np.ndarray:
        return np.arange(window.row, window.row + window.rows)


@pytest.fixture(params=list(Pass))
def frame(request, monkeypatch):
    """Return the pass, its geometry and a grid in mid-swath."""
    geometry, centre = circular_geometry(42.0, request.param)
    monkeypatch.setattr(quality, "read_annotation", lambda scene, polarisation: None)
    monkeypatch.setattr(quality, "scene_geometry", lambda annotation: geometry)
    return request.param, grid_at(*centre, 60, 200)


def test_layover_lies_on_the_side_of_the_sensor(frame) -> None:
    direction, grid = frame
    surveyor = surveyor_of(Ridge(grid.buffered(500.0)), grid, make_scene())
    bits, _ = surveyor.survey(Window(0, 0, 60, 200))
    tested = bits & Quality.TESTED > 0
    assert tested[30:].all()
    assert not tested[:30].any()
    layover = np.flatnonzero(bits[40] & Quality.LAYOVER)
    assert layover.size
    sensor_is_west = direction is Pass.ASCENDING
    assert (layover.mean() < 100) == sensor_is_west
    assert (np.flatnonzero(bits[:, 5] & Quality.WATER) == [49]).all()
    part = Window(40, 90, 20, 40)
    np.testing.assert_array_equal(surveyor.survey(part)[0], bits[part.slices])


def test_leaving_out_far_and_gentle_ground_changes_nothing(frame) -> None:
    """Blocks look only as far as their relief reaches; the whole map at once knows all."""
    _, grid = frame
    for top_m, fall_m in ((400.0, 25.0), (60.0, 8.0), (40.0, 4.0)):
        dem = Ridge(grid.buffered(2000.0), top_m=top_m, fall_m=fall_m)
        surveyor = surveyor_of(dem, grid, make_scene())
        everything = Window(0, 0, *dem.grid.shape)
        heights = dem.heights(everything)
        whole = layover_shadow(heights, 10.0, surveyor.geolocator.look(everything))
        expected = whole[200:260, 200:400]
        assert (expected & Quality.LAYOVER > 0).any() == (fall_m > 5.0)
        for block in grid.blocks(64):
            bits, _ = surveyor.survey(block)
            found = bits & ~np.uint8(Quality.WATER)
            np.testing.assert_array_equal(found, expected[block.slices])


@dataclass(frozen=True)
class Walls(LevelDem):
    """Walls 3 km high, 2 km off both sides of a map that is 2 km wide."""

    def heights(self, window: Window) -> np.ndarray:
        col = np.arange(window.col, window.col + window.cols) - self.grid.cols / 2
        wall = (np.abs(col) > 300.0) & (np.abs(col) < 310.0)
        return np.broadcast_to(np.where(wall, 3000.0, 0.0), window.shape).astype(np.float32)


def test_mountains_outside_the_map_lay_over_it_and_shade_it(frame) -> None:
    """Near 39 degrees the echo of the far wall falls 3.7 km short, the near one's shade 2.4 km."""
    direction, grid = frame
    surveyor = surveyor_of(Walls(grid.buffered(5000.0)), grid, make_scene())
    bits, _ = surveyor.survey(Window(0, 0, *grid.shape))
    if direction is Pass.DESCENDING:  # from the east; mirrored, the sensor is in the west
        bits = bits[:, ::-1]
    assert (bits[:, 60:] & Quality.LAYOVER > 0).all()
    assert not (bits[:, :10] & Quality.LAYOVER).any()
    assert (bits[:, :20] & Quality.SHADOW > 0).all()
    assert not (bits[:, 80:] & Quality.SHADOW).any()


def test_angles_of_a_survey(frame) -> None:
    direction, grid = frame
    dem = Ridge(grid.buffered(500.0))
    surveyor = surveyor_of(dem, grid, make_scene())
    _, (local, ellipsoid, slope, aspect) = surveyor.survey(Window(0, 0, 60, 200))
    assert ((ellipsoid > 29.0) & (ellipsoid < 46.0)).all()
    assert np.isnan(local[:30]).all()
    on_ground = 2.5 * utm_scale(grid, Window(40, 90, 1, 9))  # a map metre is no metre (pitfall 37)
    assert abs(on_ground[0] - 2.5) > 5e-4
    np.testing.assert_allclose(slope[40, 90:99], np.degrees(np.arctan(on_ground)), atol=0.01)
    assert aspect[40, 90] == 270.0
    assert aspect[40, 110] == 90.0
    assert np.isnan(aspect[40, :10]).all()
    np.testing.assert_allclose(local[40, :10], ellipsoid[40, :10], atol=0.02)
    towards, away = (90, 110) if direction is Pass.ASCENDING else (110, 90)
    assert local[40, towards] < 45.0 < local[40, away]
    part = Window(20, 90, 30, 40)
    found = surveyor.survey(part)[1]
    np.testing.assert_array_equal(
        found[:, 11:], np.stack([local, ellipsoid, slope, aspect])[:, 31:50, 90:130]
    )


def test_slope_and_aspect_equal_those_of_slope_aspect() -> None:
    rng = np.random.default_rng(4)
    heights = rng.normal(0.0, 8.0, (30, 40)).astype(np.float32)
    heights[3, 4] = np.nan
    heights[20:25, 20:25] = 7.0
    look = Look.from_angles(281.0, 38.0)
    full = Look(
        *(np.broadcast_to(part, heights.shape) for part in (look.east, look.north, look.up))
    )
    _, ellipsoid, slope, aspect = terrain_angles(height_gradient(heights, 10.0), full)
    slope_deg, aspect_deg = slope_aspect(heights, 10.0)
    np.testing.assert_allclose(ellipsoid, 38.0, atol=0.01)
    np.testing.assert_allclose(slope, slope_deg, atol=0.01)
    turned = (aspect - aspect_deg + 180.0) % 360.0 - 180.0
    assert np.nanmax(np.abs(turned)) < 0.01
    np.testing.assert_array_equal(np.isnan(aspect), np.isnan(aspect_deg))
    assert np.nanmin(aspect) >= 0.0
    assert np.nanmax(aspect) < 360.0


def test_without_elevation_model_only_the_ellipsoid_is_known(frame) -> None:
    _, grid = frame
    dem = LevelDem(grid, is_flat=True)
    bits, angles = surveyor_of(dem, grid, make_scene()).survey(Window(0, 0, 3, 4))
    assert bits.shape == (3, 4)
    assert not bits.any()
    assert np.isfinite(angles[1]).all()
    assert np.isnan(angles[[0, 2, 3]]).all()


def test_steepest_bounds_the_gradient() -> None:
    heights = np.random.default_rng(1).normal(0.0, 5.0, (20, 30)).astype(np.float32)
    heights[5, 5] = np.nan
    east, north = height_gradient(heights, 10.0)
    assert steepest(heights, 10.0) >= np.nanmax(np.hypot(east, north))
    assert steepest(np.full((4, 4), np.nan, np.float32), 10.0) == 0.0


def test_windows_keep_to_the_grid() -> None:
    outer = widened(Window(0, 10, 5, 5), (2, 40), replace(GRID, rows=6))
    assert outer == Window(0, 0, 6, 50)
    assert within(Window(0, 10, 5, 5), outer) == (slice(0, 5), slice(10, 15))


def test_incidence_of_real_products(shared_data) -> None:
    """ESA gives the angle at the terrain, where 1 km of height makes a few hundredths."""
    products = shared_data / "s1/products"
    for path in (next((products / "sarsen").glob("S1B*.SAFE")), *products.glob("S1A_IW*.zip")):
        scene = open_scene(path)
        points = read_annotation(scene, scene.polarisations[0]).geolocation
        for index in range(3, points.lon_deg.size, 41):
            lon, lat, expected, height = (
                float(values.ravel()[index])
                for values in (
                    points.lon_deg,
                    points.lat_deg,
                    points.incidence_deg,
                    points.heights_m,
                )
            )
            grid = grid_at(lon, lat, 4, 4)
            _, angles = surveyor_of(LevelDem(grid, height), grid, scene).survey(Window(0, 0, 4, 4))
            assert angles[:2] == pytest.approx(expected, abs=0.06 + 1e-4 * abs(height))
