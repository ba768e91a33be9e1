"""Pruning frees what nothing needs, and nothing else."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    OutputRecord,
    ReleaseRecord,
    StepOutcome,
)
from landslidectl.errors import CatalogError, OutputError, ResourceError
from landslidectl.events import silent
from landslidectl.files.hashing import file_digest
from landslidectl.jobs import prune_files
from landslidectl.jobs.audit import audit
from landslidectl.jobs.lock import folder_lock
from landslidectl.jobs.prune import Wanted, plan_prune
from landslidectl.jobs.prune_files import prune
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus
from tests.jobs.world import World

ALL = Wanted(older_than=timedelta(0))
LATER = datetime.now(UTC) + timedelta(days=10)


class Past:
    """A catalog with jobs in one output folder, written by hand."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.work = folder / ".work"
        self.work.mkdir(parents=True)

    def job(self, status: JobStatus = JobStatus.SUCCEEDED, model: bool = True) -> str:
        settings = {"model": "cnn"} if model else {}
        request = JobRequest("landslidectl detect", settings, {}, str(self.folder))
        job_id = self.catalog.start_job(request)
        if status is not JobStatus.RUNNING:
            self.catalog.finish_job(job_id, status, 0)
        return job_id

    def did(self, job_id: str, key: str, *files: Path, kind: str = "raster") -> None:
        outputs = []
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{key} of {job_id}")
            state = path.stat()
            digest = file_digest(path)
            record = OutputRecord(str(path), kind, digest, state.st_size, state.st_mtime_ns)
            outputs.append(record)
        step = self.catalog.start_step(job_id, key, self.folder, "step")
        self.catalog.finish_step(step, StepOutcome("done", 1.0, outputs=tuple(outputs)))

    def took_up(self, job_id: str, key: str) -> None:
        step = self.catalog.start_step(job_id, key, self.folder, "step")
        self.catalog.finish_step(step, StepOutcome("skipped", 0.0))

    def jobs(self) -> set[str]:
        return {job.job_id for job in self.catalog.list_jobs()}


@pytest.fixture
def past(catalog: Catalog, tmp_path: Path) -> Past:
    return Past(catalog, (tmp_path / "out").resolve())


def test_a_job_goes_with_its_intermediate_files_and_its_product_stays(past: Past) -> None:
    old = past.job()
    stack, cache = past.work / "stacks" / "D046" / "stack.tif", "shown.npy"
    product = past.folder / "LSD" / "map.pdf"
    past.did(old, "stack", stack, kind="stack")
    stack.with_name(cache).write_text("not recorded")
    past.did(old, "product", product)
    past.catalog.record_detections(old, [DetectionRecord("LS-1", 0, 0, 1, 0.5, 0.5, "D046")])
    plan = plan_prune(past.catalog, ALL, LATER)
    assert (plan.files, plan.size_bytes) == (1, stack.stat().st_size)
    counted = past.catalog.count_rows(plan.forgotten)
    assert counted == {"outputs": 2, "steps": 2, "detections": 1, "jobs": 1}
    assert stack.exists() and past.jobs() == {old}, "looking changes nothing"

    done = prune(past.catalog, ALL)
    assert (done.jobs, done.files, done.failed, done.compacted) == ((old,), 1, (), True)
    assert dict(done.rows) == counted
    assert product.exists()
    assert list(past.work.iterdir()) == [], "nor are empty folders left"
    assert past.jobs() == set()
    assert plan_prune(past.catalog, ALL, LATER).doomed == ()


def test_products_go_when_asked(past: Past) -> None:
    old = past.job()
    product = past.folder / "LSD" / "map.pdf"
    past.did(old, "product", product)
    prune(past.catalog, replace(ALL, products=True))
    assert not product.parent.exists()


def test_what_stack_and_ingest_made_is_a_product(past: Past) -> None:
    past.did(past.job(model=False), "stack", past.work / "stack.tif")
    assert plan_prune(past.catalog, ALL, LATER).files == 0
    assert plan_prune(past.catalog, replace(ALL, products=True), LATER).files == 1


def test_jobs_are_chosen_by_all_that_is_given(past: Past) -> None:
    failed, good = past.job(JobStatus.FAILED), past.job()

    def chosen(wanted: Wanted, now: datetime = LATER) -> set[str]:
        return {item.job.job_id for item in plan_prune(past.catalog, wanted, now).doomed}

    assert chosen(Wanted(statuses=frozenset({JobStatus.FAILED}))) == {failed}
    assert chosen(Wanted(job_ids=frozenset({good}))) == {good}
    assert chosen(Wanted(older_than=timedelta(days=9))) == {failed, good}
    assert chosen(Wanted(older_than=timedelta(days=11))) == set()
    both = Wanted(statuses=frozenset({JobStatus.FAILED}), job_ids=frozenset({good}))
    assert chosen(both) == set()


@pytest.mark.parametrize("started", ["", "yesterday", "0001-01-01T00:00:00+05:00"])
def test_a_job_that_began_at_no_instant_is_no_row_of_ours(past: Past, started: str) -> None:
    past.job()
    past.catalog._db.execute("UPDATE jobs SET started = ?, finished = NULL", [started])
    with pytest.raises(CatalogError, match="a job that no landslidectl wrote"):
        plan_prune(past.catalog, Wanted(older_than=timedelta(days=9)), LATER)


def test_what_runs_and_all_else_in_its_folder_stays(past: Past) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")
    running = past.job(JobStatus.RUNNING)
    plan = plan_prune(past.catalog, ALL, LATER)
    assert plan.doomed == ()
    told = {item.name: item.reason for item in plan.spared}
    assert "still runs" in told[running]
    assert running in told[old]
    past.catalog.finish_job(running, JobStatus.SUCCEEDED, 0)
    assert len(plan_prune(past.catalog, ALL, LATER).doomed) == 2


def test_work_that_later_jobs_stand_on_stays(past: Past) -> None:
    first, middle, last = past.job(), past.job(), past.job()
    past.did(first, "dem", past.work / "dem.tif")
    past.did(middle, "stack", past.work / "stack.tif")
    past.took_up(middle, "dem")
    past.took_up(last, "stack")
    idle = past.job()
    wanted = Wanted(job_ids=frozenset({first, middle, idle}))
    plan = plan_prune(past.catalog, wanted, LATER)
    assert [item.job.job_id for item in plan.doomed] == [idle]
    assert {item.name for item in plan.spared} == {first, middle}
    everything = Wanted(job_ids=frozenset({first, middle, last, idle}))
    assert len(plan_prune(past.catalog, everything, LATER).doomed) == 4


def test_a_file_of_a_later_job_stays(past: Past) -> None:
    old, new = past.job(), past.job()
    past.did(old, "score", past.work / "score.tif")
    past.did(new, "score with other settings", past.work / "score.tif")
    prune(past.catalog, Wanted(job_ids=frozenset({old})))
    assert (past.work / "score.tif").exists()
    assert list(audit(past.catalog.path)) == []


def test_files_that_changed_or_lie_elsewhere_stay(past: Past, tmp_path: Path) -> None:
    old = past.job()
    changed, link, outside = past.work / "a.tif", past.work / "b.tif", tmp_path / "precious.tif"
    past.did(old, "one", changed, link, past.work / ".." / ".." / "precious.tif")
    changed.write_text("edited by hand")
    link.unlink()
    link.symlink_to(outside)
    plan = plan_prune(past.catalog, replace(ALL, products=True), LATER)
    assert plan.files == 0
    assert len(plan.spared) == 3
    prune(past.catalog, replace(ALL, products=True))
    assert changed.exists() and link.is_symlink() and outside.exists()


def test_releases_and_reviews_keep_the_record_of_their_job(past: Past) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")
    past.did(old, "product", past.folder / "LSD" / "map.pdf")
    past.took_up(old, "scene")
    past.catalog.record_detections(old, [DetectionRecord("LS-1", 0, 0, 1, 0.5, 0.5, "D046")])
    release = ReleaseRecord(old, str(past.folder), 1, 1, "LSD", {}, ("S1A",))
    past.catalog.record_release(release, [])
    prune(past.catalog, ALL)
    assert past.catalog.list_releases(past.folder) == (release,)
    assert [step.key for step in past.catalog.list_steps(old)] == ["product"]
    assert [Path(item.path).name for item in past.catalog.list_outputs(old)] == ["map.pdf"]
    assert len(past.catalog.list_detections(old)) == 1
    assert not (past.work / "dem.tif").exists()
    assert plan_prune(past.catalog, ALL, LATER).doomed == ()


def test_any_table_that_refers_to_a_job_binds_it(past: Past) -> None:
    old = past.job()
    with past.catalog._writing():
        past.catalog._db.execute("CREATE TABLE opinions (job_id TEXT, text TEXT)")
        past.catalog._db.execute("INSERT INTO opinions VALUES (?, 'good')", [old])
    prune(past.catalog, ALL)
    assert past.jobs() == {old}
    assert past.catalog.bound_jobs() == {old: "opinions"}


def test_a_locked_folder_is_left_alone(past: Past) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")
    with folder_lock(Workspace(past.folder).lock):
        done = prune(past.catalog, ALL)
    assert done.jobs == () and not done.rows
    assert "another run works here" in done.failed[0].reason
    assert (past.work / "dem.tif").exists()
    assert past.jobs() == {old}


@pytest.mark.parametrize("is_held", [False, True])
def test_a_disk_without_room_for_a_lock_is_pruned(
    past: Past, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")

    def full(path: Path) -> None:
        raise ResourceError(f"{path}: cannot be written: the disk is full")

    with folder_lock(Workspace(past.folder).lock) if is_held else nullcontext():
        monkeypatch.setattr(prune_files, "folder_lock", full)
        done = prune(past.catalog, ALL)
    assert (past.work / "dem.tif").exists() == is_held
    assert bool(done.failed) == is_held
    assert past.jobs() == ({old} if is_held else set())


def test_nothing_is_forgotten_of_what_could_not_be_deleted(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")

    def refuse(item: object) -> None:
        raise OutputError("dem.tif: cannot be deleted: Permission denied")

    monkeypatch.setattr(prune_files, "_delete", refuse)
    done = prune(past.catalog, ALL)
    assert "Permission denied" in done.failed[0].reason
    assert past.jobs() == {old}


def test_a_folder_that_is_gone_is_not_made_again(past: Past) -> None:
    old = past.job()
    past.did(old, "dem", past.work / "dem.tif")
    (past.work / "dem.tif").unlink()
    past.work.rmdir()
    past.folder.rmdir()
    prune(past.catalog, ALL)
    assert past.jobs() == set()
    assert not past.folder.exists()


def test_after_pruning_the_same_command_makes_the_same_again(
    world: World, catalog: Catalog
) -> None:
    first = run_detect(world.settings(), silent, catalog)
    assert list(audit(catalog.path, full=True)) == []
    before = sum(path.stat().st_size for path in world.folder.rglob("*.tif"))
    done = prune(catalog, ALL)
    assert done.files > 5
    after = sum(path.stat().st_size for path in world.folder.rglob("*.tif"))
    assert before - after <= done.size_bytes
    left = [path.name for path in (world.folder / "out" / ".work").rglob("*") if path.is_file()]
    assert left == ["made_with.json"]
    assert list(audit(catalog.path, full=True)) == []
    again = run_detect(world.settings(), silent, catalog)
    assert again.files == first.files, "the product stands, so it is no new version"
    assert len(catalog.list_releases((world.folder / "out").resolve())) == 1
    assert Path(again.files["geopackage"]).exists()
