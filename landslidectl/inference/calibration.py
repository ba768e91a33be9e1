"""From scores to probabilities, where a manifest says how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLATT = "platt"
LEAST_SCORE = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a score becomes a probability: ``sigmoid(slope * logit(score) + intercept)``.

    Parameters
    ----------
    slope, intercept : float
    prevalence : float
        Share of landslide windows the probability holds for.
    set_name : str
        What it was fitted on.

    Notes
    -----
    Source: Platt 1999, Probabilistic outputs for support vector machines.
    """

    slope: float
    intercept: float
    prevalence: float
    set_name: str

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Calibration | None":
        """Read the calibration of a manifest; None where it has none.

        Raises
        ------
        ModelError
            If it is of an unknown kind or incomplete.
        """
        raw = manifest.get("calibration")
        if raw is None:
            return None
        try:
            known = cls(
                slope=float(raw["slope"]),
                intercept=float(raw["intercept"]),
                prevalence=float(raw["prevalence"]),
                set_name=str(raw["set"]),
            )
            kind = raw["kind"]
        except (KeyError, TypeError, ValueError) as error:
            raise _unusable(repr(error)) from error
        if kind != PLATT or known.slope <= 0:
            raise _unusable(f"kind {kind!r}, slope {known.slope:g}")
        return known


def calibrated(scores: "NDArray[np.floating]", calibration: Calibration) -> "NDArray[np.float32]":
    """Return probabilities of the shape of ``scores``; NaN stays NaN, and the order stays."""
    return sigmoid(calibration.slope * logit(scores) + calibration.intercept).astype(np.float32)


def logit(scores: "NDArray[np.floating]") -> "NDArray[np.float64]":
    """Return log(score / (1 - score)); scores nearer to 0 or 1 than one millionth count as that."""
    inside = np.clip(scores.astype(np.float64), LEAST_SCORE, 1.0 - LEAST_SCORE)
    return np.asarray(np.log(inside / (1.0 - inside)))


def sigmoid(value: "NDArray[np.floating]") -> "NDArray[np.float64]":
    """Return 1 / (1 + exp(-value)) without overflow."""
    small = np.exp(-np.abs(value.astype(np.float64)))
    return np.asarray(np.where(value >= 0, 1.0, small) / (1.0 + small))


def _unusable(reason: str) -> ModelError:
    return ModelError(
        f"'calibration' of the model cannot be used: {reason}",
        "Install the model again, or choose another one: landslidectl models list.",
    )
