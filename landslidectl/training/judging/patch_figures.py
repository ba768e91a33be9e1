"""The figures of a model on unseen patches: over all, by event and by pass."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.clusters import clustered_interval, rounded
from landslidectl.evaluation.metrics import (
    PREVALENCE,
    Labels,
    Scores,
    choose_threshold,
    measure,
    precision_recall_curve,
)
from landslidectl.training.judging.calibrate import reliability_record
from landslidectl.training.judging.evaluate import baseline_scores
from landslidectl.training.patches import PatchSet

FIGURES = ("accuracy", "precision", "recall", "f1", "roc_auc", "average_precision")
ROUNDS = 300
CURVE_POINTS = 120
MOST_EVENTS = 60


def patch_figures(
    scores: Scores,
    patches: PatchSet,
    threshold: float,
    calibration: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Measure scores on patches that no weight and no threshold was chosen on.

    Parameters
    ----------
    scores : float32, (patch,)
    patches : PatchSet
    threshold : float
        Chosen on validation patches.
    calibration : mapping, optional
        That of the manifest.

    Returns
    -------
    dict
        JSON-ready: ``all`` with 95 % intervals by event, ``by_event``, ``by_pass``,
        ``reliability`` and ``curve``, the precision-recall curve. An event or a pass with one kind
        of patch alone is left out, and so are all of more than 60 events.
    """
    labels = patches.labels
    return {
        "all": with_intervals(scores, labels, threshold, patches.seed),
        "by_event": _parts(scores, labels, threshold, _events(patches)),
        "by_pass": _parts(
            scores,
            labels,
            threshold,
            {"ascending": patches.ascending, "descending": ~patches.ascending},
        ),
        "reliability": reliability_record(scores, labels, calibration),
        "curve": curve_record(scores, labels),
    }


def with_intervals(
    scores: Scores, labels: Labels, threshold: float, seed: NDArray[Any]
) -> dict[str, Any]:
    """Return all figures and, as ``intervals``, their 95 % bootstrap intervals by event."""

    def figures(sample: NDArray[np.intp]) -> Mapping[str, float]:
        drawn = labels[sample]
        if not 0 < int(drawn.sum()) < drawn.size:
            return dict.fromkeys(FIGURES, float("nan"))
        found = measure(scores[sample], drawn, threshold)
        return {name: getattr(found, name) for name in FIGURES}

    intervals = clustered_interval(figures, seed, ROUNDS)
    return measure(scores, labels, threshold).as_dict() | {
        "events": int(np.unique(seed).size),
        "intervals": {
            name: [rounded(edge) for edge in interval] for name, interval in intervals.items()
        },
    }


def rule_figures(patches: PatchSet, validation: PatchSet) -> dict[str, Any]:
    """Measure the rules that need no network, their thresholds chosen on ``validation``."""
    tested, chosen_on = baseline_scores(patches), baseline_scores(validation)
    found = {}
    for name, values in tested.items():
        threshold = choose_threshold(chosen_on[name], validation.labels)
        found[name] = with_intervals(values, patches.labels, threshold, patches.seed) | {
            "curve": curve_record(values, patches.labels)
        }
    return found


def curve_record(
    scores: Scores, labels: Labels, prevalence: float = PREVALENCE
) -> list[dict[str, float]]:
    """Return the precision-recall curve at about 120 even steps of recall."""
    threshold, precision, recall = precision_recall_curve(scores, labels, prevalence)
    steps = np.searchsorted(recall, np.linspace(0.0, 1.0, CURVE_POINTS))
    places = np.unique(np.minimum(steps, recall.size - 1))
    return [
        {
            "threshold": round(float(threshold[place]), 5),
            "precision": round(float(precision[place]), 5),
            "recall": round(float(recall[place]), 5),
        }
        for place in places
    ]


def _events(patches: PatchSet) -> dict[str, NDArray[np.bool_]]:
    """Return the patches of every event; of none where places are as many as in a set of sites."""
    seeds = np.unique(patches.seed)
    if seeds.size > MOST_EVENTS:
        return {}
    return {str(seed): patches.seed == seed for seed in seeds}


def _parts(
    scores: Scores, labels: Labels, threshold: float, parts: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Any]:
    return {
        name: measure(scores[part], labels[part], threshold).as_dict()
        for name, part in parts.items()
        if 0 < int(labels[part].sum()) < int(part.sum())
    }
