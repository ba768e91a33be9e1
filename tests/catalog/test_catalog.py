"""Round trips through the catalog, its migrations and its refusals."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.db import default_catalog_path, translated
from landslidectl.catalog.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    ModelRecord,
    OutputRecord,
    SceneRecord,
    StepOutcome,
)
from landslidectl.errors import CatalogError, OutputError, ResourceError, UsageError
from landslidectl.terms import JobStatus

REQUEST = JobRequest("landslidectl detect", {"threshold": 0.5}, {"landslidectl": "0"}, "/out")


@pytest.fixture
def catalog(tmp_path: Path):
    with Catalog(tmp_path / "deep" / "catalog.db") as opened:
        yield opened


def test_job_round_trip(catalog: Catalog) -> None:
    job_id = catalog.start_job(REQUEST)
    assert catalog.job(job_id).status is JobStatus.RUNNING
    catalog.finish_job(job_id, JobStatus.PARTIAL, 3, "one scene")
    job = catalog.job(job_id[:17])
    assert (job.status, job.exit_code, job.message) == (JobStatus.PARTIAL, 3, "one scene")
    assert job.settings == {"threshold": 0.5}
    assert job.finished is not None
    assert job.finished >= job.started
    assert catalog.list_jobs() == (job,)
    assert catalog.list_jobs(JobStatus.RUNNING) == ()


def test_jobs_come_newest_first(catalog: Catalog) -> None:
    ids = [catalog.start_job(REQUEST) for _ in range(3)]
    assert [job.job_id for job in catalog.list_jobs()] == ids[::-1]


@pytest.mark.parametrize("job_id", ["nothing", "", "2", "%"])
def test_unknown_or_ambiguous_job_is_a_usage_error(catalog: Catalog, job_id: str) -> None:
    catalog.start_job(REQUEST)
    catalog.start_job(REQUEST)
    with pytest.raises(UsageError, match="job"):
        catalog.job(job_id)


def test_done_step_is_found_by_key_and_folder(catalog: Catalog) -> None:
    job_id = catalog.start_job(REQUEST)
    step = catalog.start_step(job_id, "k1", Path("/out"), "geocode")
    assert catalog.done_step("k1", Path("/out")) is None
    output = OutputRecord("/out/a.tif", "raster", "ab" * 32, 12, 99)
    catalog.finish_step(step, StepOutcome("done", 1.5, "fine", {"n": 1}, (output,)))
    found = catalog.done_step("k1", Path("/out"))
    assert found is not None
    assert found[0].result == {"n": 1}
    assert found[1] == (output,)
    assert catalog.done_step("k1", Path("/elsewhere")) is None
    assert catalog.list_outputs(job_id) == (output,)


def test_a_step_that_runs_when_its_job_ends_is_not_done(catalog: Catalog) -> None:
    job_id = catalog.start_job(REQUEST)
    catalog.start_step(job_id, "k1", Path("/out"), "geocode")
    catalog.finish_job(job_id, JobStatus.INTERRUPTED, 130)
    assert [step.status for step in catalog.list_steps(job_id)] == ["interrupted"]
    assert catalog.done_step("k1", Path("/out")) is None


def test_scenes_are_known_by_path(catalog: Catalog) -> None:
    catalog.record_scenes([SceneRecord("/b.zip", "b.zip", "refused", "not a zip")])
    catalog.record_scenes(
        [
            SceneRecord("/b.zip", "S1A_B", start="2018-09-06T00:00:00Z", relative_orbit=46),
            SceneRecord("/c.zip", "c.zip", "refused", "empty"),
            SceneRecord("/a.zip", "S1A_A", start="2018-09-01T00:00:00Z"),
        ]
    )
    scenes = catalog.list_scenes()
    assert [scene.path for scene in scenes] == ["/a.zip", "/b.zip", "/c.zip"]
    assert (scenes[1].status, scenes[1].reason) == ("usable", "")


def test_models_and_detections(catalog: Catalog) -> None:
    model = ModelRecord("cd" * 32, "resnet", "1", "vv_vh", "/models/resnet", "{}")
    catalog.record_model(model)
    catalog.record_model(model)
    assert catalog.list_models() == (model,)
    job_id = catalog.start_job(REQUEST)
    small = DetectionRecord("a", 12.0, 42.0, 0.5, 0.9, 0.7, "D046")
    large = DetectionRecord("b", 12.1, 42.1, 2.5, 0.8, 0.6, "D046")
    catalog.record_detections(job_id, [small, large])
    catalog.record_detections(job_id, [small, large])
    assert catalog.list_detections(job_id) == (large, small)


def test_schema_version_counts_the_migrations(catalog: Catalog) -> None:
    connection = sqlite3.connect(catalog.path)
    names = [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations")]
    strict = dict(connection.execute("SELECT name, strict FROM pragma_table_list"))
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    connection.close()
    assert len(names) == SCHEMA_VERSION == len(MIGRATIONS._migrations)
    assert journal == "wal"
    tables = ("scenes", "models", "jobs", "steps", "outputs", "detections", "releases", "sightings")
    for table in tables:
        assert strict[table] == 1


def test_strict_tables_refuse_a_wrong_type(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match=r"catalog\.db"):
        catalog.record_scenes([SceneRecord("/a", "a", relative_orbit="many")])  # type: ignore[arg-type]


def test_reopening_keeps_what_is_there(catalog: Catalog) -> None:
    job_id = catalog.start_job(REQUEST)
    with Catalog(catalog.path) as again:
        assert again.job(job_id).job_id == job_id


def _database(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_newer_foreign_and_damaged_files_are_refused(tmp_path: Path) -> None:
    newer = _database(
        tmp_path / "newer.db",
        "CREATE TABLE t (a)",
        f"PRAGMA application_id={APPLICATION_ID}",
        f"PRAGMA user_version={SCHEMA_VERSION + 1}",
    )
    with pytest.raises(CatalogError, match="schema version"):
        Catalog(newer)
    foreign = _database(tmp_path / "foreign.db", "CREATE TABLE t (a)")
    with pytest.raises(CatalogError, match="another program"):
        Catalog(foreign)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"this is not a database, " * 100)
    with pytest.raises(CatalogError, match="cannot be used") as caught:
        Catalog(damaged)
    assert caught.value.exit_code == 10
    assert damaged.read_bytes().startswith(b"this is not")


def test_default_path_follows_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSLIDECTL_CATALOG", str(tmp_path / "mine.db"))
    assert default_catalog_path() == tmp_path / "mine.db"
    monkeypatch.delenv("LANDSLIDECTL_CATALOG")
    assert default_catalog_path().name == "catalog.db"


def test_processes_share_one_catalog_from_its_first_moment(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from landslidectl.catalog.catalog import Catalog\n"
        "from landslidectl.catalog.records import JobRequest, StepOutcome\n"
        "with Catalog(Path(sys.argv[1])) as c:\n"
        "    for _ in range(20):\n"
        "        j = c.start_job(JobRequest('x', {}, {}, ''))\n"
        "        c.finish_step(c.start_step(j, 'k', Path('/'), 's'), StepOutcome('done', 0.0))\n"
    )
    path = tmp_path / "catalog.db"
    command = [sys.executable, "-c", script, str(path)]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    for worker in workers:
        _, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0, errors.decode()
    with Catalog(path) as catalog:
        assert len(catalog.list_jobs()) == 60


def test_a_full_disk_and_a_read_only_catalog_are_no_damage(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(text: str) -> None:
        with translated(catalog.path):
            raise sqlite3.OperationalError(text)

    with pytest.raises(ResourceError, match=r"full: [\d.]+ MB of"):
        failing("database or disk is full")
    with pytest.raises(OutputError, match="cannot be written"):
        failing("attempt to write a readonly database")
    with pytest.raises(CatalogError):
        failing("disk I/O error")
    room = SimpleNamespace(total=10**9, free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room)
    with pytest.raises(ResourceError, match=r"0\.0 MB of 1,000 MB"):
        failing("disk I/O error")
