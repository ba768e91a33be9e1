"""Whether a score of 0.7 is right seven times in ten, at a stated prevalence.

Sets of patches hold far more landslides than the ground does, so every figure here weighs the two
kinds to a prevalence, as `metrics` does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.metrics import PREVALENCE, Labels

BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far scores can be taken for probabilities.

    Parameters
    ----------
    brier : float
        Mean square of score minus label (1 or 0).
    calibration_error : float
        Expected calibration error: mean over the patches of the gap between the mean score and the
        share of landslides of their bin.
    edges : float64, (bin + 1,)
        Of equally wide bins of scores.
    score, share : float64, (bin,)
        Mean score and share of landslides; NaN in an empty bin.
    weight : float64, (bin,)
        Share of all patches at the prevalence.
    patches : int64, (bin,)
        Patches counted.
    prevalence : float
    """

    brier: float
    calibration_error: float
    edges: NDArray[np.float64]
    score: NDArray[np.float64]
    share: NDArray[np.float64]
    weight: NDArray[np.float64]
    patches: NDArray[np.int64]
    prevalence: float

    def as_dict(self) -> dict[str, Any]:
        """Return figures and curve, JSON-ready; empty bins are left out."""
        rows = zip(self.edges[:-1], self.score, self.share, self.weight, self.patches, strict=True)
        return {
            "brier": round(self.brier, 5),
            "calibration_error": round(self.calibration_error, 5),
            "prevalence": self.prevalence,
            "bins": [
                {
                    "from": round(float(low), 4),
                    "score": round(float(score), 5),
                    "share": round(float(share), 5),
                    "weight": round(float(weight), 6),
                    "patches": int(count),
                }
                for low, score, share, weight, count in rows
                if count
            ],
        }


def prior_weights(labels: Labels, prevalence: float = PREVALENCE) -> NDArray[np.float64]:
    """Return weights that sum to 1 and bring the share of positives to ``prevalence``.

    Raises
    ------
    ValueError
        If a kind is absent.
    """
    positives = int(labels.sum())
    negatives = labels.size - positives
    if positives == 0 or negatives == 0:
        raise ValueError("a prevalence needs positives and negatives")
    return np.where(labels, prevalence / positives, (1.0 - prevalence) / negatives)


def reliability(
    scores: NDArray[np.floating], labels: Labels, prevalence: float = PREVALENCE, bins: int = BINS
) -> Reliability:
    """Compare scores, 0..1, with the share of landslides among patches of that score."""
    values = scores.astype(np.float64)
    weights = prior_weights(labels, prevalence)
    place = np.minimum((values * bins).astype(np.int64), bins - 1)
    weight = np.bincount(place, weights, minlength=bins).astype(np.float64)
    full = np.where(weight > 0, weight, np.nan)
    score = np.bincount(place, weights * values, minlength=bins) / full
    share = np.bincount(place, weights * labels, minlength=bins) / full
    return Reliability(
        brier=float(np.sum(weights * (values - labels) ** 2)),
        calibration_error=float(np.nansum(weight * np.abs(score - share))),
        edges=np.linspace(0.0, 1.0, bins + 1),
        score=score,
        share=share,
        weight=weight,
        patches=np.bincount(place, minlength=bins).astype(np.int64),
        prevalence=prevalence,
    )
