"""Round trips through the catalog, its migrations and its refusals."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from landslidectl.catalog import db
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.db import check_identity, translated
from landslidectl.catalog.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from landslidectl.catalog.place import default_catalog_path
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    ModelRecord,
    OutputRecord,
    SceneRecord,
    StepOutcome,
)
from landslidectl.errors import (
    CatalogError,
    LandslidectlError,
    LockedError,
    OutputError,
    ResourceError,
    UsageError,
)
from landslidectl.files.volumes import Volume
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


def test_a_job_that_ended_in_the_meantime_is_not_buried(catalog: Catalog) -> None:
    done, dead = catalog.start_job(REQUEST), catalog.start_job(replace(REQUEST, birth="b/1"))
    for job_id in (done, dead):
        catalog.start_step(job_id, "k", Path("/out"), "geocode")
    catalog.finish_job(done, JobStatus.SUCCEEDED, 0)
    for job_id in (done, dead):
        catalog.bury_job(job_id, "gone")
    assert (catalog.job(done).status, catalog.job(done).message) == (JobStatus.SUCCEEDED, "")
    buried = catalog.job(dead)
    assert (buried.status, buried.message, buried.birth) == (JobStatus.INTERRUPTED, "gone", "b/1")
    assert [step.status for step in catalog.list_steps(dead)] == ["interrupted"]


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


def test_names_that_are_no_utf_8_are_told_of(catalog: Catalog) -> None:
    """Such a file may lie between the scenes, as of a disk that was written elsewhere."""
    name = os.fsdecode(b"/media/b\xfcro.zip")
    catalog.record_scenes([SceneRecord(name, "x", "refused", f"{name}: no zip")])
    catalog.record_scenes([SceneRecord(name, "y", "refused", f"{name}: no zip")])
    (scene,) = catalog.list_scenes()
    assert (scene.path, scene.scene_id) == ("/media/b\\udcfcro.zip", "y")
    request = JobRequest(f"landslidectl detect {name}", {"dem": name}, {}, name)
    job = catalog.start_job(request)
    assert catalog.job(job).settings == {"dem": name}
    step = catalog.start_step(job, "k", Path(name), "geocode")
    output = OutputRecord(f"{name}/a.tif", "raster", "ab" * 32, 12, 99)
    outcome = StepOutcome("done", 1.0, name, {"path": name}, (output,))
    catalog.finish_step(step, outcome)
    found = catalog.done_step("k", Path(name))
    assert found is not None
    assert found[0].result == {"path": name}
    catalog.finish_job(job, JobStatus.FAILED, 4, name)


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


class Overtaken(sqlite3.Connection):
    """Another process makes the catalog while this connection looks what the file is."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Let the other one in between two looks."""
        if "sqlite_master" in sql:
            Catalog(Path(self.of_file())).close()
        return super().execute(sql, *values)

    def of_file(self) -> str:
        """Return the file's name."""
        return str(super().execute("PRAGMA database_list").fetchone()[2])


def test_a_catalog_that_is_being_made_is_not_taken_for_a_foreign_file(tmp_path: Path) -> None:
    path = _database(tmp_path / "new.db", "PRAGMA journal_mode=WAL")
    with closing(sqlite3.connect(path, factory=Overtaken)) as connection:
        check_identity(connection, path)
    with Catalog(path) as catalog:
        assert catalog.list_jobs() == ()


def failure(kind: str, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = kind
    return error


@pytest.mark.parametrize(
    ("kind", "text", "free", "code"),
    [
        ("SQLITE_BUSY", "database is locked", 1 << 30, 9),
        ("SQLITE_FULL", "database or disk is full", 1 << 30, 7),
        ("SQLITE_IOERR_SHMSIZE", "disk I/O error", 4096, 7),
        ("SQLITE_IOERR_READ", "disk I/O error", 1 << 30, 10),
        ("SQLITE_READONLY", "attempt to write a readonly database", 1 << 30, 8),
        ("SQLITE_CANTOPEN", "unable to open database file", 1 << 30, 8),
        ("SQLITE_CORRUPT", "database disk image is malformed", 1 << 30, 10),
    ],
)
def test_what_sqlite_says_ends_with_the_right_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kind: str, text: str, free: int, code: int
) -> None:
    room = SimpleNamespace(total=1 << 40, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room)
    path = tmp_path / "catalog.db"
    with pytest.raises(LandslidectlError) as caught, db.translated(path):
        raise failure(kind, text)
    assert caught.value.exit_code == code
    assert str(path) in caught.value.message
    assert caught.value.hint
    if code == 7:
        assert "MB are free" in caught.value.message


def test_a_full_catalog_keeps_what_it_had(catalog: Catalog) -> None:
    job = catalog.start_job(REQUEST)
    pages = catalog._db.execute("PRAGMA page_count").fetchone()[0]
    catalog._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(ResourceError, match="disk is full"):
        catalog.record_scenes([SceneRecord(f"/{n}.zip", "x" * 500) for n in range(500)])
    assert catalog.list_scenes() == ()
    catalog._db.execute(f"PRAGMA max_page_count={pages + 1000}")
    catalog.record_scenes([SceneRecord("/a.zip", "x")])
    assert [record.job_id for record in catalog.list_jobs()] == [job]


def test_recording_leaves_the_schema_alone(catalog: Catalog) -> None:
    """Trying out in the file what SQLite can do would make every other process read it anew."""
    before = catalog._db.execute("PRAGMA schema_version").fetchone()
    catalog.record_scenes([SceneRecord("/a.zip", "x")])
    catalog.record_model(ModelRecord("cd" * 32, "resnet", "1", "vv_vh", "/models/resnet", "{}"))
    catalog.start_step(catalog.start_job(REQUEST), "k", Path("/out"), "dem")
    assert catalog._db.execute("PRAGMA schema_version").fetchone() == before


def test_a_folder_that_cannot_be_made_is_an_output(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        Catalog(tmp_path / "file" / "catalog.db")
    with pytest.raises(OutputError, match="cannot be opened"):
        Catalog(tmp_path)


def test_default_path_follows_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSLIDECTL_CATALOG", str(tmp_path / "mine.db"))
    assert default_catalog_path() == tmp_path / "mine.db"
    monkeypatch.delenv("LANDSLIDECTL_CATALOG")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_catalog_path().name == "catalog.db"
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: "~/.local/share")
    with pytest.raises(CatalogError, match="no home folder"):
        default_catalog_path()


WORKER = """
import sys
from pathlib import Path
from landslidectl.catalog import db
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest, StepOutcome
from landslidectl.files.volumes import Volume
db.volume_of = lambda path: Volume(sys.argv[2])
with Catalog(Path(sys.argv[1])) as c:
    for _ in range(20):
        j = c.start_job(JobRequest('x', {}, {}, ''))
        c.finish_step(c.start_step(j, 'k', Path('/'), 's'), StepOutcome('done', 0.0))
"""


@pytest.mark.parametrize("kind", ["ext4", "nfs4"])
def test_processes_share_one_catalog_from_its_first_moment(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "catalog.db"
    command = [sys.executable, "-c", WORKER, str(path), kind]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    for worker in workers:
        _, errors = worker.communicate(timeout=200)
        assert worker.returncode == 0, errors.decode()
    with Catalog(path) as catalog:
        assert len(catalog.list_jobs()) == 60


@pytest.mark.parametrize(
    ("kind", "journal"),
    [("ext4", "wal"), ("nfs4", "delete"), ("vfat", "delete"), ("unknown", "delete")],
)
def test_the_journal_fits_the_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, journal: str
) -> None:
    monkeypatch.setattr(db, "volume_of", lambda path: Volume(kind))
    with Catalog(tmp_path / "catalog.db") as catalog:
        catalog.start_job(REQUEST)
        beside = {item.name for item in tmp_path.iterdir()} - {"catalog.db"}
    connection = sqlite3.connect(tmp_path / "catalog.db")
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == journal
    connection.close()
    assert bool(beside) == (journal == "wal")


def test_a_catalog_that_moves_to_a_share_loses_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalog.db"
    for kind in ("ext4", "cifs", "ext4"):
        monkeypatch.setattr(db, "volume_of", lambda path, kind=kind: Volume(kind))
        with Catalog(path) as catalog:
            catalog.start_job(REQUEST)
    with Catalog(path) as catalog:
        assert len(catalog.list_jobs()) == 3
        monkeypatch.setattr(db, "volume_of", lambda path: Volume("nfs"))
        monkeypatch.setattr(db, "BUSY_TIMEOUT_S", 0.1)
        with pytest.raises(LockedError, match="locked"):
            Catalog(path)


def test_a_catalog_that_a_newer_program_upgrades_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catalog.db"
    _database(path, "CREATE TABLE t (a)", f"PRAGMA application_id={APPLICATION_ID}")
    begin = db.immediate

    def late(database):
        _database(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
        return begin(database)

    monkeypatch.setattr(db, "immediate", late)
    with pytest.raises(CatalogError, match="schema version") as caught:
        Catalog(path)
    assert "newer landslidectl" in caught.value.hint
    assert caught.value.exit_code == 10


def test_a_full_disk_and_a_read_only_catalog_are_no_damage(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(text: str) -> None:
        with translated(catalog.path):
            raise sqlite3.OperationalError(text)

    with pytest.raises(ResourceError, match=r"full: [\d.]+ MB of"):
        failing("database or disk is full")
    with pytest.raises(OutputError, match="for writing"):
        failing("attempt to write a readonly database")
    with pytest.raises(CatalogError):
        failing("disk I/O error")
    room = SimpleNamespace(total=10**9, free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room)
    with pytest.raises(ResourceError, match=r"0\.0 MB of 1,000 MB"):
        failing("disk I/O error")
