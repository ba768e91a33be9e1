"""Jobs of other computers: seen, silent, gone, released."""

import json
import os
import platform
import time
from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRecord, JobRequest
from landslidectl.errors import LockedError, UsageError
from landslidectl.files.processes import process_birth
from landslidectl.jobs.lock import SILENT_HOST_S, folder_lock
from landslidectl.jobs.standing import bury_dead_jobs, has_died, release, standing
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus
from tests.files.processes import ended_process

HOUR_S = 3600.0


@pytest.fixture
def job(catalog: Catalog, tmp_path: Path) -> JobRecord:
    """A job that another computer began in a folder that both share."""
    return begun(catalog, tmp_path / "out")


def begun(catalog: Catalog, folder: Path, host: str = "elsewhere") -> JobRecord:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(platform, "node", lambda: host)
        request = JobRequest("landslidectl detect scenes", {}, {}, str(folder), "boot/7")
        return catalog.job(catalog.start_job(request))


def lay_lock(job: JobRecord, silent_s: float = 0.0, **changes: object) -> Path:
    lock = Workspace(Path(job.output)).lock
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = {"host": job.host, "pid": job.pid, "birth": job.birth, "started": job.started}
    lock.write_text(json.dumps(holder | changes))
    then = time.time() - silent_s
    os.utime(lock, (then, then))
    return lock


def test_a_job_that_gives_signs_is_alive(catalog: Catalog, job: JobRecord) -> None:
    lay_lock(job)
    known = standing(job)
    assert known.is_gone is False and known.last_sign is not None
    bury_dead_jobs(catalog)
    assert catalog.job(job.job_id).status is JobStatus.RUNNING
    with pytest.raises(LockedError, match="is alive on elsewhere"):
        release(catalog, job.job_id)


def test_a_silent_job_is_buried_by_the_next_one(catalog: Catalog, job: JobRecord) -> None:
    lock = lay_lock(job, silent_s=2 * HOUR_S)
    assert standing(job).is_gone is True and has_died(job)
    bury_dead_jobs(catalog)
    assert catalog.job(job.job_id).status is JobStatus.INTERRUPTED
    with folder_lock(lock):
        assert json.loads(lock.read_text())["host"] == platform.node()


@pytest.mark.parametrize("changes", [{"host": "third"}, {"pid": 1}, {"birth": "boot/8"}, None])
def test_without_a_lock_of_its_own_nothing_is_known(
    catalog: Catalog, job: JobRecord, changes: dict[str, object] | None
) -> None:
    lock = None if changes is None else lay_lock(job, 2 * SILENT_HOST_S, **changes)
    assert standing(job).is_gone is None
    bury_dead_jobs(catalog)
    assert catalog.job(job.job_id).status is JobStatus.RUNNING
    released = release(catalog, job.job_id[:12])
    assert (released.status, released.exit_code) == (JobStatus.INTERRUPTED, None)
    assert "by hand" in released.message
    assert lock is None or lock.exists(), "the lock of another job stays"


def test_releasing_takes_the_silent_lock_away(catalog: Catalog, job: JobRecord) -> None:
    lock = lay_lock(job, silent_s=2 * SILENT_HOST_S)
    release(catalog, job.job_id)
    assert not lock.exists()
    with pytest.raises(UsageError, match="it is interrupted"):
        release(catalog, job.job_id)


def test_a_job_of_this_computer_is_released_once_its_process_ended(
    catalog: Catalog, tmp_path: Path
) -> None:
    here = begun(catalog, tmp_path, platform.node())
    alive = replace(here, birth=process_birth(os.getpid()))
    assert standing(alive).is_gone is False
    dead = replace(here, pid=ended_process())
    assert standing(dead).is_gone is True


def test_a_living_job_of_this_computer_is_not_released(catalog: Catalog, tmp_path: Path) -> None:
    request = JobRequest("landslidectl detect", {}, {}, str(tmp_path), process_birth(os.getpid()))
    with pytest.raises(LockedError, match="is alive: process"):
        release(catalog, catalog.start_job(request))
