"""The product contract: every file, layer and attribute, once.

The writers take names, types and descriptions from here, and so does the README of each product:
what is written and what is said about it cannot drift apart.
"""

from dataclasses import dataclass
from enum import StrEnum

from landslidectl.detection.classes import PixelClass
from landslidectl.terms import Flag, Quality

SCHEMA_VERSION = "1.0"
Rgb = tuple[int, int, int]

SCORE_RAMP: tuple[tuple[float, Rgb], ...] = (
    (0.0, (255, 255, 178)),
    (0.4, (254, 217, 106)),
    (0.6, (253, 141, 60)),
    (0.8, (227, 40, 30)),
    (1.0, (150, 0, 38)),
)
"""Yellow to red, as damage maps of the field use it."""

MASKED_RGB: Rgb = (84, 96, 178)


class FileKind(StrEnum):
    """The files of a product."""

    CLASS = "class"
    CLASS_NAMES = "class-names"
    PAGE = "page"
    REPORT = "report"
    SCORE = "score"
    QUALITY = "quality"
    GEOPACKAGE = "geopackage"
    GEOJSON = "geojson"
    MAP = "map"
    README = "readme"
    METADATA = "metadata"
    CHECKSUMS = "checksums"


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file: what follows the product name, and what it is for in one sentence."""

    kind: FileKind
    suffix: str
    purpose: str


FILES: tuple[FileSpec, ...] = (
    FileSpec(FileKind.PAGE, "map.pdf", "Map page to brief from and to print; open this first."),
    FileSpec(
        FileKind.REPORT,
        "report.html",
        "Map to move about in, before and after, all detections; opens in any browser, offline.",
    ),
    FileSpec(FileKind.MAP, "map.png", "The map page as a picture, to send or to project."),
    FileSpec(
        FileKind.GEOPACKAGE,
        "detections.gpkg",
        "All vectors for QGIS and ArcGIS: detections, area of interest, scene footprints, run.",
    ),
    FileSpec(
        FileKind.GEOJSON,
        "detections.geojson",
        "The detections in longitude and latitude for web maps and scripts (RFC 7946).",
    ),
    FileSpec(
        FileKind.CLASS,
        "class.tif",
        "Confidence, mask and gaps pixel by pixel, as a coloured Cloud-Optimized GeoTIFF.",
    ),
    FileSpec(
        FileKind.SCORE,
        "score.tif",
        "Score of every pixel as a Cloud-Optimized GeoTIFF.",
    ),
    FileSpec(
        FileKind.QUALITY,
        "quality.tif",
        "Bits that say where layover, shadow and the like hinder, as a Cloud-Optimized GeoTIFF.",
    ),
    FileSpec(
        FileKind.CLASS_NAMES,
        "class.tif.aux.xml",
        "Names and colours of the classes for QGIS and ArcGIS; keep it beside the class raster.",
    ),
    FileSpec(
        FileKind.METADATA,
        "metadata.json",
        "Everything needed to defend or repeat the result: scenes, model, settings, areas.",
    ),
    FileSpec(FileKind.README, "README.txt", "This text."),
    FileSpec(FileKind.CHECKSUMS, "SHA256SUMS", "Digests to check the files: sha256sum -c."),
)


def file_spec(kind: FileKind) -> FileSpec:
    """Return the specification of one file."""
    return next(spec for spec in FILES if spec.kind is kind)


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
    """

    kind: FileKind
    band: str
    dtype: str
    nodata: float | None
    unit: str
    description: str
    overview_resampling: str
    classes: tuple[ClassSpec, ...] = ()


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
)
SCORE_LAYER = RasterSpec(
    FileKind.SCORE,
    "score",
    "float32",
    float("nan"),
    "1",
    "Landslide score, 0 to 1, blended from overlapping windows of 64 x 64 pixels; "
    "not a probability; NaN = not observed by any track, or not scored (quality bit 2)",
    "AVERAGE",
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
)
RASTERS: tuple[RasterSpec, ...] = (CLASS_LAYER, SCORE_LAYER, QUALITY_LAYER)

QUALITY_BITS: tuple[tuple[Quality, str], ...] = (
    (Quality.TESTED, "tested for layover and shadow"),
    (Quality.EXCLUDED, "outside the ground that is judged: slope or land cover"),
    (Quality.LAYOVER, "layover: the slope folds over towards the radar"),
    (Quality.SKIPPED, "not judged: no window there holds enough ground that can be judged"),
    (Quality.SHADOW, "shadow: the radar does not see the slope"),
    (Quality.WATER, "water"),
    (Quality.BORDER, "border noise of a scene"),
    (Quality.TOO_FEW_IMAGES, "too few scenes for a trustworthy median"),
)


FLAGS: tuple[tuple[Flag, str], ...] = (
    (Flag.GENTLE, "ground that is steep nowhere: less than a tenth of it above 10 degrees"),
    (Flag.RIVER_BED, "lies like a river bed: low, and level along its length"),
)


class FieldType(StrEnum):
    """Type of an attribute."""

    TEXT = "text"
    REAL = "real"
    INTEGER = "integer"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One attribute: name, type, unit, meaning, and the decimals worth giving."""

    name: str
    type: FieldType
    unit: str
    description: str
    decimals: int = 0


_T, _R, _I, _D = FieldType.TEXT, FieldType.REAL, FieldType.INTEGER, FieldType.INSTANT

DETECTION_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("det_id", _T, "", "stable name; the same windows, model and event give the same"),
    FieldSpec("event_id", _T, "", "event, as given by the user"),
    FieldSpec("aoi_name", _T, "", "area of interest, as given by the user"),
    FieldSpec("event_type", _T, "", "always 'Mass movement' (Copernicus EMS)"),
    FieldSpec("obj_desc", _T, "", "always 'Landslide' (Copernicus EMS)"),
    FieldSpec("det_method", _T, "", "always 'Automatic extraction' (Copernicus EMS)"),
    FieldSpec("score_max", _R, "0..1", "highest score of its windows; not a probability", 3),
    FieldSpec("score_mean", _R, "0..1", "mean score of its windows; not a probability", 3),
    FieldSpec(
        "confidence",
        _T,
        "",
        "'high' when score_max reaches the high threshold of the model; else 'low'",
    ),
    FieldSpec(
        "status",
        _T,
        "",
        "'first', 'provisional' or 'confirmed': how often it was seen as new acquisitions came in",
    ),
    FieldSpec("first_seen", _D, "UTC", "end of the last scene of the release that showed it first"),
    FieldSpec("releases", _T, "", "releases with new acquisitions over it that showed it"),
    FieldSpec("n_seen", _I, "", "number of these releases"),
    FieldSpec("area_ha", _R, "ha", "area of the outline on the WGS 84 ellipsoid", 2),
    FieldSpec("centroid_lon", _R, "degree", "longitude of the centroid, WGS 84", 6),
    FieldSpec("centroid_lat", _R, "degree", "latitude of the centroid, WGS 84", 6),
    FieldSpec(
        "outline",
        _T,
        "",
        "'delineated': drawn round the change, one part a slide or several; "
        "'window': blended 640 m windows, the slide lies inside",
    ),
    FieldSpec("tracks", _T, "", "tracks that observe it: A ascending, D descending, orbit"),
    FieldSpec("orbit_dir", _T, "", "directions of flight"),
    FieldSpec("rel_orbit", _T, "", "relative orbit numbers"),
    FieldSpec("n_pre", _I, "", "pre-event scenes a pixel (median, summed over tracks)"),
    FieldSpec("n_post", _I, "", "post-event scenes a pixel (median, summed over tracks)"),
    FieldSpec("pre_start", _D, "UTC", "start of the first pre-event scene"),
    FieldSpec("pre_end", _D, "UTC", "end of the last pre-event scene"),
    FieldSpec("post_start", _D, "UTC", "start of the first post-event scene"),
    FieldSpec("post_end", _D, "UTC", "end of the last post-event scene"),
    FieldSpec("slope_mean", _R, "degree", "mean slope; empty without a height model", 1),
    FieldSpec("inc_angle", _R, "degree", "mean local incidence angle; empty when unknown", 1),
    FieldSpec("valid_pct", _R, "%", "share judged: observed and not masked", 1),
    FieldSpec("layover_pct", _R, "%", "share in layover for every track", 1),
    FieldSpec("shadow_pct", _R, "%", "share in radar shadow for every track", 1),
    FieldSpec("model", _T, "", "name of the model"),
    FieldSpec("model_ver", _T, "", "version of the model"),
    FieldSpec("model_sha256", _T, "", "digest of the model file"),
    FieldSpec("flag", _T, "", "what speaks against it, words joined by commas; empty: nothing"),
    FieldSpec("threshold", _R, "0..1", "lowest score of a detected pixel", 3),
    FieldSpec("software", _T, "", "program and version"),
    FieldSpec("review", _T, "", "unreviewed, accepted or rejected by a person"),
)

FOOTPRINT_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("scene_id", _T, "", "name of the Sentinel-1 product"),
    FieldSpec("phase", _T, "", "pre or post"),
    FieldSpec("track", _T, "", "A ascending or D descending, relative orbit"),
    FieldSpec("start", _D, "UTC", "start of the acquisition"),
    FieldSpec("stop", _D, "UTC", "end of the acquisition"),
    FieldSpec("sha256", _T, "", "digest of the manifest, which holds those of the files"),
)

AREA_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("aoi_name", _T, "", "area of interest, as given by the user"),
    FieldSpec("area_km2", _R, "km2", "its area on the WGS 84 ellipsoid", 3),
    FieldSpec("tested_km2", _R, "km2", "area analysed", 3),
    FieldSpec("masked_km2", _R, "km2", "observed but masked: layover, shadow, water, slope", 3),
    FieldSpec("unobserved_km2", _R, "km2", "not observed: nothing can be said there", 3),
)

RUN_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("key", _T, "", "name of the fact"),
    FieldSpec("value", _T, "", "the fact"),
)
