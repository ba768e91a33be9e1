"""What people said of detections, and to which detections of a product it applies.

A review is of an outline on the ground. It goes with the detection of the same name; in a product
where no detection has that name, with the one that lies in the same place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from landslidectl.detection.history import Outlined
from landslidectl.files.hashing import stable_key
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SAME_PLACE_SHARE = 0.5
"""Share of the larger area that two outlines have in common where a review goes from one to the
other. Stricter than for releases: a small false detection that was rejected must not take a large
slide with it that was found around it later."""
DRAWN_PREFIX = "RV-"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands of one detection.

    Parameters
    ----------
    det_id : str
        The detection, or the name that a drawn outline got.
    decision : Decision
        Accepted, rejected, or unreviewed: what was said before is taken back.
    seen : shapely geometry
        The outline that was judged, longitude and latitude.
    outline : shapely geometry or None
        The outline that the person drew in its place.
    is_drawn : bool
        Whether the person drew it where nothing had been detected.
    seen_facts : mapping
        The attributes that follow ``seen``, so that they come back with it; empty: not known.
    reviewer, note : str
        Who, and why.
    time : datetime
        When it was said.
    """

    det_id: str
    decision: Decision
    seen: "BaseGeometry"
    reviewer: str
    note: str
    time: datetime
    outline: "BaseGeometry | None" = None
    is_drawn: bool = False
    seen_facts: Mapping[str, Any] = field(default_factory=dict)

    def after(self, earlier: "Verdict | None") -> "Verdict":
        """Return the verdict with what stays of the one before it: what was drawn."""
        if earlier is None:
            return self
        is_reset = Decision.UNREVIEWED in {self.decision, earlier.decision}
        kept = None if is_reset else earlier.outline
        outline = kept if self.outline is None else self.outline
        return replace(
            self,
            seen=earlier.seen,
            seen_facts=earlier.seen_facts,
            outline=outline,
            is_drawn=earlier.is_drawn,
        )

    @property
    def drawing(self) -> "BaseGeometry":
        """Return the outline that stands after it."""
        return self.seen if self.outline is None else self.outline


@dataclass(frozen=True, slots=True)
class Assigned:
    """Which verdict goes with which detection.

    Parameters
    ----------
    by_id : mapping
        Verdicts by the names of the detections.
    drawn : tuple of Verdict
        Accepted outlines of people where the product has no detection.
    """

    by_id: dict[str, Verdict]
    drawn: tuple[Verdict, ...]


def standing_verdicts(said: Iterable[Verdict]) -> dict[str, Verdict]:
    """Return the last word on every detection, given all of them in the order they were said."""
    last: dict[str, Verdict] = {}
    for verdict in said:
        last[verdict.det_id] = verdict.after(last.get(verdict.det_id))
    return last


def assign(verdicts: Sequence[Verdict], items: Sequence[Outlined]) -> Assigned:
    """Find the detections that verdicts go with.

    One of the same name takes it. Else one that shares at least half of the larger area does,
    unless what is said of that place contradicts itself: then it has to be looked at again. What
    was taken back silences what was said of that place before.

    Parameters
    ----------
    verdicts : sequence of Verdict
        The last word on each detection.
    items : sequence of Outlined
        Detections of a product.
    """
    import shapely  # noqa: PLC0415

    names = {item.det_id for item in items}
    by_id = {verdict.det_id: verdict for verdict in verdicts if verdict.det_id in names}
    others = [verdict for verdict in verdicts if verdict.det_id not in names]
    open_items = [item for item in items if item.det_id not in by_id]
    tree = shapely.STRtree([item.outline for item in open_items])
    claims: dict[str, list[Verdict]] = {}
    drawn = []
    for verdict in others:
        near = tree.query(verdict.seen, predicate="intersects").tolist()
        places = [open_items[index] for index in near]
        meant = [item.det_id for item in places if is_same_place(verdict.seen, item.outline)]
        for name in meant:
            claims.setdefault(name, []).append(verdict)
        if verdict.is_drawn and not meant and verdict.decision is Decision.ACCEPTED:
            drawn.append(verdict)
    for name, made in claims.items():
        standing = _not_silenced(made)
        if len({verdict.decision for verdict in standing}) == 1:
            by_id[name] = max(standing, key=lambda verdict: verdict.time)
    return Assigned(by_id, tuple(drawn))


def _not_silenced(said: Sequence[Verdict]) -> list[Verdict]:
    """Return what was said of one place after the last time that something was taken back."""
    back = [verdict.time for verdict in said if verdict.decision is Decision.UNREVIEWED]
    return [
        verdict
        for verdict in said
        if verdict.decision is not Decision.UNREVIEWED and all(verdict.time > time for time in back)
    ]


def is_same_place(one: "BaseGeometry", other: "BaseGeometry") -> bool:
    """Tell whether two outlines share at least half of the larger one's area."""
    larger = max(one.area, other.area)
    return bool(larger > 0.0 and one.intersection(other).area >= SAME_PLACE_SHARE * larger)


def drawn_id(outline: "BaseGeometry") -> str:
    """Return the name of an outline that a person drew, longitude and latitude: by its place."""
    return f"{DRAWN_PREFIX}{stable_key(outline.normalize().wkb_hex)[:12]}"
