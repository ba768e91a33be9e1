import numpy as np
import pytest

from landslidectl.simulation.acquire import LOOKS, respond, speckle


def test_speckle_has_the_looks_and_the_correlation_of_grdh():
    field = speckle(np.random.default_rng(5), (600, 700)).astype(float)
    assert field.mean() == pytest.approx(1.0, abs=0.01)
    assert 1.0 / field.var() == pytest.approx(LOOKS, rel=0.03)

    def correlation(one, other):
        return np.corrcoef(one.ravel(), other.ravel())[0, 1]

    assert 0.3 < correlation(field[:, 1:], field[:, :-1]) < 0.5
    assert 0.3 < correlation(field[1:], field[:-1]) < 0.5
    assert abs(correlation(field[:, 3:], field[:, :-3])) < 0.02


def test_the_response_keeps_energy_and_centroid():
    field = np.zeros((21, 23), np.float32)
    field[10, 11] = 3.0
    spread = respond(field)
    assert spread.sum() == pytest.approx(3.0, rel=1e-6)
    rows, cols = np.indices(spread.shape)
    assert (spread * rows).sum() / spread.sum() == pytest.approx(10.0, abs=1e-5)
    assert (spread * cols).sum() / spread.sum() == pytest.approx(11.0, abs=1e-5)
