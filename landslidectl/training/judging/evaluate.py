"""What patch scores say about pairs of one place, and rules that need no network."""

import numpy as np

from landslidectl.evaluation.metrics import Scores
from landslidectl.inference.baselines import rule_db
from landslidectl.training.patches import PatchSet

COVER_CLASSES = ((0.05, 0.10), (0.10, 0.20), (0.20, 1.01))


def paired_response(scores: Scores, patches: PatchSet) -> dict[str, float]:
    """Return how often the same place scores higher with its slides than without.

    Keys are ``all`` and classes of cover such as ``0.05-0.10``; ties count half. Only places above
    the cover of a landslide patch count.
    """
    slides = np.flatnonzero((patches.pair >= 0) & ~patches.twin & patches.labels)
    twins = {int(patches.pair[index]): index for index in np.flatnonzero(patches.twin)}
    with_twin = np.array([index for index in slides if int(patches.pair[index]) in twins], int)
    partner = np.array([twins[int(patches.pair[index])] for index in with_twin], int)
    gain = scores[with_twin].astype(np.float64) - scores[partner]
    higher = np.where(gain > 0, 1.0, np.where(gain == 0, 0.5, 0.0))
    result = {"all": float(higher.mean())} if higher.size else {}
    for low, high in COVER_CLASSES:
        chosen = (patches.cover[with_twin] > low) & (patches.cover[with_twin] <= high)
        if chosen.any():
            result[f"{low:.2f}-{min(high, 1.0):.2f}"] = float(higher[chosen].mean())
    return result


def baseline_scores(patches: PatchSet) -> dict[str, Scores]:
    """Score patches by two rules that need no network.

    ``log_ratio`` is the mean absolute change over all change bands, ``spread`` the mean of their
    standard deviations, both in dB.
    """
    rules = {"log_ratio": "logratio", "spread": "spread"}
    return {name: rule_db(rule, patches.windows) for name, rule in rules.items()}
