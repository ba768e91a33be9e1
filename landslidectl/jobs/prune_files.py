"""Carry a pruning out, folder by folder, each under the lock that keeps jobs out of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import LockedError, OutputError
from landslidectl.jobs.job import bury_dead_jobs
from landslidectl.jobs.lock import folder_lock
from landslidectl.jobs.prune import Doomed, Spared, Wanted, plan_prune
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
        Jobs that could not be pruned, and why; nothing was forgotten of them.
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
    jobs: list[str] = []
    failed: list[Spared] = []
    rows: Counter[str] = Counter()
    files = size_bytes = 0
    for folder in folders:
        try:
            with _kept_free(Path(folder)):
                # looked at again: until the lock was held a job could begin here
                for item in plan_prune(catalog, wanted).doomed:
                    if item.job.output == folder:
                        _delete(item)
                        rows.update(catalog.count_rows(item.forgotten))
                        catalog.forget(item.forgotten)
                        jobs.append(item.job.job_id)
                        files += len(item.files)
                        size_bytes += item.size_bytes
        except (LockedError, OutputError) as error:
            failed.append(Spared(folder, error.message))
    return Pruned(tuple(jobs), rows, files, size_bytes, tuple(failed), catalog.compact())


@contextmanager
def _kept_free(folder: Path) -> Iterator[None]:
    """Keep jobs out of an output folder, where there is one."""
    workspace = Workspace(folder)
    if not workspace.work.is_dir():
        yield
        return
    with folder_lock(workspace.lock):
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
