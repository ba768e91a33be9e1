"""Record jobs and what they saw and wrote; read it back."""

import json
import os
import platform
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from landslidectl.catalog.db import default_catalog_path, immediate, open_database, translated
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRecord,
    JobRequest,
    ModelRecord,
    OutputRecord,
    ReleaseRecord,
    ReviewRecord,
    SceneRecord,
    SightingRecord,
    StepOutcome,
    StepRecord,
    as_json,
    utc_text,
)
from landslidectl.errors import UsageError
from landslidectl.terms import JobStatus

Row = dict[str, Any]


def new_job_id() -> str:
    """Return an id that sorts by time, such as ``20180905T180759Z-3f9a1c``."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


class Catalog:
    """The SQLite catalog of one user or one machine.

    Parameters
    ----------
    path : Path, optional
        The file; by default `default_catalog_path`.

    Raises
    ------
    CatalogError
        On opening a damaged, foreign or newer catalog.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = (path or default_catalog_path()).absolute()
        self._db = open_database(self.path)

    def __enter__(self) -> Self:
        """Return the catalog itself; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._db.close()

    # ---- jobs -------------------------------------------------------------------------------

    def start_job(self, request: JobRequest) -> str:
        """Record a job as running in this process and return its id."""
        job_id = new_job_id()
        with self._writing():
            self._db.table("jobs").insert(
                {
                    "job_id": job_id,
                    "command": request.command,
                    "settings": _dump(request.settings),
                    "status": JobStatus.RUNNING.value,
                    "message": "",
                    "versions": _dump(request.versions),
                    "output": request.output,
                    "host": platform.node(),
                    "pid": os.getpid(),
                    "started": utc_text(),
                }
            )
        return job_id

    def finish_job(
        self, job_id: str, status: JobStatus, exit_code: int | None, message: str = ""
    ) -> None:
        """Record how a job ended; its steps that still run ended with it."""
        now = utc_text()
        with self._writing():
            self._db.execute(
                "UPDATE jobs SET status=?, exit_code=?, message=?, finished=? WHERE job_id=?",
                [status.value, exit_code, message, now, job_id],
            )
            self._db.execute(
                "UPDATE steps SET status='interrupted', finished=? "
                "WHERE job_id=? AND status='running'",
                [now, job_id],
            )

    def list_jobs(self, status: JobStatus | None = None) -> tuple[JobRecord, ...]:
        """Return jobs, the newest first."""
        where, values = ("status=?", [status.value]) if status else ("1", [])
        rows = self._rows(f"SELECT * FROM jobs WHERE {where} ORDER BY rowid DESC", values)
        return tuple(_job(row) for row in rows)

    def job(self, job_id: str) -> JobRecord:
        """Return one job by its id or by the unambiguous beginning of it.

        Raises
        ------
        UsageError
            If no job, or more than one, fits.
        """
        rows = self._rows(
            "SELECT * FROM jobs WHERE substr(job_id, 1, length(?)) = ? ORDER BY rowid DESC",
            [job_id, job_id],
        )
        exact = [row for row in rows if row["job_id"] == job_id]
        fitting = exact or rows
        if len(fitting) == 1 and job_id:
            return _job(fitting[0])
        found = "no job has" if not fitting else f"{len(fitting)} jobs have"
        raise UsageError(
            f"{found} an id that begins with '{job_id}'", "See: landslidectl jobs list"
        )

    def newest_job(self) -> JobRecord:
        """Return the job that was started last.

        Raises
        ------
        UsageError
            If there is none yet.
        """
        rows = self._rows("SELECT * FROM jobs ORDER BY rowid DESC LIMIT 1", [])
        if not rows:
            raise UsageError("the catalog holds no job yet", "Try: landslidectl demo")
        return _job(rows[0])

    # ---- steps ------------------------------------------------------------------------------

    def start_step(self, job_id: str, key: str, workspace: Path, name: str) -> int:
        """Record a step as running and return its number."""
        with self._writing():
            cursor = self._db.execute(
                "INSERT INTO steps "
                "(job_id, step_key, workspace, name, status, started, detail, result) "
                "VALUES (?, ?, ?, ?, 'running', ?, '', '{}')",
                [job_id, key, str(workspace), name, utc_text()],
            )
            return int(cursor.lastrowid or 0)

    def finish_step(self, step_id: int, outcome: StepOutcome) -> None:
        """Record how a step ended, and its outputs, in one transaction."""
        with self._writing():
            self._db.execute(
                "UPDATE steps SET status=?, seconds=?, detail=?, result=?, finished=? "
                "WHERE step_id=?",
                [
                    outcome.status,
                    outcome.seconds,
                    outcome.detail,
                    _dump(outcome.result),
                    utc_text(),
                    step_id,
                ],
            )
            job_id = self._db.execute(
                "SELECT job_id FROM steps WHERE step_id=?", [step_id]
            ).fetchone()[0]
            owner = {"job_id": job_id, "step_id": step_id}
            self._db.table("outputs").insert_all(
                [owner | as_json(output) for output in outcome.outputs]
            )

    def done_step(
        self, key: str, workspace: Path
    ) -> tuple[StepRecord, tuple[OutputRecord, ...]] | None:
        """Return the last finished step with this key in this folder, with its outputs."""
        rows = self._rows(
            "SELECT * FROM steps WHERE step_key=? AND workspace=? AND status='done' "
            "ORDER BY step_id DESC LIMIT 1",
            [key, str(workspace)],
        )
        if not rows:
            return None
        step = _step(rows[0])
        outputs = self._rows("SELECT * FROM outputs WHERE step_id=?", [step.step_id])
        return step, tuple(_output(row) for row in outputs)

    def list_steps(self, job_id: str) -> tuple[StepRecord, ...]:
        """Return the steps of a job in the order they began."""
        rows = self._rows("SELECT * FROM steps WHERE job_id=? ORDER BY step_id", [job_id])
        return tuple(_step(row) for row in rows)

    def list_outputs(self, job_id: str) -> tuple[OutputRecord, ...]:
        """Return the files a job wrote, in the order they were finished."""
        rows = self._rows("SELECT * FROM outputs WHERE job_id=? ORDER BY output_id", [job_id])
        return tuple(_output(row) for row in rows)

    # ---- what jobs saw and found ------------------------------------------------------------

    def record_scenes(self, scenes: Sequence[SceneRecord]) -> None:
        """Record scenes; a path met before takes the new state."""
        with self._writing():
            self._db.table("scenes").upsert_all([as_json(scene) for scene in scenes], pk="path")

    def list_scenes(self) -> tuple[SceneRecord, ...]:
        """Return every scene met, by start and name; refused ones without a start come last."""
        rows = self._rows("SELECT * FROM scenes ORDER BY start IS NULL, start, scene_id, path")
        return tuple(SceneRecord(**row) for row in rows)

    def record_model(self, model: ModelRecord) -> None:
        """Record a model; the same file met again takes the new place."""
        with self._writing():
            self._db.table("models").upsert(as_json(model), pk="sha256")

    def list_models(self) -> tuple[ModelRecord, ...]:
        """Return the models that jobs used."""
        rows = self._rows("SELECT * FROM models ORDER BY name, version, sha256")
        return tuple(ModelRecord(**row) for row in rows)

    def record_detections(self, job_id: str, detections: Sequence[DetectionRecord]) -> None:
        """Record the regions a job detected, in place of any it recorded before."""
        with self._writing():
            self._db.execute("DELETE FROM detections WHERE job_id=?", [job_id])
            self._db.table("detections").insert_all(
                [{"job_id": job_id} | as_json(detection) for detection in detections]
            )

    def list_detections(self, job_id: str) -> tuple[DetectionRecord, ...]:
        """Return the regions of a job, the largest first."""
        rows = self._rows(
            "SELECT * FROM detections WHERE job_id=? ORDER BY area_ha DESC, det_id", [job_id]
        )
        return tuple(DetectionRecord(**_without(row, "job_id")) for row in rows)

    # ---- releases ---------------------------------------------------------------------------

    def record_release(self, release: ReleaseRecord, sightings: Sequence[SightingRecord]) -> None:
        """Record a release with what it shows, whole or not at all.

        Raises
        ------
        CatalogError
            If this folder already has a release of these counters.
        """
        row = as_json(release) | {
            "identity": _dump(release.identity),
            "scenes": json.dumps(release.scenes),
        }
        with self._writing():
            owner = {"release_id": self._db.table("releases").insert(row).last_pk}
            self._db.table("sightings").insert_all(
                [
                    owner
                    | as_json(item)
                    | {
                        "acquisitions": json.dumps(item.acquisitions),
                        "seen_by": json.dumps(item.seen_by),
                    }
                    for item in sightings
                ]
            )

    def forget_release(self, release: ReleaseRecord) -> None:
        """Take back the record of a release whose product was never finished."""
        where = "workspace=? AND release=? AND version=?"
        key = [release.workspace, release.release, release.version]
        with self._writing():
            self._db.execute(
                "DELETE FROM sightings WHERE release_id IN "
                f"(SELECT release_id FROM releases WHERE {where})",
                key,
            )
            self._db.execute(f"DELETE FROM releases WHERE {where}", key)

    def list_releases(self, workspace: Path) -> tuple[ReleaseRecord, ...]:
        """Return what an output folder got, in the order of release and version."""
        rows = self._rows(
            "SELECT * FROM releases WHERE workspace=? ORDER BY release, version", [str(workspace)]
        )
        return tuple(_release(row) for row in rows)

    def list_sightings(self, release: ReleaseRecord) -> tuple[SightingRecord, ...]:
        """Return what a release shows and what it dropped, by name."""
        rows = self._rows(
            "SELECT sightings.* FROM sightings JOIN releases USING (release_id) "
            "WHERE workspace=? AND release=? AND version=? ORDER BY det_id",
            [release.workspace, release.release, release.version],
        )
        return tuple(_sighting(row) for row in rows)

    def sibling_releases(self, job_id: str) -> tuple[ReleaseRecord, ...]:
        """Return all releases of the output folder that got one from a job, in their order."""
        rows = self._rows(
            "SELECT * FROM releases WHERE workspace IN "
            "(SELECT workspace FROM releases WHERE job_id=?) ORDER BY workspace, release, version",
            [job_id],
        )
        return tuple(_release(row) for row in rows)

    # ---- reviews ----------------------------------------------------------------------------

    def add_reviews(self, reviews: Sequence[ReviewRecord]) -> None:
        """Record what a person said, all of it or nothing."""
        with self._writing():
            self._db.table("reviews").insert_all([as_json(review) for review in reviews])

    def list_reviews(self, job_ids: Sequence[str]) -> tuple[ReviewRecord, ...]:
        """Return what was said of the products of some jobs, in the order it was said."""
        marks = ", ".join("?" for _ in job_ids)
        rows = self._rows(
            f"SELECT * FROM reviews WHERE job_id IN ({marks}) ORDER BY review_id", list(job_ids)
        )
        return tuple(
            ReviewRecord(**_without(row, "review_id", "is_drawn"), is_drawn=bool(row["is_drawn"]))
            for row in rows
        )

    # ---- access -----------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with translated(self.path), immediate(self._db):
            yield

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with translated(self.path):
            return list(self._db.query(sql, list(values)))


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _job(row: Row) -> JobRecord:
    return JobRecord(
        **_without(row, "settings", "versions", "status"),
        settings=json.loads(row["settings"]),
        versions=json.loads(row["versions"]),
        status=JobStatus(row["status"]),
    )


def _step(row: Row) -> StepRecord:
    return StepRecord(
        **_without(row, "step_key", "result"),
        key=row["step_key"],
        result=json.loads(row["result"]),
    )


def _output(row: Row) -> OutputRecord:
    return OutputRecord(**_without(row, "output_id", "job_id", "step_id"))


def _release(row: Row) -> ReleaseRecord:
    return ReleaseRecord(
        **_without(row, "release_id", "identity", "scenes"),
        identity=json.loads(row["identity"]),
        scenes=tuple(json.loads(row["scenes"])),
    )


def _sighting(row: Row) -> SightingRecord:
    return SightingRecord(
        **_without(row, "release_id", "acquisitions", "seen_by"),
        acquisitions=tuple((track, flight) for track, flight in json.loads(row["acquisitions"])),
        seen_by=tuple(json.loads(row["seen_by"])),
    )
