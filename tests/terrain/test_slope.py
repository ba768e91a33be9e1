import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef
from landslidectl.terrain.sampling import transform_points
from landslidectl.terrain.slope import height_gradient, slope_aspect, utm_scale


def plane(east: float, north: float, side: int = 9, pixel_m: float = 10.0) -> np.ndarray:
    cols, rows = np.meshgrid(np.arange(side), np.arange(side))
    return 1000.0 + east * cols * pixel_m - north * rows * pixel_m


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_plane_has_its_gradient_up_to_the_rim(east: float, north: float) -> None:
    gx, gy = height_gradient(plane(east, north), 10.0)
    assert gx == pytest.approx(np.full((9, 9), east), abs=1e-4)
    assert gy == pytest.approx(np.full((9, 9), north), abs=1e-4)


@pytest.mark.parametrize(
    ("east", "north", "aspect"),
    [(0.0, -1.0, 0.0), (-1.0, 0.0, 90.0), (0.0, 1.0, 180.0), (1.0, 0.0, 270.0), (1.0, 1.0, 225.0)],
)
def test_aspect_is_where_the_water_runs(east: float, north: float, aspect: float) -> None:
    slope, found = slope_aspect(plane(east, north), 10.0)
    assert found == pytest.approx(np.full((9, 9), aspect))
    assert slope == pytest.approx(np.full((9, 9), np.degrees(np.arctan(np.hypot(east, north)))))


def test_level_ground_has_no_aspect_and_void_has_nothing() -> None:
    slope, aspect = slope_aspect(np.zeros((5, 5)), 10.0)
    assert np.all(slope == 0.0)
    assert np.isnan(aspect).all()
    heights = plane(0.5, 0.0)
    heights[4, 4] = np.nan
    slope, aspect = slope_aspect(heights, 10.0)
    assert np.isnan(slope[4, 3])
    assert np.isnan(aspect[3, 4])
    assert not np.isnan(slope[3, 3])


@pytest.mark.parametrize("east_m", [210_000.0, 500_000.0, 820_000.0])
@pytest.mark.parametrize("north_m", [500_000.0, 6_900_000.0])
def test_the_scale_of_utm_is_that_of_distances_on_the_ellipsoid(east_m, north_m) -> None:
    """Between two points 100 m apart on the map (pitfall 37: up to 1e-3 at the edge of a zone)."""
    grid = Grid(32633, east_m - 50.0, north_m, 10.0, 4, 12)
    ends = np.array([east_m - 50.0, east_m + 50.0]), np.array([north_m, north_m])
    lon, lat = transform_points("EPSG:32633", "EPSG:4326", ends)
    points = geodetic_to_ecef(lon, lat, np.zeros(2))
    on_ground_m = float(np.linalg.norm(points[1] - points[0]))
    found = utm_scale(grid, Window(0, 0, 4, 10))
    assert found.mean() == pytest.approx(100.0 / on_ground_m, abs=1e-5)
    np.testing.assert_array_equal(found[3:], utm_scale(grid, Window(1, 3, 2, 7)))
