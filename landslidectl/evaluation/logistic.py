"""Logistic regression by Newton's method, for a few features and any weights."""

import numpy as np
from numpy.typing import NDArray

from landslidectl.inference.calibration import sigmoid

STEPS = 100
HALVINGS = 30
CLOSE = 1e-12
Array = NDArray[np.float64]


def fit_logistic(
    features: Array, labels: NDArray[np.bool_], weights: Array, ridge: float = 1e-6
) -> Array:
    """Return the coefficients with the highest weighted likelihood.

    Parameters
    ----------
    features : float64, (row, feature)
        A column of ones where an intercept is wanted.
    labels : bool, (row,)
    weights : float64, (row,)
        Of the rows; only their ratios matter.
    ridge : float
        Penalty on the squares of the coefficients; keeps them finite where the kinds are separable.

    Notes
    -----
    A Newton step that does not lower the loss is halved.
    """
    share = weights / weights.sum()
    signs = np.where(labels, -1.0, 1.0)

    def loss(tried: Array) -> float:
        fit = np.sum(share * np.logaddexp(0.0, signs * (features @ tried)))
        return float(fit + ridge * tried @ tried)

    coefficients = np.zeros(features.shape[1])
    reached = loss(coefficients)
    for _ in range(STEPS):
        expected = sigmoid(features @ coefficients)
        slope = features.T @ (share * (expected - labels)) + 2.0 * ridge * coefficients
        curvature = features.T @ (features * (share * expected * (1.0 - expected))[:, np.newaxis])
        step = np.linalg.solve(curvature + 2.0 * ridge * np.eye(coefficients.size), slope)
        shares_of_step = (coefficients - 0.5**part * step for part in range(HALVINGS))
        better = next((tried for tried in shares_of_step if loss(tried) < reached - CLOSE), None)
        if better is None:
            break
        coefficients, reached = better, loss(better)
    return coefficients
