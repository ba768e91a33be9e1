"""Geometry against ESA's own grids, two public libraries and a circular orbit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.sentinel1.annotation import GroundRangeRecords, StateVectors, read_annotation
from landslidectl.sentinel1.discover import find_scenes, open_scene
from landslidectl.sentinel1.geometry import IW_MID_SWATH_S, bistatic_reference_s, scene_geometry
from landslidectl.sentinel1.ground_range import GroundRange
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.range_doppler import (
    SPEED_OF_LIGHT_M_S,
    geodetic_to_ecef,
    solve_zero_doppler,
)
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import Product, product_files, write_folder

VV = Polarisation.VV
ROME = "sarsen/S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371.SAFE"
HARARE = "S1A_IW_GRDH_1SDV_20210119T031653_20210119T031718_036201_043ED0_8255.zip"
AEGEAN = "S1A_IW_GRDH_1SDV_20150203T043109_20150203T043134_004454_00574F_6D00.zip"
# seconds, by the version of the processor
GRID_BOUND_S = {"2.70": 9e-5, "3.31": 5e-6, "3.40": 5e-6}


def circular(times):
    """Return positions and velocities on a circle of 7070 km, 1.05 mrad a second."""
    angle = 0.3 + 1.05e-3 * np.asarray(times)
    zero = np.zeros_like(angle)
    position = 7.07e6 * np.stack((np.cos(angle), zero, np.sin(angle)), axis=-1)
    velocity = 7.07e6 * 1.05e-3 * np.stack((-np.sin(angle), zero, np.cos(angle)), axis=-1)
    return position, velocity


def test_the_solution_meets_the_geolocation_grid(shared_data):
    """For all real products; version 2.70 made its grid with an orbit 82 microseconds off."""
    scenes = find_scenes([shared_data / "s1" / "products"]).scenes
    assert len(scenes) >= len(GRID_BOUND_S)
    for scene in scenes:
        for polarisation in scene.polarisations:
            annotation = read_annotation(scene, polarisation)
            grid = annotation.geolocation
            target = geodetic_to_ecef(grid.lon_deg, grid.lat_deg, grid.heights_m)
            times, ranges = solve_zero_doppler(Orbit.fit(annotation.orbit), target, 12.5)
            expected = grid.slant_range_times_s * SPEED_OF_LIGHT_M_S / 2
            assert np.abs(ranges - expected).max() < 0.01
            assert np.abs(times - grid.azimuth_times_s).max() < GRID_BOUND_S[scene.ipf]


@pytest.mark.parametrize("product", [ROME, HARARE, AEGEAN])
def test_the_bistatic_residual_brings_the_grid_onto_its_lines(shared_data, product):
    annotation = read_annotation(open_scene(shared_data / "s1" / "products" / product), VV)
    grid = annotation.geolocation
    ranges = grid.slant_range_times_s * SPEED_OF_LIGHT_M_S / 2
    with_it = scene_geometry(annotation)
    lines, _ = with_it.line_pixel(grid.azimuth_times_s, ranges)
    assert np.abs(lines - grid.lines).max() < 2e-3
    assert 5.855e-3 < with_it.tau_ref_s < 5.878e-3
    plain, _ = scene_geometry(annotation, bistatic=False).line_pixel(grid.azimuth_times_s, ranges)
    assert 0.15 < np.abs(plain - grid.lines).max() < 0.21


def test_rome_is_where_two_public_libraries_put_it(shared_data):
    import rasterio

    s1 = shared_data / "s1"
    annotation = read_annotation(open_scene(s1 / "products" / ROME), VV)
    geometry = scene_geometry(annotation, bistatic=False)
    with rasterio.open(s1 / "dem" / "Rome-30m-DEM.tif") as dataset:
        heights, transform = dataset.read(1).astype(np.float64), dataset.transform
    rows, cols = np.indices(heights.shape) + 0.5
    lon, lat = transform.c + transform.a * cols, transform.f + transform.e * rows
    target = geodetic_to_ecef(lon, lat, heights)
    lines, pixels = geometry.line_pixel(*solve_zero_doppler(geometry.orbit, target, 12.5))
    for library in ("eos", "sarsen"):
        with rasterio.open(s1 / "reference/geocoding" / f"rome_row_{library}.tif") as dataset:
            assert np.abs(lines - dataset.read(1)).max() < 1e-3
        with rasterio.open(s1 / "reference/geocoding" / f"rome_col_{library}.tif") as dataset:
            assert np.abs(pixels - dataset.read(1)).max() < 1e-3


def test_an_unusable_grid_gives_the_mid_swath_time(tmp_path):
    path = write_folder(product_files(Product(), tmp_path), tmp_path / "a.SAFE")
    annotation = read_annotation(open_scene(path), VV)
    assert scene_geometry(annotation).tau_ref_s == pytest.approx(5.86e-3, abs=2e-6)
    wrong = 2 * annotation.line_interval_s
    grid = annotation.geolocation
    grid.azimuth_times_s[:] += 1.0
    assert bistatic_reference_s(grid, wrong) == IW_MID_SWATH_S


def test_the_orbit_keeps_position_velocity_and_acceleration():
    times = np.arange(-70.0, 91.0, 10.0)
    orbit = Orbit.fit(StateVectors(times, *circular(times)))
    between = np.linspace(-60.0, 80.0, 57)
    position, velocity = circular(between)
    assert np.abs(orbit.position(between) - position).max() < 1e-3
    assert np.abs(orbit.velocity(between) - velocity).max() < 1e-4
    assert np.abs(orbit.acceleration(between) + 1.05e-3**2 * position).max() < 1e-4
    assert orbit.position(0.0).shape == (3,)
    assert orbit.position(np.zeros((2, 5))).shape == (2, 5, 3)


@settings(max_examples=40, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-89, 89), height=st.floats(-500, 9000))
def test_ecef_is_on_the_ellipsoid_plus_height(lon, lat, height):
    x, y, z = geodetic_to_ecef(lon, lat, 0.0)
    assert (x**2 + y**2) / 6378137.0**2 + z**2 / 6356752.314245**2 == pytest.approx(1, abs=1e-12)
    raised = geodetic_to_ecef(lon, lat, height) - (x, y, z)
    assert np.linalg.norm(raised) == pytest.approx(abs(height), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(time=st.floats(-20, 40), across=st.floats(2e5, 5e5), start=st.floats(-30, 60))
def test_newton_finds_the_time_from_any_start(time, across, start):
    times = np.arange(-70.0, 91.0, 10.0)
    orbit = Orbit.fit(StateVectors(times, *circular(times)))
    position, velocity = circular(time)
    down = -position / np.linalg.norm(position)
    side = np.cross(velocity / np.linalg.norm(velocity), down)
    target = position + 7.0e5 * down + across * side
    found, ranges = solve_zero_doppler(orbit, target[np.newaxis], start)
    assert found[0] == pytest.approx(time, abs=1e-6)
    sight = target - orbit.position(found[0])
    assert abs(sight @ orbit.velocity(found[0])) / 7.4e3**2 < 1e-10
    assert ranges[0] == pytest.approx(np.hypot(7.0e5, across), abs=1e-2)


def test_targets_without_a_solution_are_nan():
    times = np.arange(-70.0, 91.0, 10.0)
    orbit = Orbit.fit(StateVectors(times, *circular(times)))
    there = circular(10.0)[0] * 0.9
    elsewhere = circular(1500.0)[0] * 0.9
    targets = np.stack((there, np.full(3, np.nan), elsewhere))
    found, ranges = solve_zero_doppler(orbit, targets, 0.0)
    np.testing.assert_array_equal(np.isnan(found), [False, True, True])
    np.testing.assert_array_equal(np.isnan(ranges), [False, True, True])


def ground_range():
    records = GroundRangeRecords(
        np.array([0.0, 1.0, 2.0]),
        np.array([8.0e5, 8.0e5, 8.0e5 + 100.0]),
        np.array([[0.0, 2.0, 0.0], [30.0, 2.0, 1e-6], [200.0, 2.1, 0.0]]),
    )
    return GroundRange(records, 10.0)


def test_records_are_blended_linearly_in_time():
    ranges = 8.1e5
    at = [0.0, 2.0e4, 30.0 + 2.0e4 + 100.0, 200.0 + 2.1 * 9900.0]
    found = ground_range().pixel([0.0, 0.25, 1.0, 1.5, 2.0], ranges) * 10.0
    expected = [at[1], 0.75 * at[1] + 0.25 * at[2], at[2], (at[2] + at[3]) / 2, at[3]]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_the_outermost_pairs_are_extrapolated():
    pixels = ground_range().pixel([-1.0, 0.0, 1.0, 2.0, 3.0], 8.1e5)
    assert pixels[0] - pixels[1] == pytest.approx(pixels[1] - pixels[2])
    assert pixels[4] - pixels[3] == pytest.approx(pixels[3] - pixels[2])


def test_pixels_keep_shape_and_nan():
    times = np.full((3, 5), 0.5)
    ranges = np.full((3, 5), 8.1e5)
    ranges[1, 2] = np.nan
    pixels = ground_range().pixel(times, ranges)
    assert pixels.shape == (3, 5)
    assert np.isnan(pixels).sum() == 1
    times[0, 0] = np.nan
    assert np.isnan(ground_range().pixel(times, ranges)[0, 0])
