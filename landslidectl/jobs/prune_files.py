"""Carry a pruning out, folder by folder, each under the lock that keeps jobs out of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import LockedError, OutputError, ResourceError
from landslidectl.jobs.lock import folder_lock, wait_until_free
from landslidectl.jobs.prune import Doomed, PrunePlan, Spared, Wanted, plan_prune
from landslidectl.jobs.standing import bury_dead_jobs
from landslidectl.jobs.workspace import Workspace

CACHES = {"stack": "shown.npy"}
"""Files that are made beside one of a kind and not recorded, since they can be made anew."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went.

    Parameters
    ----------
    jobs : tuple of str
        Jobs that were forgotten, or of which only what is bound was kept.
    rows : mapping
        How many rows of each table were forgotten.
    failed : tuple of Spared
        Folders in which not everything could be pruned, and why; of what was left nothing was
        forgotten.
    compacted : bool
        Whether the catalog's file became smaller as well.
    """

    jobs: tuple[str, ...]
    rows: Mapping[str, int]
    files: int
    size_bytes: int
    failed: tuple[Spared, ...]
    compacted: bool


def prune(catalog: Catalog, wanted: Wanted) -> Pruned:
    """Delete files and forget rows.

    Files go before the rows that name them: a run that is killed between the two leaves rows that
    the next one forgets.
    """
    bury_dead_jobs(catalog)
    folders = list(dict.fromkeys(item.job.output for item in plan_prune(catalog, wanted).doomed))
    gone: list[Doomed] = []
    failed: list[Spared] = []
    rows: Counter[str] = Counter()
    for folder in folders:
        try:
            with _kept_free(Path(folder)):
                # looked at again: until the lock was held a job could begin here
                doomed = plan_prune(catalog, wanted).doomed
                here = [item for item in doomed if item.job.output == folder]
                done, trouble = _delete_files(here)
                forgotten = PrunePlan(tuple(done), ()).forgotten
                rows.update(catalog.count_rows(forgotten))
                catalog.forget(forgotten)
        except (LockedError, OutputError) as error:
            done, trouble = [], error.message
        gone += done
        if trouble:
            failed.append(Spared(folder, trouble))
    plan = PrunePlan(tuple(gone), ())
    jobs = tuple(item.job.job_id for item in gone)
    return Pruned(jobs, rows, plan.files, plan.size_bytes, tuple(failed), catalog.compact())


def _delete_files(doomed: Sequence[Doomed]) -> tuple[list[Doomed], str]:
    """Delete the files of jobs; returns those whose files are gone, and what stopped it there."""
    gone: list[Doomed] = []
    for item in doomed:
        try:
            _delete(item)
        except OutputError as error:
            return gone, error.message
        gone.append(item)
    return gone, ""


@contextmanager
def _kept_free(folder: Path) -> Iterator[None]:
    """Keep jobs out of an output folder, where there is one."""
    workspace = Workspace(folder)
    if not workspace.work.is_dir():
        yield
        return
    with ExitStack() as held:
        try:
            held.enter_context(folder_lock(workspace.lock))
        except ResourceError:
            # a disk without room for a lock is what pruning is for; no job can begin there either
            wait_until_free(workspace.lock)
        yield


def _delete(item: Doomed) -> None:
    for output in item.files:
        path = Path(output.record.path)
        try:
            path.unlink(missing_ok=True)
            if output.record.kind in CACHES:
                path.with_name(CACHES[output.record.kind]).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be deleted: {error.strerror or error}") from error
        _drop_empty_folders(path.parent, Path(output.workspace))


def _drop_empty_folders(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, as far as nothing lies in them."""
    with suppress(OSError):
        while folder != top and folder.is_relative_to(top):
            folder.rmdir()
            folder = folder.parent
