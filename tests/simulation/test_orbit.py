import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.simulation.geodesy import ecef, geodetic
from landslidectl.simulation.orbit import ground_point, incidence_deg, place_orbit, zero_doppler
from landslidectl.terms import Pass

places = st.tuples(
    st.floats(-179.0, 179.0),
    st.floats(-65.0, 65.0),
    st.floats(30.0, 45.0),
    st.sampled_from(list(Pass)),
)


@settings(max_examples=25, deadline=None)
@given(places)
def test_the_target_is_seen_right_at_time_zero_under_the_wanted_angle(place):
    lon, lat, incidence, direction = place
    orbit = place_orbit(lon, lat, incidence, direction)
    target = ecef(np.array(lon), np.array(lat), np.array(0.0))
    time, distance = zero_doppler(orbit, target)
    assert abs(float(time)) < 1e-9
    angle = incidence_deg(orbit, np.array(lon), np.array(lat), np.array(0.0))
    assert float(angle) == pytest.approx(incidence, abs=1e-6)
    position, velocity = orbit.position(0.0), orbit.velocity(0.0)
    assert np.cross(velocity, position) @ (target - position) > 0
    assert 750e3 < float(distance) < 1000e3
    assert 680e3 < float(geodetic(position)[2]) < 720e3
    assert (velocity[2] > 0) == (direction is Pass.ASCENDING)


def test_velocity_and_acceleration_are_the_derivatives():
    orbit = place_orbit(13.5, 42.5, 38.0, Pass.DESCENDING)
    time, step = np.linspace(-90.0, 90.0, 19), 0.01
    slope = (orbit.position(time + step) - orbit.position(time - step)) / (2 * step)
    assert np.abs(slope - orbit.velocity(time)).max() < 1e-4
    bend = (orbit.velocity(time + step) - orbit.velocity(time - step)) / (2 * step)
    assert np.abs(bend - orbit.acceleration(time)).max() < 1e-6


def test_ground_point_undoes_zero_doppler():
    orbit = place_orbit(-71.2, -33.3, 41.0, Pass.ASCENDING)
    rng = np.random.default_rng(0)
    lon, lat = -71.2 + rng.uniform(-0.1, 0.1, 50), -33.3 + rng.uniform(-0.1, 0.1, 50)
    height = rng.uniform(-50.0, 5000.0, 50)
    target = ecef(lon, lat, height)
    time, distance = zero_doppler(orbit, target)
    assert np.abs(ground_point(orbit, time, distance, height) - target).max() < 1e-5


def test_ascending_node_time_is_on_the_equator_going_north():
    orbit = place_orbit(100.0, 20.0, 35.0, Pass.DESCENDING)
    position, velocity = orbit.position(orbit.node_time_s), orbit.velocity(orbit.node_time_s)
    assert abs(position[2]) < 1.0
    assert velocity[2] > 0
