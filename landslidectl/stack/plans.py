"""What a selection of scenes is made of: windows, the plan of a track, scenes left aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landslidectl.terms import BandSet, Polarisation, Track

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How far from the event scenes may lie, and how many a track must have.

    Parameters
    ----------
    pre_days, post_days : float
        Widest distance before the first and after the last shock, days.
    extend_post_days : float
        How much later than ``post_days`` the first post-event acquisition of a track may be when
        the track has none within; 0 never reaches beyond the window.
    min_pre, min_post : int
        Fewest acquisitions of a track on either side; slices of one overflight count once.
    """

    pre_days: float = 60.0
    post_days: float = 12.0
    extend_post_days: float = 0.0
    min_pre: int = 1
    min_post: int = 1


@dataclass(frozen=True, slots=True)
class UnusedScene:
    """A scene that is in no composite, and why."""

    scene: "Scene"
    reason: str


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """The scenes of one track on either side of the event, each tuple sorted by start.

    Parameters
    ----------
    track : Track
        Of all the scenes.
    pre, post : tuple of Scene
        Sorted by start.
    late_post_days : float
        Days from the last shock to the post-event scenes where these lie beyond the window and
        were taken for want of others; 0 where they lie within.
    """

    track: Track
    pre: tuple["Scene", ...]
    post: tuple["Scene", ...]
    late_post_days: float = 0.0

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


def acquisition(scene: "Scene") -> tuple[str, str]:
    """Return what slices of one overflight share: platform and datatake."""
    return scene.platform, scene.datatake


def count_acquisitions(scenes: Iterable["Scene"]) -> int:
    """Return how many overflights the scenes are of."""
    return len({acquisition(scene) for scene in scenes})


def too_few(plan: TrackPlan, options: WindowOptions) -> str | None:
    """Say which side of a plan has scenes, but of fewer acquisitions than are asked for.

    Returns
    -------
    str or None
        Such as ``1 pre-event acquisition where 2 are asked for``; None when none is short, or
        when the side is empty, which is another matter.
    """
    words = []
    for name, side, least in (
        ("pre", plan.pre, options.min_pre),
        ("post", plan.post, options.min_post),
    ):
        count = count_acquisitions(side)
        if 0 < count < least:
            plural = "s" if count > 1 else ""
            words.append(f"{count} {name}-event acquisition{plural} where {least} are asked for")
    return " and ".join(words) or None


def described(plan: TrackPlan) -> str:
    """Return in words how many scenes a plan has."""
    present = [
        f"{len(side)} {name}-event scene{'s' if len(side) > 1 else ''}"
        for name, side in (("pre", plan.pre), ("post", plan.post))
        if side
    ]
    return f"{' and '.join(present) or 'no scene in the windows'} on {plan.track}"


def in_order(unused: Iterable[UnusedScene]) -> tuple[UnusedScene, ...]:
    """Return scenes left aside by start, then by name and path."""
    return tuple(
        sorted(
            unused,
            key=lambda item: (item.scene.start, item.scene.scene_id, str(item.scene.path)),
        )
    )
