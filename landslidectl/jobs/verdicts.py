"""What the catalog holds of reviews, as detections take it; and which reviews a product takes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.place import default_catalog_path
from landslidectl.catalog.records import ReviewRecord, foreign_row, utc_text
from landslidectl.detection.review import Verdict, standing_verdicts
from landslidectl.products.reading import StoredProduct, products_in
from landslidectl.products.wording import iso
from landslidectl.terms import Decision, EventTime, utc_instant

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def reviews_of(catalog: Catalog, stored: StoredProduct) -> tuple[ReviewRecord, ...]:
    """Return all that was said of a product and of those it shares a folder with, oldest first.

    Products of one event in one output folder share their reviews, so that a later release keeps
    them. Which these are the catalog knows, and the folder itself where it was moved; a product of
    another machine has what was said of it here.
    """
    job_id = str(stored.metadata["job_id"])
    releases = catalog.sibling_releases(job_id)
    own = [release.identity.get("event") for release in releases if release.job_id == job_id]
    siblings = {release.job_id for release in releases if release.identity.get("event") in own}
    beside = _jobs_in(stored.folder.parent, stored.metadata["event"])
    return catalog.list_reviews(sorted({job_id, *siblings, *beside}))


def reviews_that_stand(catalog: Catalog, workspace: Path, event: EventTime) -> list[Verdict]:
    """Return the last word on each detection of one event's products in an output folder."""
    identity = [utc_text(event.first), utc_text(event.last)]
    releases = catalog.list_releases(workspace)
    recorded = {one.job_id for one in releases if one.identity.get("event") == identity}
    there = _jobs_in(workspace, {"first": iso(event.first), "last": iso(event.last)})
    return list(verdicts(catalog.list_reviews(sorted({*recorded, *there}))).values())


def _jobs_in(folder: Path, event: Mapping[str, str]) -> set[str]:
    """Return the jobs that made the products of an event in a folder."""
    instants = event["first"], event["last"]
    found = [stored.metadata for stored in products_in(folder)]
    return {
        str(facts["job_id"])
        for facts in found
        if (facts["event"]["first"], facts["event"]["last"]) == instants
    }


def review_key(verdict: Verdict) -> list[str]:
    """Return, JSON-ready, all of a review that a product shows."""
    words = (verdict.det_id, verdict.decision.value, verdict.reviewer, verdict.note)
    return [*words, utc_text(verdict.time), verdict.drawing.wkb_hex]


def known_reviews(catalog: Path | None, stored: StoredProduct) -> tuple[ReviewRecord, ...]:
    """Return what a catalog holds of a product; nothing, and no new file, where there is none."""
    if not (catalog or default_catalog_path()).is_file():
        return ()
    with Catalog(catalog, only_look=True) as opened:
        return reviews_of(opened, stored)


def taken_in(history: Sequence[ReviewRecord]) -> frozenset[str]:
    """Return the digests of the edited files that reviews came from."""
    return frozenset(record.source_sha256 for record in history if record.source_sha256)


def verdicts(records: Iterable[ReviewRecord]) -> dict[str, Verdict]:
    """Return the last word on every detection.

    Raises
    ------
    CatalogError
        If a record holds an outline or a word that no review has: somebody changed the catalog.
    """
    from shapely.errors import ShapelyError  # noqa: PLC0415

    try:
        return standing_verdicts(_verdict(record) for record in records)
    except (ValueError, TypeError, ShapelyError) as error:
        raise foreign_row("review", error) from error


def _verdict(record: ReviewRecord) -> Verdict:
    return Verdict(
        det_id=record.det_id,
        decision=Decision(record.decision),
        seen=_shape(record.seen),
        reviewer=record.reviewer,
        note=record.note,
        time=utc_instant(record.recorded),
        outline=None if record.outline is None else _shape(record.outline),
        is_drawn=record.is_drawn,
        seen_facts=record.seen_facts,
    )


def _shape(wkb: bytes) -> "BaseGeometry":
    import shapely  # noqa: PLC0415

    return shapely.from_wkb(wkb)
