"""A job of an earlier release, after the upgrade."""

import json
import sqlite3
from pathlib import Path

from typer.testing import CliRunner

from landslidectl.catalog.migrations import SCHEMA_VERSION
from landslidectl.cli.app import app

TO_SCHEMA_5 = """
ALTER TABLE jobs DROP COLUMN birth;
DELETE FROM _sqlite_migrations WHERE name LIKE '0006%';
PRAGMA user_version=5;
"""


def test_what_an_earlier_release_made_is_shown_exported_and_gone_on_with(
    runner: CliRunner, event: Path, tmp_path: Path
) -> None:
    assert runner.invoke(app, ["detect", "scenes", "--quiet"]).exit_code == 0
    path = tmp_path / "catalog.db"
    connection = sqlite3.connect(path)
    connection.executescript(TO_SCHEMA_5)
    connection.close()
    shown = json.loads(runner.invoke(app, ["jobs", "show", "--json"]).stdout)
    assert (shown["status"], shown["birth"]) == ("succeeded_empty", "")
    assert path.with_name(f"catalog.db.before-schema-{SCHEMA_VERSION}").is_file()
    done = runner.invoke(app, ["export", "last", "--format", "geojson", "-o", "handed-on"])
    assert done.exit_code == 0, done.stderr
    assert list(Path("handed-on").glob("*.geojson"))
    again = runner.invoke(app, ["detect", "scenes", "--json"])
    summary = json.loads(again.stdout.splitlines()[-1])
    assert (summary["exit_code"], summary["steps_done"]) == (0, 0), "nothing is computed again"
