"""Which scenes belong together: tracks, duplicates, and the two sides of the event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from landslidectl.errors import StackError
from landslidectl.stack.footprints import footprint
from landslidectl.terms import BandSet, EventTime, Polarisation, Track

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene

AOI_BUFFER_DEG = 0.1
DUPLICATE_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How far from the event scenes may lie, in days."""

    pre_days: float = 60.0
    post_days: float = 12.0


@dataclass(frozen=True, slots=True)
class UnusedScene:
    """A scene that is in no composite, and why."""

    scene: "Scene"
    reason: str


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """The scenes of one track on either side of the event, each tuple sorted by start."""

    track: Track
    pre: tuple["Scene", ...]
    post: tuple["Scene", ...]

    @property
    def scenes(self) -> tuple["Scene", ...]:
        """Return all scenes, pre-event first."""
        return self.pre + self.post

    @property
    def bands(self) -> BandSet:
        """Return the richest band set that every scene of the plan can serve."""
        both = all(
            {Polarisation.VV, Polarisation.VH} <= set(scene.polarisations) for scene in self.scenes
        )
        return BandSet.VV_VH if both else BandSet.VV


@dataclass(frozen=True, slots=True)
class Selection:
    """What a job uses, by track, and what it leaves aside."""

    tracks: tuple[TrackPlan, ...]
    unused: tuple[UnusedScene, ...]


def select_scenes(
    scenes: Sequence["Scene"], event: EventTime, options: WindowOptions | None = None
) -> Selection:
    """Choose the pre- and post-event scenes of every track.

    A pre-event scene starts at most ``pre_days`` before the first shock and stops at or before
    it; a post-event scene starts after the last shock and at most ``post_days`` later. A scene
    that contains an instant of the event belongs to neither side.

    Returns
    -------
    Selection
        Tracks sorted; every scene given is either in a plan or among the unused with a reason.

    Raises
    ------
    StackError
        If no track has scenes on both sides; names for every track what is there and missing.
    """
    options = options or WindowOptions()
    iw = [scene for scene in scenes if scene.track.mode == "IW"]
    unused = [UnusedScene(scene, "not IW") for scene in scenes if scene.track.mode != "IW"]
    kept, duplicates = drop_duplicates(iw)
    unused += duplicates
    plans: list[TrackPlan] = []
    lacks: list[str] = []
    for track, members in groupby(sorted(kept, key=_track_order), key=lambda scene: scene.track):
        plan, outside = _split(track, tuple(members), event, options)
        unused += outside
        lack = _lack(plan, event, options)
        if lack is None:
            plans.append(plan)
        else:
            lacks.append(f"{_there(plan)}, {lack}")
            unused += [UnusedScene(scene, f"{lack} on this track") for scene in plan.scenes]
    if not plans:
        raise _nothing_usable(lacks, len(scenes))
    return Selection(tuple(plans), _sorted_unused(unused))


def drop_duplicates(
    scenes: Iterable["Scene"],
) -> tuple[tuple["Scene", ...], tuple[UnusedScene, ...]]:
    """Keep one product of every acquisition.

    Two products of one platform and datatake whose sensing times overlap by more than half of the
    shorter one are the same acquisition (a reprocessing, near-real-time against archive, plain
    against COG); slices overlap by a fraction of a second and are not. The newest processor wins,
    then archive over near real time, then plain over COG, then the first name.
    """
    kept: list[Scene] = []
    unused: list[UnusedScene] = []
    for scene in sorted(scenes, key=_preference):
        twin = next((other for other in kept if _same_acquisition(scene, other)), None)
        if twin is None:
            kept.append(scene)
        else:
            unused.append(UnusedScene(scene, f"duplicate of {twin.scene_id}"))
    return tuple(sorted(kept, key=_time_order)), _sorted_unused(unused)


def covered_area(plans: Iterable[TrackPlan]) -> Any:
    """Return where at least one track has pre- and post-event scenes.

    Returns
    -------
    shapely geometry
        WGS 84 longitude and latitude, within -180..180; empty when there are no plans. Manifest
        footprints ignore terrain, so its edge is good to a few kilometres.
    """
    import shapely  # noqa: PLC0415

    both_sides = [shapely.intersection(_union(plan.pre), _union(plan.post)) for plan in plans]
    return shapely.union_all(both_sides) if both_sides else shapely.Polygon()


def plans_over(area_wgs84: Any, plans: Iterable[TrackPlan]) -> Selection:
    """Drop the scenes whose footprint does not come near an area.

    Parameters
    ----------
    area_wgs84 : shapely geometry
        Longitude and latitude; it is buffered by 0.1 degree since footprints are rough.
    plans : iterable of TrackPlan

    Returns
    -------
    Selection
        The plans that keep scenes on both sides, and the scenes that were dropped.

    Raises
    ------
    StackError
        If no plan is left.
    """
    near = area_wgs84.buffer(AOI_BUFFER_DEG)
    left: list[TrackPlan] = []
    unused: list[UnusedScene] = []
    lacks: list[str] = []
    for plan in plans:
        pre, post = (
            tuple(scene for scene in side if footprint(scene).intersects(near))
            for side in (plan.pre, plan.post)
        )
        over = TrackPlan(plan.track, pre, post)
        away = [scene for scene in plan.scenes if scene not in over.scenes]
        unused += [UnusedScene(scene, "outside the area of interest") for scene in away]
        if pre and post:
            left.append(over)
            continue
        side = "pre" if not pre else "post"
        if over.scenes:
            lacks.append(f"{_there(over)}, no {side}-event scene over the area")
        else:
            lacks.append(f"all {len(away)} scenes on {plan.track} lie elsewhere")
        unused += [
            UnusedScene(scene, f"no {side}-event scene over the area of interest on this track")
            for scene in over.scenes
        ]
    if not left:
        raise StackError(
            "no track has pre- and post-event scenes over the area of interest: "
            + "; ".join(lacks),
            "Check the area, or add the scenes that cover it.",
        )
    return Selection(tuple(left), _sorted_unused(unused))


def _split(
    track: Track, scenes: tuple["Scene", ...], event: EventTime, options: WindowOptions
) -> tuple[TrackPlan, list[UnusedScene]]:
    earliest = event.first - timedelta(days=options.pre_days)
    latest = event.last + timedelta(days=options.post_days)
    pre: list[Scene] = []
    post: list[Scene] = []
    unused: list[UnusedScene] = []
    for scene in scenes:
        if scene.stop <= event.first:
            if scene.start >= earliest:
                pre.append(scene)
            else:
                reason = f"older than {options.pre_days:g} days before the event"
                unused.append(UnusedScene(scene, reason))
        elif scene.start > event.last:
            if scene.start <= latest:
                post.append(scene)
            else:
                reason = f"later than {options.post_days:g} days after the event"
                unused.append(UnusedScene(scene, reason))
        else:
            unused.append(UnusedScene(scene, _neither(scene, event)))
    return TrackPlan(track, tuple(pre), tuple(post)), unused


def _neither(scene: "Scene", event: EventTime) -> str:
    instants = (event.first, event.last)
    if any(scene.start <= instant <= scene.stop for instant in instants):
        return "contains the event instant"
    return "between the first and the last shock"


def _lack(plan: TrackPlan, event: EventTime, options: WindowOptions) -> str | None:
    earliest = event.first - timedelta(days=options.pre_days)
    latest = event.last + timedelta(days=options.post_days)
    missing = []
    if not plan.pre:
        missing.append(f"no pre-event scene since {_utc(earliest)}")
    if not plan.post:
        missing.append(f"no post-event scene until {_utc(latest)}")
    return " and ".join(missing) or None


def _there(plan: TrackPlan) -> str:
    present = [
        f"{len(side)} {name}-event scene{'s' if len(side) > 1 else ''}"
        for name, side in (("pre", plan.pre), ("post", plan.post))
        if side
    ]
    return f"{' and '.join(present) or 'no scene in the windows'} on {plan.track}"


def _nothing_usable(lacks: list[str], given: int) -> StackError:
    hint = "Add the missing scenes, or widen the windows with --pre-days and --post-days."
    if lacks:
        return StackError(
            "no track has scenes before and after the event: " + "; ".join(lacks), hint
        )
    if given:
        return StackError(
            f"none of the {given} scenes is an IW scene", "Give Sentinel-1 IW GRD scenes."
        )
    return StackError("no Sentinel-1 scene was found", "Check the folder of scenes.")


def _same_acquisition(one: "Scene", other: "Scene") -> bool:
    if (one.platform, one.datatake) != (other.platform, other.datatake):
        return False
    overlap = min(one.stop, other.stop) - max(one.start, other.start)
    shorter = min(one.stop - one.start, other.stop - other.start)
    return overlap > DUPLICATE_OVERLAP * shorter


def _preference(scene: "Scene") -> tuple[tuple[int, ...], bool, bool, str]:
    newest_first = tuple(-int(part) for part in scene.ipf.split(".") if part.isdigit())
    near_real_time = scene.timeliness.upper().startswith("NRT")
    return newest_first or (1,), near_real_time, scene.scene_id.endswith("_COG"), scene.scene_id


def _time_order(scene: "Scene") -> tuple[datetime, str]:
    return scene.start, scene.scene_id


def _track_order(scene: "Scene") -> tuple[Track, datetime, str]:
    return scene.track, scene.start, scene.scene_id


def _sorted_unused(unused: Iterable[UnusedScene]) -> tuple[UnusedScene, ...]:
    return tuple(sorted(unused, key=lambda item: _time_order(item.scene)))


def _utc(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _union(scenes: Iterable["Scene"]) -> Any:
    import shapely  # noqa: PLC0415

    return shapely.union_all([footprint(scene) for scene in scenes])
