"""The coarse solution stays within 1e-4 line and 5e-3 pixel of the exact one."""

import numpy as np
import pytest

from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef, solve_zero_doppler
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.terms import Pass

from .scenes import circular_geometry, grid_at


def exact(geometry, grid, row, col, height_m):
    from rasterio.warp import transform

    x = grid.left + (np.asarray(col) + 0.5) * grid.pixel_m
    y = grid.top - (np.asarray(row) + 0.5) * grid.pixel_m
    lon, lat = transform(f"EPSG:{grid.epsg}", "EPSG:4326", list(x), list(y))
    target = geodetic_to_ecef(np.array(lon), np.array(lat), height_m)
    return solve_zero_doppler(geometry.orbit, target, 10.0)


@pytest.mark.parametrize("direction", list(Pass))
@pytest.mark.parametrize("lat_deg", [-60.0, -30.0, 0.0, 45.0, 70.0])
def test_against_the_exact_solution(lat_deg, direction) -> None:
    geometry, centre = circular_geometry(lat_deg, direction)
    grid = grid_at(*centre, 700, 900)
    rng = np.random.default_rng(1)
    window = Window(123, 45, 400, 700)
    heights = rng.uniform(0.0, 8000.0, window.shape).astype(np.float32)
    line, pixel = build_geolocator(geometry, grid).line_pixel(window, heights)
    row, col = rng.integers(0, window.rows, 500), rng.integers(0, window.cols, 500)
    solved = exact(geometry, grid, row + 123, col + 45, heights[row, col].astype(float))
    line_exact, pixel_exact = geometry.line_pixel(*solved)
    assert np.isfinite(line_exact).all()
    np.testing.assert_allclose(line[row, col], line_exact, rtol=0, atol=1e-4)
    np.testing.assert_allclose(pixel[row, col], pixel_exact, rtol=0, atol=5e-3)


@pytest.mark.parametrize("direction", list(Pass))
def test_look_is_the_gradient_of_range(direction) -> None:
    """Stepping towards the sensor shortens the range by the look's component, in grid axes.

    The grid lies at the edge of its zone, where the meridian convergence is 2.5 degrees.
    """
    geometry, (lon, lat) = circular_geometry(60.0, direction)
    grid = grid_at(lon, lat, 200, 200, east_deg=3.0)
    geolocator = build_geolocator(geometry, grid)
    look = geolocator.look(Window(100, 100, 1, 1))
    found = np.array([look.east[0, 0], look.north[0, 0], look.up[0, 0]])
    ranges = {
        step: exact(geometry, grid, [100 - step[1]], [100 + step[0]], 500.0 + 10 * step[2])[1][0]
        for step in [(0, 0, 0), (5, 0, 0), (-5, 0, 0), (0, 5, 0), (0, -5, 0), (0, 0, 5), (0, 0, -5)]
    }
    slope = np.array(
        [
            (ranges[-5, 0, 0] - ranges[5, 0, 0]) / 100.0,
            (ranges[0, -5, 0] - ranges[0, 5, 0]) / 100.0,
            (ranges[0, 0, -5] - ranges[0, 0, 5]) / 100.0,
        ]
    )
    np.testing.assert_allclose(found, slope, atol=1e-3)
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-6)
    assert (found[0] < 0) == (direction is Pass.ASCENDING)


def test_the_other_side_of_the_track_is_not_seen() -> None:
    geometry, (lon, lat) = circular_geometry(0.0, Pass.ASCENDING)
    mirrored = grid_at(lon - 8.6, lat, 50, 50)
    line, pixel = build_geolocator(geometry, mirrored).line_pixel(
        Window(0, 0, 50, 50), np.zeros((50, 50), np.float32)
    )
    assert np.isnan(line).all()
    assert np.isnan(pixel).all()


def test_a_grid_on_the_other_side_of_the_world() -> None:
    geometry, _ = circular_geometry(40.0, Pass.ASCENDING)
    geolocator = build_geolocator(geometry, Grid(32719, 500_000.0, 6_000_000.0, 10.0, 50, 50))
    assert np.isnan(geolocator.extent(Window(0, 0, 50, 50), 0.0, 100.0).line_min)


def test_voids_stay_voids_and_extent_encloses() -> None:
    geometry, centre = circular_geometry(45.0, Pass.DESCENDING)
    grid = grid_at(*centre, 100, 130)
    geolocator = build_geolocator(geometry, grid)
    window = Window(10, 20, 70, 90)
    heights = np.random.default_rng(2).uniform(100.0, 2500.0, window.shape).astype(np.float32)
    heights[3, 4] = np.nan
    line, pixel = geolocator.line_pixel(window, heights)
    assert np.isnan(line[3, 4])
    assert np.isnan(line).sum() == np.isnan(pixel).sum() == 1
    extent = geolocator.extent(window, 100.0, 2500.0)
    assert extent.line_min <= np.nanmin(line) <= np.nanmax(line) <= extent.line_max
    assert extent.pixel_min <= np.nanmin(pixel) <= np.nanmax(pixel) <= extent.pixel_max
