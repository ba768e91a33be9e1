"""The JSON stream: its form is published, additive, and always ends with a summary."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from landslidectl import events
from landslidectl.cli.app import STREAMING, app
from landslidectl.cli.stream import JsonStream, event_type
from landslidectl.errors import OutputError, ReaderGone, StackError
from landslidectl.events import (
    ArtefactWritten,
    JobStarted,
    ProgressEvent,
    SceneLeft,
    SceneRefused,
    StepAdvanced,
    StepFinished,
    StepStarted,
    Warned,
)
from landslidectl.jobs.demo import DemoReport, PlantedEvent
from landslidectl.jobs.result import JobResult
from landslidectl.terms import EventTime, JobStatus
from tests.cli.events import HEAD, KINDS, SCHEMA, checked
from tests.cli.programs import started
from tests.stack.scenes import EVENT

JSON_TYPES = {
    str: {"string"},
    int: {"integer"},
    float: {"number"},
    bool: {"boolean"},
    float | None: {"number", "null"},
    tuple[str, ...]: {"array"},
}
STORY = (
    JobStarted("20180905T180759Z-3f9a1c", "out"),
    StepStarted("dem", "Elevation model", 10, "blocks"),
    StepAdvanced("dem", 1),
    StepAdvanced("dem", 2),
    Warned("voids"),
    SceneRefused("/s/b.zip", "/s/b.zip: not a zip"),
    SceneLeft("/s/c.zip", "changed 3 s ago"),
    ArtefactWritten("/out/dem.tif", "dem"),
    StepFinished("dem", 1.5, "2 tiles"),
    StepStarted("score", "Scores"),
    StepFinished("score", 0.0, skipped=True),
)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", get_args(ProgressEvent), ids=lambda kind: kind.__name__)
def test_the_schema_says_what_the_records_hold(kind: type[Any]) -> None:
    published = KINDS[event_type(kind.__new__(kind))]
    fields = get_type_hints(kind)
    assert set(published["properties"]) == set(published["required"]) == set(fields)
    for name, held in fields.items():
        told = published["properties"][name]["type"]
        assert ({told} if isinstance(told, str) else set(told)) == JSON_TYPES[held], name
    assert (kind.__doc__ or "").strip(), "a record without words"
    assert kind in vars(events).values()


def test_the_summary_of_every_command_is_published() -> None:
    known = HEAD | set(KINDS["summary"]["properties"])
    result = JobResult("id", JobStatus.SUCCEEDED, "out", {"page": "p", "geopackage": "g"})
    assert set(result.as_json()) <= known
    planted = PlantedEvent(Path("demo"), EventTime(EVENT.first, EVENT.last))
    report = DemoReport(planted, "resnet", result, (), 0)
    assert set(report.as_json()) <= known
    statuses = KINDS["summary"]["properties"]["status"]["enum"]
    assert set(statuses) >= set(JobStatus) - {JobStatus.RUNNING}


def test_records_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    ticks = iter([0.0, 0.0, 0.5, 9.0])
    stream = JsonStream(clock=lambda: next(ticks))
    for event in STORY:
        stream(event)
    stream.summary(0, "succeeded")
    out, err = capsys.readouterr()
    assert err == ""
    lines = checked(out)
    assert [line["type"] for line in lines] == [
        "job_started",
        "step_started",
        "step_advanced",
        "warned",
        "scene_refused",
        "scene_left",
        "artefact_written",
        "step_finished",
        "step_started",
        "step_finished",
        "summary",
    ], "of two advances within a second the first is told"
    assert {line["job_id"] for line in lines} == {"20180905T180759Z-3f9a1c"}
    assert lines[1]["title"] == "Elevation model"
    last = lines[-1]
    assert (last["output"], last["steps_done"], last["steps_skipped"]) == ("out", 1, 1)
    assert last["warnings"] == ["voids"]
    assert last["refused"][0]["name"] == "/s/b.zip"
    assert last["left"] == [{"path": "/s/c.zip", "reason": "changed 3 s ago"}]
    assert last["seconds"] == 9.0


DETECT = ["detect", "scenes", "--json"]
INGEST = ["ingest", "scenes", "--json"]


@pytest.mark.usefixtures("event")
def test_a_real_run_and_a_failing_one(runner: CliRunner) -> None:
    first = runner.invoke(app, DETECT)
    assert first.exit_code == 0, first.output
    lines = checked(first.stdout)
    assert lines[0]["type"] == "job_started"
    assert lines[-1]["status"] in ("succeeded", "succeeded_empty")
    assert lines[-1]["steps_done"] >= 7
    assert lines[-1]["steps_skipped"] == 0
    again = checked(runner.invoke(app, DETECT).stdout)[-1]
    assert (again["steps_done"], again["files"]) == (0, lines[-1]["files"])

    failed = runner.invoke(app, [*DETECT, "-o", "other", "--pre-days", "0.1"])
    assert failed.exit_code == StackError.exit_code
    *_, error, last = checked(failed.stdout)
    assert error["type"] == "error"
    assert error["message"] == last["message"]
    assert (last["exit_code"], last["status"], last["files"]) == (4, "failed", {})
    assert last["output"] == "other"
    assert last["job_id"] == error["job_id"] is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["detect", "--json", "--stride", "many"], 2),
        (["detect", "--json"], 2),
        (["detect", "scenes", "--json", "--config", "missing.toml"], 6),
        (["ingest", "--json", "--no-such-option"], 2),
    ],
)
def test_a_command_that_is_not_understood_ends_its_stream_too(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["landslidectl", *arguments])
    result = runner.invoke(app, arguments)
    assert result.exit_code == code
    error, last = checked(result.stdout)
    assert (error["type"], error["exit_code"]) == ("error", code)
    assert (last["exit_code"], last["status"], last["job_id"]) == (code, "failed", None)


@pytest.mark.parametrize("name", STREAMING)
def test_every_command_that_works_streams(runner: CliRunner, name: str) -> None:
    assert "--json" in runner.invoke(app, [name, "--help"]).output


@pytest.mark.usefixtures("event")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run(runner: CliRunner, number: int, code: int) -> None:
    with started(DETECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if '"step": "stack"' in line:
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=200)
    assert process.returncode == code
    assert "Traceback" not in errors
    *_, error, last = checked("".join(told) + rest)
    assert error["exit_code"] == last["exit_code"] == code
    assert last["status"] == "interrupted"
    job = json.loads(runner.invoke(app, ["jobs", "show", last["job_id"], "--json"]).stdout)
    assert (job["status"], job["exit_code"]) == ("interrupted", code)
    assert not list(Path("out").rglob("*.partial-*"))
    assert not list(Path("out/.work").glob("lock*"))
    again = runner.invoke(app, ["stack", *DETECT[1:]])
    assert checked(again.stdout)[-1]["steps_skipped"] > 0, "the same scenes are not read again"


@pytest.mark.usefixtures("event")
def test_a_reader_that_goes_ends_the_job_quietly(runner: CliRunner) -> None:
    with started(INGEST, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(200)
    assert (process.returncode, errors) == (ReaderGone.exit_code, "")
    (job,) = json.loads(runner.invoke(app, ["jobs", "list", "--json"]).stdout)
    assert (job["status"], job["exit_code"]) == ("interrupted", ReaderGone.exit_code)
    assert runner.invoke(app, INGEST).exit_code == 0


@pytest.mark.usefixtures("event")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [["ingest", "scenes", "--json"], ["ingest", "scenes"]])
def test_an_output_that_takes_no_more_is_an_error(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = started(words, stdout=full, stderr=subprocess.PIPE)
        _, errors = ended.communicate(timeout=120)
    assert ended.returncode == OutputError.exit_code
    assert "the standard output cannot be written: No space left on device" in errors
    assert "Traceback" not in errors


@pytest.mark.usefixtures("event")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_log_that_takes_no_more_does_not_end_a_job() -> None:
    with Path("/dev/full").open("w") as full:
        ended = started(INGEST, stdout=subprocess.PIPE, stderr=full)
        out, _ = ended.communicate(timeout=120)
    assert ended.returncode == 0
    assert checked(out)[-1]["exit_code"] == 0


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed: str) -> None:
    """A program that Windows starts without a console has none at all."""
    words = [sys.executable, "-m", "landslidectl", "jobs", "list"]
    ended = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], check=False)
    assert ended.returncode == 0
