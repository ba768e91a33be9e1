"""What a running job tells the outside: small records that a reporter renders, or drops.

Stages call a `Reporter` and never print. The command line renders the records as bars, as lines
or as JSON; a test collects them in a list.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job stands in the catalog under ``job_id`` and works for the folder ``output``."""

    job_id: str
    output: str


@dataclass(frozen=True, slots=True)
class LockAwaited:
    """The job waits for another one; ``message`` says for which."""

    message: str


@dataclass(frozen=True, slots=True)
class StacksPlanned:
    """``scenes`` scenes of ``tracks`` will make the stacks, ``unused`` others will not."""

    tracks: tuple[str, ...]
    scenes: int
    unused: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins; ``total`` units of ``unit`` will follow, 0 when unknown."""

    step: str
    title: str
    total: int = 0
    unit: str = "steps"


@dataclass(frozen=True, slots=True)
class StepAdvanced:
    """``done`` of the announced units are finished; ``left_s`` seconds follow, None if unknown."""

    step: str
    done: int
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step ended after ``seconds``; ``skipped`` when an earlier run had done it."""

    step: str
    seconds: float
    detail: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know; the job goes on."""

    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class SceneRefused:
    """One input was not used, and why; the job goes on."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SceneLeft:
    """One input is not complete yet, and why; the next run looks at it again."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArtefactWritten:
    """An output stands complete under its final name."""

    path: str
    kind: str


ProgressEvent = (
    JobStarted
    | LockAwaited
    | StacksPlanned
    | StepStarted
    | StepAdvanced
    | StepFinished
    | Warned
    | SceneRefused
    | SceneLeft
    | ArtefactWritten
)


class Reporter(Protocol):
    """Whoever wants to hear of progress."""

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""


def silent(event: ProgressEvent) -> None:
    """Drop the record; the default reporter of the library."""
    del event
