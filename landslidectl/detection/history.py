"""What became of detections from release to release: first, provisional, confirmed, dropped.

A release is a product made with more data than the one before. Nothing here is counted on: every
standing follows anew from what all releases showed, so the same releases always give the same.

The vocabulary is that of OPERA DIST-ALERT, where a disturbance is *first*, then *provisional*, then
*confirmed* as later acquisitions see it again (OPERA Level-3 Surface Disturbance, product
specification).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from landslidectl.terms import Standing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SHARED_SHARE = 0.25
CONFIRMED_FROM = 3
RANKS = {standing: rank for rank, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True, order=True)
class Acquisition:
    """One overflight after the event: its track, and what tells it from others of the track."""

    track: str
    overflight: str


class Outlined(Protocol):
    """What can be followed from release to release: a name and an outline in degrees."""

    @property
    def det_id(self) -> str:
        """Return its name."""

    @property
    def outline(self) -> "BaseGeometry":
        """Return its outline, longitude and latitude within -180..180."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection of one release.

    Parameters
    ----------
    det_id : str
        Its name in that release.
    outline : shapely geometry
        Longitude and latitude within -180..180.
    acquisitions : frozenset of Acquisition
        Post-event acquisitions that observe it.
    seen_by : frozenset of str
        Tracks whose own score, before tracks are fused, reaches the threshold inside the outline.
    post_end : datetime
        End of the last post-event scene behind it.
    """

    det_id: str
    outline: "BaseGeometry"
    acquisitions: frozenset[Acquisition]
    seen_by: frozenset[str]
    post_end: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """All detections of one release."""

    number: int
    sightings: tuple[Sighting, ...]

    @property
    def names(self) -> list[str]:
        """Return the names of its detections, sorted."""
        return sorted(item.det_id for item in self.sightings)


@dataclass(frozen=True, slots=True)
class Past:
    """What all releases so far say of one detection.

    Parameters
    ----------
    standing : Standing
    first_seen : datetime
        End of the last post-event scene of the release that showed it first.
    releases : tuple of int
        Releases that showed it with an acquisition over it that none before had.
    acquisitions : frozenset of Acquisition
        All that showed it.
    """

    standing: Standing
    first_seen: datetime
    releases: tuple[int, ...]
    acquisitions: frozenset[Acquisition]

    @property
    def releases_text(self) -> str:
        """Return the releases as products name them, such as ``r1+r3``."""
        return "+".join(f"r{number}" for number in self.releases)


@dataclass(frozen=True, slots=True)
class History:
    """Where the last of several releases leaves things.

    Parameters
    ----------
    pasts : mapping
        Of the detections of the last release, by name.
    dropped : tuple of (Sighting, Past)
        Detections of the release before that the last one shows no more, by name.
    """

    pasts: dict[str, Past]
    dropped: tuple[tuple[Sighting, Past], ...]


def trace(releases: Sequence[Release]) -> History:
    """Follow detections through the releases of one job, given in any order.

    A detection goes on from those of the release before with which it shares its name, or at least
    a quarter of the smaller of the two areas. It takes the most advanced of their standings; so do
    all parts of one that split. Then:

    - Without an acquisition over it that they did not have, nothing changes.
    - With one, it has been seen once more: ``provisional``, and from the third time ``confirmed``.
      The score is of the median of all post-event scenes, so the second time an odd scene still
      makes half of the evidence; a median of three or more drops it.
    - ``confirmed`` already the second time where a track that had not observed it before sees it by
      its own score: that is another look with scenes of its own on both sides of the event.

    What nothing goes on from is dropped. What comes back after a release without it is ``first``.
    """
    history = History({}, ())
    before: tuple[Sighting, ...] = ()
    for release in sorted(releases, key=lambda release: release.number):
        history = _next(release, before, history.pasts)
        before = release.sightings
    return history


def _next(release: Release, before: tuple[Sighting, ...], pasts: dict[str, Past]) -> History:
    links = links_to(release.sightings, before)
    known = {
        sighting.det_id: _continued(
            sighting, [pasts[before[index].det_id] for index in found], release.number
        )
        for sighting, found in zip(release.sightings, links, strict=True)
    }
    kept = {index for found in links for index in found}
    gone = [item for index, item in enumerate(before) if index not in kept]
    gone.sort(key=lambda item: item.det_id)
    return History(known, tuple((item, pasts[item.det_id]) for item in gone))


def _continued(sighting: Sighting, ancestors: list[Past], release: int) -> Past:
    """Return the past of a detection that goes on from others, or from none."""
    if not ancestors:
        return Past(Standing.FIRST, sighting.post_end, (release,), sighting.acquisitions)
    lead = min(ancestors, key=_seniority)
    had = frozenset[Acquisition]().union(*(past.acquisitions for past in ancestors))
    everything = had | sighting.acquisitions
    if everything == had:
        return Past(lead.standing, lead.first_seen, lead.releases, everything)
    releases = (*lead.releases, release)
    observed_before = {acquisition.track for acquisition in had}
    joined = {acquisition.track for acquisition in sighting.acquisitions} - observed_before
    is_confirmed = len(releases) >= CONFIRMED_FROM or bool(joined & sighting.seen_by)
    reached = Standing.CONFIRMED if is_confirmed else Standing.PROVISIONAL
    standing = max(lead.standing, reached, key=lambda item: RANKS[item])
    return Past(standing, lead.first_seen, releases, everything)


def _seniority(past: Past) -> tuple[int, int, datetime, tuple[int, ...]]:
    return -RANKS[past.standing], -len(past.releases), past.first_seen, past.releases


def links_to(after: Sequence[Outlined], before: Sequence[Outlined]) -> list[list[int]]:
    """Return, for every detection, which of those before it goes on from, as indices.

    Those with which it shares its name, or at least a quarter of the smaller of the two areas.
    """
    import shapely  # noqa: PLC0415

    names = {item.det_id: index for index, item in enumerate(before)}
    tree = shapely.STRtree([item.outline for item in before])
    links = []
    for item in after:
        near = tree.query(item.outline, predicate="intersects").tolist()
        same = {index for index in near if is_shared(item.outline, before[index].outline)}
        if item.det_id in names:
            same.add(names[item.det_id])
        links.append(sorted(same))
    return links


def is_shared(one: "BaseGeometry", other: "BaseGeometry") -> bool:
    """Tell whether two outlines share at least a quarter of the smaller one's area."""
    smaller = min(one.area, other.area)
    return bool(smaller > 0.0 and one.intersection(other).area >= SHARED_SHARE * smaller)
