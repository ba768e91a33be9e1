"""Eight processes on one catalog: nothing is lost and nobody is turned away.

They work for 20 s, or for as long as ``LANDSLIDECTL_STRESS_SECONDS`` says; from 60 s on eight whole
programs work on one folder of scenes as well:

    LANDSLIDECTL_STRESS_SECONDS=300 python -m pytest tests/catalog/test_many.py
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from landslidectl.catalog.catalog import Catalog
from landslidectl.events import silent
from landslidectl.files.rasters import read_bands
from landslidectl.jobs.demo import plant_event
from landslidectl.simulation.spec import EventSpec
from tests.catalog import many
from tests.catalog.many import SHARED_SCENES, STEPS
from tests.inference.tiny import Head, write_model

PROCESSES = 8
SECONDS = float(os.environ.get("LANDSLIDECTL_STRESS_SECONDS", "20"))
WHOLE_PROGRAMS_FROM_S = 60.0


def sound(path: Path) -> None:
    """Refuse a damaged catalog."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_nothing_is_lost_and_nobody_is_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    workspaces = [tmp_path / f"out{number}" for number in range(PROCESSES)]
    words = [sys.executable, many.__file__, str(path)]
    workers = [
        subprocess.Popen([*words, str(one), str(SECONDS)], stderr=subprocess.PIPE, text=True)
        for one in workspaces
    ]
    told = [worker.communicate(timeout=SECONDS + 400)[1] for worker in workers]
    failed = [text for worker, text in zip(workers, told, strict=True) if worker.returncode]
    assert failed == []
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
