"""Between two records the ground range is blended; near one range a few terms are enough."""

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import GroundRangeRecords
from landslidectl.sentinel1.ground_range import GroundRange


def mountainous(seed: int = 3) -> GroundRange:
    """Records like those of a product over mountains: up to twenty pixels from one to the next."""
    rng = np.random.default_rng(seed)
    times = np.arange(-1.0, 26.0)
    heights = np.cumsum(rng.normal(0.0, 100.0, len(times)))
    coefficients = np.zeros((len(times), 9))
    coefficients[:, 0] = heights * 1.6
    coefficients[:, 1] = 1.93 + heights * 1e-6
    coefficients[:, 2] = -5.3e-6
    coefficients[:, 3] = 4.1e-11
    coefficients[:, 4] = -2.6e-16
    records = GroundRangeRecords(times, np.full(len(times), 7.95e5), coefficients)
    return GroundRange(records, 10.0)


def test_a_single_record_would_be_pixels_off() -> None:
    """What is lost when the nearest record is taken, or one for the whole scene (pitfall 2)."""
    blended = mountainous()
    times = np.linspace(0.0, 25.0, 501)
    ranges = np.full(times.shape, 8.6e5)
    exact = blended.pixel(times, ranges)
    at_records = blended.pixel(blended.records.times_s, 8.6e5)
    nearest = at_records[np.rint(times - blended.records.times_s[0]).astype(int)]
    assert 3.0 < np.abs(nearest - exact).max() < 40.0
    assert np.abs(exact - at_records[13]).max() > 30.0
    on_records = np.isclose(times % 1.0, 0.0, atol=1e-9)
    np.testing.assert_allclose(nearest[on_records], exact[on_records], atol=1e-9)


@pytest.mark.parametrize("reach_m", [500.0, 5000.0, 12_000.0])
def test_local_polynomials_agree_with_the_exact_ones(reach_m) -> None:
    blended, middle = mountainous(), 8.45e5
    local = blended.around(middle, reach_m)
    rng = np.random.default_rng(5)
    times = rng.uniform(3.2, 5.9, (40, 500))
    ranges = middle + reach_m * rng.uniform(-1.0, 1.0, times.shape)
    exact = blended.pixel(times, ranges)
    origin_s, origin_px = 4.0, float(np.floor(exact.min()))
    x = ((ranges - middle) / reach_m).astype(np.float32)
    found = local.pixel((times - origin_s).astype(np.float32), x, origin_s, origin_px)
    assert found.dtype == np.float32
    assert np.abs(found.astype(float) + origin_px - exact).max() < 2e-3
    assert local.coefficients_px.shape[1] < blended.records.coefficients.shape[1]


def test_beyond_the_records_the_outermost_pair_goes_on() -> None:
    blended, middle = mountainous(), 8.45e5
    local = blended.around(middle, 100.0)
    for seconds in (-3.0, 30.0):
        exact = float(blended.pixel(seconds, middle))
        found = local.pixel(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32), seconds, 0)
        assert float(found[0, 0]) == pytest.approx(exact, abs=1e-2)
