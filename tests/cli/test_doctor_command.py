"""``doctor`` on the command line: rows, colours, JSON and exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.jobs import doctor
from landslidectl.jobs.checks import Check, Installation, Level
from landslidectl.jobs.doctor import Section

LONG = "a path with a \x1b[31mcolour/" + "and so on " * 20


def sections(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> list[Installation]:
    """Let the doctor find these; returns what it was asked to examine."""
    asked = []

    def check(installation: Installation) -> Iterator[Check]:
        asked.append(installation)
        yield from checks

    monkeypatch.setattr(doctor, "SECTIONS", (Section("One", (("all", check),)),))
    return asked


def test_rows_fit_in_80_columns_and_hold_no_control_characters(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections(
        monkeypatch, Check("fine", "as it should be"), Check("long", LONG, Level.WARNING, "Do.")
    )
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 0, "a warning stops no job"
    lines = result.stdout.splitlines()
    assert lines[:2] == ["One", "ok       fine              as it should be"]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.stdout
    assert lines[-1] == "A job could run here."
    assert lines[-3].strip() == "Do."


def test_a_failure_ends_with_7(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    sections(monkeypatch, Check("memory", "200 MB", Level.FAILED, "Buy some."))
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 7
    assert "no job could run here: memory" in result.stderr
    as_json = runner.invoke(app, ["doctor", "--json"])
    assert as_json.exit_code == 7
    told = json.loads(as_json.stdout)
    assert told["ok"] is False
    assert told["checks"] == [
        {
            "section": "One",
            "name": "memory",
            "level": "failed",
            "detail": "200 MB",
            "hint": "Buy some.",
            "facts": {},
        }
    ]


def test_folders_and_dropped_variables_reach_the_doctor(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = sections(monkeypatch, Check("fine", "yes"))
    options = ["--models-dir", str(tmp_path), "--catalog", str(tmp_path / "mine.db")]
    dropped = {"PROJ_LIB": "/elsewhere"}
    assert runner.invoke(app, ["doctor", *options], obj=dropped).exit_code == 0
    log = tmp_path / "state" / "landslidectl" / "landslidectl.log"
    expected = Installation(tmp_path, tmp_path / "mine.db", Path.cwd(), dropped, log)
    assert asked == [expected]


def test_the_hidden_command_lists_devices_as_lines_of_json(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", "/nowhere.json")
    monkeypatch.setenv("VK_ICD_FILENAMES", "/nowhere.json")
    result = runner.invoke(app, ["graphics-trial"])
    assert result.exit_code == 0
    assert {"adapters": []} in [json.loads(line) for line in result.stdout.splitlines()]
    assert "graphics-trial" not in runner.invoke(app, ["--help"]).stdout


def test_what_takes_time_can_be_left_out(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(installation: Installation) -> Iterator[Check]:
        yield Check("fine", "yes")

    slow = Section("Slow", (("all", check),), takes_time=True)
    monkeypatch.setattr(doctor, "SECTIONS", (Section("One", (("all", check),)), slow))
    assert "Slow" in runner.invoke(app, ["doctor"]).stdout
    assert "Slow" not in runner.invoke(app, ["doctor", "--quick"]).stdout
