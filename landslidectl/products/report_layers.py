"""The pictures of the report, small and inside the page: layers of the map, chips, legend."""

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.ground import ground_of
from landslidectl.products.contract.colours import MASKED_RGB
from landslidectl.products.map_layers import (
    HATCH_DARK,
    hatching,
    mask_alpha,
    score_alpha,
    score_colours,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from landslidectl.products.previews import TrackPreview

JPEG_QUALITY = 72
CHANGE_SPAN_DB = 6.0
NO_VALUE_GREY = 150.0
CHANGE_STOPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
CHANGE_RGB = ((26, 72, 150), (130, 170, 220), (246, 246, 244), (230, 150, 110), (150, 30, 20))
"""Blue darker, red brighter after the event, which the colour-blind can tell apart."""
SCORE_LEVELS = 63


@dataclass(frozen=True, slots=True)
class GreyScale:
    """The decibels that are shown black and white, the same before and after."""

    low_db: float
    high_db: float

    def shades(self, decibel: "NDArray[np.float32]") -> "NDArray[np.uint8]":
        """Return grey values; what is not observed is middle grey."""
        share = np.clip((decibel - self.low_db) / (self.high_db - self.low_db), 0.0, 1.0)
        grey = np.where(np.isfinite(decibel), 20.0 + 230.0 * share, NO_VALUE_GREY)
        return np.rint(grey).astype(np.uint8)


def grey_scale(track: "TrackPreview") -> GreyScale:
    """Return the middle 96 % of the backscatter before and after the event."""
    values = np.concatenate([track.pre_db.ravel(), track.post_db.ravel()])
    known = values[np.isfinite(values)]
    if known.size == 0:
        return GreyScale(-25.0, 0.0)
    low, high = np.percentile(known, [2.0, 98.0])
    return GreyScale(float(low), float(max(high, low + 1.0)))


def change_colours(change_db: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    """Return the colours of a change, shape (..., 3)."""
    share = np.clip(np.nan_to_num(change_db) / CHANGE_SPAN_DB, -1.0, 1.0)
    bands = [np.interp(share, CHANGE_STOPS, [rgb[band] for rgb in CHANGE_RGB]) for band in range(3)]
    colours = np.stack(bands, axis=-1)
    colours = np.where(np.isfinite(change_db)[..., None], colours, NO_VALUE_GREY)
    return np.asarray(np.rint(colours), dtype=np.uint8)


def track_layers(track: "TrackPreview") -> dict[str, str]:
    """Return the three grounds of one track as data addresses."""
    scale = grey_scale(track)
    return {
        "pre": jpeg_address(scale.shades(track.pre_db)),
        "post": jpeg_address(scale.shades(track.post_db)),
        "change": jpeg_address(change_colours(track.change_db)),
    }


def score_layer(score: "NDArray[np.float32]", threshold: float) -> str:
    """Return the score as it looks on the map page, transparent where it is low."""
    levels = np.rint(np.nan_to_num(score) * SCORE_LEVELS).astype(np.uint8)
    steps = np.linspace(0.0, 1.0, SCORE_LEVELS + 1, dtype=np.float32)
    opacity = np.rint(255.0 * score_alpha(steps, threshold)).astype(np.uint8)
    levels = np.where(opacity[levels] == 0, np.uint8(0), levels)
    return _palette_address(levels, np.rint(score_colours(steps)).astype(np.uint8), opacity)


def quality_layer(score: "NDArray[np.float32]", quality: "NDArray[np.uint8]") -> str:
    """Return the hatchings of masked ground and of ground that was not observed."""
    ground = ground_of(score, quality)
    dark = hatching(score.shape) == HATCH_DARK
    line = mask_alpha(score.shape) > 0.5
    hatched = [ground.unobserved & dark, ground.unobserved, ground.masked & line, ground.masked]
    kinds = np.select(hatched, [1, 2, 3, 4], 0).astype(np.uint8)
    colours = np.array(
        [(0, 0, 0), (140, 140, 140), (230, 230, 230), MASKED_RGB, MASKED_RGB], np.uint8
    )
    return _palette_address(kinds, colours, np.array([0, 255, 245, 217, 56], np.uint8))


def jpeg_address(pixels: "NDArray[np.uint8]", quality: int = JPEG_QUALITY) -> str:
    """Return a picture, grey or RGB, as a data address."""
    from PIL import Image  # noqa: PLC0415

    return picture_address(Image.fromarray(pixels), "JPEG", quality=quality)


def picture_address(picture: "Image", kind: str, **options: int) -> str:
    """Return a picture as a data address."""
    packed = io.BytesIO()
    picture.save(packed, kind, optimize=True, **options)
    text = base64.b64encode(packed.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{text}"


def _palette_address(
    levels: "NDArray[np.uint8]", colours: "NDArray[np.uint8]", opacity: "NDArray[np.uint8]"
) -> str:
    """Return a picture of few colours, each with its opacity."""
    from PIL import Image  # noqa: PLC0415

    picture = Image.fromarray(levels)
    picture.putpalette(colours.tobytes())
    packed = io.BytesIO()
    picture.save(packed, "PNG", transparency=opacity.tobytes())
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode('ascii')}"
