"""``plan`` and ``--dry-run``, as they are typed."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.events import silent
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    plant_event(folder, EventSpec(seed=5, size_km=1.0, n_pre=2), silent)
    return folder


def without_free(told: str) -> str:
    """Leave out the room on the disk, which others fill meanwhile."""
    return re.sub(r"[\d.]+ GB free", "", told)


def test_both_ways_show_the_same_plan_and_leave_no_trace(
    runner: CliRunner, planted: Path, tmp_path: Path
) -> None:
    plan = runner.invoke(app, ["plan", str(planted / "scenes")])
    assert plan.exit_code == 0, plan.output
    assert "not used" not in plan.stdout
    assert "2      1" in plan.stdout
    assert "GB free" in plan.stdout
    dry = runner.invoke(app, ["detect", str(planted / "scenes"), "--dry-run"])
    assert without_free(dry.stdout) == without_free(plan.stdout)
    assert not (planted / "out").exists()
    assert not (tmp_path / "catalog.db").exists()


def test_the_plan_is_json_for_programs_and_ends_with_the_code_of_the_job(
    runner: CliRunner, planted: Path
) -> None:
    command = ["plan", str(planted / "scenes"), "--json", "--max-memory", "20MB"]
    plan = runner.invoke(app, command)
    assert plan.exit_code == 7
    told = json.loads(plan.stdout)
    assert [len(track["pre"]) for track in told["tracks"]] == [2]
    assert told["obstacles"][0]["exit_code"] == 7
    assert "--max-memory allows 20 MB" in plan.stderr


def test_the_table_of_detect_holds_for_its_plan(runner: CliRunner, planted: Path) -> None:
    config = planted / "scenes" / "landslidectl.toml"
    kept = config.read_text()
    config.write_text(kept + '\n[detect]\nmodel = "cbam"\n')
    try:
        plan = runner.invoke(app, ["plan", str(planted / "scenes")])
    finally:
        config.write_text(kept)
    assert "cbam 2" in plan.stdout
    assert runner.invoke(app, ["plan", "--dry-run"]).exit_code == 2, "a plan has no plan"
