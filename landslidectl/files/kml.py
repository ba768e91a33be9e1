"""Polygons out of KML and KMZ files, handed on as GeoJSON.

Not every GDAL reads KML: that of rasterio, which the standalone program has alone, does not. Read
here, an area or an inventory from Google Earth means the same wherever the program runs.
"""

import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landslidectl.files.zips import UNREADABLE, read_table

SUFFIXES = (".kml", ".kmz")
LARGEST = 256 << 20
"""Bytes of a document; inventories of 30,000 slides take 60 MB."""
DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
COMMA = re.compile(r"\s*,\s*")

Ring = list[tuple[float, float]]


def readable(path: Path) -> Path | bytes:
    """Return what a vector library can read: the file itself, or GeoJSON in place of KML.

    Parameters
    ----------
    path : Path
        Any vector file; ``.kml`` and ``.kmz`` are told by their names.

    Returns
    -------
    Path or bytes
        GeoJSON has one feature a placemark, in longitude and latitude; a placemark without a
        polygon has no geometry. Heights, styles and links to other files are left out.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no well-formed KML, holds nothing, declares entities, or is larger than any honest
        one.
    """
    if path.suffix.lower() not in SUFFIXES:
        return path
    try:
        root = ET.fromstring(_document(path))
    except (ET.ParseError, LookupError) as error:
        raise ValueError(f"no well-formed KML: {error}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "kml":
        raise ValueError(f"no KML: its outermost element is '{root.tag[:40]}'")
    features = [
        {"type": "Feature", "properties": {}, "geometry": _geometry(placemark)}
        for placemark in root.iter("Placemark")
    ]
    if not features:
        raise ValueError("holds no placemark; what it links to is not followed")
    whole = {"type": "FeatureCollection", "name": path.stem, "features": features}
    return json.dumps(whole).encode()


def _document(path: Path) -> bytes:
    if path.suffix.lower() == ".kmz":
        content = _main_member(path)
    else:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MB")
    if DOCTYPE.search(content):
        raise ValueError("declares a document type, which KML has none of")
    return content


def _main_member(path: Path) -> bytes:
    """Return the first KML of an archive, as OGC KML 2.3 (section 6.1) has readers do."""
    try:
        names = [one.filename for one in read_table(path)]
        main = next(name for name in names if name.lower().endswith(".kml"))
        with zipfile.ZipFile(path) as archive, archive.open(main) as member:
            return member.read(LARGEST + 1)
    except StopIteration as error:
        raise ValueError("the archive holds no .kml") from error
    except UNREADABLE as error:
        raise ValueError(f"no readable KMZ: {error}") from error


def _geometry(placemark: ET.Element) -> dict[str, Any] | None:
    rings = [list(_rings(polygon)) for polygon in placemark.iter("Polygon")]
    whole = [polygon for polygon in rings if polygon]
    return {"type": "MultiPolygon", "coordinates": whole} if whole else None


def _rings(polygon: ET.Element) -> Iterator[Ring]:
    """Yield the outer ring, then the holes."""
    for boundary in ("outerBoundaryIs", "innerBoundaryIs"):
        for element in polygon.iterfind(f"{boundary}/LinearRing/coordinates"):
            yield _ring(element.text or "")


def _ring(text: str) -> Ring:
    ring = []
    for point in COMMA.sub(",", text).split():
        try:
            longitude, latitude = (float(number) for number in point.split(",")[:2])
        except ValueError as error:
            raise ValueError(f"no coordinates: '{point[:40]}'") from error
        ring.append((longitude, latitude))
    if len(ring) < 3:
        raise ValueError(f"a ring has {len(ring)} points, at least 3 make one")
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]
