"""Detections as GeoJSON: RFC 7946, longitude and latitude, right-hand rule, seven decimals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.files.atomic import write_text_atomic
from landslidectl.products.attributes import detection_row, json_value
from landslidectl.products.wording import credit, limitations

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from shapely.geometry.polygon import LinearRing, Polygon

    from landslidectl.products.request import ProductRequest

DECIMALS = 7


def write_geojson(final: Path, request: "ProductRequest") -> None:
    """Write all detections as one FeatureCollection, one feature a line.

    Source
    ------
    RFC 7946, sections 3.1.6 (right-hand rule), 3.1.9 (antimeridian), 4 (WGS 84), 6 (other
    members), 11.2 (precision).
    """
    head = {
        "type": "FeatureCollection",
        "name": request.name.folder,
        "credit": credit(request),
        "limitations": list(limitations(request)),
    }
    lines = ",\n".join(_text(feature) for feature in _features(request))
    opened = _text(head)[:-1]
    write_text_atomic(final, f'{opened}, "features": [\n{lines}\n]}}\n')


def geojson_geometry(geometry: "BaseGeometry") -> dict[str, Any]:
    """Return a polygon or multipolygon (longitude and latitude) as RFC 7946 wants it.

    Exterior rings run counter-clockwise and holes clockwise; what reaches beyond the antimeridian
    is cut there and continued on the other side.
    """
    polygons = [_rings(part) for part in _cut_at_antimeridian(geometry)]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _features(request: "ProductRequest") -> Iterator[dict[str, Any]]:
    for detection in request.detections.items:
        row = detection_row(detection, request)
        yield {
            "type": "Feature",
            "id": detection.det_id,
            "geometry": geojson_geometry(detection.polygon_wgs84),
            "properties": {name: json_value(value) for name, value in row.items()},
        }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _cut_at_antimeridian(geometry: "BaseGeometry") -> "list[Polygon]":
    import shapely  # noqa: PLC0415
    from shapely.affinity import translate  # noqa: PLC0415

    pieces: list[BaseGeometry] = [geometry]
    left, _, right, _ = geometry.bounds
    if right > 180.0 or left < -180.0:
        pieces = [
            translate(
                geometry.intersection(shapely.box(edge, -90, edge + 360.0, 90)), -edge - 180.0
            )
            for edge in (-540.0, -180.0, 180.0)
        ]
    parts = [part for piece in pieces for part in shapely.get_parts(piece)]
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _rings(polygon: "Polygon") -> list[list[list[float]]]:
    from shapely.geometry.polygon import orient  # noqa: PLC0415

    turned = orient(polygon, sign=1.0)
    return [_positions(ring) for ring in (turned.exterior, *turned.interiors)]


def _positions(ring: "LinearRing") -> list[list[float]]:
    return [[round(float(x), DECIMALS), round(float(y), DECIMALS)] for x, y in ring.coords]
