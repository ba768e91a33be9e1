"""The log of a command: where it is, what is in it, and that it never breaks a job."""

import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.catalog.catalog import Catalog
from landslidectl.cli.app import app
from landslidectl.cli.log_file import Log, LogFormat, default_log_path
from landslidectl.errors import DamagedScene
from landslidectl.events import (
    ArtefactWritten,
    Reporter,
    SceneRefused,
    StepAdvanced,
    StepFinished,
    StepStarted,
    Warned,
)
from landslidectl.jobs.result import JobResult
from landslidectl.terms import JobStatus

COMPLETE = ["detect", "scenes", "--event", "2018-09-05T18:07:59Z", "--dem", "dem", "-o", "out"]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A job that tells of everything, and then fails with what is put into the list."""
    failures: list[Exception] = []

    def run_detect(settings: object, reporter: Reporter, catalog: Catalog) -> JobResult:
        reporter(StepStarted("geocode", "Scene 1 of 6"))
        reporter(StepAdvanced("geocode", 3))
        reporter(Warned("wet snow on \x1b[31m6 September", "brightness"))
        reporter(SceneRefused("/s/b.zip", "not a zip"))
        reporter(ArtefactWritten("/out/a.tif", "geocoded"))
        reporter(StepFinished("geocode", 1.25, "fine"))
        logging.getLogger("rasterio._env").error("CPLE_AppDefined in TIFFReadDirectory")
        warnings.warn("mean of empty slice", RuntimeWarning, stacklevel=1)
        if failures:
            raise failures[0]
        return JobResult(
            job_id="j", status=JobStatus.SUCCEEDED, output="out", files={}, tracks=(), scenes=1
        )

    monkeypatch.setattr("landslidectl.jobs.run.run_detect", run_detect)
    return failures


@pytest.fixture(autouse=True)
def warnings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of pytest a warning is printed and raises nothing."""
    warnings.simplefilter("default")


def kept(tmp_path: Path) -> str:
    return (tmp_path / "state" / "landslidectl" / "landslidectl.log").read_text()


def test_a_job_is_told_line_by_line(runner: CliRunner, job: object, tmp_path: Path) -> None:
    result = runner.invoke(app, COMPLETE)
    assert result.exit_code == 0, result.output
    lines = kept(tmp_path).splitlines()
    assert [line.split(" ", 2)[2].split()[0] for line in lines] == [
        *("info", "info", "warning", "warning", "info", "info", "error", "warning", "info")
    ]
    assert "began: landslidectl" in lines[0]
    assert str(tmp_path / "catalog.db") in lines[0]
    assert "\x1b" not in kept(tmp_path)
    assert "TIFFReadDirectory" in lines[6]
    assert "mean of empty slice" in lines[7]
    assert "exit code 0" in lines[-1]
    assert "TIFFReadDirectory" not in result.output
    assert "empty slice" not in result.output
    assert logging.getLogger().handlers == [
        handler for handler in logging.getLogger().handlers if "Library" not in str(type(handler))
    ]


def test_a_record_without_words_is_noted_in_short(tmp_path: Path) -> None:
    """Events may be added; none may break a job because the log does not know it."""

    @dataclass
    class JobStarted:
        job_id: str
        folder: Path

    log = Log(tmp_path / "x.log", LogFormat.JSON)
    heard: list[object] = []
    event = JobStarted("2018-3f9a1c", tmp_path / ("long" * 200))
    log.listening(heard.append)(event)  # type: ignore[arg-type]
    record = json.loads((tmp_path / "x.log").read_text())
    assert record["type"] == "job_started"
    assert record["message"].startswith("job started: job_id 2018-3f9a1c, folder ")
    assert len(record["message"]) < 600
    assert heard == [event]


def test_as_json_every_line_is_a_record(runner: CliRunner, job: object, own_world: Path) -> None:
    options = ["--log-file", "deep/my.log", "--log-format", "json"]
    assert runner.invoke(app, [*COMPLETE, *options]).exit_code == 0
    text = (own_world / "deep" / "my.log").read_text()
    records = [json.loads(line) for line in text.splitlines()]
    assert [record["type"] for record in records] == [
        *("began", "step_started", "warned", "scene_refused", "artefact_written"),
        *("step_finished", "library", "library", "ended"),
    ]
    assert all({"ts", "level", "pid", "message"} <= set(record) for record in records)
    assert records[-1]["exit_code"] == 0


def test_flags_win_over_variables_over_the_file(
    runner: CliRunner, job: object, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_world / "landslidectl.toml").write_text('log_file = "by-file.log"\nlog_format = "json"\n')
    runner.invoke(app, COMPLETE)
    assert json.loads((own_world / "by-file.log").read_text().splitlines()[0])["type"] == "began"
    monkeypatch.setenv("LANDSLIDECTL_LOG_FILE", "by-variable.log")
    runner.invoke(app, COMPLETE)
    assert (own_world / "by-variable.log").exists()
    runner.invoke(app, [*COMPLETE, "--log-file", "by-flag.log"])
    assert (own_world / "by-flag.log").exists()


def test_no_log_is_written_where_none_is_wanted(
    runner: CliRunner, job: object, own_world: Path, tmp_path: Path
) -> None:
    assert runner.invoke(app, [*COMPLETE, "--log-file", "none"]).exit_code == 0
    (own_world / "landslidectl.toml").write_text('log_file = "none"\n')
    assert runner.invoke(app, COMPLETE).exit_code == 0
    assert not (tmp_path / "state").exists()
    assert [item.name for item in own_world.iterdir()] == ["landslidectl.toml"]


def test_errors_are_in_the_log_of_every_command(
    runner: CliRunner, job: list[Exception], tmp_path: Path
) -> None:
    job.append(DamagedScene(Path("a.zip"), "the zip is truncated", "Copy it again."))
    assert runner.invoke(app, COMPLETE).exit_code == 4
    assert "a.zip: the zip is truncated Copy it again." in kept(tmp_path)
    assert kept(tmp_path).splitlines()[-1].endswith("exit code 4 after 0.0 s")
    assert runner.invoke(app, ["models", "info", "nothing"]).exit_code == 5
    last = kept(tmp_path).splitlines()[-1]
    assert "no model 'nothing'" in last, "a command that only looks leaves nothing but its error"


def test_tracebacks_are_in_the_log_and_never_on_the_terminal(
    runner: CliRunner, job: list[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.append(ZeroDivisionError("by\x1b[31m zero"))
    result = runner.invoke(app, COMPLETE)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "landslidectl.log" in result.stderr
    assert "Traceback (most recent call last)" in kept(tmp_path)
    assert "ZeroDivisionError: by\\x1b[31m zero" in kept(tmp_path)
    options = ["--log-file", "my.log", "--log-format", "json"]
    runner.invoke(app, [*COMPLETE, *options])
    records = [json.loads(line) for line in Path("my.log").read_text().splitlines()]
    assert "ZeroDivisionError" in records[-2]["traceback"]

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lost = runner.invoke(app, [*COMPLETE, "--log-file", "none"])
    assert lost.exit_code == 1
    assert "Traceback" not in lost.output
    (saved,) = tmp_path.glob("landslidectl-error-*.txt")
    assert str(saved) in lost.stderr.replace("\n", "")
    assert "ZeroDivisionError" in saved.read_text()

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    lost = runner.invoke(app, [*COMPLETE, "--log-file", "none"])
    assert lost.exit_code == 1
    assert "Traceback" not in lost.output
    assert "LANDSLIDECTL_LOG_FILE" in lost.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_does_not_break_the_job(runner: CliRunner, job: object) -> None:
    result = runner.invoke(app, [*COMPLETE, "--log-file", "/dev/full"])
    assert result.exit_code == 0
    assert result.stderr.count("the log /dev/full cannot be written") == 1


def test_a_default_place_that_cannot_be_written_is_no_trouble(
    runner: CliRunner, job: object, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("no folder")
    result = runner.invoke(app, COMPLETE)
    assert result.exit_code == 0
    assert "cannot be written" not in result.stderr


def test_a_wrong_format_is_refused(runner: CliRunner, job: object, own_world: Path) -> None:
    assert runner.invoke(app, [*COMPLETE, "--log-format", "xml"]).exit_code == 2
    (own_world / "landslidectl.toml").write_text('log_format = "xml"\n')
    assert runner.invoke(app, COMPLETE).exit_code == 6


def test_without_a_home_there_is_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_state_dir", lambda *_, **__: "~/.local/state")
    assert default_log_path() is None
    assert not Log(None, LogFormat.TEXT).write("info", "x", "y")
