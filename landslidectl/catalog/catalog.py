"""Record jobs and what they saw and wrote; read it back."""

import json
import os
import platform
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from landslidectl.catalog.access import Row, columns_of, dump, row_of, storable
from landslidectl.catalog.records import (
    DetectionRecord,
    JobRecord,
    JobRequest,
    ModelRecord,
    OutputRecord,
    SceneRecord,
    StepOutcome,
    StepRecord,
    utc_text,
)
from landslidectl.catalog.reviews import Reviews
from landslidectl.catalog.upkeep import Upkeep
from landslidectl.errors import UsageError
from landslidectl.terms import JobStatus


def new_job_id() -> str:
    """Return an id that sorts by time, such as ``20180905T180759Z-3f9a1c``."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


class Catalog(Upkeep, Reviews):
    """The SQLite catalog of one user or one machine, opened as `Access` says."""

    # ---- jobs -------------------------------------------------------------------------------

    def start_job(self, request: JobRequest) -> str:
        """Record a job as running in this process and return its id."""
        job_id = new_job_id()
        with self._writing():
            self._db.table("jobs").insert(
                {
                    "job_id": job_id,
                    "command": storable(request.command),
                    "settings": dump(request.settings),
                    "status": JobStatus.RUNNING.value,
                    "message": "",
                    "versions": dump(request.versions),
                    "output": storable(request.output),
                    "host": platform.node(),
                    "pid": os.getpid(),
                    "started": utc_text(),
                    "birth": request.birth,
                }
            )
        return job_id

    def finish_job(
        self, job_id: str, status: JobStatus, exit_code: int | None, message: str = ""
    ) -> None:
        """Record how a job ended; its steps that still run ended with it."""
        now = utc_text()
        with self._writing():
            self._execute(
                "UPDATE jobs SET status=?, exit_code=?, message=?, finished=? WHERE job_id=?",
                [status.value, exit_code, message, now, job_id],
            )
            self._end_steps(job_id, now)

    def bury_job(self, job_id: str, message: str) -> None:
        """Record that a job's process is gone, unless the job ended in the meantime."""
        now = utc_text()
        with self._writing():
            buried = self._execute(
                "UPDATE jobs SET status=?, message=?, finished=? "
                "WHERE job_id=? AND status='running'",
                [JobStatus.INTERRUPTED.value, message, now, job_id],
            )
            if buried.rowcount:
                self._end_steps(job_id, now)

    def _end_steps(self, job_id: str, now: str) -> None:
        self._execute(
            "UPDATE steps SET status='interrupted', finished=? WHERE job_id=? AND status='running'",
            [now, job_id],
        )

    def list_jobs(self, status: JobStatus | None = None) -> tuple[JobRecord, ...]:
        """Return jobs, the newest first."""
        where, values = ("status=?", [status.value]) if status else ("1", [])
        rows = self._rows(f"SELECT * FROM jobs WHERE {where} ORDER BY rowid DESC", values)
        return self._records(_job, rows)

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
            return self._records(_job, fitting)[0]
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
        return self._records(_job, rows[:1])[0]

    # ---- steps ------------------------------------------------------------------------------

    def start_step(self, job_id: str, key: str, workspace: Path, name: str) -> int:
        """Record a step as running and return its number."""
        with self._writing():
            cursor = self._execute(
                "INSERT INTO steps "
                "(job_id, step_key, workspace, name, status, started, detail, result) "
                "VALUES (?, ?, ?, ?, 'running', ?, '', '{}')",
                [job_id, key, str(workspace), name, utc_text()],
            )
            return int(cursor.lastrowid or 0)

    def finish_step(self, step_id: int, outcome: StepOutcome) -> None:
        """Record how a step ended, and its outputs, in one transaction."""
        with self._writing():
            self._execute(
                "UPDATE steps SET status=?, seconds=?, detail=?, result=?, finished=? "
                "WHERE step_id=?",
                [
                    outcome.status,
                    outcome.seconds,
                    outcome.detail,
                    dump(outcome.result),
                    utc_text(),
                    step_id,
                ],
            )
            job_id = self._execute(
                "SELECT job_id FROM steps WHERE step_id=?", [step_id]
            ).fetchone()[0]
            owner = {"job_id": job_id, "step_id": step_id}
            self._db.table("outputs").insert_all(
                [owner | row_of(output) for output in outcome.outputs]
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
        step = self._records(_step, rows)[0]
        outputs = self._rows("SELECT * FROM outputs WHERE step_id=?", [step.step_id])
        return step, self._records(_output, outputs)

    def list_steps(self, job_id: str) -> tuple[StepRecord, ...]:
        """Return the steps of a job in the order they began."""
        rows = self._rows("SELECT * FROM steps WHERE job_id=? ORDER BY step_id", [job_id])
        return self._records(_step, rows)

    def list_outputs(self, job_id: str) -> tuple[OutputRecord, ...]:
        """Return the files a job wrote, in the order they were finished."""
        rows = self._rows("SELECT * FROM outputs WHERE job_id=? ORDER BY output_id", [job_id])
        return self._records(_output, rows)

    # ---- what jobs saw and found ------------------------------------------------------------

    def record_scenes(self, scenes: Sequence[SceneRecord]) -> None:
        """Record scenes; a path met before takes the new state."""
        with self._writing():
            self._upsert("scenes", [row_of(scene) for scene in scenes], key="path")

    def list_scenes(self) -> tuple[SceneRecord, ...]:
        """Return every scene met, by start and name; refused ones without a start come last."""
        rows = self._rows("SELECT * FROM scenes ORDER BY start IS NULL, start, scene_id, path")
        return self._records(lambda row: SceneRecord(**columns_of(SceneRecord, row)), rows)

    def record_model(self, model: ModelRecord) -> None:
        """Record a model; the same file met again takes the new place."""
        with self._writing():
            self._upsert("models", [row_of(model)], key="sha256")

    def list_models(self) -> tuple[ModelRecord, ...]:
        """Return the models that jobs used."""
        rows = self._rows("SELECT * FROM models ORDER BY name, version, sha256")
        return self._records(lambda row: ModelRecord(**columns_of(ModelRecord, row)), rows)

    def record_detections(self, job_id: str, detections: Sequence[DetectionRecord]) -> None:
        """Record the regions a job detected, in place of any it recorded before."""
        with self._writing():
            self._execute("DELETE FROM detections WHERE job_id=?", [job_id])
            self._db.table("detections").insert_all(
                [{"job_id": job_id} | row_of(detection) for detection in detections]
            )

    def list_detections(self, job_id: str) -> tuple[DetectionRecord, ...]:
        """Return the regions of a job, the largest first."""
        rows = self._rows(
            "SELECT * FROM detections WHERE job_id=? ORDER BY area_ha DESC, det_id", [job_id]
        )
        return self._records(lambda row: DetectionRecord(**columns_of(DetectionRecord, row)), rows)


def _job(row: Row) -> JobRecord:
    return JobRecord(
        **columns_of(JobRecord, row, "settings", "versions", "status"),
        settings=json.loads(row["settings"]),
        versions=json.loads(row["versions"]),
        status=JobStatus(row["status"]),
    )


def _step(row: Row) -> StepRecord:
    return StepRecord(
        **columns_of(StepRecord, row, "result"),
        key=row["step_key"],
        result=json.loads(row["result"]),
    )


def _output(row: Row) -> OutputRecord:
    return OutputRecord(**columns_of(OutputRecord, row))
