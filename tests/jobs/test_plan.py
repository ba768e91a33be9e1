"""A plan says what the job then does, and changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import ModelError, OutputError, ResourceError, StackError
from landslidectl.events import SceneRefused, silent
from landslidectl.jobs.plan import plan_detect
from landslidectl.jobs.run import run_detect
from tests.jobs.world import BROKEN, World


def everything(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*"))


def test_a_plan_names_the_scenes_of_the_job_and_writes_nothing(
    world: World, catalog: Catalog
) -> None:
    world.add(-80.0)
    before = everything(world.folder)
    plan = plan_detect(world.settings(), silent)
    assert everything(world.folder) == before
    assert plan.exit_code == 0
    assert [len(side) for track in plan.tracks for side in (track.pre, track.post)] == [3, 1]
    assert any("older than 60 days" in item.reason for item in plan.refused)
    assert plan.counters == (1, 1)
    assert plan.needs.disk.total > 0
    result = run_detect(world.settings(), silent, catalog)
    assert result.scenes == 4
    assert result.refused == plan.refused
    assert plan_detect(world.settings(), silent).counters == (1, 2), "the same scenes again"
    world.add(9.0)
    assert plan_detect(world.settings(), silent).counters == (2, 1), "more scenes"


def test_a_damaged_scene_is_told_and_planned_without(world: World) -> None:
    world.add(-48.0, BROKEN)
    told = []
    plan = plan_detect(world.settings(), told.append)
    assert any(isinstance(event, SceneRefused) for event in told)
    assert [item.is_failure for item in plan.refused] == [True]


def test_what_would_end_the_job_is_an_obstacle_with_its_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = world.folder / "taken"
    output.mkdir()
    (output / "letter.txt").write_text("not ours")
    plan = plan_detect(world.settings(output=output, max_memory_mb=10), silent)
    assert [type(item) for item in plan.obstacles] == [OutputError, ResourceError]
    assert plan.exit_code == OutputError.exit_code
    assert plan.as_json()["obstacles"][1]["exit_code"] == ResourceError.exit_code


def test_where_there_is_nothing_to_plan_the_error_is_that_of_the_job(world: World) -> None:
    with pytest.raises(ModelError):
        plan_detect(replace(world.settings(), model="absent"), silent)
    for scene in world.scenes.iterdir():
        scene.unlink()
    with pytest.raises(StackError, match="no usable Sentinel-1 scene"):
        plan_detect(world.settings(), silent)
