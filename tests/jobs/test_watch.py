"""Mapping what is new, again and again, as a clock would have it."""

from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import InputError, LockedError
from landslidectl.events import LockAwaited, ProgressEvent, SceneLeft, silent
from landslidectl.jobs import arrivals
from landslidectl.jobs.job import Job
from landslidectl.jobs.lock import folder_lock
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.review import ReviewSettings, run_review
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.survey import survey
from landslidectl.jobs.verify import Verdict
from landslidectl.jobs.watch import Standing, Watched, watch_once
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus
from tests.jobs.world import BROKEN, World


def verdicts(paths: list[Path], _: object) -> tuple[Verdict, ...]:
    """Check the text files that stand for products."""
    broken = {path: path.read_text().split()[2] == BROKEN for path in paths}
    return tuple(
        Verdict(path, path.name, ("the zip is truncated",) * is_broken, (), {})
        for path, is_broken in broken.items()
    )


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(arrivals, "verify_scenes", verdicts)
    monkeypatch.setattr(arrivals, "open_archive", lambda path: path)
    monkeypatch.setattr(arrivals, "read_manifest", lambda _: None)
    return world


def watch(world: World, catalog: Catalog, settle_s: float = 0.0, **changes: object) -> Watched:
    return watch_once(world.settings(**changes), settle_s, silent, catalog)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that survey the scenes as they do and write one file."""

    def map_landslides(job: Job[DetectSettings]) -> JobResult:
        surveyed = survey(job, job.catalog.record_scenes)
        page = job.workspace.output / "page.pdf"
        page.write_text("a map")
        scenes = sum(len(plan.scenes) for plan in surveyed.tracks)
        output = str(job.workspace.output)
        return JobResult(
            job.job_id, JobStatus.SUCCEEDED, output, {"page": str(page)}, scenes=scenes
        )

    monkeypatch.setattr("landslidectl.jobs.watch.map_landslides", map_landslides)


def products(world: World) -> list[str]:
    return [path.name[-5:] for path in sorted((world.folder / "out").glob("LSD_*"))]


def test_only_what_is_new_makes_a_release(watched: World, catalog: Catalog) -> None:
    first = watch(watched, catalog)
    assert first.result is not None
    assert first.result.status is JobStatus.SUCCEEDED
    assert first.result.scenes == 4
    job = catalog.list_jobs()[0]
    assert catalog.list_steps(job.job_id)[-1].name == "watch"

    idle = watch(watched, catalog)
    assert (idle.standing, idle.result, idle.since_job) == (
        Standing.NOTHING_NEW,
        None,
        job.job_id,
    )
    assert len(catalog.list_jobs()) == 1, "a look is no job"

    watched.add(9.0)
    second = watch(watched, catalog)
    assert second.result is not None
    assert second.result.scenes == 5
    assert products(watched) == ["r1_v1", "r2_v1"]
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW


def test_a_scene_outside_the_windows_is_looked_at_once(watched: World, catalog: Catalog) -> None:
    watch(watched, catalog)
    watched.add(400.0)
    looked = watch(watched, catalog)
    assert looked.result is not None
    assert looked.result.scenes == 4
    assert products(watched) == ["r1_v1"]
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW


@pytest.mark.usefixtures("quick")
def test_a_tidied_folder_is_no_news_and_an_empty_one_an_error(
    watched: World, catalog: Catalog
) -> None:
    watch(watched, catalog)
    scenes = sorted(watched.scenes.glob("*.zip"))
    scenes[0].unlink()
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW
    for path in scenes[1:]:
        path.unlink()
    with pytest.raises(InputError, match="an earlier run saw scenes"):
        watch(watched, catalog)
    with pytest.raises(InputError, match="no such folder"):
        watch(watched, catalog, scenes=(watched.folder / "unmounted",))


@pytest.mark.usefixtures("quick")
def test_other_settings_are_another_watch(watched: World, catalog: Catalog) -> None:
    watch(watched, catalog)
    assert watch(watched, catalog, threshold=0.9).result is not None
    assert watch(watched, catalog, output=watched.folder / "elsewhere").result is not None
    assert watch(watched, catalog, threads=2).standing is Standing.NOTHING_NEW


@pytest.mark.usefixtures("quick")
def test_a_deleted_product_is_made_again_and_an_edited_one_is_not(
    watched: World, catalog: Catalog
) -> None:
    first = watch(watched, catalog)
    assert first.result is not None
    page = Path(first.result.files["page"])
    page.write_text("edited")
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW
    page.unlink()
    assert watch(watched, catalog).result is not None


def test_what_people_said_makes_the_next_version(watched: World, catalog: Catalog) -> None:
    first = watch(watched, catalog).result
    assert first is not None
    (name,) = [item.det_id for item in catalog.list_detections(first.job_id)]
    run_review(ReviewSettings(job=first.job_id, reject=(name,)), catalog.path)
    assert watch(watched, catalog, settle_s=3600.0).standing is Standing.NOTHING_NEW
    second = watch(watched, catalog).result
    assert second is not None
    assert second.areas is not None
    assert second.areas.rejected == 1
    assert Path(second.files["metadata"]).parent.name.endswith("_r1_v2")
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW


@pytest.mark.usefixtures("quick")
def test_until_there_are_scenes_on_both_sides_it_waits(watched: World, catalog: Catalog) -> None:
    post = max(watched.scenes.glob("*.zip"))
    later = post.rename(watched.folder / post.name)
    waiting = watch(watched, catalog)
    assert waiting.standing is Standing.WAITING
    assert "event" in waiting.message
    assert catalog.list_jobs() == ()
    later.rename(post)
    assert watch(watched, catalog).result is not None


@pytest.mark.usefixtures("quick")
def test_incomplete_scenes_are_left_for_the_next_time(watched: World, catalog: Catalog) -> None:
    events: list[ProgressEvent] = []
    looked = watch_once(watched.settings(), 1000.0, events.append, catalog)
    assert looked.standing is Standing.WAITING
    assert len(looked.left) == 4
    assert sum(isinstance(event, SceneLeft) for event in events) == 4

    watch(watched, catalog)
    late = watched.add(9.0)
    looked = watch(watched, catalog, 1000.0)
    assert looked.standing is Standing.NOTHING_NEW
    assert [item.path for item in looked.left] == [late]
    arrived = watch(watched, catalog)
    assert arrived.result is not None
    assert arrived.result.scenes == 5


def test_a_scene_that_stays_damaged_is_a_failure_once(watched: World, catalog: Catalog) -> None:
    watch(watched, catalog)
    broken = watched.add(9.0, BROKEN)
    partial = watch(watched, catalog)
    assert partial.result is not None
    assert (partial.result.status, partial.result.exit_code) == (JobStatus.PARTIAL, 3)
    assert [item.name for item in partial.result.refused if item.is_failure] == [str(broken)]
    assert watch(watched, catalog).standing is Standing.NOTHING_NEW


def test_a_run_in_progress_is_not_disturbed(watched: World, catalog: Catalog) -> None:
    events: list[ProgressEvent] = []
    with folder_lock(Workspace(watched.settings().output).lock):
        with pytest.raises(LockedError):
            watch(watched, catalog)
        with pytest.raises(LockedError):
            watch_once(watched.settings(wait_s=0.1), 0.0, events.append, catalog)
    assert [type(event) for event in events] == [LockAwaited]
    assert catalog.list_jobs() == (), "who could not begin leaves no trace"


@pytest.mark.usefixtures("quick")
def test_what_arrives_after_the_look_is_not_touched(
    watched: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine_slowly(*given: object) -> None:
        arrivals.examine(*given)
        watched.add(9.0)

    with monkeypatch.context() as patched:
        patched.setattr("landslidectl.jobs.watch.examine", examine_slowly)
        first = watch(watched, catalog)
    assert first.result is not None
    assert first.result.scenes == 4
    second = watch(watched, catalog)
    assert second.result is not None
    assert second.result.scenes == 5


@pytest.mark.usefixtures("quick")
def test_a_failed_job_is_tried_again(
    watched: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("landslidectl.jobs.watch.map_landslides", fail)
        with pytest.raises(ZeroDivisionError):
            watch(watched, catalog)
    assert watch(watched, catalog).result is not None
