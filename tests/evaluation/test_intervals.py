"""Intervals hold their estimate, narrow with numbers, and know no certainty from few cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.evaluation.intervals import (
    f1_interval,
    f1_of,
    group_draws,
    share_interval,
    statistic_interval,
)

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_a_share_lies_in_its_interval(pair):
    low, high = share_interval(*pair)
    assert 0.0 <= low <= pair[0] / pair[1] <= high <= 1.0
    assert low < high
    assert share_interval(*pair) == (low, high)


@given(counts, counts)
def test_f1_lies_in_its_interval(detections, slides):
    low, high = f1_interval(*detections, *slides)
    estimate = f1_of(detections[0] / detections[1], slides[0] / slides[1])
    assert 0.0 <= low <= estimate <= high <= 1.0


def test_width_follows_the_binomial_distribution():
    low, high = share_interval(50, 100)
    assert (low, high) == pytest.approx((0.40, 0.60), abs=0.011)
    assert share_interval(3, 3)[0] < 0.6, "three of three is not certainty"
    assert share_interval(0, 3)[1] > 0.4
    assert share_interval(0, 0) is None and f1_interval(0, 0, 1, 2) is None


def test_f1_of_unknown_and_of_nothing():
    assert f1_of(None, 1.0) is None
    assert f1_of(0.0, 0.0) == 0.0
    assert f1_of(0.5, 1.0) == pytest.approx(2 / 3)


def test_groups_make_wider_intervals_than_single_places():
    rng = np.random.default_rng(0)
    values = np.repeat(rng.random(30), 50)
    mean = float(values.mean())
    grouped = statistic_interval(
        lambda i: float(values[i].mean()), np.repeat(np.arange(30), 50), mean
    )
    single = statistic_interval(lambda i: float(values[i].mean()), np.arange(1500), mean)
    assert grouped[1] - grouped[0] > 4.0 * (single[1] - single[0])
    assert group_draws(np.arange(19)) is None
    draws = group_draws(np.repeat(np.arange(40), 3))
    assert draws.shape[1] == 40 and (draws.sum(axis=1) == 40).all()


def test_a_figure_of_nothing_has_no_interval():
    assert statistic_interval(lambda index: 1.0, np.zeros(0, dtype=int), 1.0) is None
    assert statistic_interval(lambda index: None, np.arange(30), 1.0) is None
