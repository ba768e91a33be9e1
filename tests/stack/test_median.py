"""The median in dB against its definition, and the networks that find it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.stack.median import median_db, selection_network

FLOOR_DB = -48.5


def slow_median_db(samples: list[float]) -> float:
    """Follow the definition literally, one pixel."""
    present = sorted(sample for sample in samples if not math.isnan(sample))
    if not present:
        return math.nan

    def to_db(sample: float) -> float:
        return 10 * math.log10(max(sample, 10 ** (FLOOR_DB / 10)))

    middle = len(present) // 2
    if len(present) % 2:
        return to_db(present[middle])
    return (to_db(present[middle - 1]) + to_db(present[middle])) / 2


samples = st.one_of(
    st.just(math.nan), st.just(0.0), st.floats(-0.0625, 5.0, width=32), st.floats(1e-6, 1e-4)
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(samples, min_size=n, max_size=n), min_size=1, max_size=12)
    )
)
def test_median_against_the_definition(pixels) -> None:
    values = np.array(pixels, dtype=np.float32).T
    expected = [slow_median_db([float(np.float32(x)) for x in pixel]) for pixel in pixels]
    np.testing.assert_allclose(median_db(values, FLOOR_DB), expected, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(0, 1000))
def test_order_of_acquisitions_does_not_matter(count, seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.gamma(4.0, 0.01, (count, 5, 6)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    found = median_db(values, FLOOR_DB)
    np.testing.assert_array_equal(found, median_db(rng.permutation(values), FLOOR_DB))
    assert found.dtype == np.float32
    assert np.nanmin(found, initial=0.0) >= FLOOR_DB - 1e-4


def test_negatives_count_as_dark_samples() -> None:
    """Dropping them would lift the median of dark ground."""
    values = np.array([-0.01, -0.002, 0.004], np.float32)[:, None]
    assert median_db(values, FLOOR_DB)[0] == pytest.approx(FLOOR_DB, abs=1e-4)
    assert median_db(values[1:], FLOOR_DB)[0] == pytest.approx(
        (FLOOR_DB + 10 * math.log10(0.004)) / 2, abs=1e-4
    )


@pytest.mark.parametrize("count", range(1, 11))
def test_networks_select_zeros_and_ones(count) -> None:
    """What selects every sequence of zeros and ones selects everything (Knuth's principle)."""
    low, high = (count - 1) // 2, count // 2
    full = selection_network(count, tuple(range(count)))
    middle = selection_network(count, (low, high))
    for bits in itertools.product((0, 1), repeat=count):
        assert _run(full, bits) == sorted(bits)
        found = _run(middle, bits)
        assert (found[low], found[high]) == (sorted(bits)[low], sorted(bits)[high])


def _run(network, values) -> list[int]:
    work = list(values)
    for i, j in network:
        work[i], work[j] = min(work[i], work[j]), max(work[i], work[j])
    return work


def test_the_middle_needs_fewer_comparisons_than_the_order() -> None:
    assert len(selection_network(9, (4,))) < len(selection_network(9, tuple(range(9))))
    assert selection_network(1, (0,)) == ()


@pytest.mark.parametrize("count", [1, 2, 5, 6, 19, 34])
def test_same_bits_as_sorting(count) -> None:
    """Borders, holes and complete blocks, all larger than a block of the network."""
    rng = np.random.default_rng(count)
    values = rng.gamma(4.0, 0.01, (count, 150, 700)).astype(np.float32) - np.float32(0.005)
    for index in range(count):
        values[index, :, : 20 * index] = np.nan
    values[:, 100:][rng.random((count, 50, 700)) < 0.3] = np.nan
    before = values.copy()
    np.testing.assert_array_equal(median_db(values, FLOOR_DB), sorted_median_db(values))
    np.testing.assert_array_equal(values, before)


def sorted_median_db(values: np.ndarray) -> np.ndarray:
    """Sort all samples of every pixel."""
    ordered = np.sort(values, axis=0)
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    middles = [
        np.take_along_axis(ordered, rank[None], axis=0)[0]
        for rank in (np.maximum(counts - 1, 0) // 2, np.minimum(counts // 2, len(values) - 1))
    ]
    floor = np.float32(10.0 ** (FLOOR_DB / 10.0))
    lower, upper = (10.0 * np.log10(np.maximum(middle, floor)) for middle in middles)
    return 0.5 * (lower + upper)


def test_a_factor_multiplies_before_the_floor() -> None:
    values = np.array([0.001, 0.004, 0.1], np.float32)[:, None, None] * np.ones((3, 2, 3), "f4")
    factor = np.array([[1.0, 2.0, np.nan], [0.5, 1e-9, 1.0]], np.float32)
    found = median_db(values, FLOOR_DB, factor)
    expected = 10 * np.log10(np.maximum(0.004 * factor, 10 ** (FLOOR_DB / 10)))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    even = median_db(values[:2], FLOOR_DB, factor)
    np.testing.assert_allclose(even[0, 1], 10 * math.log10(0.004), atol=1e-5)
    assert np.isnan(even[0, 2])
