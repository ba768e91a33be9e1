"""The JSON form of a running command: one record a line, and a summary as the last one, always.

The records are those of `landslidectl.events`, then perhaps an ``error``, then the ``summary``.
Their form is published in ``assets/schemas/events.schema.json``; fields may be added, none is taken
away.
"""

import dataclasses
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from landslidectl.cli.output import write_json_line
from landslidectl.errors import STOPPED, LandslidectlError, ReaderGone
from landslidectl.events import (
    JobStarted,
    ProgressEvent,
    SceneLeft,
    SceneRefused,
    StepAdvanced,
    StepFinished,
    Warned,
)
from landslidectl.jobs.signals import stoppable
from landslidectl.terms import JobStatus

JSON_EVERY_S = 1.0


@dataclass(slots=True)
class Tally:
    """What a stream has told so far, for the summary of a command that does not come to its end."""

    job_id: str | None = None
    output: str | None = None
    steps_done: int = 0
    steps_skipped: int = 0
    warnings: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)

    def count(self, event: ProgressEvent) -> None:
        """Take one record in."""
        match event:
            case JobStarted():
                self.job_id, self.output = event.job_id, event.output
            case StepFinished():
                self.steps_skipped += event.skipped
                self.steps_done += not event.skipped
            case Warned():
                self.warnings.append(event.message)
            case SceneRefused():
                # whether that fails the job is known at the end of one that makes its outputs
                self.refused.append({"name": event.path, "reason": event.reason, "failure": None})
            case SceneLeft():
                self.left.append({"path": event.path, "reason": event.reason})
            case _:
                pass


class JsonStream:
    """Write every record as one JSON object a line; advances at most once a second a step.

    Parameters
    ----------
    clock : callable
        Seconds; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._told: dict[str, float] = {}
        self._tally = Tally()

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        self._tally.count(event)
        if isinstance(event, StepAdvanced):
            now = self._clock()
            if now - self._told.get(event.step, -JSON_EVERY_S) < JSON_EVERY_S:
                return
            self._told[event.step] = now
        self._write(event_type(event), dataclasses.asdict(event))

    def error(self, message: str, hint: str, exit_code: int) -> None:
        """Tell what ended the command."""
        self._write("error", {"message": message, "hint": hint, "exit_code": exit_code})

    def summary(self, exit_code: int, status: str, **facts: Any) -> None:
        """Write the last line: how it ended, what was counted, and what the command has to add."""
        counted = dataclasses.asdict(self._tally)
        seconds = round(self._clock() - self._began, 3)
        ended = {"exit_code": exit_code, "status": status, "message": ""}
        self._write("summary", ended | counted | {"files": {}, "seconds": seconds} | facts)

    def _write(self, kind: str, facts: Mapping[str, Any]) -> None:
        head = {"type": kind, "ts": _now(), "job_id": self._tally.job_id}
        write_json_line(head | dict(facts))


@contextmanager
def json_ending(wanted: bool) -> Iterator[JsonStream | None]:
    """Give the JSON stream if it is wanted, and close it with error and summary on any failure."""
    if not wanted:
        yield None
        return
    stream = JsonStream()
    try:
        with stoppable():
            yield stream
    except ReaderGone:
        raise
    except LandslidectlError as error:
        _close(stream, error, error.message, error.hint)
        raise
    except Exception as error:
        _close(stream, error, f"{type(error).__name__}: {error}", "")
        raise


def event_type(event: ProgressEvent) -> str:
    """Return the name of a record in JSON, such as ``step_started``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


def _close(stream: JsonStream, error: Exception, message: str, hint: str) -> None:
    code = getattr(error, "exit_code", LandslidectlError.exit_code)
    status = JobStatus.INTERRUPTED if isinstance(error, STOPPED) else JobStatus.FAILED
    # an output that cannot be written is told on standard error, by the error itself
    with suppress(LandslidectlError):
        stream.error(message, hint, code)
        stream.summary(code, status.value, message=message)


def _now() -> str:
    from landslidectl.catalog.records import utc_text  # noqa: PLC0415

    return utc_text()
