"""Scores held against shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.evaluation.reliability import prior_weights, reliability


def drawn(seed, count=20_000):
    """Scores that are probabilities at the set's own prevalence of one half."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.7, 0.7, count)
    return scores.astype(np.float32), rng.random(count) < scores


def test_probabilities_are_reliable_and_their_squares_are_not():
    scores, labels = drawn(1)
    good = reliability(scores, labels, prevalence=float(labels.mean()))
    bad = reliability(scores**2, labels, prevalence=float(labels.mean()))
    assert good.calibration_error < 0.01
    assert bad.calibration_error > 0.08
    assert good.brier < bad.brier
    np.testing.assert_allclose(good.share, good.score, atol=0.04)


def test_another_prevalence_makes_the_same_scores_unreliable():
    scores, labels = drawn(2)
    rare = reliability(scores, labels, prevalence=0.105)
    assert rare.calibration_error > 0.2
    assert np.nansum(rare.share * rare.weight) == pytest.approx(0.105)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=50))
def test_weights_and_errors_stay_in_their_ranges(rows):
    scores = np.array([row[0] for row in rows], np.float32)
    labels = np.array([row[1] for row in rows])
    if labels.all() or not labels.any():
        with pytest.raises(ValueError, match="positives and negatives"):
            prior_weights(labels)
        return
    found = reliability(scores, labels)
    assert 0.0 <= found.brier <= 1.0
    assert 0.0 <= found.calibration_error <= 1.0
    assert found.weight.sum() == pytest.approx(1.0)
    assert found.patches.sum() == len(rows)
    assert len(found.as_dict()["bins"]) == int((found.patches > 0).sum())
