"""A stored product with what people said of it, for formats that are asked for later."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landslidectl.detection.detections import OUTLINE_REVIEWER
from landslidectl.detection.geodesy import from_wgs84, projected_area_m2, to_wgs84, wrapped_lon
from landslidectl.detection.review import DRAWN_PREFIX, Verdict, assign, drawn_id
from landslidectl.detection.reviewed import Place
from landslidectl.products.attributes import DRAWN_METHOD, METHOD, REDRAWN_METHOD, Row, tidy
from landslidectl.products.contents import WGS84_EPSG, Contents, Layer
from landslidectl.products.contract.attributes import RUN_WIDE
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.wording import with_review_limit
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Confidence, Decision, Standing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

M2_PER_HA = 1e4


def with_verdicts(contents: Contents, verdicts: Sequence[Verdict]) -> Contents:
    """Return a product with reviews in its attributes, outlines and counts.

    What a product says already, because it was made or edited with the same reviews, stays as it
    is. Evidence is not measured anew: an outline that was redrawn gets its own area and centroid,
    one that a person drew has nothing else.

    Parameters
    ----------
    contents : Contents
        As the product was written.
    verdicts : sequence of Verdict
        The last word on each detection.
    """
    layer = _named(contents.layers[LayerName.DETECTIONS])
    if not verdicts:
        return recounted(contents, layer)
    places = [
        Place(row["det_id"], wrapped(outline))
        for row, outline in zip(layer.rows, layer.outlines_wgs84(), strict=True)
    ]
    assigned = assign(verdicts, places)
    pairs = [
        _judged(row, outline, assigned.by_id.get(row["det_id"]), layer)
        for row, outline in zip(layer.rows, layer.geometries or (), strict=True)
        if not _is_taken_back(assigned.by_id.get(row["det_id"]))
    ]
    pairs += [_drawn(verdict, layer) for verdict in assigned.drawn]
    pairs.sort(key=_rank)
    rows, outlines = tuple(row for row, _ in pairs), tuple(outline for _, outline in pairs)
    return recounted(contents, replace(layer, rows=rows, geometries=outlines))


def recounted(contents: Contents, layer: Layer) -> Contents:
    """Return a product with other detections, and with the counts that follow from them."""
    counts = counts_of(layer.rows)
    kept = [row for row in layer.rows if row.get("review") != Decision.REJECTED]
    result = {
        **contents.facts["result"],
        "detections": len(kept),
        "confidence": {kind.value: _count(kept, "confidence", kind) for kind in Confidence},
        "status": {kind.value: _count(kept, "status", kind) for kind in Standing},
        "review": {kind.value: count for kind, count in counts.items()},
    }
    limits = with_review_limit(contents.facts["limitations"], counts)
    facts = {**contents.facts, "result": result, "limitations": limits}
    told = {"detections": len(kept), "limitations": " ".join(limits)}
    told |= result["confidence"] | result["status"] | result["review"]
    run = contents.layers[LayerName.RUN]
    rows = tuple({**row, "value": str(told.get(row["key"], row["value"]))} for row in run.rows)
    layers = {
        **contents.layers,
        LayerName.DETECTIONS: layer,
        LayerName.RUN: replace(run, rows=rows),
    }
    return replace(contents, facts=facts, layers=layers)


def counts_of(rows: Sequence[Row]) -> dict[Decision, int]:
    """Return how many detections are not reviewed, accepted and rejected."""
    said = [row.get("review") or Decision.UNREVIEWED.value for row in rows]
    return {kind: said.count(kind.value) for kind in Decision}


def _count(rows: Sequence[Row], name: str, kind: Confidence | Standing) -> int:
    return sum(row.get(name) == kind.value for row in rows)


def _named(layer: Layer) -> Layer:
    """Return the layer with a name for every outline, also for those that a person drew."""
    rows = tuple(
        row if row["det_id"] else {**row, "det_id": drawn_id(wrapped(layer.outline_wgs84(index)))}
        for index, row in enumerate(layer.rows)
    )
    return replace(layer, rows=rows)


def _judged(
    row: Row, outline: "BaseGeometry", verdict: Verdict | None, layer: Layer
) -> "tuple[Row, BaseGeometry]":
    if verdict is None:
        return row, outline
    said = _said(verdict)
    was_redrawn = row.get("outline") == OUTLINE_REVIEWER
    seen_kind = verdict.seen_facts.get("outline")
    if verdict.decision is Decision.UNREVIEWED and was_redrawn and seen_kind != OUTLINE_REVIEWER:
        outline = _in_system(verdict.seen, layer)
        said |= _measured(outline, layer) | {"det_method": METHOD, "outline": None}
        said |= verdict.seen_facts
    elif verdict.outline is not None:
        outline = _in_system(verdict.outline, layer)
        is_drawn = row["det_id"].startswith(DRAWN_PREFIX)
        method = DRAWN_METHOD if is_drawn else REDRAWN_METHOD
        said |= _measured(outline, layer) | {"det_method": method}
    return {**row, **_fitting(said, layer)}, outline


def _is_taken_back(verdict: Verdict | None) -> bool:
    """Tell whether a person drew an outline and then took it back."""
    return verdict is not None and verdict.is_drawn and verdict.decision is Decision.UNREVIEWED


def _drawn(verdict: Verdict, layer: Layer) -> "tuple[Row, BaseGeometry]":
    outline = _in_system(verdict.drawing, layer)
    shared = {name: layer.rows[0].get(name) for name in RUN_WIDE} if layer.rows else {}
    said = {**shared, "det_id": verdict.det_id, "det_method": DRAWN_METHOD}
    said |= _said(verdict) | _measured(outline, layer)
    empty = dict.fromkeys(field.name for field in layer.fields)
    return {**empty, **_fitting(said, layer)}, outline


def _said(verdict: Verdict) -> dict[str, Any]:
    if verdict.decision is Decision.UNREVIEWED:
        return {"review": verdict.decision.value, "reviewer": "", "reviewed": None, "rev_note": ""}
    return {
        "review": verdict.decision.value,
        "reviewer": verdict.reviewer,
        "reviewed": verdict.time.replace(microsecond=0),
        "rev_note": verdict.note,
    }


def _measured(outline: "BaseGeometry", layer: Layer) -> dict[str, Any]:
    epsg = int(layer.epsg or WGS84_EPSG)
    centroid = to_wgs84(outline.centroid, epsg)
    return {
        "outline": OUTLINE_REVIEWER,
        "area_ha": projected_area_m2(outline, epsg) / M2_PER_HA,
        "centroid_lon": wrapped_lon(centroid.x),
        "centroid_lat": centroid.y,
    }


def _in_system(outline: "BaseGeometry", layer: Layer) -> "BaseGeometry":
    return from_wgs84(outline, int(layer.epsg or WGS84_EPSG))


def _fitting(said: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """Return what the layer has attributes for, with the decimals of the contract."""
    return {
        field.name: tidy(said[field.name], field) for field in layer.fields if field.name in said
    }


def _rank(pair: "tuple[Row, BaseGeometry]") -> tuple[bool, float]:
    """Order by score; the order of equal ones stays, and what has none comes last."""
    score = pair[0].get("score_max")
    return score is None, 0.0 if score is None else -float(score)
