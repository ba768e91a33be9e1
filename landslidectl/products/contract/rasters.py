"""The raster layers: values, classes, bits and colours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from landslidectl.products.contract.colours import MASKED_RGB, Rgb
from landslidectl.products.contract.files import FileKind
from landslidectl.terms import Confidence, PixelClass, Quality


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class of a raster: value, name, colour and meaning."""

    value: PixelClass
    name: str
    rgb: Rgb
    meaning: str


CLASSES: tuple[ClassSpec, ...] = (
    ClassSpec(PixelClass.NONE, "none", (255, 255, 255), "judged, score below the threshold"),
    ClassSpec(PixelClass.LOW, "low", (253, 141, 60), "score from the threshold on"),
    ClassSpec(PixelClass.HIGH, "high", (150, 0, 38), "score from the high threshold on"),
    ClassSpec(PixelClass.MASKED, "masked", MASKED_RGB, "observed but masked: nothing can be said"),
    ClassSpec(PixelClass.UNOBSERVED, "not observed", (200, 200, 200), "nothing can be said"),
)

CONFIDENCE_RGB: dict[str, Rgb] = {
    Confidence.LOW.value: next(item.rgb for item in CLASSES if item.value is PixelClass.LOW),
    Confidence.HIGH.value: next(item.rgb for item in CLASSES if item.value is PixelClass.HIGH),
}
"""Colours of detections, in every format those of the classes of their pixels."""


@dataclass(frozen=True, slots=True)
class RasterSpec:
    """One raster layer.

    Parameters
    ----------
    kind : FileKind
        Its file.
    band : str
        Description of its only band.
    dtype : str
        numpy name.
    nodata : float or None
        What marks missing values.
    unit : str
        Unit of the values.
    description : str
        What the values mean.
    overview_resampling : str
        How GDAL makes the overviews.
    classes : tuple of ClassSpec
        What the values of a layer of classes stand for.
    palette : mapping of int to Rgb
        Colours of the values of a uint8 layer; empty: none.
    tolerance : float
        Largest difference of a value between two products that are the same.
    """

    kind: FileKind
    band: str
    dtype: str
    nodata: float | None
    unit: str
    description: str
    overview_resampling: str
    classes: tuple[ClassSpec, ...] = ()
    palette: Mapping[int, Rgb] = field(default_factory=dict)
    tolerance: float = 0.0


QUALITY_BITS: tuple[tuple[Quality, str, Rgb], ...] = (
    (Quality.TESTED, "tested for layover and shadow", (255, 255, 255)),
    (
        Quality.EXCLUDED,
        "outside the ground that is judged: slope or land cover",
        (190, 200, 160),
    ),
    (Quality.LAYOVER, "layover: the slope folds over towards the radar", (230, 159, 0)),
    (
        Quality.SKIPPED,
        "not judged: no window there holds enough ground that can be judged",
        (170, 170, 170),
    ),
    (Quality.SHADOW, "shadow: the radar does not see the slope", (70, 70, 70)),
    (Quality.WATER, "water", (86, 180, 233)),
    (Quality.BORDER, "border noise of a scene", (204, 121, 167)),
    (Quality.TOO_FEW_IMAGES, "too few scenes for a trustworthy median", (240, 228, 66)),
)
"""Bit, meaning and colour; of several bits in one pixel the colour of the highest shows."""


def quality_palette() -> dict[int, Rgb]:
    """Return a colour for every sum of bits; light grey where nothing was tested."""
    known = {int(bit): colour for bit, _, colour in QUALITY_BITS}
    colours: dict[int, Rgb] = {}
    for value in range(256):
        bits = [bit for bit in known if value & bit]
        colours[value] = known[max(bits)] if bits else (225, 225, 225)
    return colours


CLASS_LAYER = RasterSpec(
    FileKind.CLASS,
    "class",
    "uint8",
    float(PixelClass.UNOBSERVED),
    "class",
    "Confidence class of the score: 0 none, 1 low, 2 high, 254 masked, 255 not observed; pixel by "
    "pixel, also where a region is too small for a detection",
    "NEAREST",
    CLASSES,
    {int(item.value): item.rgb for item in CLASSES},
)
SCORE_LAYER = RasterSpec(
    FileKind.SCORE,
    "score",
    "float32",
    float("nan"),
    "1",
    "Landslide score, 0 to 1, blended from overlapping windows of 64 x 64 pixels; "
    "not a probability; NaN = not observed by any track, or not scored (quality bit 2 or 8)",
    "AVERAGE",
    tolerance=0.001,
)
QUALITY_LAYER = RasterSpec(
    FileKind.QUALITY,
    "quality",
    "uint8",
    None,
    "bits",
    "Sum of bits for the tracks that made the score; "
    "0 = not tested; layover and shadow only where no track sees the pixel clearly",
    "NEAREST",
    palette=quality_palette(),
)
COMPOSITE_LAYER = RasterSpec(
    FileKind.COMPOSITES,
    "composite",
    "float32",
    float("nan"),
    "dB",
    "Median backscatter of one track before (pre) or after (post) the event, one band a "
    "polarisation; NaN = not observed",
    "AVERAGE",
    tolerance=0.001,
)
RASTERS: tuple[RasterSpec, ...] = (CLASS_LAYER, SCORE_LAYER, QUALITY_LAYER)
