"""Platt's numbers undo a known distortion at the prevalence they are fitted for."""

import numpy as np
import pytest

from landslidectl.evaluation.reliability import reliability
from landslidectl.inference.calibration import Calibration, calibrated
from landslidectl.training.judging.calibrate import calibrate, reliability_record


def overconfident(seed, count=20_000):
    """Half landslides; the logit of a score is three times what it should be."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2 == 0
    evidence = rng.normal(np.where(labels, 1.0, -1.0), 1.0)
    return (1.0 / (1.0 + np.exp(-6.0 * evidence))).astype(np.float32), labels


def test_calibrated_scores_are_reliable_on_another_set():
    scores, labels = overconfident(1)
    raw = calibrate(scores, labels, "validation")
    assert raw["slope"] == pytest.approx(1 / 3, rel=0.05)
    assert raw["intercept"] == pytest.approx(np.log(0.105 / 0.895), abs=0.1)
    other, truth = overconfident(2)
    record = reliability_record(other, truth, raw)
    assert record["calibrated"]["calibration_error"] < 0.01
    assert record["calibrated"]["brier"] < record["scores"]["brier"]
    assert record["scores"]["calibration_error"] > 0.05


def test_the_stated_prevalence_is_met():
    scores, labels = overconfident(3)
    for prevalence in (0.02, 0.3):
        known = Calibration.of({"calibration": calibrate(scores, labels, "v", prevalence)})
        found = reliability(calibrated(scores, known), labels, prevalence)
        assert np.nansum(found.score * found.weight) == pytest.approx(prevalence, abs=1e-3)


def test_without_calibration_only_scores_are_judged():
    assert set(reliability_record(*overconfident(4, 200), None)) == {"scores"}
