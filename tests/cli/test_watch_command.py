"""``watch-once`` as cron starts it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.jobs.lock import folder_lock
from tests.cli.events import checked
from tests.cli.programs import started

WATCH = ["watch-once", "scenes", "--config", "event.toml", "--settle", "0", "--json"]


@pytest.fixture
def configured(event: Path) -> Path:
    """The settings beside the scenes, under the name that the manual gives them."""
    content = (event / "scenes" / "landslidectl.toml").read_text(encoding="utf-8")
    (event / "event.toml").write_text(content.replace('"../', '"'), encoding="utf-8")
    return event


def test_a_new_scene_makes_a_release_and_nothing_new_is_a_success(
    runner: CliRunner, configured: Path
) -> None:
    latest = max((configured / "scenes").glob("S1*"))
    shutil.move(latest, configured / latest.name)
    waiting = runner.invoke(app, WATCH)
    assert waiting.exit_code == 0, waiting.output
    (last,) = checked(waiting.stdout)
    assert (last["status"], last["job_id"]) == ("waiting", None)
    assert "post-event" in last["message"] or "after" in last["message"]

    shutil.move(configured / latest.name, latest)
    first = runner.invoke(app, WATCH)
    assert first.exit_code == 0, first.output
    made = checked(first.stdout)[-1]
    assert made["status"].startswith("succeeded")

    (last,) = checked(runner.invoke(app, WATCH).stdout)
    assert (last["status"], last["since_job"]) == ("nothing_new", made["job_id"])
    words = runner.invoke(app, WATCH[:-1])
    assert words.stdout == ""
    assert words.stderr == f"Nothing new since job {made['job_id']}.\n"
    assert runner.invoke(app, [*WATCH[:-1], "--quiet"]).output == "", "cron mails every word"
    jobs = json.loads(runner.invoke(app, ["jobs", "list", "--json"]).stdout)
    assert len(jobs) == 1

    late = configured / "scenes" / "late.zip"
    late.write_bytes(b"PK\x03\x04 half of it")
    again = runner.invoke(app, [*WATCH[:-3], "--settle", "3600"])
    assert again.exit_code == 0, again.output
    assert again.stderr.startswith("left for the next run: ")
    assert "late.zip: changed " in again.stderr
    again = runner.invoke(app, [*WATCH[:-3], "--settle", "3600", "--quiet"])
    assert again.output == "", "a copy that goes on is no reason for a mail"


def test_a_busy_folder_has_its_code_and_can_be_waited_for(
    runner: CliRunner, configured: Path
) -> None:
    with folder_lock(configured / "out" / ".work" / "lock.json"):
        busy = runner.invoke(app, WATCH)
        assert busy.exit_code == 9
        error, last = checked(busy.stdout)
        assert "another run works here" in error["message"]
        assert (last["exit_code"], last["status"]) == (9, "failed")
        process = started([*WATCH, "--wait", "200"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert json.loads(line)["type"] == "lock_awaited"
    rest, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert checked(line + rest)[-1]["status"].startswith("succeeded")


def test_two_that_start_together_make_one_product(configured: Path) -> None:
    words = [sys.executable, "-m", "landslidectl", *WATCH, "--wait", "400"]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [checked(process.communicate(timeout=500)[0])[-1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert len(list((configured / "out").glob("LSD_*"))) == 1


@pytest.mark.usefixtures("configured")
def test_wrong_times_are_refused(runner: CliRunner) -> None:
    assert runner.invoke(app, ["watch-once", "scenes", "--settle=-1"]).exit_code == 2
    assert runner.invoke(app, ["watch-once", "scenes", "--wait=-1"]).exit_code == 2
    assert runner.invoke(app, ["watch-once", "scenes", "--wait=nan"]).exit_code == 2
    Path("event.toml").write_text(Path("event.toml").read_text() + "settle = -1\n")
    wrong = runner.invoke(app, ["watch-once", "scenes", "--config", "event.toml"])
    assert wrong.exit_code == 6
    assert "event.toml: settle" in wrong.stderr
    assert "dry-run" not in runner.invoke(app, ["watch-once", "--help"]).output
