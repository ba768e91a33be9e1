"""What an epoch shows the network: which patches, in which order, mirrored or not, how fast."""

import math

import numpy as np
from numpy.typing import NDArray

from landslidectl.training.networks.fit_settings import FitSettings
from landslidectl.training.patches import PatchSet


def epoch_order(patches: PatchSet, settings: FitSettings, epoch: int) -> NDArray[np.intp]:
    """Return which patches an epoch sees, and in which order; depends on seed and epoch alone.

    Every positive once, or as many as there are negatives for; as negatives all twins, or as many
    as there is room for, and other negatives up to ``negatives_per_positive``.
    """
    rng = np.random.default_rng([settings.seed, epoch])
    positives = np.flatnonzero(patches.labels)
    enough = round((len(patches) - positives.size) / settings.negatives_per_positive)
    if enough < positives.size:
        positives = rng.permutation(positives)[: max(enough, 1)]
    twins = rng.permutation(np.flatnonzero(patches.twin))
    others = rng.permutation(np.flatnonzero(~patches.labels & ~patches.twin))
    wanted = round(settings.negatives_per_positive * positives.size)
    twins = twins[: wanted - min(others.size, wanted // 2)] if others.size else twins[:wanted]
    negatives = np.concatenate([twins, others])[:wanted]
    return rng.permutation(np.concatenate([positives, negatives]))


def learning_rate(settings: FitSettings, epoch: int) -> float:
    """Return the rate of an epoch, counted from 1."""
    phase = (epoch - 1) / max(settings.epochs - 1, 1)
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * phase)))


def flipped(windows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mirror about half of the windows along rows, and about half along columns."""
    north_south, west_east = rng.random((2, windows.shape[0])) < 0.5
    windows[north_south] = windows[north_south, ::-1]
    windows[west_east] = windows[west_east, :, ::-1]
    return windows
