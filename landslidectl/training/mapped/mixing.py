"""Add simulated patches to those of inventories, for training alone."""

import numpy as np

from landslidectl.errors import InputError, UsageError
from landslidectl.training.patches import PatchSet, joined
from landslidectl.training.splits import REAL_EVENT


def mixed(real: PatchSet, simulated: PatchSet, share: float, seed: int) -> PatchSet:
    """Return both sets as one in which at most a share is simulated.

    Parameters
    ----------
    real, simulated : PatchSet
        All of the real ones are kept. Simulated ones are drawn; a patch and its twin without
        slides stay together.
    share : float
        Between 0 and 1, of the patches returned.
    seed : int

    Raises
    ------
    UsageError
        If the share is no share.
    InputError
        If ``simulated`` holds patches of mapped events.
    """
    if not 0.0 < share < 1.0:
        raise UsageError(
            f"--mix-share {share:g}: expected a share between 0 and 1",
            "Such as 0.5: one simulated patch for each real one, if there are as many.",
        )
    if (simulated.seed >= REAL_EVENT).any():
        raise InputError(
            "the patches to mix in are not all simulated",
            "Give a folder that `python -m landslidectl.training dataset` wrote; inventories are "
            "given with --event.",
        )
    most = round(len(real) * share / (1.0 - share))
    alone = -1 - np.arange(len(simulated))
    _, group, size = np.unique(
        np.where(simulated.pair >= 0, simulated.pair, alone),
        return_inverse=True,
        return_counts=True,
    )
    order = np.random.default_rng([seed, 7]).permutation(size.size)
    taken = np.zeros(size.size, dtype=bool)
    taken[order[np.cumsum(size[order]) <= most]] = True
    return joined([real, simulated.taken(np.flatnonzero(taken[group]))])
