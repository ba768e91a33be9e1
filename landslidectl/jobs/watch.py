"""Map what is new in a folder of scenes, for a clock that starts the program again and again.

What a finished job has looked at stands in the catalog as a step of that job: the state of every
scene, under a key of everything else that the product depends on. New is what is not in it. A scene
that has gone is not news: nothing is made again with fewer scenes just because a folder was tidied.
What people said of the detections since is news, once nobody has said more for a while.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from landslidectl.catalog.catalog import Catalog
from landslidectl.errors import InputError, StackError
from landslidectl.events import LockAwaited, Reporter, SceneLeft, silent
from landslidectl.files.hashing import stable_key
from landslidectl.inference.choice import choose_model
from landslidectl.jobs.arrivals import Arrivals, Incomplete, examine, look
from landslidectl.jobs.inputs import Ledger
from landslidectl.jobs.job import Job, run_recorded
from landslidectl.jobs.lock import wait_until_free
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.run import map_landslides
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.signals import stoppable
from landslidectl.jobs.steps import code_version, file_identity
from landslidectl.jobs.survey import survey
from landslidectl.jobs.verdicts import review_key, reviews_that_stand
from landslidectl.jobs.workspace import Workspace

STEP = "watch"
SETTLE_S = 60.0


class Standing(StrEnum):
    """Why no job was run; neither is a failure."""

    NOTHING_NEW = "nothing_new"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look at the folder came to.

    Parameters
    ----------
    result : JobResult or None
        Of the job that was run.
    standing : Standing or None
        Why none was.
    message : str
        What is waited for.
    since_job : str or None
        The job that saw all there is, where nothing is new.
    left : tuple of Incomplete
        Scenes that are not complete yet.
    """

    result: JobResult | None = None
    standing: Standing | None = None
    message: str = ""
    since_job: str | None = None
    left: tuple[Incomplete, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last finished job with these settings looked at.

    Parameters
    ----------
    job_id : str or None
        None when there was no such job.
    scenes : mapping
        State of a scene -> what is wrong with it, empty for an intact one.
    files : tuple of str
        Paths of its product.
    said : str
        Name of all that people had said of its detections; empty: nothing.
    """

    job_id: str | None = None
    scenes: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    said: str = ""

    @property
    def is_product_there(self) -> bool:
        """Tell whether nobody deleted the product; that somebody edited a file is no reason."""
        return self.job_id is not None and all(Path(path).exists() for path in self.files)


@dataclass(frozen=True, slots=True)
class _Said:
    """What people said of the detections of an event in an output folder.

    Parameters
    ----------
    key : str
        Name of all of it; empty: nothing.
    age_s : float
        Seconds since the last word.
    """

    key: str = ""
    age_s: float = math.inf


@dataclass(frozen=True, slots=True)
class _Question:
    """Asks for scenes as a job does, and tells nobody."""

    settings: DetectSettings
    reporter: Reporter = silent
    ledger: Ledger = field(default_factory=lambda: Ledger(silent))


def watch_once(
    settings: DetectSettings, settle_s: float, reporter: Reporter, catalog: Catalog
) -> Watched:
    """Run `detect` if a scene or a review is new since the last finished job of these settings.

    Scenes that changed within ``settle_s`` seconds, that grow, or that are damaged and changed
    lately are left for the next look. An old damaged one is refused by name, which makes the result
    partial. Reviews count when the last is ``settle_s`` seconds old, so that what a person says at
    once makes one version of the product.

    Raises
    ------
    LockedError
        If another run works in the output folder and does not end within ``settings.wait_s``.
    InputError
        If a folder of scenes does not exist, or had scenes and is empty now.
    LandslidectlError
        Whatever ends the job.
    """
    with stoppable():
        _require_folders(settings)
        workspace = Workspace(settings.output)
        wait_until_free(workspace.lock, settings.wait_s, lambda who: reporter(LockAwaited(who)))
        key = _key(settings)
        seen = _seen(catalog, key, workspace)
        found = look(settings.scenes, settle_s, seen.scenes)
        # scenes are read only where they will be used, not at every look while one still lacks
        lack = _lack(settings, found) if seen.job_id is None else ""
        if not lack:
            examine(found, settle_s, reporter)
            lack = _lack(settings, found) if seen.job_id is None else ""
        for item in found.incomplete:
            reporter(SceneLeft(str(item.path), item.reason))
        left = tuple(found.incomplete)
        if lack:
            return Watched(None, Standing.WAITING, lack, None, left)
        if not found.states and seen.job_id is not None:
            raise _emptied(settings)
        said = _said(settings, workspace, catalog)
        is_said_anew = said.key != seen.said and said.age_s >= settle_s
        if seen.is_product_there and not found.new and not is_said_anew:
            return Watched(None, Standing.NOTHING_NEW, "", seen.job_id, left)
        ready = _of_complete(settings, found)
        result = run_recorded(ready, reporter, catalog, lambda job: _map(job, key, found, said))
        return Watched(result, left=left)


def _map(job: Job[DetectSettings], key: str, found: Arrivals, said: _Said) -> JobResult:
    """Do what `detect` does, then remember what was looked at."""
    result = map_landslides(job)
    record = {
        "scenes": dict(found.states),
        "files": list(result.files.values()),
        "said": said.key,
    }
    job.journal.note(STEP, key, record, f"{len(found.states)} scenes looked at")
    return result


def _key(settings: DetectSettings) -> str:
    """Return the name of everything but the scenes that the product depends on."""
    model = choose_model(settings.model, settings.bands, settings.models_dir)
    beside = (settings.aoi, settings.dem, settings.orbits, *settings.land_cover)
    return stable_key(
        {
            "step": STEP,
            "code": code_version(),
            "settings": settings.identity(),
            "extra": list(settings.extra),
            "beside": [file_identity(one) for one in beside if one is not None and one.exists()],
            "model": model.sha256,
            "manifest": stable_key(dict(model.raw)),
        }
    )


def _seen(catalog: Catalog, key: str, workspace: Workspace) -> _Seen:
    found = catalog.done_step(key, workspace.output.resolve())
    if found is None:
        return _Seen()
    record = found[0].result["record"]
    files = tuple(record["files"])
    return _Seen(found[0].job_id, record["scenes"], files, record.get("said", ""))


def _said(settings: DetectSettings, workspace: Workspace, catalog: Catalog) -> _Said:
    standing = reviews_that_stand(catalog, workspace.output.resolve(), settings.event)
    if not standing:
        return _Said()
    last = max(verdict.time for verdict in standing)
    age_s = (datetime.now(UTC) - last).total_seconds()
    return _Said(stable_key([review_key(verdict) for verdict in standing]), age_s)


def _of_complete(settings: DetectSettings, found: Arrivals) -> DetectSettings:
    """Return settings under which what arrives from now on is not touched."""
    return replace(settings, complete=found.complete, damaged=tuple(found.damaged))


def _lack(settings: DetectSettings, found: Arrivals) -> str:
    """Say what the scenes lack for a first product; empty where nothing."""
    try:
        survey(_Question(_of_complete(settings, found)), lambda _: None)
    except StackError as error:
        return error.message
    return ""


def _require_folders(settings: DetectSettings) -> None:
    for path in settings.scenes:
        if not path.exists():
            raise InputError(
                f"{path}: there is no such folder of scenes", "Check the path, or mount the disk."
            )


def _emptied(settings: DetectSettings) -> InputError:
    paths = ", ".join(str(path) for path in settings.scenes)
    return InputError(
        f"{paths}: holds no complete scene, and an earlier run saw scenes there",
        "Is the disk mounted? The product stays as it is.",
    )
