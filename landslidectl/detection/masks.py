"""Which ground is judged at all: steep enough for a slide, neither water nor built over.

Landslides start on slopes and may run out on flat ground. So flat ground is masked pixel by pixel,
as layover is: it stays inside the regions and polygons that reach it, but does not count towards
their scores nor their smallest area, and nothing that lies on it alone is a detection.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from landslidectl.detection.fuse import MASKED
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.grid import Window
    from landslidectl.stack.record import Stack
    from landslidectl.terrain.landcover import LandCover, LandCoverReader

SLOPE_BAND = INCIDENCE_BANDS.index("slope_deg") + 1
MIN_SLOPE_DEG = 5.0
UPRIGHT_DEG = 90.0
SAMPLED_SIDE = 512


@dataclass(frozen=True, slots=True)
class GroundLimits:
    """What ground a job leaves out.

    Parameters
    ----------
    min_slope_deg, max_slope_deg : float
        Flatter and steeper ground is excluded, by the slope of the elevation model; where no slope
        is known, nothing is.
    land_cover : LandCover, optional
        Its water is masked as water, its towns are excluded; where it has no class, nothing is.
    """

    min_slope_deg: float = MIN_SLOPE_DEG
    max_slope_deg: float = UPRIGHT_DEG
    land_cover: "LandCover | None" = None


class GroundMask:
    """What of the ground is excluded, whatever the track; use it as a context manager.

    One thread at a time may ask.

    Parameters
    ----------
    stack : Stack
        Any of a job: all have the slope of the same elevation model.
    limits : GroundLimits
    """

    def __init__(self, stack: "Stack", limits: GroundLimits) -> None:
        self._stack, self._limits = stack, limits
        self._files = ExitStack()
        self._slope: Any = None
        self._cover: LandCoverReader | None = None

    def __enter__(self) -> Self:
        limits = self._limits
        limited = limits.min_slope_deg > 0.0 or limits.max_slope_deg < UPRIGHT_DEG
        if limited and self._stack.terrain_corrected:
            self._slope = self._files.enter_context(open_raster(self._stack.incidence_path))
        if limits.land_cover is not None:
            self._cover = self._files.enter_context(limits.land_cover.open())
        return self

    def __exit__(self, *failure: object) -> None:
        self._files.close()

    def bits(self, window: "Window") -> "NDArray[np.uint8]":
        """Return EXCLUDED and WATER as slope and land cover set them: uint8, the window's shape."""
        bits = np.zeros(window.shape, dtype=np.uint8)
        if self._slope is not None:
            slope = self._slope.read(SLOPE_BAND, window=rasterio_window(window))
            outside = (slope < self._limits.min_slope_deg) | (slope > self._limits.max_slope_deg)
            bits[outside] |= np.uint8(Quality.EXCLUDED)
        if self._cover is not None and self._limits.land_cover is not None:
            legend, codes = self._limits.land_cover.legend, self._cover.codes(window)
            bits[np.isin(codes, legend.water)] |= np.uint8(Quality.WATER)
            bits[np.isin(codes, legend.built_up)] |= np.uint8(Quality.EXCLUDED)
        return bits


class JudgedGround:
    """What of one track's stack can be judged; use it as a context manager.

    One thread at a time may ask.

    Parameters
    ----------
    stack : Stack
    limits : GroundLimits
    """

    def __init__(self, stack: "Stack", limits: GroundLimits) -> None:
        self._stack = stack
        self._mask = GroundMask(stack, limits)
        self._files = ExitStack()

    def __enter__(self) -> Self:
        self._files.enter_context(self._mask)
        self._quality = self._files.enter_context(open_raster(self._stack.quality_path))
        return self

    def __exit__(self, *failure: object) -> None:
        self._files.close()

    def of(self, window: "Window") -> "NDArray[np.bool_]":
        """Return where the ground can be judged if it is observed: bool, the window's shape."""
        quality = self._quality.read(1, window=rasterio_window(window)) | self._mask.bits(window)
        return np.asarray((quality & np.uint8(MASKED)) == 0)


def share_within(stack: "Stack", limits: GroundLimits) -> float:
    """Return the share of the ground of known slope that lies within the limits, 0..1.

    It is taken on at most 512 x 512 pixels, evenly spread; 1 where no slope is known.
    """
    if not stack.terrain_corrected:
        return 1.0
    with open_raster(stack.incidence_path) as angles:
        shape = (min(angles.height, SAMPLED_SIDE), min(angles.width, SAMPLED_SIDE))
        slope = angles.read(SLOPE_BAND, out_shape=shape)
    known = slope[np.isfinite(slope)]
    within = (known >= limits.min_slope_deg) & (known <= limits.max_slope_deg)
    return float(within.mean()) if known.size else 1.0
