"""Which scenes belong together: tracks and the two sides of the event."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from landslidectl.errors import StackError
from landslidectl.stack.coverage import covered_area, scenes_over, uncovered_share
from landslidectl.stack.duplicates import drop_duplicates
from landslidectl.stack.plans import (
    Selection,
    TrackPlan,
    UnusedScene,
    WindowOptions,
    acquisition,
    described,
    in_order,
    too_few,
)
from landslidectl.terms import EventTime, Track

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene

__all__ = [
    "Selection",
    "TrackPlan",
    "UnusedScene",
    "WindowOptions",
    "covered_area",
    "drop_duplicates",
    "select_scenes",
    "uncovered_share",
]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Windows:
    """The two windows around an event, and how to sort scenes into them."""

    event: EventTime
    options: WindowOptions

    @property
    def earliest(self) -> datetime:
        """Return the first instant at which a pre-event scene may start."""
        return self.event.first - timedelta(days=self.options.pre_days)

    @property
    def latest(self) -> datetime:
        """Return the last instant at which a post-event scene may start."""
        return self.event.last + timedelta(days=self.options.post_days)

    @property
    def extended(self) -> datetime:
        """Return the last instant at which a late acquisition may start."""
        return self.latest + timedelta(days=max(self.options.extend_post_days, 0.0))

    def is_before(self, scene: "Scene") -> bool:
        """Tell whether a scene ends before the event, to the second and not by its date."""
        return scene.stop <= self.event.first

    def is_after(self, scene: "Scene") -> bool:
        """Tell whether a scene starts after the last shock."""
        return scene.start > self.event.last

    def days_after(self, scene: "Scene") -> float:
        """Return the days from the last shock to the start of a scene."""
        return (scene.start - self.event.last) / DAY

    def reason_against(self, scene: "Scene") -> str | None:
        """Say why a scene is in neither window; None when it is in one."""
        if self.is_before(scene):
            if scene.start >= self.earliest:
                return None
            return f"older than {self.options.pre_days:g} days before the event"
        if self.is_after(scene):
            if scene.start <= self.latest:
                return None
            return f"later than {self.options.post_days:g} days after the event"
        # what happened between two shocks is in neither picture: it is after the first, and the
        # slides of the last are still missing
        instants = (self.event.first, self.event.last)
        if any(scene.start <= instant <= scene.stop for instant in instants):
            return "contains the event instant"
        return "between the first and the last shock"


def select_scenes(
    scenes: Sequence["Scene"],
    event: EventTime,
    options: WindowOptions | None = None,
    area: Any = None,
) -> Selection:
    """Choose the pre- and post-event scenes of every track.

    A pre-event scene starts at most ``pre_days`` before the first shock and stops at or before
    it; a post-event scene starts after the last shock and at most ``post_days`` later. A scene
    that contains an instant of the event belongs to neither side, nor does one between two
    shocks. Scenes of all satellites on one track go together.

    A track without a post-event scene in its window gets its first acquisition after it, when
    that starts at most ``extend_post_days`` later; `TrackPlan.late_post_days` then says so.

    Parameters
    ----------
    scenes : sequence of Scene
        In any order.
    event : EventTime
        First and last shock.
    options : WindowOptions, optional
        Windows and least numbers.
    area : shapely geometry, optional
        Area of interest, longitude and latitude within -180..180. Scenes elsewhere neither count
        nor keep a track from reaching beyond its window.

    Returns
    -------
    Selection
        Tracks sorted; every scene given is either in a plan or among the unused with a reason.

    Raises
    ------
    StackError
        If no track has enough scenes on both sides; names for every track what is there and
        missing, and how late the first scene is that an extension would take.
    """
    windows = Windows(event, options or WindowOptions())
    iw = [scene for scene in scenes if scene.track.mode == "IW"]
    unused = [UnusedScene(scene, "not IW") for scene in scenes if scene.track.mode != "IW"]
    near, duplicates = drop_duplicates(iw)
    unused += duplicates
    if area is not None:
        near, away = scenes_over(area, near)
        unused += away
    plans: list[TrackPlan] = []
    lacks: list[str] = []
    for track, members in groupby(sorted(near, key=_track_order), key=lambda scene: scene.track):
        ordered = tuple(members)
        plan, outside = _split(track, ordered, windows)
        lack = _lack(plan, ordered, windows)
        if lack is None:
            plans.append(plan)
        else:
            lacks.append(f"{described(plan)}, {lack}")
            unused += [UnusedScene(scene, f"{lack} on this track") for scene in plan.scenes]
        unused += outside
    if not plans:
        raise _nothing_usable(lacks, len(iw), len(scenes))
    return Selection(tuple(plans), in_order(unused))


def _split(
    track: Track, scenes: tuple["Scene", ...], windows: Windows
) -> tuple[TrackPlan, list[UnusedScene]]:
    """Sort the scenes of one track, given by start, to either side or out."""
    reasons = {scene: windows.reason_against(scene) for scene in scenes}
    pre = tuple(scene for scene in scenes if reasons[scene] is None and windows.is_before(scene))
    post = tuple(scene for scene in scenes if reasons[scene] is None and windows.is_after(scene))
    late_days = 0.0
    if not post:
        first = _first_after(scenes, windows)
        if first and first[0].start <= windows.extended:
            post, late_days = first, windows.days_after(first[0])
    taken = {*pre, *post}
    outside = [
        UnusedScene(scene, reason)
        for scene, reason in reasons.items()
        if reason is not None and scene not in taken
    ]
    return TrackPlan(track, pre, post, late_days), outside


def _first_after(scenes: Sequence["Scene"], windows: Windows) -> tuple["Scene", ...]:
    """Return all slices of the first overflight after the event, however late; maybe none."""
    after = [scene for scene in scenes if windows.is_after(scene)]
    return tuple(scene for scene in after if acquisition(scene) == acquisition(after[0]))


def _lack(plan: TrackPlan, scenes: Sequence["Scene"], windows: Windows) -> str | None:
    """Say what a plan needs and has not; ``scenes`` are all of its track."""
    missing = []
    if not plan.pre:
        missing.append(f"no pre-event scene since {_utc(windows.earliest)}")
    if not plan.post:
        missing.append(f"no post-event scene until {_utc(windows.latest)}")
        late = _first_after(scenes, windows)
        if late:
            days = windows.days_after(late[0])
            beyond = math.ceil(days - windows.options.post_days)
            missing[-1] += (
                f" (the first is {days:.1f} days after the event; --extend-post {beyond} would "
                "take it)"
            )
    few = too_few(plan, windows.options)
    return " and ".join(missing + ([few] if few else [])) or None


def _nothing_usable(lacks: list[str], usable: int, given: int) -> StackError:
    if lacks:
        late = any("--extend-post" in lack for lack in lacks)
        return StackError(
            "no track has enough scenes before and after the event: " + "; ".join(lacks),
            "Add the missing scenes, or widen the windows with --pre-days and --post-days"
            + (", or take a late scene with --extend-post DAYS." if late else "."),
        )
    if usable:
        return StackError(
            f"none of the {usable} scenes lies over the area of interest",
            "Check the area, or add the scenes that cover it.",
        )
    if given:
        return StackError(
            f"none of the {given} scenes is an IW scene", "Give Sentinel-1 IW GRD scenes."
        )
    return StackError("no Sentinel-1 scene was found", "Check the folder of scenes.")


def _track_order(scene: "Scene") -> tuple[Track, datetime, str, str]:
    return scene.track, scene.start, scene.scene_id, str(scene.path)


def _utc(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
