"""Eight processes on one catalog: nothing is lost and nobody is turned away.

They work for 20 s, or for as long as ``LANDSLIDECTL_STRESS_SECONDS`` says; from 60 s on eight whole
programs work on one folder of scenes as well:

    LANDSLIDECTL_STRESS_SECONDS=300 python -m pytest tests/catalog/test_many.py
"""

import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRequest,
    ModelRecord,
    OutputRecord,
    ReleaseRecord,
    SceneRecord,
    StepOutcome,
)
from landslidectl.events import silent
from landslidectl.files.rasters import read_bands
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import JobStatus
from tests.inference.tiny import Head, write_model

PROCESSES = 8
SECONDS = float(os.environ.get("LANDSLIDECTL_STRESS_SECONDS", "20"))
WHOLE_PROGRAMS_FROM_S = 60.0
STEPS = 3
SHARED_SCENES = 20
PAUSE_S = 0.06


def one_job(catalog: Catalog, workspace: Path, number: int) -> str:
    """Do to the catalog what a job does, and return its id."""
    job_id = catalog.start_job(JobRequest("stress", {"n": number}, {}, str(workspace)))
    met = [SceneRecord(f"/scenes/{index}.zip", f"scene {index}") for index in range(SHARED_SCENES)]
    catalog.record_scenes([*met, SceneRecord(f"{workspace}/{number}.zip", f"scene {number}")])
    catalog.record_model(ModelRecord("0" * 64, "tiny", "1", "vv", "/models/tiny", "{}"))
    for index in range(STEPS):
        key = f"{number}-{index}"
        assert catalog.done_step(key, workspace) is None
        step = catalog.start_step(job_id, key, workspace, "step")
        time.sleep(random.uniform(0.0, PAUSE_S))
        output = OutputRecord(f"{workspace}/{key}", "raster", "0" * 64, 1, 1)
        catalog.finish_step(step, StepOutcome("done", 0.1, "", {"n": index}, (output,)))
        found = catalog.done_step(key, workspace)
        assert found is not None
        assert found[0].result == {"n": index}
        assert found[1] == (output,)
    catalog.record_detections(job_id, [DetectionRecord("d1", 1.0, 2.0, 3.0, 0.9, 0.8, "D046")])
    release = ReleaseRecord(job_id, str(workspace), number, 1, f"p{number}", {}, ("s",))
    catalog.record_release(release, ())
    catalog.finish_job(job_id, JobStatus.SUCCEEDED, 0)
    return job_id


def work(path: Path, workspace: Path, until: float) -> None:
    """Do one job after the other; every third opens the catalog anew, as another program does."""
    done: list[str] = []
    while time.monotonic() < until:
        with Catalog(path) as catalog:
            done.extend(one_job(catalog, workspace, len(done) + 1) for _ in range(3))
    workspace.with_suffix(".json").write_text(json.dumps(done))


def sound(path: Path) -> None:
    """Refuse a damaged catalog."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_nothing_is_lost_and_nobody_is_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    until = time.monotonic() + SECONDS
    context = multiprocessing.get_context("fork")
    workspaces = [tmp_path / f"out{number}" for number in range(PROCESSES)]
    workers = [context.Process(target=work, args=(path, one, until)) for one in workspaces]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(SECONDS + 120)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    sound(path)
    with Catalog(path) as catalog:
        jobs = {job.job_id: job for job in catalog.list_jobs()}
        scenes = Counter(scene.path.startswith("/scenes/") for scene in catalog.list_scenes())
        total = 0
        for workspace in workspaces:
            done = json.loads(workspace.with_suffix(".json").read_text())
            total += len(done)
            assert done, "a process never had its turn"
            for number, job_id in enumerate(done, start=1):
                assert (jobs[job_id].status, jobs[job_id].settings) == ("succeeded", {"n": number})
                assert [step.status for step in catalog.list_steps(job_id)] == ["done"] * STEPS
                assert len(catalog.list_outputs(job_id)) == STEPS
                assert len(catalog.list_detections(job_id)) == 1
            assert len(catalog.list_releases(workspace)) == len(done)
    assert len(jobs) == total
    assert scenes == {True: SHARED_SCENES, False: total}


@pytest.mark.skipif(SECONDS < WHOLE_PROGRAMS_FROM_S, reason="the long form: see the module")
def test_whole_programs_share_catalog_scenes_and_models(tmp_path: Path) -> None:
    plant_event(tmp_path / "event", EventSpec(seed=5, size_km=1.5, n_pre=2), silent)
    write_model(tmp_path / "models", Head(weights=(0.0, 0.0, 1.5, 1.5), bias=-1.0))
    environment = dict(os.environ) | {
        "LANDSLIDECTL_CATALOG": str(tmp_path / "catalog.db"),
        "LANDSLIDECTL_MODELS_DIR": str(tmp_path / "models"),
        "LANDSLIDECTL_MODEL": "tiny",
        "LANDSLIDECTL_DEVICE": "cpu",
    }
    words = [sys.executable, "-m", "landslidectl", "detect", str(tmp_path / "event" / "scenes")]
    until, rounds, products = time.monotonic() + SECONDS, 0, set()
    while time.monotonic() < until:
        outs = [tmp_path / f"out{number}" for number in range(PROCESSES)]
        running = [
            subprocess.Popen(
                [*words, "--json", "-o", str(out)],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for out in outs
        ]
        told = [process.communicate(timeout=600) for process in running]
        assert [process.returncode for process in running] == [0] * PROCESSES, told
        rounds += 1
        for out in outs:
            (score,) = out.glob("LSD_*/*_score.tif")
            products.add(read_bands(score).tobytes())
            shutil.rmtree(out)
    assert len(products) == 1, "the same request gives the same map"
    sound(tmp_path / "catalog.db")
    with Catalog(tmp_path / "catalog.db") as catalog:
        statuses = {job.exit_code for job in catalog.list_jobs()}
        assert len(catalog.list_jobs()) == rounds * PROCESSES
    assert statuses == {0}
