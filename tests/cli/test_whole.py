"""The program on a simulated event, as a user types it."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.events import silent
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from tests.inference.tiny import Head, write_model


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small event beside a tiny model."""
    folder = tmp_path_factory.mktemp("pristine")
    plant_event(folder / "event", EventSpec(seed=5, size_km=1.5, n_pre=3), silent)
    write_model(folder / "models", Head(weights=(0.0, 0.0, 1.5, 1.5), bias=-1.0))
    return folder


@pytest.fixture
def scenes(pristine: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The event in the folder the test runs in."""
    shutil.copytree(pristine / "event", own_world, dirs_exist_ok=True)
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(pristine / "models"))
    return Path("scenes")


def summary(stdout: str) -> dict[str, object]:
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert lines[-1]["type"] == "summary"
    return dict(lines[-1])


def test_the_short_form_works(runner: CliRunner, scenes: Path) -> None:
    result = runner.invoke(app, ["detect", str(scenes), "--model", "tiny"])
    assert result.exit_code == 0, result.output
    assert "4 scenes used" in result.stdout
    assert "open first" in result.stdout
    assert "Product" in result.stderr
    assert "\x1b" not in result.output
    again = runner.invoke(app, ["detect", str(scenes), "--model", "tiny", "--json", "-q"])
    told = summary(again.stdout)
    assert told["exit_code"] == again.exit_code == 0
    assert told["steps_skipped"] == 7
    assert told["scenes"] == 4
    jobs = json.loads(runner.invoke(app, ["jobs", "list", "--json"]).stdout)
    assert [job["exit_code"] for job in jobs] == [0, 0]


def test_a_truncated_scene_makes_the_result_partial(runner: CliRunner, scenes: Path) -> None:
    first = sorted(scenes.glob("*.SAFE"))[0]
    measurement = sorted((first / "measurement").iterdir())[0]
    measurement.write_bytes(measurement.read_bytes()[:-1000])
    result = runner.invoke(app, ["detect", str(scenes), "--model", "tiny", "-q"])
    assert result.exit_code == 3, result.output
    assert first.name in result.stderr
    assert result.stdout == ""
    met = json.loads(runner.invoke(app, ["scenes", "list", "--json"]).stdout)
    assert [scene["status"] for scene in met].count("refused") == 1


def test_stack_and_ingest(runner: CliRunner, scenes: Path) -> None:
    event = json.loads(Path("event.json").read_text())["event"][0]
    common = [str(scenes), "--aoi", "aoi.geojson", "--dem", "dem", "--config", "none.toml"]
    Path("none.toml").touch()
    stacked = runner.invoke(app, ["stack", *common, "--event", event, "-o", "stacked"])
    assert stacked.exit_code == 0, stacked.output
    assert "stack.tif" in stacked.stdout
    ingested = runner.invoke(app, ["ingest", *common, "-o", "ingested", "--json"])
    assert ingested.exit_code == 0, ingested.output
    files = summary(ingested.stdout)["files"]
    assert isinstance(files, dict)
    assert len(files) == 4


def test_simulate_and_info(runner: CliRunner, own_world: Path) -> None:
    result = runner.invoke(app, ["simulate", "calm", "--size-km", "1", "--no-slides", "--json"])
    assert result.exit_code == 0, result.output
    assert summary(result.stdout)["scenes"] == str(Path("calm/scenes"))
    scene = sorted((own_world / "calm" / "scenes").glob("S1*"))[0]
    told = json.loads(runner.invoke(app, ["info", str(scene), "--json"]).stdout)
    assert told["polarisations"] == ["VV", "VH"]
    assert told["scene_id"] in runner.invoke(app, ["info", str(scene)]).stdout
