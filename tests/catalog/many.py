"""A process that does to a catalog what jobs do: ``python many.py CATALOG WORKSPACE SECONDS``.

It writes the ids of its jobs beside the workspace.
"""

import json
import random
import sys
import time
from pathlib import Path

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
from landslidectl.terms import JobStatus

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
    """Do one job after the other; every third opens the catalog anew, as another program does.

    There is at least one, however busy the machine is.
    """
    done: list[str] = []
    while not done or time.monotonic() < until:
        with Catalog(path) as catalog:
            done.extend(one_job(catalog, workspace, len(done) + 1) for _ in range(3))
    workspace.with_suffix(".json").write_text(json.dumps(done))


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), time.monotonic() + float(sys.argv[3]))
