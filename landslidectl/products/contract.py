"""The product contract: every file, layer and attribute, once.

The writers take names, types and descriptions from here, and so does the README of each product:
what is written and what is said about it cannot drift apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from landslidectl.terms import Flag, PixelClass, Quality

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
MASKED_WORDS = "Masked: cannot be judged"


class FileKind(StrEnum):
    """The files of a product."""

    CLASS = "class"
    CLASS_NAMES = "class-names"
    PAGE = "page"
    REPORT = "report"
    SCORE = "score"
    QUALITY = "quality"
    COMPOSITES = "composites"
    GEOPACKAGE = "geopackage"
    GEOJSON = "geojson"
    CSV = "csv"
    KMZ = "kmz"
    SHAPEFILE = "shapefile"
    MAP = "map"
    README = "readme"
    METADATA = "metadata"
    STAC = "stac"
    CHECKSUMS = "checksums"


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file of a product.

    Parameters
    ----------
    kind : FileKind
        What it is.
    suffix : str
        What follows the product name.
    purpose : str
        What it is for, in one sentence.
    media_type : str
        As STAC and web servers name it.
    roles : tuple of str
        What it is to STAC.
    on_request : bool
        Only in products for which it was asked.
    """

    kind: FileKind
    suffix: str
    purpose: str
    media_type: str
    roles: tuple[str, ...] = ("data",)
    on_request: bool = False


COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
FILES: tuple[FileSpec, ...] = (
    FileSpec(
        FileKind.PAGE,
        "map.pdf",
        "Map page to brief from and to print; open this first.",
        "application/pdf",
        ("overview",),
    ),
    FileSpec(
        FileKind.REPORT,
        "report.html",
        "Map to move about in, before and after, all detections; opens in any browser, offline.",
        "text/html",
        ("overview",),
    ),
    FileSpec(
        FileKind.MAP,
        "map.png",
        "The map page as a picture, to send or to project.",
        "image/png",
        ("overview",),
    ),
    FileSpec(
        FileKind.GEOPACKAGE,
        "detections.gpkg",
        "All vectors with their styles for QGIS, also for ArcGIS: detections, area of interest, "
        "scene footprints, table of sources, run.",
        "application/geopackage+sqlite3",
    ),
    FileSpec(
        FileKind.KMZ,
        "detections.kmz",
        "Detections, what was not observed and a picture of the score for Google Earth and phones.",
        "application/vnd.google-earth.kmz",
        ("visual",),
    ),
    FileSpec(
        FileKind.GEOJSON,
        "detections.geojson",
        "The detections in longitude and latitude for web maps and scripts (RFC 7946).",
        "application/geo+json",
    ),
    FileSpec(
        FileKind.CSV,
        "detections.csv",
        "One line a detection with its centroid, for spreadsheets and field lists (UTF-8).",
        "text/csv",
    ),
    FileSpec(
        FileKind.SHAPEFILE,
        "detections.shp.zip",
        "The detections as a zipped shapefile for programs that read nothing newer; its names have "
        "ten letters at most.",
        "application/zip",
        on_request=True,
    ),
    FileSpec(
        FileKind.CLASS,
        "class.tif",
        "Confidence, mask and gaps pixel by pixel, as a coloured Cloud-Optimized GeoTIFF.",
        COG_TYPE,
    ),
    FileSpec(
        FileKind.SCORE,
        "score.tif",
        "Score of every pixel as a Cloud-Optimized GeoTIFF.",
        COG_TYPE,
    ),
    FileSpec(
        FileKind.QUALITY,
        "quality.tif",
        "Bits that say where layover, shadow and the like hinder, as a Cloud-Optimized GeoTIFF.",
        COG_TYPE,
        ("data", "data-mask"),
    ),
    FileSpec(
        FileKind.COMPOSITES,
        "composites.tif",
        "Backscatter before and after the event in dB, four bands a track (two for VV alone), as "
        "a Cloud-Optimized GeoTIFF.",
        COG_TYPE,
        on_request=True,
    ),
    FileSpec(
        FileKind.CLASS_NAMES,
        "class.tif.aux.xml",
        "Names and colours of the classes for QGIS and ArcGIS; keep it beside the class raster.",
        "application/xml",
        ("metadata",),
    ),
    FileSpec(
        FileKind.METADATA,
        "metadata.json",
        "Everything needed to defend or repeat the result: scenes, model, settings, areas.",
        "application/json",
        ("metadata",),
    ),
    FileSpec(
        FileKind.STAC,
        "stac.json",
        "The product as an item for catalogues of spatio-temporal data (STAC).",
        "application/geo+json",
        ("metadata",),
    ),
    FileSpec(FileKind.README, "README.txt", "This text.", "text/plain", ("metadata",)),
    FileSpec(
        FileKind.CHECKSUMS,
        "SHA256SUMS",
        "Digests to check the files: sha256sum -c.",
        "text/plain",
        ("metadata",),
    ),
)
DEFAULT_FILES: tuple[FileKind, ...] = tuple(spec.kind for spec in FILES if not spec.on_request)


def file_spec(kind: FileKind) -> FileSpec:
    """Return the specification of one file."""
    return next(spec for spec in FILES if spec.kind is kind)


class Format(StrEnum):
    """What a user can ask for by name: of ``detect`` in addition, of ``export`` at any time."""

    GPKG = "gpkg"
    GEOJSON = "geojson"
    CSV = "csv"
    KMZ = "kmz"
    SHP = "shp"


FORMAT_FILES: dict[Format, FileKind] = {
    Format.GPKG: FileKind.GEOPACKAGE,
    Format.GEOJSON: FileKind.GEOJSON,
    Format.CSV: FileKind.CSV,
    Format.KMZ: FileKind.KMZ,
    Format.SHP: FileKind.SHAPEFILE,
}


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
    palette : mapping of int to Rgb
        Colours of the values of a uint8 layer; empty: none.
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
)
RASTERS: tuple[RasterSpec, ...] = (CLASS_LAYER, SCORE_LAYER, QUALITY_LAYER)

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
    FieldSpec("glide_no", _T, "", "GLIDE number of the disaster, as given by the user"),
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
    FieldSpec(
        "inc_angle",
        _R,
        "degree",
        "mean local incidence angle, over all tracks that observe it; empty without heights",
        1,
    ),
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

SOURCE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("src_id", _I, "", "number of the source, from 1 in the order of acquisition"),
    FieldSpec("source_nam", _T, "", "satellite (Copernicus EMS)"),
    FieldSpec("src_date", _T, "", "day of the acquisition, dd/mm/yyyy (Copernicus EMS)"),
    FieldSpec("source_tm", _T, "UTC", "time of its start, Thh:mm:ssZ (Copernicus EMS)"),
    FieldSpec("sensor_gsd", _R, "m", "spacing of the scene's pixels on the ground", 1),
    FieldSpec("eventphase", _T, "", "Pre-event or Post-event (Copernicus EMS)"),
    FieldSpec("scene_id", _T, "", "name of the Sentinel-1 product"),
)

RUN_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("key", _T, "", "name of the fact"),
    FieldSpec("value", _T, "", "the fact"),
)


class LayerName(StrEnum):
    """The layers of the GeoPackage."""

    DETECTIONS = "detections"
    AREA = "area_of_interest"
    FOOTPRINT = "image_footprint"
    SOURCE = "source"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer: its attributes, what it holds, and whether it has geometry."""

    name: LayerName
    fields: tuple[FieldSpec, ...]
    description: str
    has_geometry: bool = True


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(LayerName.DETECTIONS, DETECTION_FIELDS, "Probable landslides with their evidence"),
    LayerSpec(LayerName.AREA, AREA_FIELDS, "Area of interest and how much of it was analysed"),
    LayerSpec(LayerName.FOOTPRINT, FOOTPRINT_FIELDS, "Footprints of the scenes used"),
    LayerSpec(LayerName.SOURCE, SOURCE_FIELDS, "Scenes used, as Copernicus EMS lists them", False),
    LayerSpec(LayerName.RUN, RUN_FIELDS, "Facts of the run as keys and values", False),
)


def layer_spec(name: LayerName) -> LayerSpec:
    """Return the specification of one layer."""
    return next(spec for spec in LAYERS if spec.name is name)


@dataclass(frozen=True, slots=True)
class StyleSpec:
    """One QGIS style that travels in the GeoPackage.

    Parameters
    ----------
    layer : LayerName
        The layer it draws.
    name : str
        Name in QGIS, 30 characters at most.
    file : str
        In ``assets/styles``.
    attribute : str
        The attribute it needs; a style whose attribute is not there is left out. Empty: none.
    description : str
        What it shows.
    """

    layer: LayerName
    name: str
    file: str
    attribute: str
    description: str


STYLES: tuple[StyleSpec, ...] = (
    StyleSpec(
        LayerName.DETECTIONS,
        "score",
        "detections_score.qml",
        "score_max",
        "Yellow to red by the highest score",
    ),
    StyleSpec(
        LayerName.DETECTIONS,
        "confidence",
        "detections_confidence.qml",
        "confidence",
        "Red for high confidence, orange for low",
    ),
    StyleSpec(LayerName.AREA, "outline", "area_of_interest.qml", "", "Blue outline"),
    StyleSpec(LayerName.FOOTPRINT, "thin", "image_footprint.qml", "", "Thin grey outlines"),
)
"""Of several styles of one layer the last whose attribute is there is the one QGIS opens with."""

RUN_WIDE = frozenset(
    {
        "event_id",
        "glide_no",
        "aoi_name",
        "event_type",
        "obj_desc",
        "det_method",
        "model",
        "model_ver",
        "model_sha256",
        "threshold",
        "software",
    }
)
"""Attributes that say the same of every detection; balloons of a map leave them to its head."""

SHAPEFILE_NAMES: dict[str, str] = {
    "centroid_lon": "cent_lon",
    "centroid_lat": "cent_lat",
    "model_sha256": "model_sha",
    "layover_pct": "layov_pct",
}
"""Names for shapefiles, which allow ten characters; other names are kept, or cut there."""

SHAPEFILE_NAME_LENGTH = 10


def shapefile_names(fields: Iterable[FieldSpec]) -> dict[str, str]:
    """Return the name of every attribute in a shapefile: ten characters at most, none twice."""
    names: dict[str, str] = {}
    for spec in fields:
        stem = SHAPEFILE_NAMES.get(spec.name, spec.name)[:SHAPEFILE_NAME_LENGTH]
        name, count = stem, 0
        while name in names.values():
            count += 1
            name = f"{stem[: SHAPEFILE_NAME_LENGTH - 1 - len(str(count))]}_{count}"
        names[spec.name] = name
    return names
