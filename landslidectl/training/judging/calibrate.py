"""Bring scores to probabilities by two numbers, fitted on patches that no weight has seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.logistic import fit_logistic
from landslidectl.evaluation.metrics import PREVALENCE, Labels
from landslidectl.evaluation.reliability import prior_weights, reliability
from landslidectl.inference.calibration import PLATT, Calibration, calibrated, logit


def calibrate(
    scores: NDArray[np.float32], labels: Labels, name: str, prevalence: float = PREVALENCE
) -> dict[str, Any]:
    """Fit Platt's two numbers and return what the manifest keeps under ``calibration``.

    Parameters
    ----------
    scores : float32, (patch,)
        Of the network as it ships.
    labels : bool, (patch,)
    name : str
        What set this is, such as ``validation``; never the test set.
    prevalence : float
        The kinds are weighted to it, so the probability holds where so many windows slid.

    Raises
    ------
    ValueError
        If a kind is absent.
    """
    features = np.column_stack([logit(scores), np.ones(scores.size)])
    slope, intercept = fit_logistic(features, labels, prior_weights(labels, prevalence))
    return {
        "kind": PLATT,
        "slope": round(float(max(slope, 1e-6)), 6),
        "intercept": round(float(intercept), 6),
        "set": name,
        "prevalence": prevalence,
    }


def reliability_record(
    scores: NDArray[np.float32], labels: Labels, calibration: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the reliability of scores as they come, and calibrated where there is a calibration.

    Keys are ``scores`` and ``calibrated``.
    """
    record = {"scores": reliability(scores, labels).as_dict()}
    known = Calibration.of({"calibration": calibration})
    if known is not None:
        record["calibrated"] = reliability(calibrated(scores, known), labels).as_dict()
    return record
