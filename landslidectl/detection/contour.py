"""Which pixels slid: steady ground and slide compete for every one of them.

Inside one slide the echo may rise at the crown and fall at the toe, so neither the sign of the
change nor one mean describes it. Steady ground is noise about zero in the whitened change; a slide
has a mean and a variance of its own wherever one looks. Both are weighed near each pixel from the
present shape, the shape is drawn again from both and from what the neighbours say, and so on a few
times: a localised region contour, solved as a Markov random field by mean field. It starts from
where the smoothed change is too strong for noise.

Sources: Chan and Vese (2001), doi:10.1109/83.902291; localised: Lankton and Tannenbaum (2008),
doi:10.1109/TIP.2008.2004611; mean field: Zhang (1992), doi:10.1109/78.157297.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.smoothing import gaussian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.detection.change import Change

MOST_ODDS = 20.0
MOST_START_ODDS = 4.0
OUTLIER_SIGMAS = 3.5
"""Change beyond it speaks no louder against steady ground: its tails are those of real land."""

LEAST_VARIANCE = 0.8
"""Of a slide: it is seen through the same speckle as the ground around."""

LIKELIHOOD_PX = 0.7
FEW_MEMBERS = 1e-3
PRIOR_MEMBERS = 1e-2


@dataclass(frozen=True, slots=True)
class ContourOptions:
    """How a shape is drawn; the defaults were chosen on simulated events (see the manual).

    Parameters
    ----------
    lowest : float
        Energy at which slide and steady ground are equally likely at the start; 1 is noise.
    steepness : float
        Log-odds a unit of energy.
    near_px, neighbour_px : float
        Standard deviations of what is near (the slide's own mean) and of the neighbours, pixels.
    trust : float
        Share of a pixel's likelihood that counts: those of neighbours are not independent.
    memory, cohesion : float
        Weights of the start and of the neighbours, in log-odds.
    rounds : int
    """

    lowest: float = 3.0
    steepness: float = 0.7
    near_px: float = 4.0
    neighbour_px: float = 1.5
    trust: float = 0.5
    memory: float = 0.4
    cohesion: float = 3.0
    rounds: int = 4


def slid_pixels(
    change: "Change", strength: "NDArray[np.float32]", options: ContourOptions | None = None
) -> "NDArray[np.bool_]":
    """Return the pixels that rather slid than not.

    Parameters
    ----------
    change : Change
        Whitened, not smoothed.
    strength : NDArray
        float32 (row, col): energy of the smoothed change, 1 on steady ground.
    options : ContourOptions, optional

    Returns
    -------
    NDArray
        bool (row, col), False where no track counts.
    """
    options = options or ContourOptions()
    odds = options.steepness * (strength - np.float32(options.lowest))
    start = np.clip(odds, -MOST_START_ODDS, MOST_START_ODDS)
    share = _logistic(start)
    for _ in range(options.rounds):
        neighbours = 2.0 * gaussian(share, options.neighbour_px) - 1.0
        share = _logistic(
            options.trust * _log_ratio(change, share, options.near_px)
            + options.memory * start
            + options.cohesion * neighbours
        )
    return np.asarray((share > 0.5) & change.observed)


def _log_ratio(
    change: "Change", share: "NDArray[np.float32]", near_px: float
) -> "NDArray[np.float32]":
    """Return the log-likelihood of slide over steady ground, summed over the layers."""
    total = np.zeros(share.shape, dtype=np.float32)
    for layer, weight in zip(change.layers, change.weights, strict=True):
        member = share * weight
        count = gaussian(member, near_px)
        mean = gaussian(member * layer, near_px) / (count + np.float32(FEW_MEMBERS))
        apart = (layer - mean) ** 2
        spread = (gaussian(member * apart, near_px) + PRIOR_MEMBERS) / (count + PRIOR_MEMBERS)
        spread = np.maximum(spread, np.float32(LEAST_VARIANCE))
        steady = np.clip(layer, -OUTLIER_SIGMAS, OUTLIER_SIGMAS) ** 2
        total += weight * 0.5 * (steady - apart / spread - np.log(spread))
    return gaussian(total, LIKELIHOOD_PX)


def _logistic(odds: "NDArray[np.float32]") -> "NDArray[np.float32]":
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -MOST_ODDS, MOST_ODDS))), np.float32)
