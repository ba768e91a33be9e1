"""The catalog's schema as numbered steps; append only, never change one that was released.

Steps only add, and a new column has a default: a job of the release before may be running, and goes
on writing the rows it knows.
"""

from typing import TYPE_CHECKING, Any

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x4C53444C
"""``LSDL``: tells our files from other programs' SQLite files."""

MIGRATIONS = Migrations("landslidectl")


def _required(columns: dict[str, Any], *optional: str) -> set[str]:
    return set(columns) - set(optional)


@MIGRATIONS(name="0001_scenes_and_models")
def _scenes_and_models(db: "Database") -> None:
    scenes = {
        "path": str,
        "scene_id": str,
        "status": str,
        "reason": str,
        "platform": str,
        "product_type": str,
        "polarisations": str,
        "mode": str,
        "direction": str,
        "relative_orbit": int,
        "absolute_orbit": int,
        "start": str,
        "stop": str,
        "ipf": str,
        "bytes": int,
        "footprint": str,
        "seen": str,
    }
    table = db.table("scenes")
    required = {"path", "scene_id", "status", "reason", "seen"}
    table.create(scenes, pk="path", not_null=required, strict=True)
    table.create_index(["scene_id"])
    models = {
        "sha256": str,
        "name": str,
        "version": str,
        "bands": str,
        "path": str,
        "manifest": str,
        "seen": str,
    }
    db.table("models").create(models, pk="sha256", not_null=_required(models), strict=True)


@MIGRATIONS(name="0002_jobs_steps_outputs")
def _jobs_steps_outputs(db: "Database") -> None:
    jobs = {
        "job_id": str,
        "command": str,
        "settings": str,
        "status": str,
        "exit_code": int,
        "message": str,
        "versions": str,
        "output": str,
        "host": str,
        "pid": int,
        "started": str,
        "finished": str,
    }
    db.table("jobs").create(
        jobs, pk="job_id", not_null=_required(jobs, "exit_code", "finished"), strict=True
    )
    steps = {
        "step_id": int,
        "job_id": str,
        "step_key": str,
        "workspace": str,
        "name": str,
        "status": str,
        "started": str,
        "finished": str,
        "seconds": float,
        "detail": str,
        "result": str,
    }
    table = db.table("steps")
    table.create(
        steps,
        pk="step_id",
        not_null=_required(steps, "finished", "seconds"),
        foreign_keys=[("job_id", "jobs", "job_id")],
        strict=True,
    )
    table.create_index(["step_key", "workspace"])
    table.create_index(["job_id"])
    outputs = {
        "output_id": int,
        "job_id": str,
        "step_id": int,
        "path": str,
        "kind": str,
        "sha256": str,
        "bytes": int,
        "mtime_ns": int,
    }
    table = db.table("outputs")
    table.create(
        outputs,
        pk="output_id",
        not_null=_required(outputs),
        foreign_keys=[("job_id", "jobs", "job_id"), ("step_id", "steps", "step_id")],
        strict=True,
    )
    table.create_index(["step_id"])
    table.create_index(["job_id"])


@MIGRATIONS(name="0003_detections")
def _detections(db: "Database") -> None:
    detections = {
        "job_id": str,
        "det_id": str,
        "centroid_lon": float,
        "centroid_lat": float,
        "area_ha": float,
        "score_max": float,
        "score_mean": float,
        "tracks": str,
    }
    db.table("detections").create(
        detections,
        pk=("job_id", "det_id"),
        not_null=_required(detections),
        foreign_keys=[("job_id", "jobs", "job_id")],
        strict=True,
    )


@MIGRATIONS(name="0004_releases_and_sightings")
def _releases_and_sightings(db: "Database") -> None:
    for column in ("confidence", "status"):
        db.table("detections").add_column(column, str, not_null_default="")
    releases = {
        "release_id": int,
        "job_id": str,
        "workspace": str,
        "release": int,
        "version": int,
        "product": str,
        "identity": str,
        "scenes": str,
        "recorded": str,
    }
    table = db.table("releases")
    table.create(
        releases,
        pk="release_id",
        not_null=_required(releases),
        foreign_keys=[("job_id", "jobs", "job_id")],
        strict=True,
    )
    table.create_index(["workspace", "release", "version"], unique=True)
    sightings = {
        "release_id": int,
        "det_id": str,
        "status": str,
        "first_seen": str,
        "releases": str,
        "post_end": str,
        "acquisitions": str,
        "seen_by": str,
        "outline": bytes,
    }
    db.table("sightings").create(
        sightings,
        pk=("release_id", "det_id"),
        not_null=_required(sightings),
        foreign_keys=[("release_id", "releases", "release_id")],
        strict=True,
    )


@MIGRATIONS(name="0005_reviews")
def _reviews(db: "Database") -> None:
    reviews = {
        "review_id": int,
        "job_id": str,
        "product": str,
        "det_id": str,
        "decision": str,
        "seen": bytes,
        "outline": bytes,
        "is_drawn": int,
        "reviewer": str,
        "note": str,
        "source": str,
        "source_sha256": str,
        "recorded": str,
    }
    table = db.table("reviews")
    table.create(reviews, pk="review_id", not_null=_required(reviews, "outline"), strict=True)
    table.create_index(["job_id"])
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER reviews_stay_{change.lower()} BEFORE {change} ON reviews "
            "BEGIN SELECT RAISE(ABORT, 'reviews are only ever added'); END"
        )


@MIGRATIONS(name="0006_births_of_processes")
def _births_of_processes(db: "Database") -> None:
    db.table("jobs").add_column("birth", str, not_null_default="")


@MIGRATIONS(name="0007_what_was_judged")
def _what_was_judged(db: "Database") -> None:
    db.table("reviews").add_column("seen_facts", str, not_null_default="{}")


SCHEMA_VERSION = 7
"""Number of migrations; kept in ``PRAGMA user_version``. A test holds the two together."""
