import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.grid import Grid
from landslidectl.terrain.incidence import Look
from landslidectl.terrain.sampling import transform_points
from landslidectl.terrain.slope import slope_aspect

from .elevation import grid_around, local_incidence_deg, lonlat
from .test_slope import plane


@given(st.floats(0, 360), st.floats(20, 50))
def test_level_ground_has_the_ellipsoidal_incidence(azimuth: float, incidence: float) -> None:
    found = local_incidence_deg(np.zeros((4, 4)), 10.0, Look.from_angles(azimuth, incidence))
    assert found.dtype == np.float32
    assert found == pytest.approx(np.full((4, 4), incidence), abs=1e-3)


@pytest.mark.parametrize("azimuth", [0.0, 45.0, 90.0, 180.0, 270.0, 281.0])
def test_slope_towards_the_sensor_is_met_more_steeply(azimuth: float) -> None:
    """A slope of 20 degrees that falls towards the sensor: 35 - 20; falling away: 35 + 20."""
    rise = np.tan(np.radians(20.0))
    sine, cosine = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
    look = Look.from_angles(azimuth, 35.0)
    facing = local_incidence_deg(plane(-rise * sine, -rise * cosine), 10.0, look)
    averted = local_incidence_deg(plane(rise * sine, rise * cosine), 10.0, look)
    assert facing == pytest.approx(np.full((9, 9), 15.0), abs=0.01)
    assert averted == pytest.approx(np.full((9, 9), 55.0), abs=0.01)


def test_own_shadow_exceeds_a_right_angle() -> None:
    steep = local_incidence_deg(plane(-2.0, 0.0), 10.0, Look.from_angles(270.0, 45.0))
    assert np.all(steep > 90.0)


def test_look_per_pixel() -> None:
    incidence = np.radians(np.linspace(30.0, 45.0, 9))[None, :]
    look = Look(np.sin(incidence), np.zeros((1, 1)), np.cos(incidence))
    found = local_incidence_deg(np.zeros((9, 9)), 10.0, look)
    assert found[3] == pytest.approx(np.linspace(30.0, 45.0, 9), abs=1e-3)


def test_angles_make_a_unit_vector() -> None:
    look = Look.from_angles(281.0, 39.0)
    assert float(look.east**2 + look.north**2 + look.up**2) == pytest.approx(1.0, abs=1e-6)
    assert look.east < 0 < look.north


@pytest.mark.parametrize("lon", [12.05, 17.95])
def test_plane_on_a_grid_turned_against_true_north(lon: float) -> None:
    """Nearly 2.8 degrees of convergence at 68 N: the caller turns the look into the grid's axes.

    The slope is planned in true azimuths, as seen from the ground: it falls by 25 degrees towards
    80 degrees from true north; a sensor there at 38 degrees meets it at 13. Forgetting the turn
    errs by up to a degree and a half.
    """
    grid = grid_around(lon, 68.0, 1000.0)
    east, north = true_directions(grid)
    slope, azimuth = np.radians(25.0), np.radians(80.0)
    downhill = np.array([np.sin(azimuth), np.cos(azimuth)]) @ np.stack((east, north))
    cols = np.arange(grid.cols)[None, :] * grid.pixel_m
    rows = -np.arange(grid.rows)[:, None] * grid.pixel_m
    heights = 2000.0 - np.tan(slope) * (downhill[0] * cols + downhill[1] * rows)
    convergence = float(np.degrees(np.arctan2(north[0], north[1])))
    assert abs(convergence) > 2.7
    for true_azimuth in (80.0, 260.0, 350.0):
        look = Look.from_angles(true_azimuth + convergence, 38.0)
        turned = np.radians(true_azimuth) - azimuth
        cosine = np.cos(np.radians(38.0)) * np.cos(slope)
        cosine += np.sin(np.radians(38.0)) * np.sin(slope) * np.cos(turned)
        found = local_incidence_deg(heights, grid.pixel_m, look)
        assert found == pytest.approx(np.full(grid.shape, np.degrees(np.arccos(cosine))), abs=0.02)
    steepness, aspect = slope_aspect(heights, grid.pixel_m)
    assert steepness == pytest.approx(np.full(grid.shape, 25.0), abs=0.01)
    assert aspect == pytest.approx(np.full(grid.shape, 80.0 + convergence), abs=0.02)


def true_directions(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return true east and true north at the middle of a grid as unit vectors of its axes."""
    lon, lat = (part[grid.rows // 2, grid.cols // 2] for part in lonlat(grid))
    moved = (np.array([lon, lon]), np.array([lat, lat + 1e-4]))
    x, y = transform_points("EPSG:4326", f"EPSG:{grid.epsg}", moved)
    north = np.array([x[1] - x[0], y[1] - y[0]])
    north /= np.hypot(*north)
    return np.array([north[1], -north[0]]), north
