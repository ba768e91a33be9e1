"""Which old jobs can be forgotten, and which of their files deleted, without losing anything.

Kept whatever is asked: what runs, releases and reviews with the rows they refer to, work that a
later job stands on, files that changed since they were recorded, and products unless named.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRecord, foreign_row
from landslidectl.catalog.upkeep import Forgotten, OwnedOutput, StepLink
from landslidectl.jobs.steps import unchanged
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus, utc_instant

RUNS = "it still runs"
BUSY = "job {} works in its folder"
STOOD_ON = "job {} stands on its work"
CHANGED = "changed since it was recorded"
OUTSIDE = "lies outside of the job's folder"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs are meant: those that fit all that is given.

    Parameters
    ----------
    older_than : timedelta or None
        They ended, or began, longer ago.
    statuses : frozenset of JobStatus
        They ended so; empty: in any way.
    job_ids : frozenset of str
        These; empty: all.
    products : bool
        Delete their products too, and the stacks and scenes of ``stack`` and ``ingest``.
    """

    older_than: timedelta | None = None
    statuses: frozenset[JobStatus] = frozenset()
    job_ids: frozenset[str] = frozenset()
    products: bool = False

    def fits(self, job: JobRecord, now: datetime) -> bool:
        """Tell whether a job is meant.

        Raises
        ------
        CatalogError
            If its row holds no instant.
        """
        try:
            ended = utc_instant(job.finished or job.started)
        except ValueError as error:
            raise foreign_row("job", error) from error
        return (
            (self.older_than is None or now - ended > self.older_than)
            and (not self.statuses or job.status in self.statuses)
            and (not self.job_ids or job.job_id in self.job_ids)
        )


@dataclass(frozen=True, slots=True)
class Spared:
    """A job, or a file of one, that is meant and stays, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Doomed:
    """A job that goes.

    Parameters
    ----------
    files : tuple of OwnedOutput
        What of it is deleted from the disk.
    forgotten : Forgotten
        Its rows that go.
    bound_by : str
        The table that keeps its row, such as ``releases``; empty where all of it goes.
    """

    job: JobRecord
    files: tuple[OwnedOutput, ...]
    forgotten: Forgotten
    bound_by: str = ""

    @property
    def size_bytes(self) -> int:
        """Return the room that its files take."""
        return sum(item.record.bytes for item in self.files)


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What would go and what stays."""

    doomed: tuple[Doomed, ...]
    spared: tuple[Spared, ...]

    @property
    def forgotten(self) -> Forgotten:
        """Return all rows that go."""
        parts = [item.forgotten for item in self.doomed]
        return Forgotten(
            tuple(name for part in parts for name in part.jobs),
            tuple(number for part in parts for number in part.steps),
            tuple(number for part in parts for number in part.outputs),
        )

    @property
    def files(self) -> int:
        """Return how many files go."""
        return sum(len(item.files) for item in self.doomed)

    @property
    def size_bytes(self) -> int:
        """Return the room that they take."""
        return sum(item.size_bytes for item in self.doomed)


class _State:
    """The catalog as it is at one moment.

    ``newest`` holds the last record of each file; earlier ones are of what it was before.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.jobs = {job.job_id: job for job in reversed(catalog.list_jobs())}
        self.links = catalog.step_links()
        self.bound = catalog.bound_jobs()
        self.left: list[Spared] = []
        self.steps: dict[str, list[int]] = {name: [] for name in self.jobs}
        for link in self.links:
            self.steps.setdefault(link.job_id, []).append(link.step_id)
        outputs = catalog.owned_outputs()
        self.newest = set({item.record.path: item.output_id for item in outputs}.values())
        self.owned: dict[str, list[OwnedOutput]] = {}
        for item in outputs:
            self.owned.setdefault(item.job_id, []).append(item)


def plan_prune(catalog: Catalog, wanted: Wanted, now: datetime | None = None) -> PrunePlan:
    """Find what can go; nothing is written.

    What is recorded as running counts as running: bury dead jobs before.
    """
    moment = now or datetime.now(UTC)
    state = _State(catalog)
    meant = {name for name, job in state.jobs.items() if wanted.fits(job, moment)}
    spared = _spared(state, meant)
    going = [name for name in state.jobs if name in meant and name not in spared]
    doomed = [_doomed(state, state.jobs[name], wanted.products) for name in going]
    return PrunePlan(
        tuple(item for item in doomed if item.files or item.forgotten != Forgotten()),
        (*(Spared(name, reason) for name, reason in spared.items()), *state.left),
    )


def _spared(state: _State, meant: set[str]) -> dict[str, str]:
    """Return the jobs that are meant and must stay."""
    running = {
        job.output: name for name, job in state.jobs.items() if job.status is JobStatus.RUNNING
    }
    spared = {
        name: RUNS if name in running.values() else BUSY.format(running[state.jobs[name].output])
        for name in meant
        if state.jobs[name].output in running
    }
    stands_on = _foundations(state.links)
    asking = [name for name in state.jobs if name not in meant or name in spared]
    while asking:
        later = asking.pop()
        for name in stands_on.get(later, ()):
            if name in meant and name not in spared:
                spared[name] = STOOD_ON.format(later)
                asking.append(name)
    return {name: spared[name] for name in state.jobs if name in spared}


def _foundations(links: Iterable[StepLink]) -> dict[str, set[str]]:
    """Return for each job those whose work it took up."""
    done: dict[tuple[str, str], str] = {}
    found: dict[str, set[str]] = {}
    for link in links:
        work = link.key, link.workspace
        if link.status == "done":
            done[work] = link.job_id
        elif link.status == "skipped" and work in done:
            found.setdefault(link.job_id, set()).add(done[work])
    return found


def _doomed(state: _State, job: JobRecord, products: bool) -> Doomed:
    own = state.owned.get(job.job_id, [])
    meant = [item for item in own if products or _is_intermediate(job, item)]
    files = []
    for item in meant:
        path = Path(item.record.path)
        if item.output_id not in state.newest or not os.path.lexists(path):
            continue
        trouble = _trouble(item)
        if trouble:
            state.left.append(Spared(item.record.path, trouble))
        else:
            files.append(item)
    bound_by = state.bound.get(job.job_id, "")
    if not bound_by:
        return Doomed(job, tuple(files), Forgotten(jobs=(job.job_id,)))
    staying = {item.step_id for item in own if item not in meant}
    steps = tuple(number for number in state.steps[job.job_id] if number not in staying)
    outputs = tuple(item.output_id for item in meant)
    return Doomed(job, tuple(files), Forgotten(steps=steps, outputs=outputs), bound_by)


def _is_intermediate(job: JobRecord, item: OwnedOutput) -> bool:
    """Tell whether a file only served a product; for ``stack`` and ``ingest`` it is the product."""
    work = Workspace(Path(item.workspace)).work
    return "model" in job.settings and Path(item.record.path).is_relative_to(work)


def _trouble(item: OwnedOutput) -> str:
    """Return why a file must not be deleted, or nothing."""
    path = Path(item.record.path)
    if path.is_symlink() or not path.resolve().is_relative_to(Path(item.workspace).resolve()):
        return OUTSIDE
    return "" if unchanged(item.record) else CHANGED
