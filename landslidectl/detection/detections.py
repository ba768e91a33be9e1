"""What a detection is, and what all detections of a job are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from landslidectl.detection.shift import Shift
from landslidectl.grid import Grid
from landslidectl.terms import Confidence, Decision, Standing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

OUTLINE_WINDOW = "window"
OUTLINE_DELINEATED = "delineated"
OUTLINE_REVIEWER = "reviewer"


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


def in_order(items: Sequence[Detection]) -> tuple[Detection, ...]:
    """Return detections, highest score first, then largest; those without a score come last."""
    return tuple(sorted(items, key=_rank))


def _rank(item: Detection) -> tuple[bool, float, float, str]:
    has_none = math.isnan(item.score_max)
    return has_none, 0.0 if has_none else -item.score_max, -item.area_ha, item.det_id
