"""Newton finds what made the labels, also from far away and where the kinds are separable."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.evaluation.logistic import fit_logistic
from landslidectl.inference.calibration import sigmoid


@settings(max_examples=10, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(-3.0, 1.0), st.integers(0, 1000))
def test_the_coefficients_that_made_the_labels_are_found(slope, intercept, seed):
    rng = np.random.default_rng(seed)
    value = rng.normal(size=20_000) * 2.0
    labels = rng.random(value.size) < sigmoid(slope * value + intercept)
    features = np.column_stack([value, np.ones(value.size)])
    found = fit_logistic(features, labels, np.ones(value.size))
    np.testing.assert_allclose(found, [slope, intercept], atol=0.25)


def test_weights_stand_for_repetition():
    rng = np.random.default_rng(3)
    features = np.column_stack([rng.normal(size=300), np.ones(300)])
    labels = rng.random(300) < 0.4
    repeats = rng.integers(1, 4, 300)
    weighted = fit_logistic(features, labels, repeats.astype(float))
    repeated = fit_logistic(
        features.repeat(repeats, axis=0), labels.repeat(repeats), np.ones(repeats.sum())
    )
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5, atol=1e-7)


def test_separable_kinds_give_finite_numbers():
    value = np.linspace(-1, 1, 50)
    found = fit_logistic(value[:, None], value > 0, np.ones(50))
    assert np.isfinite(found).all()
    assert found[0] > 10
