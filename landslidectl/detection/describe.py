"""A region, or the slides drawn inside it, becomes a detection with its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from landslidectl.detection.classes import confidence_of
from landslidectl.detection.detections import OUTLINE_DELINEATED, Detection
from landslidectl.detection.evidence import Evidence, EvidenceReader, scene_span
from landslidectl.detection.geodesy import projected_area_m2, to_wgs84, wrapped_lon
from landslidectl.detection.relief import STEEP_DEG
from landslidectl.files.hashing import stable_key
from landslidectl.grid import Grid

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.manifest import Model
    from landslidectl.terrain.dem import Dem


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
