import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.simulation.geodesy import Smooth, ecef, ellipsoid_up, geodetic, undulation


@given(st.floats(-179.9, 179.9), st.floats(-89.0, 89.0), st.floats(-400.0, 9000.0))
def test_geodetic_undoes_ecef(lon, lat, height):
    back = geodetic(ecef(np.array(lon), np.array(lat), np.array(height)))
    assert float(back[0]) == pytest.approx(lon, abs=1e-9)
    assert float(back[1]) == pytest.approx(lat, abs=1e-9)
    assert float(back[2]) == pytest.approx(height, abs=1e-3)


def test_up_is_the_derivative_by_height():
    lon, lat = np.array([10.0, -70.0]), np.array([45.0, -30.0])
    step = ecef(lon, lat, np.full(2, 1000.0)) - ecef(lon, lat, np.zeros(2))
    assert np.allclose(step / 1000.0, ellipsoid_up(lon, lat), atol=1e-9)


def test_undulation_is_egm96_and_wraps():
    assert float(undulation(np.array(12.5), np.array(41.9))) == pytest.approx(48.5, abs=0.2)
    assert float(undulation(np.array(-180.0), np.array(5.0))) == pytest.approx(
        float(undulation(np.array(180.0), np.array(5.0)))
    )


def test_smooth_is_exact_for_polynomials_and_differentiates():
    def cubic(x, y):
        return np.stack([x**3 - 2 * x * y + 7.0, y**2 + x], axis=-1)

    fitted = Smooth.fit((-2.0, 10.0), (5.0, 30.0), cubic)
    x, y = np.array([-1.0, 0.5, 4.0]), np.array([11.0, 29.0])
    expected = np.moveaxis(cubic(*np.meshgrid(x, y)), -1, 0)
    assert np.allclose(fitted.on_grid(x, y), expected)
    assert np.allclose(fitted.slope(0).on_grid(x, y)[0], 3 * x[None] ** 2 - 2 * y[:, None])
    assert np.allclose(fitted.slope(1).on_grid(x, y)[1], np.broadcast_to(2 * y[:, None], (2, 3)))
    assert np.allclose(fitted.at(x, np.full(3, 29.0)), expected[:, 1])
