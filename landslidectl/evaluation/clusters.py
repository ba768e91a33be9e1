"""How far a figure would wander on other events, and over training seeds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDS = 500
COVERAGE = 0.95
SEED = 20261122
NORMAL_95 = 1.959964

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several training runs.

    Parameters
    ----------
    median, std : float
        Median and sample standard deviation (``ddof`` 1; 0 for one run).
    runs : int
    """

    median: float
    std: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise the figures of runs that differ in their seed alone."""
        if not values:
            raise ValueError("no run to summarise")
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return cls(float(np.median(values)), deviation, len(values))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return {"median": round(self.median, 5), "std": round(self.std, 5), "runs": self.runs}


def clustered_interval(
    figures: Callable[[NDArray[np.intp]], Figures],
    clusters: NDArray[Any],
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> dict[str, tuple[float, float]]:
    """Return 95 % bootstrap intervals of figures when whole clusters are drawn anew.

    Patches of one event share terrain, dates and speckle, so drawing single patches would promise
    too much.

    Parameters
    ----------
    figures : callable
        From the indexes of a drawn sample to named figures; NaN where a sample gives none.
    clusters : (item,)
        Cluster of every item, such as the number of its event.
    rounds, seed : int
        How many samples, and of which generator.

    Returns
    -------
    dict
        Low and high percentile of every figure; NaN where no sample gave any.
    """
    drawn: dict[str, list[float]] = {}
    for sample in cluster_samples(clusters, rounds, seed):
        for name, value in figures(sample).items():
            drawn.setdefault(name, []).append(value)
    return {name: _percentiles(values) for name, values in drawn.items()}


def cluster_samples(
    clusters: NDArray[Any], rounds: int = ROUNDS, seed: int = SEED
) -> Iterator[NDArray[np.intp]]:
    """Yield indexes of samples made of whole clusters, as many as there are, with replacement."""
    _, place = np.unique(clusters, return_inverse=True)
    order = np.argsort(place, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(place))[:-1])
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        chosen = rng.integers(0, len(members), len(members))
        yield np.concatenate([members[index] for index in chosen])


def poisson_upper(count: int, level: float = COVERAGE) -> float:
    """Return the largest mean under which ``count`` or fewer is not rarer than ``1 - level``.

    Found by bisection of the Poisson distribution, so 3.0 for no event at 95 %.
    """
    low, high = float(count), 3.0 * count + 20.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        terms = np.cumsum(np.concatenate(([0.0], np.log(middle / np.arange(1, count + 1)))))
        below = float(np.exp(terms - middle).sum())
        low, high = (middle, high) if below > 1.0 - level else (low, middle)
    return 0.5 * (low + high)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of ``count`` independent outcomes.

    A bootstrap of nothing but successes has no spread; this has.
    """
    square = NORMAL_95**2 / max(count, 1)
    middle = (share + square / 2.0) / (1.0 + square)
    variance = share * (1.0 - share) / max(count, 1) + square / (4.0 * max(count, 1))
    half = NORMAL_95 * variance**0.5 / (1.0 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def rounded(value: float | None) -> float | None:
    """Return a figure for JSON: five decimals, None where it is not a number."""
    return round(float(value), 5) if value is not None and np.isfinite(value) else None


def _percentiles(values: list[float]) -> tuple[float, float]:
    known = np.array(values)[np.isfinite(values)]
    if known.size == 0:
        return float("nan"), float("nan")
    edge = 50.0 * (1.0 - COVERAGE)
    low, high = np.percentile(known, [edge, 100.0 - edge])
    return float(low), float(high)
