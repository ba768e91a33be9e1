"""What the catalog holds of reviews, as detections take it; and which reviews a product takes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.db import default_catalog_path
from landslidectl.catalog.records import ReviewRecord, utc_text
from landslidectl.detection.review import Verdict, standing_verdicts
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def reviews_of(catalog: Catalog, job_id: str) -> tuple[ReviewRecord, ...]:
    """Return all that was said of the products of a job's output folder, oldest first.

    Products of one event in one folder share their reviews, so that a later release keeps them; a
    product that another catalog knows has those that were said of it here.
    """
    releases = catalog.sibling_releases(job_id)
    own = [release.identity.get("event") for release in releases if release.job_id == job_id]
    siblings = {release.job_id for release in releases if release.identity.get("event") in own}
    return catalog.list_reviews(sorted({job_id, *siblings}))


def reviews_that_stand(catalog: Catalog, workspace: Path, event: object) -> list[Verdict]:
    """Return the last word on each detection of one event's products in an output folder."""
    releases = catalog.list_releases(workspace)
    jobs = {release.job_id for release in releases if release.identity.get("event") == event}
    return list(verdicts(catalog.list_reviews(sorted(jobs))).values())


def review_key(verdict: Verdict) -> list[str]:
    """Return, JSON-ready, all of a review that a product shows."""
    words = (verdict.det_id, verdict.decision.value, verdict.reviewer, verdict.note)
    return [*words, utc_text(verdict.time), verdict.drawing.wkb_hex]


def known_reviews(catalog: Path | None, job_id: str) -> tuple[ReviewRecord, ...]:
    """Return what a catalog holds of a product; nothing, and no new file, where there is none."""
    if not (catalog or default_catalog_path()).is_file():
        return ()
    with Catalog(catalog) as opened:
        return reviews_of(opened, job_id)


def taken_in(history: Sequence[ReviewRecord]) -> frozenset[str]:
    """Return the digests of the edited files that reviews came from."""
    return frozenset(record.source_sha256 for record in history if record.source_sha256)


def verdicts(records: Iterable[ReviewRecord]) -> dict[str, Verdict]:
    """Return the last word on every detection."""
    return standing_verdicts(_verdict(record) for record in records)


def _verdict(record: ReviewRecord) -> Verdict:
    return Verdict(
        det_id=record.det_id,
        decision=Decision(record.decision),
        seen=_shape(record.seen),
        reviewer=record.reviewer,
        note=record.note,
        time=datetime.fromisoformat(record.recorded),
        outline=None if record.outline is None else _shape(record.outline),
        is_drawn=record.is_drawn,
    )


def _shape(wkb: bytes) -> "BaseGeometry":
    import shapely  # noqa: PLC0415

    return shapely.from_wkb(wkb)
