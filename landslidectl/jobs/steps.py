"""Steps with keys: what is recorded as done, and still is what was recorded, is not done again."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from landslidectl import __version__
from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import OutputRecord, StepOutcome, StepRecord
from landslidectl.errors import STOPPED, LandslidectlError
from landslidectl.events import (
    ArtefactWritten,
    ProgressEvent,
    Reporter,
    SceneRefused,
    StepAdvanced,
    StepFinished,
    StepStarted,
    Warned,
)
from landslidectl.files.hashing import file_digest, stable_key

T = TypeVar("T")

STAGES = ("files", "sentinel1", "terrain", "stack", "inference", "detection", "products")


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """What a step made: the value, how to take it up later, and the files it stands on.

    Parameters
    ----------
    value : T
        Handed to the next step.
    record : mapping
        JSON-ready; ``Step.revive`` makes the value of it again.
    files : sequence of (path, kind)
        Every file the value needs.
    detail : str
        One phrase for the log, such as ``3,200 windows``.
    """

    value: T
    record: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[tuple[Path, str]] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One piece of work and everything that its result depends on.

    Parameters
    ----------
    name, title : str
        Short name for the catalog, and words for the user.
    depends_on : mapping
        JSON-ready: identities of inputs, keys of earlier steps, parameters, hashes of models.
    work : callable
        Does it, and tells the reporter it is given how far it is.
    revive : callable
        Makes the value of the record of an earlier run.
    """

    name: str
    title: str
    depends_on: Mapping[str, Any]
    work: Callable[[Reporter], Made[T]]
    revive: Callable[[Mapping[str, Any]], T]

    @property
    def key(self) -> str:
        """Return the name of this very piece of work."""
        return stable_key(
            {"step": self.name, "depends_on": self.depends_on, "code": code_version()}
        )


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The value of a finished step, with the key that later steps depend on."""

    value: T
    key: str
    skipped: bool


class Journal:
    """Run the steps of one job and record each.

    Parameters
    ----------
    catalog : Catalog
        Where steps are recorded and looked up.
    job_id : str
        The job they belong to.
    workspace : Path
        The output folder; work done for another folder is not taken up.
    reporter : Reporter
        Told of each step.
    """

    def __init__(self, catalog: Catalog, job_id: str, workspace: Path, reporter: Reporter) -> None:
        self.catalog = catalog
        self.job_id = job_id
        self.workspace = workspace.resolve()
        self.reporter = reporter

    def run(self, step: Step[T]) -> Done[T]:
        """Take the step's value from an earlier run, or do the work and record it.

        A failed step is recorded as failed; its exception goes on.
        """
        taken_up = self.take_up(step)
        if taken_up is not None:
            return taken_up
        key = step.key
        self.reporter(StepStarted(step.name, step.title))
        number = self.catalog.start_step(self.job_id, key, self.workspace, step.name)
        began = time.monotonic()
        inside = _Inside(step.name, step.title, self.reporter)
        try:
            made = step.work(inside)
            outputs = tuple(_output(path, kind) for path, kind in made.files)
        except STOPPED:
            raise  # the end of the job marks the step as interrupted
        except Exception as error:
            detail = error.message if isinstance(error, LandslidectlError) else repr(error)
            seconds = time.monotonic() - began
            with suppress(LandslidectlError):  # a full disk may not even take that
                self.catalog.finish_step(number, StepOutcome("failed", seconds, detail))
            raise
        seconds = time.monotonic() - began
        result = {"record": dict(made.record), "warnings": inside.warnings}
        outcome = StepOutcome("done", seconds, made.detail, result, outputs)
        self.catalog.finish_step(number, outcome)
        for output in outputs:
            self.reporter(ArtefactWritten(output.path, output.kind))
        self.reporter(StepFinished(step.name, seconds, made.detail))
        return Done(made.value, key, skipped=False)

    def note(self, name: str, key: str, record: Mapping[str, Any], detail: str) -> None:
        """Record what a later run may ask for, in place of what was noted under the key before."""
        number = self.catalog.start_step(self.job_id, key, self.workspace, name)
        result = {"record": dict(record), "warnings": []}
        self.catalog.finish_step(number, StepOutcome("done", 0.0, detail, result))

    def known(self, step: Step[T]) -> Mapping[str, Any] | None:
        """Return the record of an earlier run of the step, whether or not its files are left."""
        found = self.catalog.done_step(step.key, self.workspace)
        return None if found is None else found[0].result["record"]

    def retell(self, step: Step[T]) -> None:
        """Tell again what an earlier run of the step warned of."""
        found = self.catalog.done_step(step.key, self.workspace)
        if found is not None:
            self._retell(found[0])

    def take_up(self, step: Step[T]) -> Done[T] | None:
        """Take the step's value from an earlier run; None when it has to be done."""
        key = step.key
        found = self.catalog.done_step(key, self.workspace)
        if found is None:
            return None
        record, outputs = found
        if not all(unchanged(output) for output in outputs):
            return None
        self.reporter(StepStarted(step.name, step.title))
        value = step.revive(record.result["record"])
        self._record_skip(step.name, key, record)
        self._retell(record)
        self.reporter(StepFinished(step.name, 0.0, record.detail, skipped=True))
        return Done(value, key, skipped=True)

    def _retell(self, record: StepRecord) -> None:
        for message, code in record.result["warnings"]:
            self.reporter(Warned(message, code))

    def _record_skip(self, name: str, key: str, earlier: StepRecord) -> None:
        number = self.catalog.start_step(self.job_id, key, self.workspace, name)
        detail = f"done by job {earlier.job_id}"
        self.catalog.finish_step(number, StepOutcome("skipped", 0.0, detail, earlier.result))


class _Inside:
    """The reporter of a stage inside a step: its counts and warnings are the step's own."""

    def __init__(self, name: str, title: str, reporter: Reporter) -> None:
        self._name = name
        self._title = title
        self._reporter = reporter
        self.warnings: list[tuple[str, str]] = []

    def __call__(self, event: ProgressEvent) -> None:
        match event:
            case StepStarted():
                self._reporter(StepStarted(self._name, self._title, event.total, event.unit))
            case StepAdvanced():
                self._reporter(StepAdvanced(self._name, event.done))
            case StepFinished() | ArtefactWritten():
                pass  # the journal tells of both once they are recorded
            case Warned():
                self.warnings.append((event.message, event.code))
                self._reporter(event)
            case SceneRefused():
                self._reporter(event)


def unchanged(output: OutputRecord) -> bool:
    """Tell whether a recorded output still is what was written.

    Size and modification time decide; where only the time differs (a copied folder), the content
    does.
    """
    path = Path(output.path)
    try:
        state = path.stat()
    except OSError:
        return False
    if state.st_size != output.bytes:
        return False
    return state.st_mtime_ns == output.mtime_ns or file_digest(path) == output.sha256


def file_identity(path: Path) -> dict[str, Any]:
    """Return what tells one state of an input file or folder from another, without reading it all.

    Folders count with the names, sizes and times of the files below them.
    """
    if path.is_dir():
        files = sorted(item for item in path.rglob("*") if item.is_file())
        listing = [[item.relative_to(path).as_posix(), *_state(item)] for item in files]
        return {"name": path.name, "files": stable_key(listing)}
    return {"name": path.name, "state": _state(path)}


@cache
def code_version(rooms: tuple[str, ...] = STAGES) -> str:
    """Return the release and, where the source is at hand, a digest of the code of some rooms.

    The digest keeps a working copy from taking up what its older state made.
    """
    package = Path(__file__).resolve().parent.parent
    sources = sorted(path for room in rooms for path in (package / room).rglob("*.py"))
    if not sources:
        return __version__
    digest = stable_key(
        [[path.relative_to(package).as_posix(), file_digest(path)] for path in sources]
    )
    return f"{__version__}+{digest[:12]}"


def _state(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def _output(path: Path, kind: str) -> OutputRecord:
    state = path.stat()
    return OutputRecord(
        path=str(path.resolve()),
        kind=kind,
        sha256=file_digest(path),
        bytes=state.st_size,
        mtime_ns=state.st_mtime_ns,
    )
