"""Calibration keeps the order, and says nothing where the manifest says nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import ModelError
from landslidectl.inference.calibration import Calibration, calibrated, logit, sigmoid

RAW = {"kind": "platt", "slope": 1.7, "intercept": -0.4, "set": "validation", "prevalence": 0.105}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20),
    st.floats(0.1, 5),
    st.floats(-5, 5),
)
def test_probabilities_keep_the_order_of_scores(scores, slope, intercept):
    known = Calibration(slope, intercept, 0.105, "validation")
    order = np.sort(np.array(scores, np.float32))
    result = calibrated(order, known)
    assert (np.diff(result) >= 0).all()
    assert ((result >= 0) & (result <= 1)).all()


def test_the_identity_changes_nothing_and_nan_stays():
    scores = np.array([0.01, 0.5, 0.99, np.nan], np.float32)
    found = calibrated(scores, Calibration(1.0, 0.0, 0.105, "validation"))
    np.testing.assert_allclose(found, scores, rtol=1e-6)
    np.testing.assert_allclose(sigmoid(logit(scores[:3])), scores[:3], rtol=1e-6)


def test_a_manifest_without_calibration_has_none():
    assert Calibration.of({}) is None
    known = Calibration.of({"calibration": RAW})
    assert known == Calibration(1.7, -0.4, 0.105, "validation")


@pytest.mark.parametrize("change", [{"kind": "beta"}, {"slope": -1.0}, {"intercept": "much"}])
def test_an_unknown_calibration_is_refused(change):
    with pytest.raises(ModelError, match="calibration"):
        Calibration.of({"calibration": RAW | change})


def test_an_incomplete_calibration_is_refused():
    with pytest.raises(ModelError, match="prevalence"):
        Calibration.of({"calibration": {k: v for k, v in RAW.items() if k != "prevalence"}})
