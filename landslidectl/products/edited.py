"""What a person changed in a copy of a product's GeoPackage, in QGIS or any other program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.geodesy import from_wgs84
from landslidectl.detection.review import drawn_id
from landslidectl.detection.reviewed import holds_pixel
from landslidectl.errors import ProductError
from landslidectl.grid import Grid
from landslidectl.products.compare_layers import outline_distance
from landslidectl.products.contents import Layer
from landslidectl.products.contract.attributes import OF_OUTLINE
from landslidectl.products.contract.layers import LayerName, layer_spec
from landslidectl.products.stored_layers import AGAIN, has_layer, read_layer, require
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOVED_DEG = 1e-6
"""Corners that moved by less, a tenth of a metre, were not moved by a person."""
WORDS = ", ".join(Decision)
COPY_HINT = "Give the GeoPackage of the product, or a copy of it, with your edits."
LISTED = 5


@dataclass(frozen=True, slots=True)
class Known:
    """A detection before it was edited.

    Parameters
    ----------
    outline : shapely geometry
        Longitude and latitude.
    decision : Decision
        What was said of it.
    is_listed : bool
        Whether every copy of the product has it, so that a file without it had it deleted.
    reviewer, note : str
        Who said it, and why.
    facts : mapping
        The attributes that follow the outline.
    """

    outline: "BaseGeometry"
    decision: Decision
    is_listed: bool = True
    reviewer: str = ""
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person changed of one detection.

    Parameters
    ----------
    det_id : str
        The detection, or the name of the outline that was drawn.
    decision : Decision
        What is said of it now. A detection that was deleted is rejected, one that was redrawn or
        drawn is accepted unless it is marked otherwise.
    seen : shapely geometry
        The outline before, longitude and latitude; that which was drawn where there was none.
    seen_facts : mapping
        The attributes that follow it.
    outline : shapely geometry or None
        The outline that was drawn.
    is_drawn : bool
        Whether there was none before.
    is_deleted : bool
        Whether it is no longer in the file.
    reviewer, note : str
        What was written into ``reviewer`` and ``rev_note``; empty where it stands as before.
    """

    det_id: str
    decision: Decision
    seen: "BaseGeometry"
    outline: "BaseGeometry | None" = None
    is_drawn: bool = False
    is_deleted: bool = False
    reviewer: str = ""
    note: str = ""
    seen_facts: Mapping[str, Any] = field(default_factory=dict)


def read_edits(path: Path, product: str, known: Mapping[str, Known], grid: Grid) -> list[Edit]:
    """Return what differs from a product in an edited GeoPackage.

    Parts of one detection that was cut up are taken together, without the rejected ones.

    Parameters
    ----------
    path : Path
        The edited file.
    product : str
        Name of the product that it must come from.
    known : mapping of str to Known
        All detections of that product, by name.
    grid : Grid
        Of its rasters; what is drawn must lie on it.

    Raises
    ------
    ProductError
        If the file cannot be read, comes from another product, or holds a broken outline, an
        unknown detection or an unknown word in ``review``. Then nothing of it is to be taken.
    """
    layer = _edited_layer(path, product, grid)
    rows = [_row(path, number, layer) for number in range(len(layer.rows))]
    _refuse(
        path, "an outline is broken or missing", [row.label for row in rows if not row.is_sound]
    )
    named = [row for row in rows if row.det_id]
    strange = [row.det_id for row in named if row.det_id not in known]
    _refuse(path, f"holds detections that {product} does not have", strange)
    outside = [
        row.label for row in rows if not holds_pixel(from_wgs84(row.outline, grid.epsg), grid)
    ]
    _refuse(path, "an outline lies outside the map or is smaller than a pixel", outside)
    changed = [_edit(name, known[name], parts) for name, parts in _grouped(named).items()]
    edits = [edit for edit in changed if edit is not None]
    drawn = {drawn_id(row.outline): row for row in rows if not row.det_id}
    edits += [
        _new(name, row) for name, row in drawn.items() if row.decision is not Decision.REJECTED
    ]
    gone = [name for name in known if name not in {row.det_id for row in named}]
    edits += [
        Edit(
            name,
            Decision.REJECTED,
            known[name].outline,
            is_deleted=True,
            seen_facts=known[name].facts,
        )
        for name in gone
        if known[name].is_listed and known[name].decision is not Decision.REJECTED
    ]
    return edits


def known_of(layer: Layer) -> dict[str, Known]:
    """Return the detections of a layer by name."""
    return {
        row["det_id"]: Known(
            wrapped(outline),
            Decision(row.get("review") or Decision.UNREVIEWED.value),
            reviewer=row.get("reviewer") or "",
            note=row.get("rev_note") or "",
            facts={name: row[name] for name in OF_OUTLINE if name in row},
        )
        for row, outline in zip(layer.rows, layer.outlines_wgs84(), strict=True)
        if row["det_id"]
    }


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    det_id: str
    decision: Decision
    outline: "BaseGeometry"
    is_sound: bool
    reviewer: str
    note: str


def _edited_layer(path: Path, product: str, grid: Grid) -> Layer:
    """Return the detections of the edited file, also those without an outline."""
    if not path.is_file():
        raise ProductError(f"{path}: is not there", COPY_HINT)
    try:
        _check_origin(path, product)
        layer = read_layer(path, layer_spec(LayerName.DETECTIONS), drawn_only=False)
    except ProductError as error:
        hint = f"{COPY_HINT} Its outlines are in EPSG:{grid.epsg}."
        raise ProductError(error.message, hint if error.hint == AGAIN else error.hint) from error
    if "det_id" not in {field.name for field in layer.fields}:
        raise ProductError(
            f"{path}: layer 'detections' has no attribute det_id, which tells the outlines apart",
            COPY_HINT,
        )
    return layer


def _check_origin(path: Path, product: str) -> None:
    """Refuse a file that says it comes from another product; one that says nothing may pass."""
    if not has_layer(path, LayerName.DETECTIONS.value):
        raise ProductError(
            f"{path}: has no layer 'detections'",
            COPY_HINT,
        )
    if not has_layer(path, LayerName.RUN.value):
        return
    run = require(path, read_layer(path, layer_spec(LayerName.RUN)), ("key", "value"))
    found = next((row["value"] for row in run.rows if row["key"] == "product"), None)
    if found is not None and found != product:
        raise ProductError(
            f"{path}: holds edits of another product: expected {product}, found {found}",
            "Name the job or folder of that product.",
        )


def _row(path: Path, number: int, layer: Layer) -> _Row:
    row = layer.rows[number]
    det_id = str(row["det_id"] or "")
    label = det_id or f"row {number + 1} without a name"
    word = str(row.get("review") or Decision.UNREVIEWED.value).strip().lower()
    if word not in set(Decision):
        raise ProductError(
            f"{path}: 'review' of {label} is '{word}', expected one of {WORDS}",
            "Correct it in QGIS, save, and import the file again.",
        )
    shape = layer.geometries[number] if layer.geometries else None
    is_sound = shape is not None and shape.is_valid and shape.area > 0.0
    if not is_sound:
        return _Row(label, det_id, Decision(word), shape, False, "", "")
    outline = wrapped(layer.outline_wgs84(number))
    signed = row.get("reviewer") or "", row.get("rev_note") or ""
    return _Row(label, det_id, Decision(word), outline, True, *signed)


def _refuse(path: Path, what: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        raise ProductError(
            f"{path}: {what}: {', '.join(names[:LISTED])}{more}",
            "Nothing was taken in. Correct it in QGIS (Vector > Geometry Tools > Check Validity "
            "finds broken outlines), save, and import the file again.",
        )


def _grouped(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.det_id, []).append(row)
    return groups


def _edit(name: str, was: Known, parts: Sequence[_Row]) -> Edit | None:
    """Return what was changed of one detection; None where nothing was."""
    import shapely  # noqa: PLC0415

    kept = [row for row in parts if row.decision is not Decision.REJECTED] or list(parts)
    outline = (
        kept[0].outline if len(kept) == 1 else shapely.union_all([row.outline for row in kept])
    )
    is_moved = outline_distance(outline, was.outline) > MOVED_DEG
    said = {row.decision for row in kept}
    decision = Decision.ACCEPTED if Decision.ACCEPTED in said else kept[0].decision
    if not is_moved and decision is was.decision:
        return None
    if is_moved and decision is Decision.UNREVIEWED:
        decision = Decision.ACCEPTED
    return Edit(
        name,
        decision,
        was.outline,
        outline if is_moved else None,
        reviewer=_written([row.reviewer for row in kept], was.reviewer),
        note=_written([row.note for row in kept], was.note),
        seen_facts=was.facts,
    )


def _written(texts: Sequence[str], before: str) -> str:
    """Return what was written anew, if anything was."""
    return next((text for text in texts if text and text != before), "")


def _new(name: str, row: _Row) -> Edit:
    return Edit(
        name,
        Decision.ACCEPTED,
        row.outline,
        row.outline,
        is_drawn=True,
        reviewer=row.reviewer,
        note=row.note,
    )
