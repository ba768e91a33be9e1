"""Whole jobs: their flow, their record, resuming, refusals and exit codes."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.errors import (
    AoiError,
    DamagedScene,
    DemError,
    InputError,
    Interrupted,
    LockedError,
    ModelError,
    OutputError,
    ResourceError,
    StackError,
    Terminated,
    UsageError,
)
from landslidectl.events import ProgressEvent, SceneRefused, StepFinished, Warned, silent
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.inference.score import ScoreRaster, score_stack
from landslidectl.jobs import composites, geocoding, run, stages
from landslidectl.jobs.area import bbox_area, grid_for
from landslidectl.jobs.lock import folder_lock
from landslidectl.jobs.run import run_detect, run_ingest, run_stack
from landslidectl.jobs.workspace import Workspace
from landslidectl.sentinel1.scene import Scene
from landslidectl.terms import JobStatus, Phase, Radiometry, Speckle
from tests.jobs.world import BBOX, BROKEN, DAMAGED, ELSEWHERE, NOISY, World


def products(world: World) -> list[Path]:
    return sorted((world.folder / "out").glob("LSD_*"))


def test_detect_finds_the_slide_and_records_everything(world: World, catalog: Catalog) -> None:
    events: list[ProgressEvent] = []
    result = run_detect(world.settings(), events.append, catalog)
    assert (result.status, result.exit_code) == (JobStatus.SUCCEEDED, 0)
    assert result.areas is not None
    assert result.areas.detections == 1
    assert result.areas.detected_ha > 5
    assert result.tracks == ("D046",)
    assert result.scenes == 4
    assert all(Path(path).is_file() for path in result.files.values())
    assert Path(result.files["map"]).parent == products(world)[0]
    assert any(isinstance(event, Warned) and event.code == "no-dem" for event in events)

    job = catalog.job(result.job_id)
    assert (job.status, job.exit_code) == (JobStatus.SUCCEEDED, 0)
    assert job.settings["model"] == "tiny"
    steps = catalog.list_steps(job.job_id)
    names = ["dem", *["geocode"] * 4, *["composite"] * 2, "stack", "score", "fuse", "product"]
    assert [step.name for step in steps] == names
    assert {step.status for step in steps} == {"done"}
    assert {output.path for output in catalog.list_outputs(job.job_id)} >= set(
        result.files.values()
    )
    (detection,) = catalog.list_detections(job.job_id)
    assert 141.9 < detection.centroid_lon < 141.92
    assert [scene.status for scene in catalog.list_scenes()] == ["usable"] * 4
    assert catalog.list_models()[0].name == "tiny"

    metadata = json.loads(Path(result.files["metadata"]).read_text())
    assert job.job_id in json.dumps(metadata)
    assert "no elevation model" in json.dumps(metadata)


def test_rerun_skips_everything_and_keeps_the_product(world: World, catalog: Catalog) -> None:
    first = run_detect(world.settings(), silent, catalog)
    events: list[ProgressEvent] = []
    second = run_detect(world.settings(), events.append, catalog)
    assert len(world.geocoded) == 4
    assert second.skipped == 7
    assert all(event.skipped for event in events if isinstance(event, StepFinished))
    assert second.files == first.files
    assert second.areas == first.areas
    assert len(products(world)) == 1
    assert catalog.list_detections(second.job_id) == catalog.list_detections(first.job_id)


def test_a_new_scene_redoes_just_what_it_touches(world: World, catalog: Catalog) -> None:
    run_detect(world.settings(), silent, catalog)
    world.add(9.0)
    result = run_detect(world.settings(), silent, catalog)
    before = [name for name in world.geocoded if "201808" in name]
    assert len(before) == 2, "the pre-event side stays as it is"
    assert len(world.geocoded) == 4 + 2
    assert result.skipped == 2
    assert result.scenes == 5
    assert [product.name[-5:] for product in products(world)] == ["r1_v1", "r2_v1"]


def test_a_lost_intermediate_file_is_made_again(world: World, catalog: Catalog) -> None:
    run_detect(world.settings(), silent, catalog)
    composite = Workspace(world.settings().output).composite("D046", Phase.PRE)
    composite.unlink()
    result = run_detect(world.settings(), silent, catalog)
    assert len(world.geocoded) == 4 + 3
    assert result.skipped == 6
    assert composite.exists()


def test_geocoded_scenes_go_once_their_composite_stands(world: World, catalog: Catalog) -> None:
    """The most that lies on the disk is one track's scenes; the estimate counts on it."""
    most = []

    def watch(event: ProgressEvent) -> None:
        if isinstance(event, StepFinished):
            most.append(len(list(folder.glob("*.tif"))))

    for days in (-30.0, -18.0, 5.0):
        world.add(days, orbit=112)
    folder = Workspace(world.settings().output).geocoded
    run_detect(world.settings(), watch, catalog)
    assert max(most) == 4
    assert most[-1] == 0


def test_a_finished_job_reads_no_pixel_again(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(-20.0, ELSEWHERE)
    run_detect(world.settings(), silent, catalog)

    def never(*_: object) -> None:
        raise AssertionError("a scene is read again")

    monkeypatch.setattr(geocoding, "geocode_scene", never)
    again = run_detect(world.settings(), silent, catalog)
    assert "does not reach" in "\n".join(item.reason for item in again.refused)


def test_a_job_killed_before_its_composite_loses_no_scene(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Terminated("killed")

    with monkeypatch.context() as patched:
        patched.setattr(composites, "build_composite", killed)
        with pytest.raises(Terminated):
            run_detect(world.settings(), silent, catalog)
    result = run_detect(world.settings(), silent, catalog)
    assert len(world.geocoded) == 4
    assert result.skipped == 1 + 4


def test_a_scene_that_can_no_longer_be_read_is_left_out(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its geocoded file is gone with the composite, and the disk it lies on is failing."""
    run_detect(world.settings(), silent, catalog)
    Workspace(world.settings().output).composite("D046", Phase.PRE).unlink()
    victim = min(world.scenes.glob("*.zip"))

    def failing(scene: Scene, *arguments: object) -> object:
        if scene.path == victim:
            raise DamagedScene(scene.path, "input/output error")
        return world.geocode(scene, *arguments)

    monkeypatch.setattr(geocoding, "geocode_scene", failing)
    result = run_detect(world.settings(), silent, catalog)
    assert (result.status, result.scenes) == (JobStatus.PARTIAL, 3)
    assert [item.name for item in result.refused if item.is_failure] == [str(victim)]


def test_facts_of_each_scene_reach_the_product(world: World, catalog: Catalog) -> None:
    world.add(-18.0, NOISY)
    result = run_detect(world.settings(), silent, catalog)
    assert any("noise in VV and VH is not known" in text for text in result.warnings)
    scenes = json.loads(Path(result.files["metadata"]).read_text())["scenes"]
    states = {scene["scene_id"]: scene["noise"]["VV"] for scene in scenes}
    assert sorted(states.values()) == ["removed"] * 4 + ["unknown"]
    assert {scene["orbit"] for scene in scenes} == {"annotation"}


def test_a_warning_about_a_scene_reaches_every_product_made_of_it(
    world: World, catalog: Catalog
) -> None:
    world.add(-18.0, NOISY)
    first = run_detect(world.settings(), silent, catalog)
    settings = world.settings(threshold=0.9, overwrite=True)
    second = run_detect(settings, silent, catalog)
    assert len(world.geocoded) == 5
    assert second.warnings == first.warnings
    told = json.loads(Path(second.files["metadata"]).read_text())["warnings"]
    assert [text for text in told if "noise in VV and VH is not known" in text]


def test_scenes_that_no_orbit_file_covers_are_told(
    world: World, catalog: Catalog, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no such folder"):
        run_detect(world.settings(orbits=tmp_path / "orbits"), silent, catalog)
    (tmp_path / "orbits").mkdir()
    result = run_detect(world.settings(orbits=tmp_path / "orbits"), silent, catalog)
    assert any("holds no orbit of 4 of 4 scenes" in text for text in result.warnings)


def test_terrain_flattening_without_terrain_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="gamma0_terrain needs an elevation model"):
        world.settings(radiometry=Radiometry.GAMMA0_TERRAIN)


def test_a_word_that_is_no_vertical_datum_is_refused_at_once(world: World) -> None:
    with pytest.raises(UsageError, match=r"--dem-vertical: .*'egm69' is unknown"):
        world.settings(no_dem=False, dem=world.folder, dem_vertical="egm69")


def test_a_late_scene_is_taken_on_request_and_told(world: World, catalog: Catalog) -> None:
    next(world.scenes.glob("*201809*")).unlink()
    world.add(20.0)
    with pytest.raises(StackError, match="--extend-post"):
        run_detect(world.settings(), silent, catalog)
    result = run_detect(world.settings(extend_post_days=10.0), silent, catalog)
    assert any("were acquired 20.0 days after it" in text for text in result.warnings)
    assert "late" in Path(result.files["metadata"]).read_text()


def test_too_few_acquisitions_are_refused(world: World, catalog: Catalog) -> None:
    with pytest.raises(StackError, match="3 pre-event acquisitions where 4 are asked for"):
        run_detect(world.settings(min_pre=4), silent, catalog)
    world.add(-18.0, DAMAGED)
    with pytest.raises(StackError, match="3 pre-event acquisitions where 4 are asked for"):
        run_detect(world.settings(min_pre=4), silent, catalog)


def test_radiometry_that_the_model_does_not_know_is_refused(world: World, catalog: Catalog) -> None:
    with pytest.raises(ModelError, match="radiometry gee, not sigma0"):
        run_detect(world.settings(radiometry=Radiometry.GEE), silent, catalog)
    stacked = run_stack(world.settings(speckle=Speckle.LEE), silent, catalog)
    assert stacked.status is JobStatus.SUCCEEDED
    with pytest.raises(UsageError, match="belongs to composites"):
        run_ingest(world.settings(radiometry=Radiometry.GAMMA0), silent, catalog)


def test_scores_that_were_taken_up_are_described_as_new_ones(
    world: World, catalog: Catalog
) -> None:
    """A job that was killed after scoring and went on wrote the same facts in another order."""
    told = []
    for _ in range(2):
        metadata = run_detect(world.settings(), silent, catalog).files["metadata"]
        told.append(json.dumps(json.loads(Path(metadata).read_text())["scoring"]))
        shutil.rmtree(products(world)[0])
    assert told[0] == told[1]


def test_another_threshold_redoes_only_the_product(world: World, catalog: Catalog) -> None:
    run_detect(world.settings(), silent, catalog)
    with pytest.raises(OutputError, match="threshold"):
        run_detect(world.settings(threshold=0.9), silent, catalog)
    result = run_detect(world.settings(threshold=0.9, overwrite=True), silent, catalog)
    assert result.skipped == 6
    assert len(products(world)) == 2


@pytest.mark.parametrize("content", [DAMAGED, BROKEN])
def test_one_damaged_scene_makes_a_partial_result(
    world: World, catalog: Catalog, content: str
) -> None:
    path = world.add(-18.0, content)
    events: list[ProgressEvent] = []
    result = run_detect(world.settings(), events.append, catalog)
    assert (result.status, result.exit_code) == (JobStatus.PARTIAL, 3)
    assert result.scenes == 4
    assert [item.name for item in result.refused if item.is_failure] == [str(path)]
    assert [event.path for event in events if isinstance(event, SceneRefused)] == [str(path)]
    assert catalog.job(result.job_id).exit_code == 3
    assert str(path) in Path(result.files["metadata"]).read_text()


def test_scenes_that_are_not_needed_are_no_failure(world: World, catalog: Catalog) -> None:
    world.add(-400.0)
    world.add(-20.0, ELSEWHERE)
    world.add(-20.0, orbit=99)
    result = run_detect(world.settings(), silent, catalog)
    assert result.status is JobStatus.SUCCEEDED
    assert len(result.refused) == 3
    assert not any(item.is_failure for item in result.refused)


def test_a_track_that_loses_its_window_is_skipped(world: World, catalog: Catalog) -> None:
    world.add(-20.0, orbit=99)
    world.add(4.0, DAMAGED, orbit=99)
    events: list[ProgressEvent] = []
    result = run_detect(world.settings(), events.append, catalog)
    assert result.tracks == ("D046",)
    assert result.status is JobStatus.PARTIAL
    skipped = [event for event in events if isinstance(event, Warned)]
    assert any("no post-event scene is left on orbit 99" in event.message for event in skipped)


def test_two_tracks_are_fused(world: World, catalog: Catalog) -> None:
    for days in (-30.0, -18.0, 5.0):
        world.add(days, orbit=112)
    result = run_detect(world.settings(), silent, catalog)
    assert result.tracks == ("D046", "D112")
    assert result.areas is not None
    assert result.areas.detections == 1


def test_no_usable_track_names_what_is_missing(world: World, catalog: Catalog) -> None:
    for path in world.scenes.glob("*201809*"):
        path.unlink()
    with pytest.raises(StackError, match=r"3 pre-event scenes on orbit 46 descending, no post"):
        run_detect(world.settings(), silent, catalog)
    (job,) = catalog.list_jobs()
    assert (job.status, job.exit_code) == (JobStatus.FAILED, 4)
    assert "no post" in job.message


def test_no_scene_at_all(world: World, catalog: Catalog) -> None:
    empty = world.folder / "empty"
    empty.mkdir()
    with pytest.raises(StackError, match="no usable Sentinel-1 scene"):
        run_detect(world.settings(scenes=(empty,)), silent, catalog)


def test_refusals_before_any_work(world: World, catalog: Catalog, tmp_path: Path) -> None:
    cases = {
        DemError: {"no_dem": False},
        ModelError: {"model": "nothing"},
        AoiError: {"bbox": None, "aoi": tmp_path / "missing.geojson"},
        ResourceError: {"max_memory_mb": 1},
        OutputError: {"output": world.models},
    }
    for kind, changes in cases.items():
        with pytest.raises(kind):
            run_detect(world.settings(**changes), silent, catalog)
    with pytest.raises(DemError, match="no such file"):
        settings = world.settings(no_dem=False, dem=tmp_path / "missing")
        run_detect(settings, silent, catalog)
    assert world.geocoded == []
    assert {job.status for job in catalog.list_jobs()} == {JobStatus.FAILED}


def test_heights_are_asked_for_five_kilometres_around(
    world: World, catalog: Catalog, tmp_path: Path
) -> None:
    """Mountains that far outside lay over the area and shade it."""
    own = tmp_path / "own.tif"
    grid = grid_for(bbox_area(BBOX)).buffered(4500.0)
    heights = np.full(grid.shape, 100.0, np.float32)
    write_raster(own, grid, [heights], RasterLayout(("height",), nodata=float("nan")))
    settings = world.settings(no_dem=False, dem=own, dem_vertical="ellipsoid")
    with pytest.raises(DemError, match="covers"):
        run_detect(settings, silent, catalog)
    assert world.geocoded == []


def test_area_defaults_to_what_the_scenes_cover(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def stop(*arguments: object, **_: object) -> None:
        seen.append(arguments[1])
        raise StackError("far enough")

    monkeypatch.setattr(run, "_frame", stop)
    with pytest.raises(StackError, match="far enough"):
        run_detect(world.settings(bbox=None), silent, catalog)
    assert seen[0].bounds == (141.0, 42.0, 143.0, 43.5)


def test_ingest_and_stack_alone(world: World, catalog: Catalog) -> None:
    ingested = run_ingest(world.settings(output=world.folder / "ingested"), silent, catalog)
    assert len(ingested.files) == 4
    assert ingested.areas is None
    stacked = run_stack(world.settings(output=world.folder / "stacked"), silent, catalog)
    assert [Path(path).name for path in stacked.files.values()] == ["stack.tif"]
    detected = run_detect(world.settings(output=world.folder / "stacked"), silent, catalog)
    assert detected.skipped == 4


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C through: a shell starts what runs in its background deaf to it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGTERM, Terminated), (signal.SIGINT, Interrupted)]
)
def test_a_signal_ends_the_job_and_the_next_run_goes_on(
    world: World,
    catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    kind: type[Exception],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        os.kill(os.getpid(), number)

    with monkeypatch.context() as patched:
        patched.setattr(stages, "build_stack", interrupted)
        with pytest.raises(kind):
            run_detect(world.settings(), silent, catalog)
    (job,) = catalog.list_jobs()
    assert (job.status, job.exit_code) == (JobStatus.INTERRUPTED, kind("").exit_code)
    assert catalog.list_steps(job.job_id)[-1].status == "interrupted"
    assert not Workspace(world.settings().output).lock.exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    result = run_detect(world.settings(), silent, catalog)
    assert result.skipped == 3
    assert len(world.geocoded) == 4


def test_second_run_in_the_folder_is_locked_out(world: World, catalog: Catalog) -> None:
    with folder_lock(Workspace(world.settings().output).lock), pytest.raises(LockedError):
        run_detect(world.settings(), silent, catalog)
    assert catalog.list_jobs()[0].exit_code == 9


def test_jobs_that_died_are_buried(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landslidectl.catalog.catalog.os.getpid", lambda: 2**22 + 1)
    dead = catalog.start_job(JobRequest("x", {}, {}, ""))
    monkeypatch.undo()
    with pytest.raises(LockedError), folder_lock(Workspace(world.settings().output).lock):
        run_detect(world.settings(), silent, catalog)
    assert catalog.job(dead).status is JobStatus.INTERRUPTED


def test_an_event_without_slides_is_an_empty_success(world: World, catalog: Catalog) -> None:
    result = run_detect(world.settings(threshold=0.9999), silent, catalog)
    assert (result.status, result.exit_code) == (JobStatus.SUCCEEDED_EMPTY, 0)
    assert "No detection does not mean" in "\n".join(result.told())
    assert all(Path(path).is_file() for path in result.files.values())


def test_the_runtime_speaks_only_when_asked(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def listening(*given: Any) -> ScoreRaster:
        asked.append(given[3].verbose)
        return score_stack(*given)

    monkeypatch.setattr(stages, "score_stack", listening)
    run_detect(world.settings(), silent, catalog)
    run_detect(world.settings(output=world.folder / "loud", verbose=True), silent, catalog)
    assert asked == [False, True]
