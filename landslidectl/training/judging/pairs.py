"""Does a network see the change? One place with its slides and without, all else equal."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.evaluation.clusters import clustered_interval, rounded, wilson
from landslidectl.evaluation.metrics import Scores
from landslidectl.terms import BandSet
from landslidectl.training.judging.oracle import Footprints, oracle_scores, share_higher
from landslidectl.training.patches import POSITIVE_COVER, PatchSet, as_input, footprints

WINDOW_M2 = 640.0**2
COVERS = ((0.05, 0.10), (0.10, 1.0), (0.05, 0.075), (0.075, 0.10), (0.10, 0.20), (0.20, 1.0))
STRENGTHS_DB = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 30.0)
AREAS_M2 = (0.0, 5e3, 1e4, 2.048e4, 3e4, 4.096e4, 6e4, 1e5, WINDOW_M2)
FACINGS_DEG = (0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0)
SHARES = ("higher", "oracle_higher")
CHANCE = 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is known of each pair, (pair,) each.

    Parameters
    ----------
    slid, bare : float64
        Scores of the network with the slides and without.
    oracle : float64
        1 where the oracle puts the slid patch higher, 0 where it does not, 0.5 at ties.
    cover, strength_db, facing_deg : float64
        Of the slides; NaN where unknown.
    seed : int32
        Event.
    """

    slid: Array
    bare: Array
    oracle: Array
    cover: Array
    strength_db: Array
    facing_deg: Array
    seed: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PairClass:
    """Pairs counted together: those with ``low < value <= high``.

    Parameters
    ----------
    by : str
        ``all``, ``cover``, ``strength_db``, ``area_m2`` or ``facing_deg``.
    low, high : float
    members : bool, (pair,)
    """

    by: str
    low: float
    high: float
    members: NDArray[np.bool_]


def matched_pairs(patches: PatchSet) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the indexes of patches with slides and of their twins, in order of their numbers."""
    paired = patches.pair >= 0
    slid = np.flatnonzero(paired & ~patches.twin)
    bare = np.flatnonzero(paired & patches.twin)
    _, first, second = np.intersect1d(
        patches.pair[slid], patches.pair[bare], assume_unique=True, return_indices=True
    )
    return slid[first], bare[second]


def judge_pairs(scores: Scores, patches: PatchSet, bands: BandSet) -> dict[str, Any]:
    """Hold a network's answers to pairs against those of an oracle that knows the footprint.

    Parameters
    ----------
    scores : float32, (patch,)
        Of all patches.
    patches : PatchSet
        Unseen; pairs whose slides lie wholly in layover or shadow do not count.
    bands : BandSet
        What the network takes: the oracle sees the change in those bands alone.

    Returns
    -------
    dict
        JSON-ready. ``oracle_rules`` has the share each rule of `oracle` puts in order; of equals
        the one that is better on all pairs, small ones too, is the oracle. ``classes`` has one
        record for all pairs above 5 % cover and for classes of cover and strength, and
        ``response`` the records that make the curves. Intervals are 95 %, by event; those of shares
        are no narrower than for independent pairs.

    Raises
    ------
    InputError
        If there is no pair.
    """
    known = _seen_pairs(patches)
    slid, bare = known
    if slid.size == 0:
        raise InputError(
            "the patches hold no place with slides and without",
            "Make the set with twins: python -m landslidectl.training dataset.",
        )
    rules = _oracle(patches, known, bands)
    counted = patches.cover[slid] > POSITIVE_COVER
    shares = {name: _mean(right, counted) for name, right in rules.items()}
    best = max(rules, key=lambda name: (shares[name], float(rules[name].mean())))
    pairs = Pairs(
        slid=scores[slid].astype(np.float64),
        bare=scores[bare].astype(np.float64),
        oracle=rules[best],
        cover=patches.cover[slid].astype(np.float64),
        strength_db=patches.strength_db[slid].astype(np.float64),
        facing_deg=patches.facing_deg[slid].astype(np.float64),
        seed=patches.seed[slid],
    )
    records = _records(pairs, pair_classes(pairs))
    curves = ("strength_db", "area_m2", "facing_deg")
    return {
        "pairs": int(counted.sum()),
        "pairs_below_5_percent": int((~counted).sum()),
        "events": int(np.unique(pairs.seed).size),
        "oracle": best,
        "oracle_rules": {name: round(share, 5) for name, share in shares.items()},
        "classes": [record for record in records if record["by"] not in curves[1:]],
        "response": {by: [item for item in records if item["by"] == by] for by in curves},
    }


def pair_classes(pairs: Pairs) -> list[PairClass]:
    """Return the classes that hold a pair; those by strength and facing above 5 % cover alone."""
    counted = pairs.cover > POSITIVE_COVER
    found = [PairClass("all", POSITIVE_COVER, 1.0, counted)]
    found += _classes("cover", pairs.cover, COVERS, counted)
    found += _classes("strength_db", pairs.strength_db, _steps(STRENGTHS_DB), counted)
    whole = np.ones_like(counted)
    found += _classes("area_m2", pairs.cover * WINDOW_M2, _steps(AREAS_M2), whole)
    found += _classes("facing_deg", pairs.facing_deg, _steps(FACINGS_DEG), counted)
    return [item for item in found if item.members.any()]


def _mean(right: Array, counted: NDArray[np.bool_]) -> float:
    """Return the share in order of the pairs that count, or of all where none does."""
    return float(right[counted].mean() if counted.any() else right.mean())


def _seen_pairs(patches: PatchSet) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    slid, bare = matched_pairs(patches)
    seen = patches.footprint[slid].any(axis=1)
    return slid[seen], bare[seen]


def _oracle(
    patches: PatchSet, known: tuple[NDArray[np.intp], NDArray[np.intp]], bands: BandSet
) -> dict[str, Array]:
    """Return for every rule which pairs it puts in order."""
    first_change = len(bands.band_names) // 2
    slid, bare = (as_input(patches.windows[side], bands)[..., first_change:] for side in known)
    inside = footprints(patches.taken(known[0]))
    scores = oracle_scores(Footprints(slid, bare, inside, patches.seed[known[0]]))
    return {name: share_higher(*sides) for name, sides in scores.items()}


def _steps(edges: Sequence[float]) -> tuple[tuple[float, float], ...]:
    return tuple(itertools.pairwise(edges))


def _classes(
    by: str, values: Array, ranges: Sequence[tuple[float, float]], counted: NDArray[np.bool_]
) -> list[PairClass]:
    return [
        PairClass(by, low, high, counted & (values <= high) & (values > (low or -1.0)))
        for low, high in ranges
    ]


def _records(pairs: Pairs, classes: Sequence[PairClass]) -> list[dict[str, Any]]:
    higher = share_higher(pairs.slid, pairs.bare)
    columns = np.stack([higher, pairs.oracle, pairs.slid, pairs.bare])
    members = np.array([item.members for item in classes], dtype=np.float64)

    def figures(weight: Array) -> Mapping[str, Array]:
        with np.errstate(invalid="ignore", divide="ignore"):
            weighted = members * weight
            count = weighted.sum(axis=1)
            means = np.einsum("cp,fp->cf", weighted, columns) / count[:, np.newaxis]
            closed = (means[:, 0] - CHANCE) / (means[:, 1] - CHANCE)
        usable = np.where(means[:, 1] > CHANCE, closed, np.nan)
        names = ("higher", "oracle_higher", "score_with", "score_without")
        found = dict(zip(names, means.T, strict=True))
        return found | {"gain": means[:, 2] - means[:, 3], "closed": usable}

    def sampled(sample: NDArray[np.intp]) -> Mapping[str, float]:
        drawn = figures(np.bincount(sample, minlength=len(pairs.seed)).astype(np.float64))
        return {
            f"{name}/{index}": float(value)
            for name, values in drawn.items()
            for index, value in enumerate(values)
        }

    intervals = clustered_interval(sampled, pairs.seed)
    whole = figures(np.ones(len(pairs.seed)))
    records = []
    for index, item in enumerate(classes):
        record: dict[str, Any] = {"by": item.by, "from": item.low, "to": item.high}
        record["pairs"] = int(item.members.sum())
        record["events"] = int(np.unique(pairs.seed[item.members]).size)
        for name, values in whole.items():
            low, high = intervals[f"{name}/{index}"]
            record[name] = rounded(values[index])
            record[f"{name}_interval"] = _widened(name, record, (low, high))
        records.append(record)
    return records


def _widened(
    name: str, record: Mapping[str, Any], interval: tuple[float, float]
) -> list[float | None]:
    """Return an interval no narrower than that of as many independent pairs."""
    outer = interval
    if name in SHARES and record[name] is not None:
        outer = wilson(record[name], record["pairs"])
    elif name == "closed" and record[name] is not None:
        way = record["oracle_higher"] - CHANCE
        low, high = ((edge - CHANCE) / way for edge in wilson(record["higher"], record["pairs"]))
        outer = low, min(high, max(1.0, record[name]))
    return [rounded(np.fmin(interval[0], outer[0])), rounded(np.fmax(interval[1], outer[1]))]
