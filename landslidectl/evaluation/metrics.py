"""Figures of merit of patch scores.

A test set holds far more landslides than the ground does. Precision, F1 and average precision are
therefore computed with weights that bring the share of positives to a stated prevalence; 10.5 % is
that of the method's published composite test set. ROC AUC and recall do not depend on it.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PREVALENCE = 0.105

Scores = NDArray[np.float32]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PatchMetrics:
    """How well scores tell landslide patches from others.

    Parameters
    ----------
    roc_auc, average_precision : float
        Without a threshold.
    threshold, accuracy, precision, recall, f1 : float
        At a threshold.
    prevalence : float
        Share of positives that precision, F1, accuracy and average precision are stated for.
    positives, negatives : int
        Patches in the set.
    """

    roc_auc: float
    average_precision: float
    threshold: float
    accuracy: float
    precision: float
    recall: float
    f1: float
    prevalence: float
    positives: int
    negatives: int

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return {
            key: round(value, 5) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }


def roc_auc(scores: Scores, labels: Labels) -> float:
    """Return the share of pairs of a positive and a negative in right order; ties count half."""
    positives = int(labels.sum())
    negatives = labels.size - positives
    if positives == 0 or negatives == 0:
        raise ValueError("a ROC curve needs positives and negatives")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2.0
    rank_sum = mean_rank[place][labels].sum()
    return float((rank_sum - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(scores: Scores, labels: Labels, prevalence: float = PREVALENCE) -> float:
    """Return the area under the precision-recall curve, by steps of recall."""
    _, precision, recall = precision_recall_curve(scores, labels, prevalence)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def choose_threshold(scores: Scores, labels: Labels, prevalence: float = PREVALENCE) -> float:
    """Return the score with the best F1; take it on validation data, never on the test set."""
    thresholds, precision, recall = precision_recall_curve(scores, labels, prevalence)
    f1 = 2.0 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[int(f1.argmax())])


def measure(
    scores: Scores, labels: Labels, threshold: float, prevalence: float = PREVALENCE
) -> PatchMetrics:
    """Compute all figures at ``threshold`` (a score equal to it counts as landslide)."""
    found = scores >= threshold
    recall = float(found[labels].mean())
    false_share = float(found[~labels].mean())
    hits, alarms = prevalence * recall, (1.0 - prevalence) * false_share
    precision = hits / (hits + alarms) if hits + alarms > 0 else 0.0
    f1 = 2.0 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return PatchMetrics(
        roc_auc=roc_auc(scores, labels),
        average_precision=average_precision(scores, labels, prevalence),
        threshold=threshold,
        accuracy=hits + (1.0 - prevalence) * (1.0 - false_share),
        precision=precision,
        recall=recall,
        f1=f1,
        prevalence=prevalence,
        positives=int(labels.sum()),
        negatives=int((~labels).sum()),
    )


def precision_recall_curve(
    scores: Scores, labels: Labels, prevalence: float
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return thresholds, descending, with precision and recall at each."""
    order = np.argsort(-scores, kind="stable")
    ordered, truth = scores[order], labels[order]
    last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    recall = np.cumsum(truth)[last_of_tie] / max(int(labels.sum()), 1)
    false_share = np.cumsum(~truth)[last_of_tie] / max(int((~labels).sum()), 1)
    hits, alarms = prevalence * recall, (1.0 - prevalence) * false_share
    return ordered[last_of_tie], hits / (hits + alarms), recall
