"""Figures on patches: whole, in parts, with intervals, and thinned curves."""

import numpy as np
import pytest

from landslidectl.evaluation.metrics import measure
from landslidectl.training.judging.patch_figures import (
    FIGURES,
    curve_record,
    patch_figures,
    rule_figures,
)
from landslidectl.training.patches import joined
from tests.training.fakes import patch_set


@pytest.fixture(scope="module")
def patches():
    return joined([patch_set(45, seed) for seed in (1, 2, 3, 4)])


@pytest.fixture(scope="module")
def scores(patches):
    noise = np.random.default_rng(1).normal(0, 0.1, len(patches))
    return np.clip(0.3 + 2.0 * patches.cover + noise, 0, 1).astype(np.float32)


def test_whole_and_parts_are_measured_with_one_threshold(patches, scores):
    record = patch_figures(scores, patches, 0.4)
    whole = measure(scores, patches.labels, 0.4)
    assert record["all"]["f1"] == pytest.approx(whole.f1, abs=1e-5)
    assert set(record["by_event"]) == {"1", "2", "3", "4"}
    assert set(record["by_pass"]) == {"ascending", "descending"}
    assert sum(part["positives"] for part in record["by_event"].values()) == 60
    for name in FIGURES:
        low, high = record["all"]["intervals"][name]
        assert low <= record["all"][name] <= high
    assert set(record["reliability"]) == {"scores"}


def test_an_event_of_one_kind_and_a_crowd_of_places_are_left_out(patches, scores):
    lonely = patches.taken((patches.seed != 1) | ~patches.labels)
    record = patch_figures(scores[: len(lonely)], lonely, 0.4)
    assert set(record["by_event"]) == {"2", "3", "4"}
    many = joined([patch_set(6, seed) for seed in range(70)])
    assert patch_figures(many.cover, many, 0.05)["by_event"] == {}


def test_the_rules_get_their_thresholds_elsewhere(patches):
    rules = rule_figures(patches, patch_set(60, 9))
    assert set(rules) == {"log_ratio", "spread"}
    for figures in rules.values():
        assert figures["roc_auc"] > 0.9
        assert 0.5 < figures["threshold"] < 6.0


def test_the_curve_is_thin_and_keeps_its_ends(patches):
    rng = np.random.default_rng(2)
    scores, labels = rng.random(5000).astype(np.float32), rng.random(5000) < 0.3
    curve = curve_record(scores, labels)
    assert 60 < len(curve) <= 120
    assert curve[-1]["recall"] == 1.0
    recalls = [point["recall"] for point in curve]
    assert recalls == sorted(recalls)
