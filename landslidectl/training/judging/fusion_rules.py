"""Ways of pooling the scores of tracks: that of the product, and those that it was chosen among."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.pool import pooled
from landslidectl.evaluation.logistic import fit_logistic
from landslidectl.inference.calibration import logit, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRODUCT = "root of odds, weighted"
LOGISTIC = "logistic regression"


@dataclass(frozen=True, slots=True)
class Layers:
    """What a rule starts from, each (track, row, col).

    Parameters
    ----------
    scores : NDArray
        float32, NaN where not observed.
    used : NDArray
        bool: which tracks count.
    weights : NDArray
        How well each sees the ground about.
    """

    scores: "NDArray[np.float32]"
    used: "NDArray[np.bool_]"
    weights: "NDArray[Any]"

    @property
    def even(self) -> "Layers":
        """Return the same with equal weights."""
        return replace(self, weights=np.ones_like(self.weights))

    @property
    def shares(self) -> "NDArray[np.float64]":
        """Return the weights, summing to one where a track counts."""
        own = np.where(self.used, np.maximum(self.weights, 1), 0).astype(np.float64)
        return np.asarray(own / np.maximum(own.sum(axis=0), 1.0))

    @property
    def logits(self) -> "NDArray[np.float64]":
        """Return the log-odds, 0 where a track does not count."""
        return logit(np.where(self.used, self.scores, np.float32(0.5)))


Rule = Callable[[Layers], "NDArray[Any]"]


def rules() -> dict[str, Rule]:
    """Return the rules that need no fitting, by name."""
    return {
        "mean": lambda layers: _mean(layers.even),
        "mean, weighted": _mean,
        "log-odds": lambda layers: _sharpened(layers.even, 0.0),
        "log-odds, weighted": lambda layers: _sharpened(layers, 0.0),
        "log-odds, weighted, sharpened": lambda layers: _sharpened(layers, 0.5),
        PRODUCT: _product,
        "odds": lambda layers: _powers(layers.even, 1.0),
        "odds, weighted": lambda layers: _powers(layers, 1.0),
        "squared odds, weighted": lambda layers: _powers(layers, 2.0),
        "highest": _highest,
    }


def features(layers: Layers) -> "NDArray[np.float64]":
    """Return the highest and the lowest log-odds and their weighted mean, (3, row, col).

    They do not know the order of the tracks.
    """
    logits = layers.logits
    high = np.where(layers.used, logits, -np.inf).max(axis=0)
    low = np.where(layers.used, logits, np.inf).min(axis=0)
    return np.stack([high, low, (layers.shares * logits).sum(axis=0)])


def fitted_rule(
    rows: "NDArray[np.float64]", labels: "NDArray[np.bool_]"
) -> tuple[Rule, list[float]]:
    """Fit a logistic regression on `features` of places; return it and its coefficients.

    Parameters
    ----------
    rows : NDArray
        float64 (place, 3), of places where two tracks count.
    labels : NDArray
        bool (place,).
    """
    table = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    fit = fit_logistic(table, labels, np.ones(len(table)))

    def rule(layers: Layers) -> "NDArray[Any]":
        joint = sigmoid(np.tensordot(fit[:3], features(layers), axes=1) + fit[3])
        return np.where(layers.used.sum(axis=0) > 1, joint, _highest(layers))

    return rule, [round(float(value), 4) for value in fit]


def _product(layers: Layers) -> "NDArray[Any]":
    return pooled(layers.scores, layers.used, layers.weights)


def _mean(layers: Layers) -> "NDArray[Any]":
    return np.asarray((layers.shares * np.where(layers.used, layers.scores, 0.0)).sum(axis=0))


def _sharpened(layers: Layers, power: float) -> "NDArray[Any]":
    """Mean the log-odds, times a power of how many tracks speak: 0 takes them as one witness."""
    shares = layers.shares
    tracks = 1.0 / np.maximum((shares**2).sum(axis=0), 1e-9)
    return sigmoid(tracks**power * (shares * layers.logits).sum(axis=0))


def _powers(layers: Layers, power: float) -> "NDArray[Any]":
    """Return the mean of a power of the odds, as a score."""
    mean = (layers.shares * np.exp(power * layers.logits)).sum(axis=0)
    return sigmoid(np.log(np.maximum(mean, 1e-30)) / power)


def _highest(layers: Layers) -> "NDArray[Any]":
    return np.asarray(np.where(layers.used, layers.scores, -1.0).max(axis=0))
