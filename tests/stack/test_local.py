"""Single precision near an origin is as good as the exact solution: what the sweep runs on."""

import numpy as np
import pytest

from landslidectl.grid import Window
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.stack.local import local_geolocator
from landslidectl.terms import Pass

from .scenes import circular_geometry, grid_at
from .test_geolocate import exact

POINTS = 10_000
WINDOW = Window(192, 45, 512, 700)


@pytest.mark.parametrize("direction", list(Pass))
@pytest.mark.parametrize("lat_deg", [-60.0, -30.0, 0.0, 45.0, 70.0])
def test_a_hundred_thousand_points_against_the_exact_solution(lat_deg, direction) -> None:
    """1e-4 line and 5e-3 pixel, heights 0 to 8000 m, 60 S to 70 N, both passes."""
    geometry, centre = circular_geometry(lat_deg, direction)
    grid = grid_at(*centre, 720, 900)
    geolocator = build_geolocator(geometry, grid)
    rng = np.random.default_rng(7)
    heights = rng.uniform(0.0, 8000.0, WINDOW.shape).astype(np.float32)
    extent = geolocator.extent(WINDOW, 0.0, 8000.0)
    origin = float(np.floor(extent.line_min)), float(np.floor(extent.pixel_min))
    local = local_geolocator(geolocator, WINDOW, origin)
    strips = [
        local.line_pixel(number, heights[top : top + local.step])
        for number, top in enumerate(range(0, WINDOW.rows, local.step))
    ]
    line, pixel = (np.concatenate(parts).astype(np.float64) for parts in zip(*strips, strict=True))
    row, col = rng.integers(0, WINDOW.rows, POINTS), rng.integers(0, WINDOW.cols, POINTS)
    at = row + WINDOW.row, col + WINDOW.col
    solved = exact(geometry, grid, *at, heights[row, col].astype(float))
    line_exact, pixel_exact = geometry.line_pixel(*solved)
    assert np.isfinite(line_exact).all()
    assert np.abs(line[row, col] + origin[0] - line_exact).max() < 1e-4
    assert np.abs(pixel[row, col] + origin[1] - pixel_exact).max() < 5e-3


def test_voids_have_no_place() -> None:
    geometry, centre = circular_geometry(45.0, Pass.DESCENDING)
    grid = grid_at(*centre, 64, 64)
    local = local_geolocator(build_geolocator(geometry, grid), Window(0, 0, 64, 64), (0.0, 0.0))
    heights = np.full((32, 64), 500.0, np.float32)
    heights[3, 4] = np.nan
    for coordinates in local.line_pixel(1, heights):
        assert np.isnan(coordinates[3, 4])
        assert np.isnan(coordinates).sum() == 1


def test_windows_begin_on_a_row_of_nodes() -> None:
    geometry, centre = circular_geometry(45.0, Pass.DESCENDING)
    geolocator = build_geolocator(geometry, grid_at(*centre, 64, 64))
    with pytest.raises(ValueError, match="row of nodes"):
        local_geolocator(geolocator, Window(5, 0, 32, 64), (0.0, 0.0))
