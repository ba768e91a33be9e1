"""What is known of a job that counts as running: here, elsewhere, or gone.

The process of a job on this computer can be asked for. A job on another computer that shares its
output folder gives signs of life in the lock of that folder; without such a lock nothing is known.
"""

import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRecord
from landslidectl.errors import LockedError, UsageError
from landslidectl.files.processes import is_running, process_birth
from landslidectl.jobs.lock import SILENT_HOST_S, LockHolder, read_holder, remove_lock, silence_s
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus

RELEASED = "released by hand: it was known to have ended"
KILLED = "the process ended without a word"
SILENT = "its computer gave no sign of life"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a job.

    Parameters
    ----------
    is_gone : bool or None
        Whether a job that counts as running is known to be dead; None: nobody here can tell.
    last_sign : datetime or None
        Its last sign of life, where it is another computer's and gave one; aware UTC.
    """

    is_gone: bool | None
    last_sign: datetime | None = None


def standing(job: JobRecord) -> Standing:
    """Return what is known of a job, by looking alone.

    Of the age of a sign this computer's clock is asked, so it can be wrong by as much as the
    clocks of two computers differ.
    """
    if job.status is not JobStatus.RUNNING or job.host == platform.node():
        return Standing(has_died(job))
    lock = Workspace(Path(job.output)).lock
    if not _holds(lock, job):
        return Standing(None)
    try:
        seen = lock.stat().st_mtime
    except OSError:
        return Standing(None)
    return Standing(time.time() - seen > SILENT_HOST_S, datetime.fromtimestamp(seen, UTC))


def has_died(job: JobRecord) -> bool:
    """Tell whether a job that counts as running is known to be dead.

    A process number that was given away again belongs to another birth. A job of another computer
    is dead once its lock has been silent for so long that another run may break it.
    """
    if job.status is not JobStatus.RUNNING:
        return False
    if job.host != platform.node():
        lock = Workspace(Path(job.output)).lock
        silence = silence_s(lock) if _holds(lock, job) else None
        return silence is not None and silence > SILENT_HOST_S
    if not is_running(job.pid):
        return True
    birth = process_birth(job.pid)
    return bool(birth and job.birth and birth != job.birth)


def bury_dead_jobs(catalog: Catalog) -> None:
    """Mark jobs as interrupted that are known to be dead: killed, or power lost."""
    for job in catalog.list_jobs(JobStatus.RUNNING):
        if has_died(job):
            catalog.bury_job(job.job_id, KILLED if job.host == platform.node() else SILENT)


def release(catalog: Catalog, word: str) -> JobRecord:
    """Mark a job as interrupted because a person knows that it ended, and take its lock away.

    Parameters
    ----------
    catalog : Catalog
    word : str
        Id of the job, or the beginning of it.

    Raises
    ------
    UsageError
        If there is no such job, or it ended already.
    LockedError
        If it is alive: its process runs here, or its lock gave a sign of life just now.
    """
    job = catalog.job(word)
    if job.status is not JobStatus.RUNNING:
        raise UsageError(f"job {job.job_id} does not run: it is {job.status.value}")
    lock = Workspace(Path(job.output)).lock
    is_here, holds = job.host == platform.node(), _holds(lock, job)
    silence = silence_s(lock) if holds else None
    if is_here and not has_died(job):
        raise LockedError(f"job {job.job_id} is alive: process {job.pid} of this computer", "")
    if not is_here and silence is not None and silence <= SILENT_HOST_S:
        raise LockedError(
            f"job {job.job_id} is alive on {job.host}: its last sign is {max(silence, 0):.0f} s "
            f"old, and one is gone after {SILENT_HOST_S:.0f} s",
            f"Stop it there, or wait. If you know that it ended, delete {lock} first.",
        )
    if holds:
        remove_lock(lock)
    catalog.bury_job(job.job_id, RELEASED)
    return catalog.job(job.job_id)


def _holds(lock: Path, job: JobRecord) -> bool:
    """Tell whether a lock is that of a job, by host, process and birth."""
    holder: LockHolder | None = read_holder(lock)
    if holder is None:
        return False
    same = (holder.get("host"), holder.get("pid")) == (job.host, job.pid)
    return same and (not job.birth or holder.get("birth", job.birth) == job.birth)
