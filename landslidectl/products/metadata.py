"""``metadata.json``: everything needed to defend or repeat a result."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.pool import rule_in_words
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.products.attributes import area_km2
from landslidectl.products.contract import SCHEMA_VERSION
from landslidectl.products.contract.attributes import FLAGS
from landslidectl.products.contract.files import FileKind, file_spec
from landslidectl.products.contract.rasters import QUALITY_BITS, RASTERS, RasterSpec
from landslidectl.products.texts import plain_values
from landslidectl.products.wording import (
    credit,
    dem_in_words,
    event_in_words,
    iso,
    limitations,
)
from landslidectl.terms import Confidence, Standing

if TYPE_CHECKING:
    from landslidectl.detection.detections import Detection
    from landslidectl.detection.shift import Shift
    from landslidectl.inference.manifest import Model
    from landslidectl.products.request import ProductRequest, SceneRecord
    from landslidectl.stack.stack import Stack

FILES_KEY = "files"


def write_metadata(final: Path, facts: Mapping[str, Any], files: Mapping[FileKind, Path]) -> None:
    """Write the metadata of a product whose other ``files`` stand already."""
    listed = [
        {
            "kind": kind.value,
            "name": path.name,
            "size_bytes": path.stat().st_size,
            "sha256": file_digest(path),
            "purpose": file_spec(kind).purpose,
        }
        for kind, path in files.items()
    ]
    write_json_atomic(final, {**facts, FILES_KEY: listed})


def describe_product(request: "ProductRequest") -> dict[str, Any]:
    """Return the metadata but for the list of files, JSON-ready.

    Their form is that of ``assets/schemas/metadata.schema.json``.
    """
    described: dict[str, Any] = plain_values(_described(request))
    return described


def _described(request: "ProductRequest") -> dict[str, Any]:
    facts, found = request.provenance, request.detections
    return {
        "schema_version": SCHEMA_VERSION,
        "product": request.name.folder,
        "title": event_in_words(request),
        "status": request.status.value,
        "job_id": facts.job_id,
        "command": facts.command,
        "processed": iso(facts.processed),
        "release": request.release,
        "version": request.version,
        "simulated": facts.is_simulated,
        "event": _event(request),
        "area_of_interest": {"name": facts.aoi_name, "area_km2": round(area_km2(request), 3)},
        "result": {
            "detections": len(found.items),
            "left_out": found.left_out,
            "flags": flag_counts(found.items),
            "explained_by_shift": len(found.explained),
            "outlined_ha": round(sum(item.area_ha for item in found.items), 2),
            "tested_km2": round(found.tested_km2, 3),
            "masked_km2": round(found.masked_km2, 3),
            "unobserved_km2": round(found.unobserved_km2, 3),
            "threshold": found.threshold,
            "threshold_high": found.threshold_high,
            "confidence": {kind.value: found.count(kind) for kind in Confidence},
            "status": {kind.value: found.count(kind) for kind in Standing},
            "review": {kind.value: count for kind, count in found.reviews.items()},
            "dropped": len(request.dropped),
        },
        "ground": plain(facts.ground),
        "dropped": [plain(item) for item in request.dropped],
        "windows": {"pre_days": facts.pre_days, "post_days": facts.post_days},
        "tracks": [_track(stack) for stack in _sorted(request.stacks)],
        "fusion": rule_in_words(len(request.stacks)),
        "shifts": [_shift(shift) for shift in found.shifts],
        "scenes": [_scene(scene) for scene in facts.scenes],
        "refused": [{"name": scene.name, "reason": scene.reason} for scene in facts.refused],
        "models": [_model(model) for model in request.models],
        "scoring": [plain(track) for track in facts.scoring],
        "dem": _dem(request),
        "grid": {
            "epsg": found.grid.epsg,
            "pixel_m": found.grid.pixel_m,
            "rows": found.grid.rows,
            "cols": found.grid.cols,
            "bounds": list(found.grid.bounds),
        },
        "layers": _layers(),
        "settings": plain(facts.settings),
        "software": dict(facts.software),
        "warnings": list(facts.warnings),
        "limitations": list(limitations(request)),
        "credit": credit(request),
    }


def flag_counts(items: "Sequence[Detection]") -> dict[str, int]:
    """Return how many detections carry each flag."""
    return {flag: sum(flag in item.flag.split(",") for item in items) for flag, _ in FLAGS}


def plain(value: Any) -> Any:
    """Return settings as JSON takes them: records, enumerations, paths and instants as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _sorted(stacks: "tuple[Stack, ...]") -> "list[Stack]":
    return sorted(stacks, key=lambda stack: stack.track)


def _event(request: "ProductRequest") -> dict[str, Any]:
    facts = request.provenance
    return {
        "id": facts.event_id,
        "name": facts.event_name,
        "glide_no": facts.glide_no,
        "first": iso(facts.event.first),
        "last": iso(facts.event.last),
    }


def _track(stack: "Stack") -> dict[str, Any]:
    return {
        "name": stack.track.name,
        "relative_orbit": stack.track.relative_orbit,
        "direction": stack.track.direction.value,
        "mode": stack.track.mode,
        "bands": stack.bands.value,
        "pre_scenes": list(stack.pre_scenes),
        "post_scenes": list(stack.post_scenes),
        "post_start": iso(stack.post_start),
        "post_stop": iso(stack.post_stop),
        "terrain_corrected": stack.terrain_corrected,
        "stack_contract": plain(stack.contract),
    }


def _shift(shift: "Shift") -> dict[str, Any]:
    """Describe ground that changed as a whole; null where it has no lowest or highest elevation."""
    limits = {"above_m": shift.low_m, "below_m": shift.high_m}
    names = [name.value for name in shift.polarisations]
    return {
        "track": shift.track.name,
        **{name: value if math.isfinite(value) else None for name, value in limits.items()},
        "change_db": dict(zip(names, shift.change_db, strict=True)),
        "area_km2": shift.area_km2,
    }


def _scene(scene: "SceneRecord") -> dict[str, Any]:
    return {
        "scene_id": scene.scene_id,
        "platform": scene.platform,
        "phase": scene.phase.value,
        "track": scene.track.name,
        "start": iso(scene.start),
        "stop": iso(scene.stop),
        "size_bytes": scene.size_bytes,
        "sha256": scene.sha256,
        **plain(scene.facts),
    }


def _model(model: "Model") -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "architecture": model.architecture,
        "bands": model.bands.value,
        "sha256": model.sha256,
        "threshold": model.threshold,
        "threshold_high": model.threshold_high,
        "licence": model.licence,
    }


def _dem(request: "ProductRequest") -> dict[str, Any]:
    dem = request.dem
    return {
        "summary": dem_in_words(request),
        "vertical_datum": dem.vertical_datum if dem and request.has_relief else None,
        "sources": sorted(dem.sources) if dem and request.has_relief else [],
    }


def _layers() -> list[dict[str, Any]]:
    bits = {str(int(bit)): meaning for bit, meaning, _ in QUALITY_BITS}
    return [
        {
            "name": spec.band,
            "dtype": spec.dtype,
            "nodata": None if spec.nodata is None else str(spec.nodata),
            "unit": spec.unit,
            "description": spec.description,
            **({"bits": bits} if spec.kind is FileKind.QUALITY else {}),
            **({"classes": _classes(spec)} if spec.classes else {}),
        }
        for spec in RASTERS
    ]


def _classes(spec: RasterSpec) -> dict[str, str]:
    return {str(int(item.value)): f"{item.name}: {item.meaning}" for item in spec.classes}
