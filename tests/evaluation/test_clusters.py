"""Intervals by event, spreads over seeds, and rates of what never happened."""

import math

import numpy as np
import pytest

from landslidectl.evaluation.clusters import (
    Spread,
    cluster_samples,
    clustered_interval,
    poisson_upper,
)


def test_samples_are_made_of_whole_clusters():
    clusters = np.array([7, 7, 3, 3, 3, 9])
    for sample in cluster_samples(clusters, rounds=20):
        counts = np.bincount(sample, minlength=6)
        assert counts[0] == counts[1]
        assert counts[2] == counts[3] == counts[4]
        assert counts[0] + counts[2] + counts[5] == 3


def test_clusters_that_differ_widen_the_interval():
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(12), 100)
    values = rng.normal(size=12)[clusters] + rng.normal(size=1200)

    def mean(sample):
        return {"mean": float(values[sample].mean())}

    by_event = clustered_interval(mean, clusters)["mean"]
    by_patch = clustered_interval(mean, np.arange(1200))["mean"]
    assert by_event[1] - by_event[0] > 3 * (by_patch[1] - by_patch[0])
    assert by_event[0] < values.mean() < by_event[1]
    assert clustered_interval(mean, clusters)["mean"] == by_event


def test_figures_that_no_sample_gives_have_no_interval():
    found = clustered_interval(lambda sample: {"none": math.nan}, np.arange(3), rounds=4)
    assert all(math.isnan(value) for value in found["none"])


def test_a_spread_is_median_and_sample_deviation():
    spread = Spread.of([0.70, 0.80, 0.75])
    assert (spread.median, spread.runs) == (0.75, 3)
    assert spread.std == pytest.approx(0.05)
    assert Spread.of([0.5]).std == 0.0
    with pytest.raises(ValueError, match="no run"):
        Spread.of([])


@pytest.mark.parametrize(("count", "upper"), [(0, 2.996), (1, 4.744), (5, 10.513)])
def test_what_never_happened_still_has_an_upper_bound(count, upper):
    assert poisson_upper(count) == pytest.approx(upper, abs=0.001)
