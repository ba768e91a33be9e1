"""What of the catalog's rows belongs together, and how to forget some of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from landslidectl.catalog.access import Row, columns_of
from landslidectl.catalog.db import BUSY_TIMEOUT_S, translated
from landslidectl.catalog.records import OutputRecord
from landslidectl.catalog.releases import Releases
from landslidectl.errors import LockedError, ResourceError

COMPACT_PATIENCE_MS = 1000
OF_A_JOB = ("outputs", "steps", "detections", "jobs")
"""Tables whose rows go with a job, in the order in which they can go."""


@dataclass(frozen=True, slots=True)
class StepLink:
    """Which job did, or took up, which piece of work."""

    step_id: int
    job_id: str
    key: str
    workspace: str
    status: str


@dataclass(frozen=True, slots=True)
class OwnedOutput:
    """A recorded file with the step and the job that wrote it last."""

    output_id: int
    step_id: int
    job_id: str
    workspace: str
    record: OutputRecord


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Rows to forget.

    Parameters
    ----------
    jobs : sequence of str
        Whole jobs, with all their rows.
    steps, outputs : sequence of int
        Single rows of jobs that stay.
    """

    jobs: Sequence[str] = ()
    steps: Sequence[int] = ()
    outputs: Sequence[int] = ()


class Upkeep(Releases):
    """The part of the catalog that keeps it small."""

    def step_links(self) -> tuple[StepLink, ...]:
        """Return all steps in the order they began."""
        rows = self._rows(
            "SELECT step_id, job_id, step_key AS key, workspace, status FROM steps ORDER BY step_id"
        )
        return self._records(lambda row: StepLink(**columns_of(StepLink, row)), rows)

    def owned_outputs(self) -> tuple[OwnedOutput, ...]:
        """Return all recorded files, in the order in which they were recorded."""
        rows = self._rows(
            "SELECT outputs.*, steps.workspace FROM outputs JOIN steps USING (step_id) "
            "ORDER BY output_id"
        )
        return self._records(_owned, rows)

    def bound_jobs(self) -> dict[str, str]:
        """Return jobs that what is never forgotten refers to, such as releases, and the table."""
        tables = self._rows(
            "SELECT DISTINCT t.name FROM pragma_table_list t, pragma_table_info(t.name) c "
            "WHERE t.type='table' AND c.name='job_id' ORDER BY t.name"
        )
        bound: dict[str, str] = {}
        for name in (row["name"] for row in tables if row["name"] not in OF_A_JOB):
            for row in self._rows(f'SELECT DISTINCT job_id FROM "{name}"'):
                bound.setdefault(row["job_id"], name)
        return bound

    def count_rows(self, doomed: Forgotten) -> dict[str, int]:
        """Return how many rows of each table `forget` would delete."""
        return {
            table: self._rows(f"SELECT count(*) AS n FROM {table} WHERE {where}", values)[0]["n"]
            for table, where, values in _conditions(doomed)
        }

    def forget(self, doomed: Forgotten) -> None:
        """Delete rows, all of them or none.

        Raises
        ------
        CatalogError
            If rows that stay refer to them.
        """
        with self._writing():
            for table, where, values in _conditions(doomed):
                self._db.execute(f"DELETE FROM {table} WHERE {where}", values)

    def compact(self) -> bool:
        """Give the room of deleted rows back to the disk.

        Returns
        -------
        bool
            False where another process is at work, or the disk has no room for the copy it takes.
        """
        try:
            with translated(self.path):
                self._db.execute(f"PRAGMA busy_timeout={COMPACT_PATIENCE_MS}")
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (LockedError, ResourceError):
            return False
        finally:
            self._db.execute(f"PRAGMA busy_timeout={int(1000 * BUSY_TIMEOUT_S)}")
        return True


def _owned(row: Row) -> OwnedOutput:
    names = ("output_id", "step_id", "job_id", "workspace")
    return OwnedOutput(
        **{name: row[name] for name in names}, record=OutputRecord(**columns_of(OutputRecord, row))
    )


def _conditions(doomed: Forgotten) -> list[tuple[str, str, list[str]]]:
    """Return for each table which rows are meant."""
    of_jobs = "job_id IN (SELECT value FROM json_each(?))"
    jobs, steps, outputs = (
        json.dumps(list(names)) for names in (doomed.jobs, doomed.steps, doomed.outputs)
    )
    single = {
        "outputs": (
            "output_id IN (SELECT value FROM json_each(?)) "
            "OR step_id IN (SELECT value FROM json_each(?))",
            [outputs, steps],
        ),
        "steps": ("step_id IN (SELECT value FROM json_each(?))", [steps]),
    }
    found = []
    for table in OF_A_JOB:
        more, values = single.get(table, ("0", []))
        found.append((table, f"{of_jobs} OR {more}", [jobs, *values]))
    return found
