"""The rows of the vector layers, in the words and roundings of the contract."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from landslidectl.detection.detections import OUTLINE_REVIEWER
from landslidectl.detection.geodesy import ellipsoid_area_m2, projected_area_m2, to_wgs84
from landslidectl.detection.review import DRAWN_PREFIX
from landslidectl.products.contract import SCHEMA_VERSION
from landslidectl.products.contract.attributes import (
    AREA_FIELDS,
    DETECTION_FIELDS,
    FOOTPRINT_FIELDS,
    SOURCE_FIELDS,
    FieldSpec,
    FieldType,
)
from landslidectl.products.texts import plain_text
from landslidectl.products.wording import credit, dem_in_words, high_in_words, iso, limitations
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Confidence, Phase, Standing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.detection.detections import Detection
    from landslidectl.products.request import ProductRequest, SceneRecord

Row = Mapping[str, Any]

GRD_PIXEL_M = 10.0
"""Pixel spacing of IW GRDH; Sentinel-1 Product Specification, S1-RS-MDA-52-7441, table 5-2."""
METHOD = "Automatic extraction"
REDRAWN_METHOD = "Semi-automatic extraction"
DRAWN_METHOD = "Photo-interpretation"
"""How an outline came about, in the words of Copernicus EMS."""
EVENT_PHASE = {Phase.PRE: "Pre-event", Phase.POST: "Post-event"}


def detection_row(detection: "Detection", request: "ProductRequest") -> Row:
    """Return the attributes of one detection, in the order of the contract."""
    known = {item.name: getattr(detection, item.name) for item in fields(detection)}
    known |= {
        "event_id": request.provenance.event_id,
        "glide_no": request.provenance.glide_no,
        "aoi_name": request.provenance.aoi_name,
        "event_type": "Mass movement",
        "obj_desc": "Landslide",
        "det_method": _method(detection),
        "software": request.software_name,
    }
    return _row(DETECTION_FIELDS, known)


def footprint_row(scene: "SceneRecord") -> Row:
    """Return the attributes of one scene footprint."""
    known = {
        "scene_id": scene.scene_id,
        "phase": scene.phase.value,
        "track": scene.track.name,
        "start": scene.start,
        "stop": scene.stop,
        "sha256": scene.sha256,
    }
    return _row(FOOTPRINT_FIELDS, known)


def used_scenes(request: "ProductRequest") -> "list[SceneRecord]":
    """Return the scenes of a product in the order of acquisition."""
    return sorted(request.provenance.scenes, key=lambda scene: (scene.start, scene.scene_id))


def source_rows(scenes: "Sequence[SceneRecord]") -> list[Row]:
    """Return the table of sources as Copernicus EMS words it; scenes in the order of acquisition.

    Source
    ------
    Copernicus EMS Rapid Mapping, vector package, table ``source``.
    """
    return [
        _row(
            SOURCE_FIELDS,
            {
                "src_id": number,
                "source_nam": _satellite(scene),
                "src_date": scene.start.astimezone(UTC).strftime("%d/%m/%Y"),
                "source_tm": scene.start.astimezone(UTC).strftime("T%H:%M:%SZ"),
                "sensor_gsd": GRD_PIXEL_M,
                "eventphase": EVENT_PHASE[scene.phase],
                "scene_id": scene.scene_id,
            },
        )
        for number, scene in enumerate(scenes, start=1)
    ]


def area_row(request: "ProductRequest") -> Row:
    """Return the attributes of the area of interest."""
    found = request.detections
    known = {
        "aoi_name": request.provenance.aoi_name,
        "area_km2": area_km2(request),
        "tested_km2": found.tested_km2,
        "masked_km2": found.masked_km2,
        "unobserved_km2": found.unobserved_km2,
    }
    return _row(AREA_FIELDS, known)


def run_rows(request: "ProductRequest") -> list[Row]:
    """Return the facts of the run as keys and values."""
    facts, found = request.provenance, request.detections
    values = {
        "product": request.name.folder,
        "schema_version": SCHEMA_VERSION,
        "job_id": facts.job_id,
        "status": request.status.value,
        "command": facts.command,
        "processed": iso(facts.processed),
        "software": request.software_name,
        "event_first": iso(facts.event.first),
        "event_last": iso(facts.event.last),
        "tracks": "+".join(request.name.tracks),
        "model": "+".join(sorted({model.name for model in request.models})),
        "model_sha256": "+".join(sorted({model.sha256 for model in request.models})),
        "threshold": f"{found.threshold:.3f}",
        "threshold_high": high_in_words(request),
        "dem": dem_in_words(request),
        "detections": str(len(found.items)),
        **{kind.value: str(found.count(kind)) for kind in (*Confidence, *Standing)},
        **{kind.value: str(count) for kind, count in found.reviews.items()},
        "dropped": str(len(request.dropped)),
        "tested_km2": f"{found.tested_km2:.3f}",
        "masked_km2": f"{found.masked_km2:.3f}",
        "unobserved_km2": f"{found.unobserved_km2:.3f}",
        "limitations": " ".join(limitations(request)),
        "credit": credit(request),
    }
    return [{"key": key, "value": plain_text(value)} for key, value in values.items()]


def area_outline(request: "ProductRequest") -> "BaseGeometry":
    """Return the area of interest, or the grid when none was given, in longitude and latitude."""
    import shapely  # noqa: PLC0415

    if request.provenance.area_of_interest is not None:
        return request.provenance.area_of_interest
    grid = request.detections.grid
    outline = shapely.segmentize(shapely.box(*grid.bounds), 10_000.0)
    area: BaseGeometry = wrapped(to_wgs84(outline, grid.epsg))
    return area


def area_km2(request: "ProductRequest") -> float:
    """Return the area of interest, or of the grid, on the ellipsoid."""
    import shapely  # noqa: PLC0415

    if request.provenance.area_of_interest is not None:
        return ellipsoid_area_m2(request.provenance.area_of_interest) / 1e6
    grid = request.detections.grid
    return projected_area_m2(shapely.box(*grid.bounds), grid.epsg) / 1e6


def tidy(value: Any, field: FieldSpec) -> Any:
    """Return a value with the decimals worth giving, a text made plain; None and NaN are None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if field.type is FieldType.TEXT:
        return plain_text(str(value))
    return round(float(value), field.decimals) if field.type is FieldType.REAL else value


def json_value(value: Any) -> Any:
    """Return a value as JSON takes it: instants as ISO 8601 text."""
    return iso(value) if isinstance(value, datetime) else value


def _row(specs: Sequence[FieldSpec], known: Mapping[str, Any]) -> Row:
    return {spec.name: tidy(known[spec.name], spec) for spec in specs}


def _method(detection: "Detection") -> str:
    if detection.outline != OUTLINE_REVIEWER:
        return METHOD
    return DRAWN_METHOD if detection.det_id.startswith(DRAWN_PREFIX) else REDRAWN_METHOD


def _satellite(scene: "SceneRecord") -> str:
    """Return the satellite's full name, such as ``Sentinel-1A``."""
    name = f"Sentinel-1{scene.platform.removeprefix('S1')}"
    return f"{name} (simulated)" if scene.is_simulated else name
