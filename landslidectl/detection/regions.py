"""From the fused score to detections: threshold, connect, outline, describe.

The score comes from overlapping windows of 64 pixels, so a region says where windows blended to a
score above the threshold; the slide lies somewhere inside. Its outline is drawn from the change
bands where these are clear enough, and otherwise stays that of the windows. Every detection says
which in its attribute ``outline``. A region is one detection however many slides are drawn in it:
what was judged, and what may be a false alarm, is the region.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.classes import confidence_of
from landslidectl.detection.delineate import DelineateOptions, Delineator
from landslidectl.detection.evidence import Evidence, EvidenceReader, scene_span
from landslidectl.detection.fuse import BLOCK_SIDE, FusedScore
from landslidectl.detection.geodesy import (
    area_scale,
    from_wgs84,
    projected_area_m2,
    to_wgs84,
    wrapped_lon,
)
from landslidectl.detection.ground import ground_of
from landslidectl.detection.polygons import outline_regions, pixels_inside
from landslidectl.detection.relief import STEEP_DEG, Lie, Relief
from landslidectl.detection.shift import Shift, Shifts
from landslidectl.files.hashing import stable_key
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Grid
from landslidectl.terms import Confidence, Decision, Standing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.manifest import Model
    from landslidectl.stack.stack import Stack
    from landslidectl.terrain.dem import Dem

OUTLINE_WINDOW = "window"
OUTLINE_DELINEATED = "delineated"
OUTLINE_REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """How scores become detections.

    Parameters
    ----------
    threshold : float
        Lowest score of a detected pixel.
    min_area_m2 : float
        Smallest area of judged ground that makes a detection.
    models : tuple of Model
        The models the scores came from, named in the attributes.
    area_of_interest : shapely geometry, optional
        Longitude and latitude; detections that touch it are kept whole and areas are counted
        inside it. None means the whole grid.
    dem : Dem, optional
        Gives the mean slope of a detection.
    delineate : bool
        Draw the slides inside the regions; otherwise all outlines are those of windows.
    min_steepness_deg : float
        Parts of an outline that are steep nowhere are left out, and so are detections without any
        other part; 0 keeps all. Without ``dem`` nothing is left out.
    threshold_high : float, optional
        Highest score from which a detection is of high confidence; None: none is.
    """

    threshold: float
    min_area_m2: float = 2000.0
    models: "tuple[Model, ...]" = ()
    area_of_interest: "BaseGeometry | None" = None
    dem: "Dem | None" = None
    delineate: bool = True
    min_steepness_deg: float = STEEP_DEG
    threshold_high: float | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """One probable landslide, with what speaks for it.

    ``polygon`` is in the units of the grid, ``polygon_wgs84`` in longitude and latitude; degrees,
    hectares on the ellipsoid, per cent, UTC. What cannot be known is None. The names are those of
    the product's attributes. The scores are those of the windows' region, all else is of the
    polygon; the name follows the region, so that drawing it better does not rename a detection.
    ``status`` and what follows it tell of earlier releases; alone a detection is seen first.
    """

    det_id: str
    polygon: "BaseGeometry"
    polygon_wgs84: "BaseGeometry"
    score_max: float
    score_mean: float
    area_ha: float
    centroid_lon: float
    centroid_lat: float
    tracks: str
    orbit_dir: str
    rel_orbit: str
    n_pre: int
    n_post: int
    pre_start: datetime | None
    pre_end: datetime | None
    post_start: datetime
    post_end: datetime
    slope_mean: float | None
    inc_angle: float | None
    valid_pct: float
    layover_pct: float
    shadow_pct: float
    model: str
    model_ver: str
    model_sha256: str
    threshold: float
    flag: str = ""
    confidence: str = Confidence.LOW.value
    outline: str = OUTLINE_WINDOW
    status: str = Standing.FIRST.value
    first_seen: datetime | None = None
    releases: str = "r1"
    n_seen: int = 1
    review: str = Decision.UNREVIEWED.value
    reviewer: str = ""
    reviewed: datetime | None = None
    rev_note: str = ""


@dataclass(frozen=True, slots=True)
class Detections:
    """All detections of a job and the areas they were looked for in.

    Parameters
    ----------
    items : tuple of Detection
        Highest score first, then largest.
    grid : Grid
        Grid of the score.
    threshold : float
        Lowest score of a detected pixel.
    tested_km2, masked_km2, unobserved_km2 : float
        Areas on the ellipsoid: judged; observed, but masked; not observed. Together they are the
        area of interest (or the whole grid).
    left_out : int
        Regions that are none since they are steep nowhere.
    threshold_high : float or None
        Highest score from which a detection is of high confidence.
    shifts : tuple of Shift
        Ground that changed as a whole.
    explained : tuple of Detection
        What such a shift explains and is therefore no item, in the same order.
    rejected : tuple of Detection
        What a person rejected and is therefore no item, in the same order.
    """

    items: tuple[Detection, ...]
    grid: Grid
    threshold: float
    tested_km2: float
    masked_km2: float
    unobserved_km2: float
    left_out: int = 0
    threshold_high: float | None = None
    shifts: tuple[Shift, ...] = ()
    explained: tuple[Detection, ...] = ()
    rejected: tuple[Detection, ...] = ()

    @property
    def everything(self) -> tuple[Detection, ...]:
        """Return all detections, also the rejected ones, in the same order."""
        return in_order([*self.items, *self.rejected])

    @property
    def reviews(self) -> dict[Decision, int]:
        """Return how many detections are not reviewed, accepted and rejected."""
        said = [item.review for item in self.everything]
        return {kind: said.count(kind.value) for kind in Decision}

    def count(self, kind: Confidence | Standing) -> int:
        """Return how many detections are of a confidence or a status."""
        name = "confidence" if isinstance(kind, Confidence) else "status"
        return sum(getattr(item, name) == kind.value for item in self.items)


def find_detections(
    fused: FusedScore, stacks: "Sequence[Stack]", options: DetectOptions
) -> Detections:
    """Outline and describe the regions whose fused score reaches the threshold.

    Masked pixels do not cut a region into shreds: they stay inside it, are told by its shares, and
    do not count towards its smallest area nor its scores.

    Parameters
    ----------
    fused : FusedScore
        Score and quality.
    stacks : sequence of Stack
        The stacks behind it.
    options : DetectOptions
        Threshold, smallest area, models, area of interest, kind of outlines.
    """
    grid = fused.grid
    aoi = options.area_of_interest
    aoi_on_grid = None if aoi is None else from_wgs84(aoi, grid.epsg)
    chosen, pixels = _survey(fused, options.threshold, aoi_on_grid)
    relief = None if options.dem is None or options.dem.is_flat else Relief(options.dem, grid)
    items, explained, left_out = [], [], 0
    shifts = _shifts(stacks, chosen, options)
    with ExitStack() as files:
        reader = files.enter_context(EvidenceReader(fused, stacks, options.dem))
        delineator = None
        if options.delineate:
            drawn = DelineateOptions(min_area_m2=options.min_area_m2)
            baseline = shifts.baseline if shifts.found else None
            delineator = files.enter_context(Delineator(stacks, grid, chosen, drawn, baseline))
        for region in outline_regions(chosen, grid, options.min_area_m2):
            if aoi_on_grid is not None and not region.intersects(aoi_on_grid):
                continue
            evidence = reader.of(region)
            if evidence.judged_m2 < options.min_area_m2:
                continue
            item = describe(region, evidence, grid, options)
            slides = None if delineator is None else delineator.of(region)
            if slides is None and shifts.found and shifts.explains(region):
                explained.append(item)
                continue
            if relief is not None:
                steep = relief.steep_parts(slides or region, options.min_steepness_deg)
                if steep is None:
                    left_out += 1
                    continue
                slides = None if slides is None else steep
                item = replace(item, flag=_flags(relief.lie(steep)))
            items.append(item if slides is None else redrawn(item, slides, reader, grid))
    pixel_km2 = area_scale(grid) * grid.pixel_m**2 / 1e6
    tested, masked, unobserved = (float(count) * pixel_km2 for count in pixels)
    areas = (tested, masked, unobserved)
    return Detections(
        in_order(items),
        grid,
        options.threshold,
        *areas,
        left_out,
        options.threshold_high,
        shifts.found,
        in_order(explained),
    )


def _shifts(
    stacks: "Sequence[Stack]", detected: "NDArray[np.bool_]", options: DetectOptions
) -> Shifts:
    """Measure shifts where slides are drawn: what stands out from one is seen by drawing it."""
    if options.delineate:
        return Shifts.measure(stacks, options.dem, detected)
    return Shifts((), stacks[0].grid, None)


def in_order(items: Sequence[Detection]) -> tuple[Detection, ...]:
    """Return detections, highest score first, then largest; those without a score come last."""
    return tuple(sorted(items, key=_rank))


def _rank(item: Detection) -> tuple[bool, float, float, str]:
    has_none = math.isnan(item.score_max)
    return has_none, 0.0 if has_none else -item.score_max, -item.area_ha, item.det_id


def _survey(
    fused: FusedScore, threshold: float, aoi_on_grid: "BaseGeometry | None"
) -> "tuple[NDArray[np.bool_], NDArray[np.int64]]":
    """Return the pixels at or above the threshold, and counts (judged, masked, unobserved)."""
    chosen = np.zeros(fused.grid.shape, dtype=bool)
    pixels = np.zeros(3, dtype=np.int64)
    with open_raster(fused.path) as scores, open_raster(fused.quality_path) as bits:
        for block in fused.grid.blocks(BLOCK_SIDE):
            window = rasterio_window(block)
            score, quality = scores.read(1, window=window), bits.read(1, window=window)
            chosen[block.slices] = score >= threshold
            counted = (
                np.ones(block.shape, dtype=bool)
                if aoi_on_grid is None
                else pixels_inside(aoi_on_grid, fused.grid.subgrid(block))
            )
            ground = ground_of(score, quality)
            for index, kind in enumerate((ground.judged, ground.masked, ground.unobserved)):
                pixels[index] += np.count_nonzero(kind & counted)
    return chosen, pixels


def describe(
    region: "BaseGeometry", evidence: Evidence, grid: Grid, options: DetectOptions
) -> Detection:
    """Return a region, given in grid units, as a detection with its evidence."""
    outline = to_wgs84(region, grid.epsg)
    centroid = to_wgs84(region.centroid, grid.epsg)
    models = _models_of(evidence, options.models)
    pre_start, pre_end = scene_span(
        [scene for stack in evidence.stacks for scene in stack.pre_scenes]
    )
    tracks = [stack.track for stack in evidence.stacks]
    return Detection(
        det_id=_stable_id(region, evidence, grid, models),
        polygon=region,
        polygon_wgs84=outline,
        score_max=evidence.score_max,
        score_mean=evidence.score_mean,
        area_ha=projected_area_m2(region, grid.epsg) / 1e4,
        centroid_lon=wrapped_lon(centroid.x),
        centroid_lat=centroid.y,
        tracks="+".join(track.name for track in tracks),
        orbit_dir="+".join(track.direction.value for track in tracks),
        rel_orbit="+".join(str(track.relative_orbit) for track in tracks),
        n_pre=evidence.n_pre,
        n_post=evidence.n_post,
        pre_start=pre_start,
        pre_end=pre_end,
        post_start=min(stack.post_start for stack in evidence.stacks),
        post_end=max(stack.post_stop for stack in evidence.stacks),
        slope_mean=evidence.slope_mean,
        inc_angle=evidence.incidence_mean,
        valid_pct=evidence.valid_pct,
        layover_pct=evidence.layover_pct,
        shadow_pct=evidence.shadow_pct,
        model=_joined(model.name for model in models),
        model_ver=_joined(model.version for model in models),
        model_sha256=_joined(model.sha256 for model in models),
        threshold=options.threshold,
        confidence=confidence_of(evidence.score_max, options.threshold_high).value,
        first_seen=max(stack.post_stop for stack in evidence.stacks),
    )


def redrawn(
    item: Detection, slides: "BaseGeometry", reader: EvidenceReader, grid: Grid
) -> Detection:
    """Return a detection with another polygon, such as that of the slides inside its region."""
    centroid = to_wgs84(slides.centroid, grid.epsg)
    evidence = reader.of(slides)
    return replace(
        item,
        polygon=slides,
        polygon_wgs84=to_wgs84(slides, grid.epsg),
        area_ha=projected_area_m2(slides, grid.epsg) / 1e4,
        centroid_lon=wrapped_lon(centroid.x),
        centroid_lat=centroid.y,
        slope_mean=evidence.slope_mean,
        inc_angle=evidence.incidence_mean,
        valid_pct=evidence.valid_pct,
        layover_pct=evidence.layover_pct,
        shadow_pct=evidence.shadow_pct,
        outline=OUTLINE_DELINEATED,
    )


def _flags(lie: Lie | None) -> str:
    return "" if lie is None else ",".join(lie.flags)


def _models_of(evidence: Evidence, models: "Sequence[Model]") -> "list[Model]":
    """Return the models that scored the tracks seeing a region: those of the same bands."""
    bands = {stack.bands for stack in evidence.stacks}
    return [model for model in models if model.bands in bands]


def _joined(words: Any) -> str:
    """Join different words in a stable order."""
    return "+".join(sorted(set(words)))


def _stable_id(
    region: "BaseGeometry", evidence: Evidence, grid: Grid, models: "Sequence[Model]"
) -> str:
    """Return a name that the same outline, models and event always get."""
    key = stable_key(
        {
            "epsg": grid.epsg,
            "outline": region.normalize().wkb_hex,
            "models": sorted(model.sha256 for model in models),
            "event": [stack.event.first.isoformat() for stack in evidence.stacks],
        }
    )
    return f"LS-{key[:12]}"
