"""Where plans observe the ground: footprints against the area of interest."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from landslidectl.stack.footprints import (
    buffered,
    equal_area,
    footprint,
    polygonal,
)
from landslidectl.stack.plans import TrackPlan, UnusedScene, in_order

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene

AOI_BUFFER_DEG = 0.1
OUTSIDE = "outside the area of interest"


def covered_area(plans: Iterable[TrackPlan]) -> Any:
    """Return where at least one track has pre- and post-event scenes.

    Returns
    -------
    shapely geometry
        WGS 84 longitude and latitude, within -180..180, two parts across the antimeridian; empty
        when there are no plans. Manifest footprints ignore terrain, so its edge is good to a few
        kilometres.
    """
    import shapely  # noqa: PLC0415

    both_sides = [shapely.intersection(_union(plan.pre), _union(plan.post)) for plan in plans]
    return polygonal(shapely.union_all([polygonal(area) for area in both_sides]))


def uncovered_share(area_wgs84: Any, plans: Iterable[TrackPlan]) -> float:
    """Return the share of an area, 0..1, that no track observes on both sides of the event.

    Parameters
    ----------
    area_wgs84 : shapely geometry
        Longitude and latitude, within -180..180.
    plans : iterable of TrackPlan

    Returns
    -------
    float
        Weighted by area on the ground. Footprints are rough: up to a few kilometres of the area's
        rim may count on the wrong side.
    """
    import shapely  # noqa: PLC0415

    whole = equal_area(area_wgs84).area
    missing = equal_area(shapely.difference(area_wgs84, covered_area(plans))).area
    return min(missing / whole, 1.0) if whole > 0.0 else 0.0


def scenes_over(
    area_wgs84: Any, scenes: Iterable["Scene"]
) -> tuple[tuple["Scene", ...], tuple[UnusedScene, ...]]:
    """Part the scenes whose footprint comes near an area from the others.

    Parameters
    ----------
    area_wgs84 : shapely geometry
        Longitude and latitude within -180..180; it is grown by 11 km (0.1 degree of latitude)
        since footprints are rough.
    scenes : iterable of Scene
    """
    near = buffered(area_wgs84, AOI_BUFFER_DEG)
    over: list[Scene] = []
    away: list[UnusedScene] = []
    for scene in scenes:
        if footprint(scene).intersects(near):
            over.append(scene)
        else:
            away.append(UnusedScene(scene, OUTSIDE))
    return tuple(over), in_order(away)


def _union(scenes: Sequence["Scene"]) -> Any:
    import shapely  # noqa: PLC0415

    return shapely.union_all([footprint(scene) for scene in scenes])
