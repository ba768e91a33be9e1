"""Detections with what people said of them: accepted, rejected, redrawn, drawn anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from landslidectl.detection.describe import DetectOptions, describe, redrawn
from landslidectl.detection.detections import OUTLINE_REVIEWER, Detection, Detections, in_order
from landslidectl.detection.evidence import EvidenceReader
from landslidectl.detection.geodesy import from_wgs84
from landslidectl.detection.polygons import pixels_inside, window_of
from landslidectl.detection.review import Verdict, assign
from landslidectl.grid import Grid
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Place:
    """A detection as reviews are assigned to it: name, and outline within -180..180."""

    det_id: str
    outline: "BaseGeometry"


def apply_verdicts(
    found: Detections,
    verdicts: Sequence[Verdict],
    reader: EvidenceReader,
    options: DetectOptions,
) -> Detections:
    """Return the detections with their reviews; rejected ones are set apart, none is lost.

    ``found`` is as the program made it, so what was taken back needs no undoing. Evidence is
    measured anew in outlines that people drew. One that holds no pixel of this grid is
    left out: the map does not reach there.

    Parameters
    ----------
    found : Detections
        As the program found them.
    verdicts : sequence of Verdict
        The last word on each detection.
    reader : EvidenceReader
        Of the same rasters.
    options : DetectOptions
        That they were found with.
    """
    places = [Place(item.det_id, wrapped(item.polygon_wgs84)) for item in found.items]
    assigned = assign(verdicts, places)
    items = [
        _judged(item, assigned.by_id[item.det_id], reader, found.grid)
        if item.det_id in assigned.by_id
        else item
        for item in found.items
    ]
    for verdict in assigned.drawn:
        polygon = from_wgs84(verdict.drawing, found.grid.epsg)
        if holds_pixel(polygon, found.grid):
            made = describe(polygon, reader.of(polygon), found.grid, options)
            named = replace(made, det_id=verdict.det_id, outline=OUTLINE_REVIEWER)
            items.append(_signed(named, verdict))
    rejected = [item for item in items if item.review == Decision.REJECTED]
    kept = [item for item in items if item.review != Decision.REJECTED]
    return replace(found, items=in_order(kept), rejected=in_order(rejected))


def holds_pixel(polygon: "BaseGeometry", grid: Grid) -> bool:
    """Tell whether the centre of at least one pixel of a grid lies in a polygon in its units."""
    window = window_of(polygon, grid)
    if window.rows == 0 or window.cols == 0:
        return False
    return bool(pixels_inside(polygon, grid.subgrid(window)).any())


def _judged(item: Detection, verdict: Verdict, reader: EvidenceReader, grid: Grid) -> Detection:
    if verdict.decision is Decision.UNREVIEWED:
        return item
    if verdict.outline is None:
        return _signed(item, verdict)
    polygon = from_wgs84(verdict.outline, grid.epsg)
    if not holds_pixel(polygon, grid):
        return _signed(item, verdict)
    drawn = redrawn(item, polygon, reader, grid)
    return _signed(replace(drawn, outline=OUTLINE_REVIEWER), verdict)


def _signed(item: Detection, verdict: Verdict) -> Detection:
    return replace(
        item,
        review=verdict.decision.value,
        reviewer=verdict.reviewer,
        reviewed=verdict.time.replace(microsecond=0),
        rev_note=verdict.note,
    )
