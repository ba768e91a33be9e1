"""``catalog`` on the command line: what it says and how it ends."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.migrations import SCHEMA_VERSION
from landslidectl.catalog.records import JobRequest, OutputRecord, StepOutcome
from landslidectl.cli.app import app
from landslidectl.files.hashing import file_digest
from landslidectl.jobs.lock import folder_lock
from landslidectl.terms import JobStatus


@pytest.fixture
def job_id(own_world: Path) -> str:
    """A failed job that left one intermediate file."""
    work = own_world / "out" / ".work"
    work.mkdir(parents=True)
    path = work / "dem.tif"
    path.write_text("heights")
    state = path.stat()
    record = OutputRecord(str(path), "dem", file_digest(path), state.st_size, state.st_mtime_ns)
    with Catalog() as catalog:
        output = str(own_world / "out")
        job = catalog.start_job(JobRequest("landslidectl detect", {"model": "cnn"}, {}, output))
        step = catalog.start_step(job, "key", own_world / "out", "dem")
        catalog.finish_step(step, StepOutcome("done", 1.0, outputs=(record,)))
        catalog.finish_job(job, JobStatus.FAILED, 4)
    return job


def catalog_file() -> Path:
    return Path(os.environ["LANDSLIDECTL_CATALOG"])


def test_path_and_info(runner: CliRunner, job_id: str) -> None:
    assert runner.invoke(app, ["catalog", "path"]).stdout.strip() == str(catalog_file())
    told = json.loads(runner.invoke(app, ["catalog", "info", "--json"]).stdout)
    assert told["schema"] == told["schema_of_program"] == SCHEMA_VERSION
    assert told["rows"]["jobs"] == 1
    assert "journal" in runner.invoke(app, ["catalog", "info"]).stdout


@pytest.mark.parametrize(
    "command",
    [["info"], ["check"], ["sql", "SELECT 1"], ["backup", "b.db"], ["prune", "--older-than", "1d"]],
    ids=lambda command: command[0],
)
def test_looking_makes_no_catalog(runner: CliRunner, command: list[str]) -> None:
    result = runner.invoke(app, ["catalog", *command])
    assert result.exit_code == 10
    assert "no catalog yet" in result.stderr
    assert not catalog_file().exists()


@pytest.mark.parametrize(
    "command",
    [
        ["catalog", "info"],
        ["catalog", "check"],
        ["catalog", "sql", "SELECT 1"],
        ["catalog", "backup", "b.db"],
        ["catalog", "prune", "--older-than", "1d"],
        ["jobs", "list"],
        ["scenes", "list"],
    ],
    ids=" ".join,
)
def test_a_newer_catalog_is_refused_by_every_command(
    runner: CliRunner, job_id: str, command: list[str]
) -> None:
    connection = sqlite3.connect(catalog_file())
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()
    result = runner.invoke(app, command)
    assert result.exit_code == 10
    assert f"schema version {SCHEMA_VERSION + 1}" in result.stderr
    assert "Use the newer landslidectl" in result.stderr
    assert not Path("b.db").exists()


def test_check_ends_with_the_truth(runner: CliRunner, job_id: str, own_world: Path) -> None:
    whole = runner.invoke(app, ["catalog", "check"])
    assert (whole.exit_code, "nothing is wrong" in whole.stdout) == (0, True)
    (own_world / "out" / ".work" / "dem.tif").unlink()
    missing = runner.invoke(app, ["catalog", "check"])
    assert missing.exit_code == 11
    assert "gone" in missing.stdout
    assert "prune" in missing.stderr
    connection = sqlite3.connect(catalog_file())
    connection.execute("UPDATE outputs SET job_id='nobody'")
    connection.commit()
    connection.close()
    damaged = runner.invoke(app, ["catalog", "check"])
    assert damaged.exit_code == 10
    assert "catalog backup" in damaged.stderr
    catalog_file().write_bytes(b"no database" * 1000)
    assert runner.invoke(app, ["catalog", "check"]).exit_code == 10


def test_backup_refuses_to_replace(runner: CliRunner, job_id: str) -> None:
    assert "b.db: 1 job, checked" in runner.invoke(app, ["catalog", "backup", "b.db"]).stdout
    again = runner.invoke(app, ["catalog", "backup", "b.db"])
    assert again.exit_code == 8
    assert "--overwrite" in again.stderr
    told = runner.invoke(app, ["catalog", "backup", "b.db", "--overwrite", "--json"])
    assert json.loads(told.stdout)["rows"]["jobs"] == 1
    assert runner.invoke(app, ["jobs", "list", "--catalog", "b.db"]).exit_code == 0


def test_prune_shows_before_it_does(runner: CliRunner, job_id: str, own_world: Path) -> None:
    dem = own_world / "out" / ".work" / "dem.tif"
    shown = runner.invoke(app, ["catalog", "prune", "--status", "failed"])
    assert shown.exit_code == 0
    assert job_id in shown.stdout
    assert "Would free 1 file of" in shown.stdout
    assert "--yes" in shown.stdout
    assert dem.exists()
    told = json.loads(runner.invoke(app, ["catalog", "prune", "--job", job_id, "--json"]).stdout)
    assert (told["done"], told["files"], told["bytes"]) == (False, 1, 7)
    assert told["rows"] == {"outputs": 1, "steps": 1, "detections": 0, "jobs": 1}
    done = runner.invoke(app, ["catalog", "prune", "--job", job_id[:20], "--yes"])
    assert "Freed 1 file of" in done.stdout
    assert not dem.exists()
    nothing = runner.invoke(app, ["catalog", "prune", "--older-than", "0h", "--yes"])
    assert "nothing to prune" in nothing.stdout


def test_prune_of_a_busy_folder_is_partial(runner: CliRunner, job_id: str, own_world: Path) -> None:
    with folder_lock(own_world / "out" / ".work" / "lock.json"):
        result = runner.invoke(app, ["catalog", "prune", "--older-than", "0h", "--yes"])
    assert result.exit_code == 3
    assert "left alone" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "which jobs are meant"),
        (["--older-than", "soon"], "no age"),
        (["--older-than", "9" * 400], "too long ago"),
        (["--job", "nobody"], "no job has an id"),
        (["--status", "lost"], "lost"),
    ],
)
def test_prune_wants_to_know_what_is_meant(
    runner: CliRunner, job_id: str, options: list[str], words: str
) -> None:
    result = runner.invoke(app, ["catalog", "prune", *options])
    assert result.exit_code == 2
    assert words in result.stderr


def test_sql_answers_and_refuses(runner: CliRunner, job_id: str) -> None:
    query = "SELECT status, count(*) AS n, x'00ff' AS b, 9e999 AS big, NULL AS no FROM jobs"
    assert json.loads(runner.invoke(app, ["catalog", "sql", query, "--json"]).stdout) == [
        {"status": "failed", "n": 1, "b": "x'00ff'", "big": None, "no": None}
    ]
    table = runner.invoke(app, ["catalog", "sql", query]).stdout.splitlines()
    assert table[0].split() == ["status", "n", "b", "big", "no"]
    assert runner.invoke(app, ["catalog", "sql", query, "--format", "csv"]).stdout == (
        "status,n,b,big,no\nfailed,1,x'00ff',,\n"
    )
    refused = runner.invoke(app, ["catalog", "sql", "DELETE FROM jobs"])
    assert refused.exit_code == 2
    assert "Only questions" in refused.stderr
