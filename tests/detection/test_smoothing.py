import numpy as np
import pytest

from landslidectl.detection.smoothing import box, gaussian, local_mean

RNG = np.random.default_rng(7)
FIELD = RNG.standard_normal((40, 53)).astype(np.float32)


def test_box_sums_squares_with_zeros_beyond_the_edge() -> None:
    summed = box(FIELD, 3)
    assert summed[20, 20] == pytest.approx(FIELD[17:24, 17:24].sum(), abs=1e-4)
    assert summed[0, 52] == pytest.approx(FIELD[:4, 49:].sum(), abs=1e-4)


def test_gaussian_keeps_the_sum_of_a_point_and_its_width() -> None:
    point = np.zeros((41, 41), dtype=np.float32)
    point[20, 20] = 1.0
    spread = gaussian(point, 3.0)
    rows = np.arange(41) - 20
    assert spread.sum() == pytest.approx(1.0, abs=1e-5)
    variance = float((spread.sum(axis=1) * rows**2).sum())
    assert np.sqrt(variance) == pytest.approx(3.0, rel=0.03)
    assert np.array_equal(spread, spread.T)


def test_gaussian_has_finite_reach() -> None:
    assert np.array_equal(gaussian(FIELD, 2.0)[10:-10, 10:-10], gaussian_of_part()[6:-6, 6:-6])


def gaussian_of_part() -> np.ndarray:
    return gaussian(np.ascontiguousarray(FIELD[4:-4, 4:-4]), 2.0)


def test_local_mean_of_a_constant_is_the_constant_wherever_there_is_weight() -> None:
    weights = (RNG.random(FIELD.shape) < 0.3).astype(np.float32)
    mean = local_mean(np.full(FIELD.shape, 4.0, dtype=np.float32), weights, 2.0)
    assert mean == pytest.approx(np.full(FIELD.shape, 4.0), rel=1e-4)
    assert not local_mean(FIELD, np.zeros_like(FIELD), 2.0).any()
