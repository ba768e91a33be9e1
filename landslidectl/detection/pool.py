"""How tracks that see one ground are weighed, and their scores pooled.

A slope that faces the sensor is squeezed into few samples: a range cell covers 1 / sin(local
incidence) of ground, so the independent looks at a piece of ground grow with that sine, and in
layover and shadow there are none. A score comes from windows of 64 pixels, so a track's weight is
the mean of its sine over as many around a pixel.

What is pooled is the square root of the odds, score / (1 - score). Where two tracks do not agree,
a mean of scores or of log-odds is neither; the mean of roots leans to the track that has something
to say, so that a slide that one track shows and the other cannot see is not averaged away, and
less than the highest score does, which believes every track's every false alarm. The pool lies
between the lowest and the highest score that went in: a threshold chosen on single tracks keeps
its meaning.

Sources: Genest and Zidek (1986), doi:10.1214/ss/1177013825, on pools; Small (2011),
doi:10.1109/TGRS.2011.2120616, on the area that a sample covers. The rule was chosen among others
by measuring; see the manual.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.smoothing import running_sums
from landslidectl.terms import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISTORTED = Quality.LAYOVER | Quality.SHADOW
REACH_PX = 32
FULL_SIGHT = 255
"""A sine of 1; whole numbers add up alike whatever the block they are added in."""
LEAST_DOUBT = 1e-6
"""Scores nearer to 1 have the odds of this."""
POOL = "roots of odds weighed by the sine of the local incidence angle within 32 pixels"
ALONE = "one track, unchanged"


def counting(scores: "NDArray[np.float32]", quality: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Return which tracks count at a pixel.

    Those that say something and see the pixel outside layover and shadow; where none does, all
    that say something. A score below 0 says nothing: the track observed, but was not asked.

    Parameters
    ----------
    scores : NDArray
        float32 (track, row, col), NaN = not observed by that track.
    quality : NDArray
        uint8 `Quality` bits of the same shape.
    """
    saying = np.isfinite(scores) & (scores >= 0.0)
    clear = saying & ((quality & int(DISTORTED)) == 0)
    return np.where(clear.any(axis=0), clear, saying)


def rule_in_words(tracks: int) -> str:
    """Return what tags and metadata say of how the scores of so many tracks were fused."""
    return POOL if tracks > 1 else ALONE


def sight(
    quality: "NDArray[np.uint8]", incidence_deg: "NDArray[np.float32]"
) -> "NDArray[np.uint8]":
    """Return how well one track sees each pixel: 255 times the sine of the local incidence.

    Parameters
    ----------
    quality : NDArray
        uint8 (row, col): 0 is returned in layover and shadow.
    incidence_deg : NDArray
        float32 (2, row, col): local incidence, and that on the ellipsoid, which stands in where
        the terrain is not known; NaN in both gives 0.
    """
    local, flat = incidence_deg
    angle = np.radians(np.where(np.isfinite(local), local, flat))
    sine = np.where(np.isfinite(angle), np.sin(np.clip(angle, 0.0, np.pi / 2.0)), 0.0)
    seen = (quality & int(DISTORTED)) == 0
    return np.where(seen, np.rint(FULL_SIGHT * sine), 0.0).astype(np.uint8)


def weights_around(seeing: "NDArray[np.uint8]") -> "NDArray[np.int32]":
    """Return the sums of sight over squares of 65 pixels; beyond the edges lies nothing."""
    return running_sums(running_sums(seeing, REACH_PX).T, REACH_PX).T


def pooled(
    scores: "NDArray[np.float32]", used: "NDArray[np.bool_]", weights: "NDArray[Any]"
) -> "NDArray[np.float32]":
    """Pool the scores of the tracks that count.

    Parameters
    ----------
    scores : NDArray
        float32 (track, row, col).
    used : NDArray
        bool of the same shape: tracks that count.
    weights : NDArray
        Of the same shape, 0 or more; a track that counts weighs something whatever is given.

    Returns
    -------
    NDArray
        float32 (row, col), within the scores that count, to the bit that score where only one
        does; NaN where none does.
    """
    counted = np.where(used, scores, np.float32(0.0)).astype(np.float64)
    shares = np.where(used, np.maximum(weights, 1), 0).astype(np.float64)
    roots = np.sqrt(counted / np.maximum(1.0 - counted, LEAST_DOUBT))
    total = shares.sum(axis=0)
    mean = np.square((shares * roots).sum(axis=0) / np.maximum(total, 1.0))
    low = np.where(used, scores, np.float32(np.inf)).min(axis=0)
    high = np.where(used, scores, np.float32(-np.inf)).max(axis=0)
    pool = np.minimum(np.maximum((mean / (1.0 + mean)).astype(np.float32), low), high)
    return np.where(total > 0.0, pool, np.float32(np.nan))
