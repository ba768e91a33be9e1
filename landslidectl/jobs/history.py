"""The releases of an output folder: recorded before they appear, settled after a kill, followed.

A release goes into the catalog first, then its product appears, then the folder's own record counts
it, then the step that made it is recorded. Whatever a kill leaves half-done is settled by the next
run: where the product stands, the folder's record is brought up to it, and the same work takes it
for its own; where it does not, the catalog takes the release back. So no release is lost and none
counts twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from landslidectl.catalog.records import ReleaseRecord, SightingRecord, foreign_row, utc_text
from landslidectl.detection.detections import Detection, Detections
from landslidectl.detection.history import Acquisition, History, Past, Release, Sighting, trace
from landslidectl.files.hashing import stable_key
from landslidectl.jobs.job import Job
from landslidectl.jobs.settings import DetectSettings
from landslidectl.products.reading import is_whole
from landslidectl.products.request import DroppedDetection
from landslidectl.stack.footprints import footprint, wrapped
from landslidectl.stack.plans import TrackPlan, acquisition
from landslidectl.terms import utc_instant

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Followed:
    """The detections of a release with what earlier releases say of them.

    Parameters
    ----------
    detections : Detections
        With status, first sight and releases.
    dropped : tuple of DroppedDetection
        What the release before showed and this one does not.
    sightings : tuple of SightingRecord
        Both, as the catalog keeps them.
    """

    detections: Detections
    dropped: tuple[DroppedDetection, ...]
    sightings: tuple[SightingRecord, ...]


def settle(job: Job[DetectSettings]) -> None:
    """Make the folder's record and the catalog agree on which product was the last."""
    workspace = job.workspace
    for record in reversed(job.catalog.list_releases(job.journal.workspace)):
        latest = workspace.latest_product()
        counters = record.release, record.version
        if latest is not None and counters <= (latest["release"], latest["version"]):
            return
        if (workspace.output / record.product).is_dir():
            workspace.record_product(record.identity, record.scenes, counters)
            return
        job.catalog.forget_release(record)


def unannounced(job: Job[DetectSettings], key: str) -> ReleaseRecord | None:
    """Return the last release, if a kill came between its product and the end of the step ``key``.

    Its product stands whole, and the step would make the same one again.
    """
    for record in job.catalog.list_releases(job.journal.workspace)[-1:]:
        steps = [step for step in job.catalog.list_steps(record.job_id) if step.key == key]
        ended = any(step.status == "done" for step in steps)
        if steps and not ended and is_whole(job.workspace.output / record.product):
            return record
    return None


def earlier_releases(job: Job[DetectSettings], release: int) -> tuple[Release, ...]:
    """Return the releases before ``release`` made with the same settings, oldest first.

    Of several versions of a release the last one counts.

    Raises
    ------
    CatalogError
        If a detection of one is none that this program wrote: somebody changed the catalog.
    """
    identity = stable_key(job.settings.identity())
    last: dict[int, ReleaseRecord] = {}
    for record in job.catalog.list_releases(job.journal.workspace):
        if record.release < release and stable_key(record.identity) == identity:
            last[record.release] = record
    return tuple(
        Release(number, _sightings(job.catalog.list_sightings(record)))
        for number, record in last.items()
    )


def sightings_of(
    detections: Detections, plans: Iterable[TrackPlan], seen_by: Sequence[frozenset[str]]
) -> tuple[Sighting, ...]:
    """Return the detections of a release with the post-event acquisitions that observe each.

    An acquisition observes a detection when its track is one of the detection's and one of its
    footprints meets the outline.

    Parameters
    ----------
    detections : Detections
    plans : iterable of TrackPlan
        The scenes that went in.
    seen_by : sequence of frozenset of str
        For each detection the tracks that see it by themselves.
    """
    import shapely  # noqa: PLC0415

    scenes = [(plan.track.name, scene) for plan in plans for scene in plan.post]
    footprints = [footprint(scene) for _, scene in scenes]
    keys = [Acquisition(track, "/".join(acquisition(scene))) for track, scene in scenes]
    sightings = []
    for item, views in zip(detections.items, seen_by, strict=True):
        outline, tracks = wrapped(item.polygon_wgs84), item.tracks.split("+")
        meets = shapely.intersects(footprints, outline)
        over = frozenset(
            key for key, met in zip(keys, meets, strict=True) if met and key.track in tracks
        )
        sightings.append(Sighting(item.det_id, outline, over, views, item.post_end))
    return tuple(sightings)


def follow(detections: Detections, earlier: Sequence[Release], release: Release) -> Followed:
    """Give the detections of a release their standing after all earlier ones."""
    history = trace([*earlier, release])
    items = tuple(_told(item, history.pasts[item.det_id]) for item in detections.items)
    return Followed(
        replace(detections, items=items),
        tuple(_dropped(sighting, past) for sighting, past in history.dropped),
        tuple(_records(release, history)),
    )


def _told(item: Detection, past: Past) -> Detection:
    return replace(
        item,
        status=past.standing.value,
        first_seen=past.first_seen,
        releases=past.releases_text,
        n_seen=len(past.releases),
    )


def _dropped(sighting: Sighting, past: Past) -> DroppedDetection:
    point = sighting.outline.representative_point()
    place = round(point.x, 6), round(point.y, 6)
    return DroppedDetection(sighting.det_id, past.standing.value, past.releases_text, *place)


def _records(release: Release, history: History) -> Iterable[SightingRecord]:
    for sighting in release.sightings:
        past = history.pasts[sighting.det_id]
        yield _record(sighting, past, past.standing.value)
    for sighting, past in history.dropped:
        yield _record(sighting, past, DROPPED)


def _record(sighting: Sighting, past: Past, status: str) -> SightingRecord:
    return SightingRecord(
        det_id=sighting.det_id,
        status=status,
        first_seen=utc_text(past.first_seen),
        releases=past.releases_text,
        post_end=utc_text(sighting.post_end),
        acquisitions=tuple((item.track, item.overflight) for item in sorted(sighting.acquisitions)),
        seen_by=tuple(sorted(sighting.seen_by)),
        outline=_wkb(sighting.outline),
    )


def _sightings(records: Iterable[SightingRecord]) -> tuple[Sighting, ...]:
    from shapely.errors import ShapelyError  # noqa: PLC0415

    try:
        return tuple(_sighting(record) for record in records if record.status != DROPPED)
    except (ValueError, TypeError, ShapelyError) as error:
        raise foreign_row("detection", error) from error


def _sighting(record: SightingRecord) -> Sighting:
    import shapely  # noqa: PLC0415

    return Sighting(
        record.det_id,
        shapely.from_wkb(record.outline),
        frozenset(Acquisition(*pair) for pair in record.acquisitions),
        frozenset(record.seen_by),
        utc_instant(record.post_end),
    )


def _wkb(outline: "BaseGeometry") -> bytes:
    return bytes(outline.wkb)
