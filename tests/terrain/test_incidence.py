import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.terrain.incidence import Look, local_incidence_deg

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
