"""Which ground of a stack is worth judging: what is neither water nor hidden from the radar."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.inference.judged import Judged
from landslidectl.terms import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.stack.stack import Stack

NOT_JUDGED = Quality.LAYOVER | Quality.SHADOW | Quality.WATER


@contextmanager
def judged_ground(stack: "Stack") -> Iterator[Judged]:
    """Give what tells which pixels of a stack may be judged, from its quality bits."""
    with open_raster(stack.quality_path) as quality:

        def judged(part: Window) -> "NDArray[np.bool_]":
            bits: NDArray[np.uint8] = quality.read(1, window=rasterio_window(part))
            return np.asarray((bits & int(NOT_JUDGED)) == 0)

        yield judged
