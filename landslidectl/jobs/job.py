"""The life of a job: recorded, locked, stoppable, and ended with its status."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata
from typing import Generic, TypeVar

from landslidectl import __version__
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import JobRequest
from landslidectl.errors import STOPPED, LandslidectlError
from landslidectl.events import JobStarted, LockAwaited, ProgressEvent, Reporter, Warned
from landslidectl.files.processes import process_birth, usable_processors
from landslidectl.jobs.inputs import Ledger
from landslidectl.jobs.lock import HeldLock, folder_lock
from landslidectl.jobs.preflight import check_writable
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.signals import stop_if_asked, stoppable
from landslidectl.jobs.stack_settings import IngestSettings
from landslidectl.jobs.standing import bury_dead_jobs
from landslidectl.jobs.steps import Done, Journal, Step, code_version
from landslidectl.jobs.workspace import Workspace
from landslidectl.terms import JobStatus

S = TypeVar("S", bound=IngestSettings)
T = TypeVar("T")

REPORTED_PACKAGES = ("numpy", "rasterio", "pyogrio", "shapely", "ai-edge-litert", "sqlite-utils")


@dataclass(slots=True)
class Job(Generic[S]):
    """A running job: its settings, its folder, its journal and what it has noted.

    Parameters
    ----------
    settings : IngestSettings or wider
        What the user asked for.
    job_id : str
        In the catalog.
    workspace : Workspace
        Names in the output folder.
    journal : Journal
        Runs and records steps.
    ledger : Ledger
        Inputs that were not used.
    lock : HeldLock
        Of the folder.
    warnings : list of str
        Every warning of every step.
    skipped : int
        Steps an earlier run had done.
    """

    settings: S
    job_id: str
    workspace: Workspace
    journal: Journal
    ledger: Ledger
    reporter: Reporter
    lock: HeldLock
    warnings: list[str] = field(default_factory=list)
    skipped: int = 0
    began: float = field(default_factory=time.monotonic)

    def run(self, step: Step[T]) -> Done[T]:
        """Run or take up a step, as long as nobody asked to stop and the folder is ours."""
        stop_if_asked()
        self.lock.check()
        done = self.journal.run(step)
        self.skipped += done.skipped
        return done

    def take_up(self, step: Step[T]) -> Done[T] | None:
        """Take up a step that an earlier run did; None when it has to be done."""
        done = self.journal.take_up(step)
        self.skipped += done is not None
        return done

    @property
    def threads(self) -> int:
        """Return how many threads the stages may use."""
        return self.settings.threads or usable_processors()

    @property
    def catalog(self) -> Catalog:
        """Return the catalog of this job."""
        return self.journal.catalog

    @property
    def seconds(self) -> float:
        """Return the wall time so far."""
        return time.monotonic() - self.began


def run_recorded(
    settings: S, reporter: Reporter, catalog: Catalog, body: Callable[[Job[S]], JobResult]
) -> JobResult:
    """Run ``body`` as a job of the catalog, alone in its output folder.

    Raises
    ------
    LandslidectlError
        Whatever ended the job, after it was recorded. `Interrupted` and `Terminated` for Ctrl-C
        and SIGTERM, `LockedError` where another run works in the folder and does not end in time.
    """
    bury_dead_jobs(catalog)
    job_id = catalog.start_job(
        JobRequest(
            command=settings.command,
            settings=settings.described(),
            versions=versions(),
            output=str(settings.output.resolve()),
            birth=process_birth(os.getpid()),
        )
    )
    with _recorded_end(catalog, job_id), stoppable():
        workspace = Workspace(settings.output)
        workspace.check_free(settings.identity(), settings.overwrite)
        check_writable(workspace.work)
        reporter(JobStarted(job_id, str(settings.output)))
        awaited = folder_lock(
            workspace.lock, settings.wait_s, lambda words: reporter(LockAwaited(words))
        )
        with awaited as lock:
            workspace.sweep()
            result = body(_job(settings, reporter, (catalog, job_id), lock))
        catalog.finish_job(job_id, result.status, result.exit_code)
    return result


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {
        "landslidectl": __version__,
        "code": code_version(),
        "python": platform.python_version(),
    }
    for name in REPORTED_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # a frozen program may lack the metadata
            continue
    return found


def _job(settings: S, reporter: Reporter, recorded: tuple[Catalog, str], lock: HeldLock) -> Job[S]:
    catalog, job_id = recorded
    workspace = Workspace(settings.output)
    warnings: list[str] = []

    def listening(event: ProgressEvent) -> None:
        stop_if_asked()
        if isinstance(event, Warned):
            warnings.append(event.message)
        reporter(event)

    return Job(
        settings=settings,
        job_id=job_id,
        workspace=workspace,
        journal=Journal(catalog, job_id, workspace.output, listening),
        ledger=Ledger(listening),
        reporter=listening,
        lock=lock,
        warnings=warnings,
    )


@contextmanager
def _recorded_end(catalog: Catalog, job_id: str) -> Iterator[None]:
    """Record how a job failed before the exception goes on."""
    try:
        yield
    except Exception as error:
        code, status = LandslidectlError.exit_code, JobStatus.FAILED
        message = f"{type(error).__name__}: {error}"
        if isinstance(error, LandslidectlError):
            code, message = error.exit_code, error.message
        if isinstance(error, STOPPED):
            status = JobStatus.INTERRUPTED
        # a disk that is full may not even take that; the next run then buries the job as dead
        with suppress(LandslidectlError):
            catalog.finish_job(job_id, status, code, message)
        raise
