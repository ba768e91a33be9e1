"""Detections as GeoJSON: RFC 7946, longitude and latitude, right-hand rule, seven decimals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.files.atomic import write_text_atomic
from landslidectl.products.attributes import json_value
from landslidectl.stack.footprints import polygons, wrapped

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from shapely.geometry.polygon import LinearRing, Polygon

    from landslidectl.products.contents import Contents

DECIMALS = 7


def write_geojson(final: Path, contents: "Contents") -> None:
    """Write all detections as one FeatureCollection, one feature a line.

    Source
    ------
    RFC 7946, sections 3.1.6 (right-hand rule), 3.1.9 (antimeridian), 4 (WGS 84), 6 (other
    members), 11.2 (precision).
    """
    head = {
        "type": "FeatureCollection",
        "name": contents.facts["product"],
        "credit": contents.facts["credit"],
        "limitations": contents.facts["limitations"],
    }
    lines = ",\n".join(_text(feature) for feature in _features(contents))
    opened = _text(head)[:-1]
    write_text_atomic(final, f'{opened}, "features": [\n{lines}\n]}}\n')


def geojson_geometry(geometry: "BaseGeometry") -> dict[str, Any]:
    """Return a polygon or multipolygon (longitude and latitude) as RFC 7946 wants it.

    Exterior rings run counter-clockwise and holes clockwise; what reaches beyond the antimeridian
    is cut there and continued on the other side.
    """
    parts = [_rings(part) for part in polygons(wrapped(geometry)) if not part.is_empty]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def _features(contents: "Contents") -> Iterator[dict[str, Any]]:
    layer = contents.detections
    for row, outline in zip(layer.rows, layer.outlines_wgs84(), strict=True):
        name = {"id": row["det_id"]} if row["det_id"] else {}
        yield {
            "type": "Feature",
            **name,
            "geometry": geojson_geometry(outline),
            "properties": {name: json_value(value) for name, value in row.items()},
        }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _rings(polygon: "Polygon") -> list[list[list[float]]]:
    from shapely.geometry.polygon import orient  # noqa: PLC0415

    turned = orient(polygon, sign=1.0)
    return [_positions(ring) for ring in (turned.exterior, *turned.interiors)]


def _positions(ring: "LinearRing") -> list[list[float]]:
    return [[round(float(x), DECIMALS), round(float(y), DECIMALS)] for x, y in ring.coords]
