"""The program from outside: help, errors, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl import __version__
from landslidectl.catalog.catalog import Catalog
from landslidectl.cli import resolve
from landslidectl.cli.app import app
from landslidectl.errors import LandslidectlError, LockedError, ReaderGone
from landslidectl.jobs.settings import DetectSettings
from landslidectl.terms import BandSet

COMPLETE = ["--event", "2018-09-05T18:07:59Z", "--dem", "dem", "-o", "out"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DetectSettings]:
    """Catch the settings that ``detect`` hands to the job, and stop there."""
    import landslidectl.jobs.run

    caught: list[DetectSettings] = []

    def run_detect(settings: DetectSettings, *_: object) -> None:
        caught.append(settings)
        raise LockedError("stopped by the test")

    monkeypatch.setattr(landslidectl.jobs.run, "run_detect", run_detect)
    return caught


def subprocess_environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def test_help_and_version(runner: CliRunner) -> None:
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    for word in ("detect", "ingest", "stack", "info", "models", "jobs", "scenes", "demo"):
        assert word in result.output
    assert __version__ in runner.invoke(app, ["--version"]).output
    for command in (["detect"], ["ingest"], ["stack"], ["info"], ["models", "list"], ["demo"]):
        told = runner.invoke(app, [*command, "--help"])
        assert told.exit_code == 0
        assert f"landslidectl {' '.join(command)}" in told.output


def test_missing_settings_come_in_one_message(runner: CliRunner) -> None:
    result = runner.invoke(app, ["detect"])
    assert result.exit_code == 2
    for words in ("4 settings", "SCENES", "--event", "--dem", "--output", "LANDSLIDECTL_EVENT"):
        assert words in result.stderr
    assert "--no-dem" in result.stderr
    assert "tens of pixels" in result.stderr
    assert result.stdout == ""


def test_flags_win_over_variables_over_the_file(
    runner: CliRunner,
    own_world: Path,
    asked: list[DetectSettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (own_world / "landslidectl.toml").write_text(
        'event = 2018-09-05T18:07:59Z\ndem = "dem"\noutput = "out"\n'
        'model = "cnn"\nthreads = 3\nstride = 8\npolarisations = "vv"\n'
    )
    monkeypatch.setenv("LANDSLIDECTL_MODEL", "cbam")
    monkeypatch.setenv("LANDSLIDECTL_THREADS", "2")
    monkeypatch.setenv("LANDSLIDECTL_BBOX", "12 41 13 42")
    result = runner.invoke(app, ["detect", "scenes", "--model", "resnet"])
    assert result.exit_code == LockedError.exit_code, result.output
    (settings,) = asked
    assert (settings.model, settings.threads, settings.stride) == ("resnet", 2, 8)
    assert settings.scenes == (Path("scenes"),)
    assert settings.bbox == (12.0, 41.0, 13.0, 42.0)
    assert settings.bands is BandSet.VV
    assert settings.event.first.hour == 18
    assert settings.pre_days == 60.0


def test_two_shocks_and_all_options(runner: CliRunner, asked: list[DetectSettings]) -> None:
    options = "--no-dem --post-days 24 --pre-days 90 --threshold 0.7 --max-memory 2GB --device cpu"
    options += " --high-threshold 0.9"
    result = runner.invoke(
        app,
        [
            *["detect", "a", "b.zip", "-o", "out", *options.split()],
            *["--event", "2016-10-30T06:40:18Z", "--event", "2016-08-24T01:36:32Z"],
        ],
    )
    assert result.exit_code == LockedError.exit_code, result.output
    (settings,) = asked
    assert settings.event.first.month == 8
    assert settings.event.last.month == 10
    assert settings.dem is None
    assert settings.no_dem
    assert (settings.pre_days, settings.post_days, settings.threshold) == (90.0, 24.0, 0.7)
    assert settings.high_threshold == 0.9
    assert settings.max_memory_mb == 2000


def test_the_ground_that_is_judged_can_be_chosen(
    runner: CliRunner, own_world: Path, asked: list[DetectSettings]
) -> None:
    (own_world / "landslidectl.toml").write_text(
        'event = 2018-09-05T18:07:59Z\ndem = "dem"\noutput = "out"\n'
        'land_cover = "cover"\nmin_slope = 8\nmin_area = 5000\n'
    )
    options = "--min-slope 0 --max-slope 60 --min-steepness 12.5 --land-cover-legend worldcover"
    result = runner.invoke(app, ["detect", "scenes", *options.split()])
    assert result.exit_code == LockedError.exit_code, result.output
    (settings,) = asked
    assert (settings.min_slope_deg, settings.max_slope_deg) == (0.0, 60.0)
    assert (settings.min_steepness_deg, settings.min_area_m2) == (12.5, 5000.0)
    assert settings.land_cover == (Path("cover"),)
    assert settings.land_cover_legend == "worldcover"
    crossed = runner.invoke(app, ["detect", "scenes", "--max-slope", "5"])
    assert crossed.exit_code == 2
    assert "--min-slope and --max-slope" in crossed.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--event", "2018-09-05"], 2, "day without a time"),
        (["--event", "2018-09-05T18:07:59"], 2, "time zone"),
        (["--threshold", "7"], 2, "--threshold"),
        (["--high-threshold", "1"], 2, "--high-threshold must be between"),
        (["--threshold", "0.8", "--high-threshold", "0.7"], 2, "below the threshold 0.8"),
        (["--aoi", "a.geojson", "--bbox", "1", "2", "3", "4"], 2, "--bbox"),
        (["--no-dem"], 2, "--no-dem"),
        (["--device", "tpu"], 2, "tpu"),
        (["--config", "missing.toml"], 6, "missing.toml"),
    ],
)
def test_wrong_usage(
    runner: CliRunner, asked: list[DetectSettings], arguments: list[str], code: int, words: str
) -> None:
    rest = COMPLETE[2:] if "--event" in arguments else COMPLETE
    result = runner.invoke(app, ["detect", "scenes", *rest, *arguments])
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert asked == []


@pytest.mark.parametrize("kind", LandslidectlError.__subclasses__())
def test_every_error_ends_with_its_code(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, kind: type[LandslidectlError]
) -> None:
    def fail(*_: object) -> None:
        raise kind("what went wrong", "what to do")

    monkeypatch.setattr("landslidectl.jobs.run.run_detect", fail)
    result = runner.invoke(app, ["detect", "scenes", *COMPLETE])
    assert result.exit_code == kind.exit_code
    assert "Traceback" not in result.output
    if kind is ReaderGone:
        assert result.stderr == "", "nobody wants to hear of it"
        return
    assert "what went wrong" in result.stderr
    assert "what to do" in result.stderr


def test_json_stream_ends_with_error_and_summary(
    runner: CliRunner, asked: list[DetectSettings]
) -> None:
    result = runner.invoke(app, ["detect", "scenes", *COMPLETE, "--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["error", "summary"]
    assert lines[-1]["exit_code"] == result.exit_code == LockedError.exit_code
    assert lines[0]["message"] == "stopped by the test"


def test_an_unexpected_error_leaves_its_traceback_in_a_file(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("landslidectl.jobs.run.run_detect", fail)
    result = runner.invoke(app, ["detect", "scenes", *COMPLETE])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    (report,) = (tmp_path / "state").rglob("landslidectl.log")
    assert str(report) in result.stderr.replace("\n", "")
    assert "ZeroDivisionError: by zero" in report.read_text()


def test_catalog_problems_have_their_code(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"no database" * 1000)
    assert runner.invoke(app, ["jobs", "list"]).exit_code == 10


def test_dem_is_refused_where_it_is_missing(runner: CliRunner, own_world: Path) -> None:
    (own_world / "scenes").mkdir()
    result = runner.invoke(app, ["detect", "scenes", *COMPLETE])
    assert result.exit_code in (4, 5), result.output
    with Catalog() as catalog:
        (job,) = catalog.list_jobs()
    assert job.status == "failed"
    assert job.exit_code == result.exit_code


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, landslidectl, landslidectl.cli.app\n"
        "from typer.testing import CliRunner\n"
        "for command in (['--help'], ['detect', '--help']):\n"
        "    assert CliRunner().invoke(landslidectl.cli.app.app, command).exit_code == 0\n"
        "heavy = ('numpy', 'rasterio', 'pyogrio', 'shapely', 'ai_edge_litert', 'sqlite_utils',\n"
        "         'tensorflow', 'PIL')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    environment = subprocess_environment(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert run.stdout.strip() == "[]", run.stdout + run.stderr


def test_closed_and_full_pipes_end_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "landslidectl", "--help"]
    environment = subprocess_environment(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(writer)
    assert closed.stderr == b""
    full = Path("/dev/full")
    if full.exists():
        with full.open("wb") as sink:
            lost = subprocess.run(
                command, stdout=sink, stderr=subprocess.PIPE, env=environment, check=False
            )
        assert lost.returncode == 8
        assert b"Traceback" not in lost.stderr


def test_foreign_gdal_variables_are_dropped(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from landslidectl.cli.app import main\n"
        "sys.argv = ['landslidectl', '--version']\n"
        "try:\n    main()\n"
        "finally:\n    print('PROJ_LIB' in os.environ)\n"
    )
    environment = subprocess_environment(tmp_path) | {"PROJ_LIB": "/nowhere"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert run.stdout.splitlines()[-1] == "False"


def test_how_covers_every_required_setting() -> None:
    assert set(resolve.HOW) == {"scenes", "event", "dem", "output"}
