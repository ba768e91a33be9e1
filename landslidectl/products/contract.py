"""The product contract: every file, layer and attribute, once.

The writers take names, types and descriptions from here, and so does the README of each product:
what is written and what is said about it cannot drift apart.
"""

from dataclasses import dataclass
from enum import StrEnum

from landslidectl.terms import Quality

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
    """

    kind: FileKind
    band: str
    dtype: str
    nodata: float | None
    unit: str
    description: str
    overview_resampling: str


SCORE_LAYER = RasterSpec(
    FileKind.SCORE,
    "score",
    "float32",
    float("nan"),
    "1",
    "Landslide score, 0 to 1, blended from overlapping windows of 64 x 64 pixels; "
    "not a probability; NaN = not observed by any track",
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
RASTERS: tuple[RasterSpec, ...] = (SCORE_LAYER, QUALITY_LAYER)

QUALITY_BITS: tuple[tuple[Quality, str], ...] = (
    (Quality.TESTED, "tested for layover and shadow"),
    (Quality.LAYOVER, "layover: the slope folds over towards the radar"),
    (Quality.SHADOW, "shadow: the radar does not see the slope"),
    (Quality.WATER, "water"),
    (Quality.BORDER, "border noise of a scene"),
    (Quality.TOO_FEW_IMAGES, "too few scenes for a trustworthy median"),
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
    FieldSpec("valid_pct", _R, "%", "share observed outside layover, shadow and water", 1),
    FieldSpec("layover_pct", _R, "%", "share in layover for every track", 1),
    FieldSpec("shadow_pct", _R, "%", "share in radar shadow for every track", 1),
    FieldSpec("model", _T, "", "name of the model"),
    FieldSpec("model_ver", _T, "", "version of the model"),
    FieldSpec("model_sha256", _T, "", "digest of the model file"),
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
    FieldSpec("masked_km2", _R, "km2", "observed but masked: layover, shadow, water", 3),
    FieldSpec("unobserved_km2", _R, "km2", "not observed: nothing can be said there", 3),
)

RUN_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("key", _T, "", "name of the fact"),
    FieldSpec("value", _T, "", "the fact"),
)
