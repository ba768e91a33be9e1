import numpy as np

from landslidectl.simulation.geodesy import ecef, map_to_degrees, undulation
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.orbit import place_orbit, zero_doppler
from landslidectl.terms import Pass

EPSG = 32633


def test_fitted_times_and_ranges_agree_with_the_exact_solve():
    box = Box(365000.0, 4697000.0, 385000.0, 4717000.0)
    orbit = place_orbit(13.5, 42.5, 38.0, Pass.DESCENDING)
    geometry = MapGeometry.fit(orbit, EPSG, box, (100.0, 2500.0))
    rng = np.random.default_rng(2)
    x, y = rng.uniform(box.left, box.right, 300), rng.uniform(box.bottom, box.top, 300)
    height = rng.uniform(100.0, 2500.0, 300)
    lon, lat = map_to_degrees(EPSG, x, y)
    exact = zero_doppler(orbit, ecef(lon, lat, height + undulation(lon, lat)))
    time, slant = geometry.at(x, y, height)
    assert np.abs(time - exact[0]).max() / 1.5e-3 < 0.002
    assert np.abs(slant - exact[1]).max() / 6.0 < 0.01


def test_sight_is_a_unit_vector_towards_the_sensor():
    box = Box(365000.0, 4697000.0, 375000.0, 4707000.0)
    for direction, sign in ((Pass.DESCENDING, 1.0), (Pass.ASCENDING, -1.0)):
        orbit = place_orbit(13.41, 42.45, 38.0, direction)
        geometry = MapGeometry.fit(orbit, EPSG, box, (0.0, 1000.0))
        sight = geometry.sight(np.array([370000.0]), np.array([4702000.0]))[:, 0, 0]
        assert abs(np.linalg.norm(sight) - 1.0) < 2e-4
        assert np.sign(sight[0]) == sign
        assert 0.7 < sight[2] < 0.87
