"""Two releases on one catalog: the upgrade keeps a copy, and the earlier release can go back."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from landslidectl.catalog import db
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.earlier import find_earlier
from landslidectl.catalog.migrations import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from landslidectl.catalog.records import JobRequest, OutputRecord, StepOutcome
from landslidectl.errors import CatalogError, OutputError
from landslidectl.terms import JobStatus

REQUEST = JobRequest("landslidectl detect", {"threshold": 0.5}, {"landslidectl": "0"}, "/out")
NEXT = SCHEMA_VERSION + 1


@contextmanager
def newer_release(monkeypatch: pytest.MonkeyPatch, broken: bool = False) -> Iterator[None]:
    """Be the next release, whose schema adds a column, for a block."""

    def add_column(opened) -> None:
        opened.table("jobs").add_column("mood", str, not_null_default="calm")
        if broken:
            raise sqlite3.OperationalError("interrupted")

    added = MIGRATIONS._Migration("9999_mood", add_column)
    with monkeypatch.context() as patch:
        patch.setattr(MIGRATIONS, "_migrations", [*MIGRATIONS._migrations, added])
        patch.setattr(db, "SCHEMA_VERSION", NEXT)
        yield


def schema_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(version)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of this release that holds a finished job."""
    path = tmp_path / "catalog.db"
    with Catalog(path) as catalog:
        job = catalog.start_job(REQUEST)
        step = catalog.start_step(job, "k", Path("/out"), "geocode")
        output = OutputRecord("/out/a.tif", "raster", "ab" * 32, 12, 99)
        catalog.finish_step(step, StepOutcome("done", 1.5, "", {}, (output,)))
        catalog.finish_job(job, JobStatus.SUCCEEDED, 0)
    return path


def test_an_upgrade_keeps_jobs_and_a_copy_of_what_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with newer_release(monkeypatch), Catalog(path) as catalog:
        (job,) = catalog.list_jobs()
        assert catalog.list_outputs(job.job_id)[0].path == "/out/a.tif"
    copy = path.with_name(f"catalog.db.before-schema-{NEXT}")
    assert (schema_of(path), schema_of(copy)) == (NEXT, SCHEMA_VERSION)
    with newer_release(monkeypatch), Catalog(path):
        pass
    assert sorted(path.parent.glob("*.before*")) == [copy], "only the upgrade makes a copy"


def test_an_earlier_release_names_the_copy_and_works_with_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with newer_release(monkeypatch), Catalog(path) as catalog:
        catalog.start_job(REQUEST)
    with pytest.raises(CatalogError, match=f"schema version {NEXT}") as caught:
        Catalog(path)
    copy = path.with_name(f"catalog.db.before-schema-{NEXT}")
    assert caught.value.exit_code == 10
    assert "newer landslidectl" in caught.value.hint
    assert f"--catalog {copy}" in caught.value.hint
    with Catalog(copy) as catalog:
        assert len(catalog.list_jobs()) == 1
        catalog.start_job(REQUEST)
    # put in place as the manual says, it is upgraded again, and no copy is lost
    copy.replace(path)
    with newer_release(monkeypatch), Catalog(path) as catalog:
        assert len(catalog.list_jobs()) == 2
    assert find_earlier(path, SCHEMA_VERSION) == copy
    copy.write_bytes(b"damaged")
    assert find_earlier(path, SCHEMA_VERSION) is None


def test_copies_of_two_upgrades_stand_side_by_side(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = path.with_name(f"catalog.db.before-schema-{NEXT}")
    copy.write_bytes(b"of somebody")
    with newer_release(monkeypatch), Catalog(path):
        pass
    second = copy.with_name(f"{copy.name}-2")
    assert copy.read_bytes() == b"of somebody" and schema_of(second) == SCHEMA_VERSION
    assert find_earlier(path, SCHEMA_VERSION) == second


def test_without_room_for_a_copy_nothing_is_upgraded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OutputError("no room")

    monkeypatch.setattr(db, "keep_earlier", full)
    with newer_release(monkeypatch), pytest.raises(OutputError):
        Catalog(path)
    with Catalog(path) as catalog:
        assert len(catalog.list_jobs()) == 1


def test_an_upgrade_that_breaks_off_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with newer_release(monkeypatch, broken=True), pytest.raises(CatalogError):
        Catalog(path)
    assert schema_of(path) == SCHEMA_VERSION
    with Catalog(path) as catalog:
        assert catalog.list_jobs()[0].birth == ""
        columns = {row[1] for row in catalog._db.execute("PRAGMA table_info(jobs)")}
    assert "mood" not in columns


def test_a_job_that_runs_meanwhile_is_recorded_to_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalog(path) as earlier:
        job = earlier.start_job(REQUEST)
        with newer_release(monkeypatch), Catalog(path):
            pass
        earlier.finish_step(earlier.start_step(job, "k", Path("/"), "s"), StepOutcome("done", 0.0))
        earlier.finish_job(job, JobStatus.SUCCEEDED, 0)
        assert earlier.job(job).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize("schema", range(1, SCHEMA_VERSION))
def test_a_catalog_of_every_earlier_schema_is_upgraded(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "catalog.db"
    names = [migration.name for migration in MIGRATIONS._migrations]
    opened = db.Database(path)
    MIGRATIONS.apply(opened, stop_before=names[schema])
    opened.execute(f"PRAGMA application_id={APPLICATION_ID}")
    opened.execute(f"PRAGMA user_version={schema}")
    opened.close()
    with Catalog(path) as catalog:
        assert catalog.list_jobs() == ()
    copy = path.with_name(f"catalog.db.before-schema-{SCHEMA_VERSION}")
    assert (schema_of(path), schema_of(copy)) == (SCHEMA_VERSION, schema)


def test_a_new_catalog_leaves_no_copy(tmp_path: Path) -> None:
    with Catalog(tmp_path / "catalog.db"):
        pass
    assert not list(tmp_path.glob("*.before*"))
