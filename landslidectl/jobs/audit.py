"""Hold the catalog against itself, against the processes and against the disk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.reading import find_damage
from landslidectl.catalog.records import JobRecord
from landslidectl.catalog.upkeep import OwnedOutput
from landslidectl.files.hashing import file_digest
from landslidectl.jobs.standing import has_died
from landslidectl.jobs.steps import unchanged
from landslidectl.terms import JobStatus

PASSING = "geocoded"
"""Kind of files that are deleted once a composite is made of them; only ``ingest`` keeps them."""


class Trouble(StrEnum):
    """What can be wrong."""

    DAMAGED = "damaged"
    DEAD_JOB = "dead job"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    subject : str
        Path of a file, or id of a job.
    """

    trouble: Trouble
    subject: str
    detail: str


def audit(path: Path, full: bool = False) -> Iterator[Finding]:
    """Find what is wrong with a catalog; nothing is changed.

    A damaged file is told of and not asked for more.

    Parameters
    ----------
    path : Path
        The catalog.
    full : bool
        Read every recorded file again. Otherwise only where its time of change differs.

    Raises
    ------
    CatalogError
        If it is none, or cannot be opened at all.
    """
    damage = find_damage(path)
    yield from (Finding(Trouble.DAMAGED, str(path), line) for line in damage)
    if damage:
        return
    with Catalog(path, only_look=True) as catalog:
        jobs = {job.job_id: job for job in catalog.list_jobs()}
        outputs = catalog.owned_outputs()
    yield from _dead(jobs.values())
    newest = {item.record.path: item for item in outputs}
    lasting = [item for item in newest.values() if _lasts(item, jobs.get(item.job_id))]
    yield from _missing(lasting, full)


def _dead(jobs: Iterable[JobRecord]) -> Iterator[Finding]:
    for job in jobs:
        if job.status is JobStatus.RUNNING and has_died(job):
            began = f"began {job.started[:19]}Z on {job.host}, and its process {job.pid} is gone"
            yield Finding(Trouble.DEAD_JOB, job.job_id, f"{began}: run its command again")


def _lasts(item: OwnedOutput, job: JobRecord | None) -> bool:
    """Tell whether a file is meant to be there after its job."""
    return item.record.kind != PASSING or (job is not None and "event" not in job.settings)


def _missing(outputs: list[OwnedOutput], full: bool) -> Iterator[Finding]:
    """Tell of each folder that is gone once, and of each file of those that are there."""
    folders: dict[str, list[OwnedOutput]] = {}
    for item in outputs:
        folders.setdefault(item.workspace, []).append(item)
    for folder, items in folders.items():
        if not Path(folder).is_dir():
            detail = f"the output folder with {len(items)} recorded files"
            yield Finding(Trouble.GONE, folder, detail)
            continue
        for item in items:
            yield from _compared(item, full)


def _compared(item: OwnedOutput, full: bool) -> Iterator[Finding]:
    record = item.record
    path = Path(record.path)
    if not path.is_file():
        yield Finding(Trouble.GONE, record.path, f"{record.kind} of job {item.job_id}")
        return
    try:
        same = unchanged(record) and (not full or file_digest(path) == record.sha256)
    except OSError as error:
        yield Finding(Trouble.CHANGED, record.path, f"cannot be read: {error.strerror or error}")
        return
    if not same:
        size = path.stat().st_size
        how = f"{size} bytes, recorded {record.bytes}" if size != record.bytes else "other content"
        yield Finding(Trouble.CHANGED, record.path, f"{record.kind} of job {item.job_id}: {how}")
