"""Looking at a catalog, copying it and asking it changes nothing in it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landslidectl.catalog import access, backup
from landslidectl.catalog.backup import back_up
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.migrations import APPLICATION_ID, SCHEMA_VERSION
from landslidectl.catalog.query import asked
from landslidectl.catalog.reading import catalog_facts, find_damage, reading
from landslidectl.catalog.records import JobRequest, SceneRecord
from landslidectl.errors import (
    CatalogError,
    LandslidectlError,
    OutputError,
    ResourceError,
    UsageError,
)

REQUEST = JobRequest("landslidectl detect", {}, {}, "/out")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog with two jobs and one scene, in a folder whose name needs care."""
    made = tmp_path / "ümlaut ?#%41" / "catalog.db"
    with Catalog(made) as catalog:
        for _ in range(2):
            catalog.start_job(REQUEST)
        catalog.record_scenes([SceneRecord("/a.zip", "S1A_A")])
    return made


def answer(path: Path, sql: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    with asked(path, sql) as found:
        return found.columns, list(found.rows)


def test_facts(path: Path) -> None:
    facts = catalog_facts(path)
    assert (facts.schema, facts.journal) == (SCHEMA_VERSION, "wal")
    assert (facts.rows["jobs"], facts.rows["scenes"], facts.rows["steps"]) == (2, 1, 0)
    assert facts.size_bytes == path.stat().st_size


def test_nothing_is_read_where_no_catalog_is(tmp_path: Path) -> None:
    missing = tmp_path / "no.db"
    with pytest.raises(CatalogError, match="no catalog yet"), reading(missing):
        pass
    assert not missing.exists()
    missing.touch()
    with pytest.raises(CatalogError, match="empty"), reading(missing):
        pass


def test_an_older_schema_is_read_as_it_is(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=3")
    connection.close()
    assert answer(path, "SELECT count(*) FROM jobs")[1] == [(2,)]
    assert catalog_facts(path).schema == 3


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_can_be_read(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        assert answer(path, "SELECT count(*) FROM jobs")[1] == [(2,)]
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("kind", "lying", "addresses"),
    [
        ("SQLITE_CANTOPEN", None, 2),
        ("SQLITE_CANTOPEN", "wal", 1),
        ("SQLITE_CANTOPEN", "journal", 1),
        ("SQLITE_IOERR_SHMSIZE", None, 2),
        ("SQLITE_IOERR_SHMSIZE", "wal", 1),
        ("SQLITE_BUSY", None, 1),
    ],
)
def test_only_a_quiet_catalog_is_read_as_it_lies_there(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lying: str | None, addresses: int
) -> None:
    """Read so while something lies beside it, or while it is written, it would be wrong."""
    opened = []

    def refuse(address: str, **options: object) -> None:
        opened.append(address)
        error = sqlite3.OperationalError("it does not open")
        error.sqlite_errorname = kind
        raise error

    path.with_name("catalog.db-wal").write_bytes(b"")
    if lying:
        path.with_name(f"catalog.db-{lying}").write_bytes(b"content")
    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(LandslidectlError, match="it does not open"), reading(path):
        pass
    assert len(opened) == addresses
    assert opened[-1].endswith("&immutable=1") == (addresses == 2)


@pytest.mark.parametrize("kind", [OutputError, ResourceError])
def test_records_are_read_where_nothing_can_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[LandslidectlError]
) -> None:
    def refuse(path: Path) -> None:
        raise kind(f"{path}: cannot be opened for writing")

    monkeypatch.setattr(access, "open_database", refuse)
    with Catalog(path, only_look=True) as catalog:
        assert len(catalog.list_jobs()) == 2
        with pytest.raises(OutputError, match="for writing"):
            catalog.start_job(REQUEST)
    with pytest.raises(kind):
        Catalog(path)
    with pytest.raises(kind):
        Catalog(path.with_name("other.db"), only_look=True)
    monkeypatch.undo()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=3")
    connection.close()
    monkeypatch.setattr(access, "open_database", refuse)
    with pytest.raises(CatalogError, match="cannot be upgraded"):
        Catalog(path, only_look=True)


def test_rows_that_somebody_changed_are_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE jobs RENAME COLUMN host TO computer")
    connection.commit()
    connection.close()
    with Catalog(path) as catalog, pytest.raises(CatalogError, match="no landslidectl wrote"):
        catalog.list_jobs()


def test_damage_is_found(path: Path) -> None:
    assert find_damage(path) == []
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO detections VALUES ('no-job', 'LS-1', 0.0, 0.0, 1.0, 0.5, 0.5, 'D1', '', '')"
    )
    connection.commit()
    assert find_damage(path) == ["row 1 of detections refers to a row of jobs that is not there"]
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='scenes'").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek((root[0] - 1) * 4096 + 8)
        file.write(b"\xff" * 64)
    assert find_damage(path)


def test_a_copy_is_a_catalog_in_one_file(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "copy.db"
    with Catalog(path) as busy:
        busy.start_job(REQUEST)
        facts = back_up(path, target)
        busy.start_job(REQUEST)
    assert (facts.rows["jobs"], facts.journal) == (3, "delete")
    assert [item.name for item in target.parent.iterdir()] == ["copy.db"]
    with Catalog(target) as copy:
        assert len(copy.list_jobs()) == 3


def test_a_copy_replaces_nothing_unasked(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(OutputError, match="exists"):
        back_up(path, target)
    assert target.read_text() == "precious"
    back_up(path, target, overwrite=True)
    assert find_damage(target) == []
    with pytest.raises(OutputError, match="cannot be written") as caught:
        back_up(path, target / "below a file" / "copy.db")
    assert "--output" not in caught.value.hint
    with pytest.raises(OutputError, match="folder"):
        back_up(path, tmp_path)


def test_a_copy_that_cannot_be_written_names_the_copy(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(place: Path) -> None:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorname = "SQLITE_CANTOPEN"
        raise error

    monkeypatch.setattr(backup, "_opened", refuse)
    with pytest.raises(OutputError) as caught:
        back_up(path, tmp_path / "copy.db")
    assert caught.value.message.startswith(f"{tmp_path / 'copy.db'}: cannot be opened for writing")
    assert "--catalog" not in caught.value.hint


def test_the_catalog_is_no_place_for_its_copy(path: Path) -> None:
    with pytest.raises(OutputError, match="the catalog itself"):
        back_up(path, path, overwrite=True)


def test_a_damaged_catalog_gives_no_copy(path: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO detections VALUES ('no-job', 'LS-1', 0.0, 0.0, 1.0, 0.5, 0.5, 'D1', '', '')"
    )
    connection.commit()
    connection.close()
    target = tmp_path / "copy.db"
    with pytest.raises(CatalogError, match="damaged"):
        back_up(path, target)
    assert [item for item in tmp_path.iterdir() if item.is_file()] == []


def test_questions_are_answered(path: Path) -> None:
    assert answer(path, "SELECT count(*) AS n, 1 AS n, x'00ff' FROM jobs") == (
        ("n", "n_2", "x'00ff'"),
        [(2, 1, b"\x00\xff")],
    )
    assert answer(path, "WITH j AS (SELECT 1 a) SELECT a FROM j;")[1] == [(1,)]
    assert answer(path, "PRAGMA table_info(scenes)")[1][0][1] == "path"
    assert answer(path, "SELECT * FROM jobs WHERE 0")[1] == []
    assert answer(path, "SELECT CAST(x'ff41' AS TEXT)")[1] == [("\N{REPLACEMENT CHARACTER}A",)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM jobs",
        "INSERT INTO scenes SELECT * FROM scenes",
        "UPDATE jobs SET status='failed'",
        "DROP TABLE jobs",
        "CREATE TEMP TABLE t (a)",
        "ATTACH '{other}' AS other",
        "VACUUM INTO '{other}'",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=1",
        "PRAGMA query_only=0",
        "BEGIN IMMEDIATE",
        "SELECT load_extension('{other}')",
        "SELECT 1; DELETE FROM jobs",
        "WITH x AS (SELECT 1) DELETE FROM jobs",
        "SELECT zeroblob(1000000000)",
        "SELECT nothing FROM jobs",
        "SELECT 1 FROM",
        "-- nothing",
        "",
    ],
)
def test_whatever_is_no_question_is_refused(path: Path, tmp_path: Path, sql: str) -> None:
    before = path.read_bytes()
    other = tmp_path / "other.db"
    with pytest.raises(UsageError) as caught:
        answer(path, sql.format(other=other))
    assert "SELECT" in caught.value.hint
    assert not other.exists()
    assert path.read_bytes() == before


def test_a_damaged_or_newer_catalog_is_not_the_fault_of_the_question(
    path: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database at all" * 100)
    with pytest.raises(CatalogError, match="cannot be used"):
        answer(damaged, "SELECT 1")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(CatalogError, match="schema version"):
        answer(path, "SELECT 1")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_endless_question_can_be_stopped(path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom landslidectl.catalog.query import asked\n"
        "print('asking', flush=True)\n"
        "sql = ('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) '\n"
        "       'SELECT sum(x) FROM c')\n"
        "with asked(Path(sys.argv[1]), sql) as found:\n    list(found.rows)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=200)
    assert process.returncode != 0
    assert b"stopped by Ctrl-C" in errors or b"KeyboardInterrupt" in errors
