"""How certain counted shares are: 95 % intervals from seeded bootstraps.

Resampling n yes-or-no outcomes of which k are yes gives k' of n with the binomial distribution, so
the draws are taken from it. Where all or none are yes a bootstrap has no spread; draws then come
from the Jeffreys posterior, Beta(k + 1/2, n - k + 1/2), so that three of three is not certainty.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 1000
SLOW_DRAWS = 200
"""For figures that take a sort of all patches each."""
SEED = 2018
LEVELS = (2.5, 97.5)
FEWEST_GROUPS = 20

Interval = tuple[float, float] | None


def share(count: int, total: int) -> float | None:
    """Return ``count / total``, None of nothing."""
    return count / total if total else None


def f1_of(precision: float | None, recall: float | None) -> float | None:
    """Return the harmonic mean; None where one of the two is unknown."""
    if precision is None or recall is None:
        return None
    total = precision + recall
    return 2.0 * precision * recall / total if total else 0.0


def share_interval(count: int, total: int) -> Interval:
    """Return the interval of a share; None of nothing."""
    if total == 0:
        return None
    rng = np.random.default_rng([SEED, count, total])
    return _limits(_draws(count, total, rng), count / total)


def f1_interval(hits: int, detections: int, found: int, slides: int) -> Interval:
    """Return the interval of the F1 score of independent detections and slides."""
    if detections == 0 or slides == 0:
        return None
    rng = np.random.default_rng([SEED, hits, detections, found, slides])
    precision, recall = _draws(hits, detections, rng), _draws(found, slides, rng)
    estimate = f1_of(hits / detections, found / slides)
    return _limits(_harmonic(precision, recall), estimate or 0.0)


def group_draws(groups: "NDArray[Any]", draws: int = DRAWS) -> "NDArray[np.int64] | None":
    """Draw groups of neighbours with replacement.

    Patches beside each other are alike; drawing them one by one would make figures look more
    certain than they are.

    Returns
    -------
    int array of shape (draw, group) or None
        How often every group, in ascending order, is drawn; None of fewer than 20 groups.
    """
    count = len(np.unique(groups))
    if count < FEWEST_GROUPS:
        return None
    rng = np.random.default_rng([SEED, count])
    return rng.multinomial(count, np.full(count, 1.0 / count), size=draws)


def ratio_interval(above: "NDArray[Any]", below: "NDArray[Any]", estimate: float) -> Interval:
    """Return the interval of drawn ratios; draws without anything below the line are left out."""
    drawn = below > 0
    if not drawn.any():
        return None
    return _limits(above[drawn] / below[drawn], estimate)


def statistic_interval(
    statistic: "Callable[[NDArray[np.intp]], float | None]", groups: "NDArray[Any]", estimate: float
) -> Interval:
    """Return the interval of any figure of places, drawn in their groups or, if few, alone."""
    labels = np.unique(groups, return_inverse=True)[1]
    if labels.max(initial=-1) + 1 < FEWEST_GROUPS:
        labels = np.arange(len(groups))
    count = int(labels.max(initial=-1)) + 1
    if count < 2:
        return None
    rng = np.random.default_rng([SEED, count, len(groups)])
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    drawn = (rng.integers(0, count, count) for _ in range(SLOW_DRAWS))
    values = [statistic(np.concatenate([members[group] for group in draw])) for draw in drawn]
    known = np.array([value for value in values if value is not None])
    return _limits(known, estimate) if known.size else None


def _draws(count: int, total: int, rng: np.random.Generator) -> "NDArray[np.float64]":
    if 0 < count < total:
        return rng.binomial(total, count / total, DRAWS) / total
    return rng.beta(count + 0.5, total - count + 0.5, DRAWS)


def _harmonic(
    precision: "NDArray[np.float64]", recall: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    return 2.0 * precision * recall / np.maximum(precision + recall, 1e-12)


def _limits(draws: "NDArray[Any]", estimate: float) -> tuple[float, float]:
    low, high = np.percentile(draws, LEVELS)
    return min(float(low), estimate), max(float(high), estimate)
