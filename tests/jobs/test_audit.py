"""The catalog is held against processes and disk."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest, OutputRecord, StepOutcome
from landslidectl.files.hashing import file_digest
from landslidectl.jobs.audit import Trouble, audit
from landslidectl.jobs.lock import process_birth
from landslidectl.terms import JobStatus


@pytest.fixture
def job(catalog: Catalog, tmp_path: Path) -> tuple[str, Path]:
    """A job that wrote one file into a folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    request = JobRequest("landslidectl detect", {"event": []}, {}, str(folder))
    return catalog.start_job(replace(request, birth=process_birth(os.getpid()))), folder


def wrote(catalog: Catalog, job: tuple[str, Path], name: str, kind: str = "score") -> Path:
    job_id, folder = job
    path = folder / name
    path.write_text(f"content of {name}")
    state = path.stat()
    record = OutputRecord(str(path), kind, file_digest(path), state.st_size, state.st_mtime_ns)
    step = catalog.start_step(job_id, name, folder, "step")
    catalog.finish_step(step, StepOutcome("done", 1.0, outputs=(record,)))
    return path


def troubles(catalog: Catalog, full: bool = False) -> dict[str, str]:
    return {Path(item.subject).name: item.trouble.value for item in audit(catalog.path, full)}


def test_files_that_are_gone_or_changed(catalog: Catalog, job: tuple[str, Path]) -> None:
    paths = [wrote(catalog, job, name) for name in ("a", "b", "c", "d")]
    wrote(catalog, job, "scene", kind="geocoded").unlink()
    assert troubles(catalog) == {}
    paths[0].unlink()
    paths[1].write_text("longer than it was before")
    state = paths[2].stat()
    paths[2].write_text("Content of c")
    os.utime(paths[2], ns=(state.st_atime_ns, state.st_mtime_ns))
    os.utime(paths[3])
    assert troubles(catalog) == {"a": "gone", "b": "changed"}
    assert troubles(catalog, full=True) == {"a": "gone", "b": "changed", "c": "changed"}


def test_a_folder_that_is_gone_is_told_once(catalog: Catalog, job: tuple[str, Path]) -> None:
    for name in ("a", "b"):
        wrote(catalog, job, name).unlink()
    job[1].rmdir()
    (found,) = audit(catalog.path)
    assert (found.trouble, found.subject) == (Trouble.GONE, str(job[1]))
    assert "2 recorded files" in found.detail


def test_the_scenes_of_ingest_are_missed(catalog: Catalog, tmp_path: Path) -> None:
    request = JobRequest("landslidectl ingest", {}, {}, str(tmp_path))
    ingest = catalog.start_job(request), tmp_path
    wrote(catalog, ingest, "scene", kind="geocoded").unlink()
    assert troubles(catalog) == {"scene": "gone"}


def test_only_the_last_record_of_a_file_counts(catalog: Catalog, job: tuple[str, Path]) -> None:
    wrote(catalog, job, "a")
    again = job[1] / "a"
    again.unlink()
    wrote(catalog, job, "a")
    assert troubles(catalog) == {}


def test_a_dead_job_is_told_and_not_touched(catalog: Catalog, job: tuple[str, Path]) -> None:
    assert troubles(catalog) == {}
    with catalog._writing():
        catalog._db.execute("UPDATE jobs SET pid=?", [2**22 + 1])
    (found,) = audit(catalog.path)
    assert (found.trouble, found.subject) == (Trouble.DEAD_JOB, job[0])
    assert catalog.job(job[0]).status is JobStatus.RUNNING


def test_a_damaged_catalog_is_asked_for_nothing_more(
    catalog: Catalog, job: tuple[str, Path]
) -> None:
    wrote(catalog, job, "a").unlink()
    connection = sqlite3.connect(catalog.path)
    connection.execute("UPDATE outputs SET job_id='nobody'")
    connection.commit()
    connection.close()
    (found,) = audit(catalog.path)
    assert found.trouble is Trouble.DAMAGED
    assert "outputs" in found.detail
