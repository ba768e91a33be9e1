import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.evaluation.metrics import (
    average_precision,
    choose_threshold,
    measure,
    precision_recall_curve,
    roc_auc,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_roc_auc_is_the_share_of_pairs_in_order(rows):
    scores = np.array([row[0] for row in rows], np.float32)
    labels = np.array([row[1] for row in rows])
    if labels.all() or not labels.any():
        with pytest.raises(ValueError, match="positives and negatives"):
            roc_auc(scores, labels)
        return
    difference = scores[labels][:, None] - scores[~labels][None]
    pairs = (difference > 0) + 0.5 * (difference == 0)
    assert roc_auc(scores, labels) == pytest.approx(pairs.mean())


def test_perfect_and_blind_scores():
    labels = np.arange(1000) % 4 == 0
    perfect = labels.astype(np.float32)
    assert average_precision(perfect, labels) == pytest.approx(1.0)
    blind = np.zeros(1000, np.float32)
    assert roc_auc(blind, labels) == 0.5
    assert average_precision(blind, labels, prevalence=0.1) == pytest.approx(0.1)


def test_precision_is_stated_for_the_prevalence_not_for_the_set():
    labels = np.repeat([True, False], 500)
    scores = np.concatenate(
        [np.repeat([1.0, 0.0], [400, 100]), np.repeat([1.0, 0.0], [50, 450])]
    ).astype(np.float32)
    even = measure(scores, labels, 0.5, prevalence=0.5)
    rare = measure(scores, labels, 0.5, prevalence=0.1)
    assert even.recall == rare.recall == pytest.approx(0.8)
    assert even.precision == pytest.approx(0.8 / 0.9)
    assert rare.precision == pytest.approx(0.08 / (0.08 + 0.09))
    assert rare.accuracy == pytest.approx(0.08 + 0.81)


def test_the_threshold_has_the_best_f1():
    rng = np.random.default_rng(1)
    labels = rng.random(2000) < 0.3
    scores = rng.normal(labels * 1.5).astype(np.float32)
    best = choose_threshold(scores, labels)
    chosen = measure(scores, labels, best).f1
    for quantile in np.linspace(0.02, 0.98, 25):
        other = float(np.quantile(scores, quantile))
        assert measure(scores, labels, other).f1 <= chosen + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=3, max_size=60))
def test_the_curve_falls_in_threshold_and_rises_in_recall(rows):
    scores = np.array([row[0] for row in rows], np.float32)
    labels = np.array([row[1] for row in rows])
    if labels.all() or not labels.any():
        return
    threshold, precision, recall = precision_recall_curve(scores, labels, 0.105)
    assert (np.diff(threshold) < 0).all()
    assert (np.diff(recall) >= 0).all()
    assert recall[-1] == 1.0
    assert precision[-1] == pytest.approx(0.105), "everything called: the prevalence"
