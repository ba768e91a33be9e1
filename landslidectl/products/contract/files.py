"""The files of a product, and the formats that can be asked for by name."""

from dataclasses import dataclass
from enum import StrEnum


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
