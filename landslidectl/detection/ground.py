"""What can be said of a pixel: it was judged, it is masked, or it was not observed.

Areas, the class raster and the map all ask here, so that they cannot disagree.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.fuse import MASKED, was_seen

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ground:
    """Three bool arrays of one shape; every pixel is true in exactly one of them."""

    judged: "NDArray[np.bool_]"
    masked: "NDArray[np.bool_]"
    unobserved: "NDArray[np.bool_]"


def ground_of(score: "NDArray[np.float32]", quality: "NDArray[np.uint8]") -> Ground:
    """Sort the pixels of a block.

    Parameters
    ----------
    score : NDArray
        float32, NaN = not observed, or left out of the score.
    quality : NDArray
        uint8 `Quality` bits of the same shape; `MASKED` ones say that a pixel cannot be judged.
    """
    observed = was_seen(score, quality)
    masked = observed & ((quality & int(MASKED)) != 0)
    return Ground(observed & ~masked, masked, ~observed)
