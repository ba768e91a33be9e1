"""Take in what a person says of detections, and tell how far a product has been looked at."""

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import ReviewRecord
from landslidectl.detection.review import Verdict
from landslidectl.errors import UsageError
from landslidectl.files.hashing import file_digest
from landslidectl.jobs.export import product_place
from landslidectl.jobs.verdicts import reviews_of, taken_in, verdicts
from landslidectl.products.contents import Contents
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.edited import Edit, Known, known_of, read_edits
from landslidectl.products.reading import StoredProduct, open_stored, read_contents
from landslidectl.products.reviewed import counts_of, with_verdicts
from landslidectl.products.written import written_detections
from landslidectl.terms import Decision

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NAMES_HINT = "The names are in the column det_id of the CSV file, and in every other format."
LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """What a person says.

    Parameters
    ----------
    job : str
        Product or output folder, job id, or ``last``.
    accept, reject, reset : tuple of str
        Names of detections, or beginnings that fit one alone; ``reset`` takes reviews back.
    edited : Path or None
        Edited GeoPackage to take in.
    note : str
        Why.
    reviewer : str
        Who; empty: the name of the user.
    """

    job: str
    accept: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    edited: Path | None = None
    note: str = ""
    reviewer: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.edited is not None and self.named:
            raise UsageError(
                "--import is given together with --accept, --reject or --reset",
                "Give them in two commands.",
            )

    @property
    def named(self) -> dict[Decision, tuple[str, ...]]:
        """Return the names that were given, by what is said of them."""
        given = {
            Decision.ACCEPTED: self.accept,
            Decision.REJECTED: self.reject,
            Decision.UNREVIEWED: self.reset,
        }
        return {decision: names for decision, names in given.items() if names}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How far a product has been looked at.

    Parameters
    ----------
    product : str
        Its name.
    command : str
        The command line that made it, which makes the next version of it.
    added : tuple of ReviewRecord
        What was just taken in.
    history : tuple of ReviewRecord
        All that was ever said, oldest first.
    verdicts : mapping of str to Verdict
        The last word on each detection.
    counts : mapping of Decision to int
        Detections of the product by what was said of them.
    """

    product: str
    command: str
    added: tuple[ReviewRecord, ...]
    history: tuple[ReviewRecord, ...]
    verdicts: Mapping[str, Verdict]
    counts: Mapping[Decision, int]


def run_review(settings: ReviewSettings, catalog: Path | None) -> Reviewed:
    """Record what is said, all of it or nothing, and return how the product stands.

    Without anything to record it only tells how it stands.

    Raises
    ------
    UsageError
        If a name fits no detection or several, or is both accepted and rejected.
    ProductError
        If there is no product, or the edited file is of another one or broken.
    DifferenceFound
        If the GeoPackage of the product was changed and its edits were never taken in.
    """
    stored = open_stored(product_place(settings.job, catalog))
    with Catalog(catalog) as opened:
        history = reviews_of(opened, stored)
        contents = _contents(stored, settings, history)
        known = _known(stored, verdicts(history))
        if settings.edited is None:
            added = _of_names(settings, stored, known)
        else:
            edits = read_edits(settings.edited, contents.facts["product"], known, contents.grid)
            added = _of_edits(settings, stored, edits)
        added = _news(added, history, known)
        if added:
            opened.add_reviews(added)
            history = reviews_of(opened, stored)
    last = verdicts(history)
    reviewed = with_verdicts(contents, tuple(last.values()))
    return Reviewed(
        product=str(stored.metadata["product"]),
        command=str(stored.metadata["command"]),
        added=tuple(added),
        history=history,
        verdicts=last,
        counts=counts_of(reviewed.layers[LayerName.DETECTIONS].rows),
    )


def _contents(
    stored: StoredProduct, settings: ReviewSettings, history: Sequence[ReviewRecord]
) -> Contents:
    """Read the product; its GeoPackage may be the edited file itself."""
    digests = set(taken_in(history))
    if settings.edited is not None and settings.edited.is_file():
        digests.add(file_digest(settings.edited))
    return read_contents(stored, taken_in=digests)


def _known(stored: StoredProduct, last: Mapping[str, Verdict]) -> dict[str, Known]:
    """Return the detections of the product as they were written, and what people drew since."""
    known = known_of(written_detections(stored))
    for name, verdict in last.items():
        if name not in known:
            known[name] = Known(verdict.drawing, verdict.decision, is_listed=False)
    return known


def _of_names(
    settings: ReviewSettings, stored: StoredProduct, known: Mapping[str, Known]
) -> list[ReviewRecord]:
    decided: dict[str, Decision] = {}
    for decision, words in settings.named.items():
        for name in _resolved(words, known):
            if decided.setdefault(name, decision) is not decision:
                raise UsageError(f"{name} is given twice, as {decided[name]} and as {decision}")
    base = _base(settings, stored)
    return [
        replace(
            base,
            det_id=name,
            decision=decision.value,
            seen=_wkb(known[name].outline),
            seen_facts=known[name].facts,
        )
        for name, decision in decided.items()
    ]


def _resolved(words: Sequence[str], known: Mapping[str, Known]) -> list[str]:
    """Return the detections that names, or beginnings of names, stand for."""
    found: list[str] = []
    for word in words:
        fitting = [word] if word in known else [name for name in known if name.startswith(word)]
        if len(fitting) != 1 or not word:
            raise _not_one(word, fitting)
        found += fitting
    return found


def _not_one(word: str, fitting: Sequence[str]) -> UsageError:
    if not fitting or not word:
        return UsageError(f"no detection has a name that begins with '{word}'", NAMES_HINT)
    more = f" and {len(fitting) - LISTED} more" if len(fitting) > LISTED else ""
    return UsageError(
        f"{len(fitting)} detections have a name that begins with '{word}': "
        f"{', '.join(fitting[:LISTED])}{more}",
        "Give more letters of the one that is meant.",
    )


def _of_edits(
    settings: ReviewSettings, stored: StoredProduct, edits: Sequence[Edit]
) -> list[ReviewRecord]:
    path = settings.edited
    if path is None:
        return []
    base = replace(_base(settings, stored), source=path.name, source_sha256=file_digest(path))
    deleted = "deleted in the edited file"
    return [
        replace(
            base,
            det_id=edit.det_id,
            decision=edit.decision.value,
            seen=_wkb(edit.seen),
            seen_facts=edit.seen_facts,
            outline=None if edit.outline is None else _wkb(edit.outline),
            is_drawn=edit.is_drawn,
            reviewer=settings.reviewer.strip() or edit.reviewer or base.reviewer,
            note=settings.note or edit.note or (deleted if edit.is_deleted else ""),
        )
        for edit in edits
    ]


def _news(
    added: Sequence[ReviewRecord],
    history: Sequence[ReviewRecord],
    known: Mapping[str, Known],
) -> list[ReviewRecord]:
    """Leave out what was said by the last word already, so that importing twice adds nothing."""
    last = {record.det_id: record for record in history}
    standing = verdicts(history)

    def is_known(record: ReviewRecord) -> bool:
        before, stands = last.get(record.det_id), standing.get(record.det_id)
        if before is None or stands is None:
            was = known.get(record.det_id)
            is_back = record.decision == Decision.UNREVIEWED.value
            return is_back and was is not None and was.decision is Decision.UNREVIEWED
        outline = None if stands.outline is None else _wkb(stands.outline)
        same = (before.decision, before.note, before.reviewer)
        is_same_word = same == (record.decision, record.note, record.reviewer)
        return is_same_word and record.outline in {None, outline}

    return [record for record in added if not is_known(record)]


def _base(settings: ReviewSettings, stored: StoredProduct) -> ReviewRecord:
    return ReviewRecord(
        job_id=str(stored.metadata["job_id"]),
        product=str(stored.metadata["product"]),
        det_id="",
        decision="",
        seen=b"",
        reviewer=settings.reviewer.strip() or _user(),
        note=settings.note,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return "unknown"


def _wkb(outline: "BaseGeometry") -> bytes:
    return bytes(outline.wkb)
