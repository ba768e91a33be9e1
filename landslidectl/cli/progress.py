"""Render progress: bars on a terminal, a line a step otherwise, JSON lines for programs."""

import dataclasses
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from landslidectl.cli.output import clean, say, say_warning, write_json_line
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

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 60.0
JSON_EVERY_S = 1.0
TELL_SECONDS_BELOW_S = 100.0
TELL_MINUTES_BELOW_S = 5400.0


@contextmanager
def reporting(json_lines: bool, quiet: bool, verbose: bool) -> Iterator[Reporter]:
    """Give the reporter that fits the terminal and the options."""
    if json_lines:
        yield JsonReporter()
    elif quiet:
        yield QuietReporter()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _bars() as progress:
            yield BarReporter(progress, verbose)
    else:
        yield LineReporter(verbose)


class QuietReporter:
    """Tell of what went wrong and of nothing else."""

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        if isinstance(event, Warned):
            say_warning(event.message)
        elif isinstance(event, SceneRefused):
            say_warning(refusal_words(event))


class LineReporter:
    """Write one line when a step begins and one when it ended, and one a minute between.

    Parameters
    ----------
    verbose : bool
        Also tell of every file.
    clock : callable
        Seconds; for tests.
    """

    def __init__(self, verbose: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._verbose = verbose
        self._clock = clock
        self._quiet = QuietReporter()
        self._running: dict[str, tuple[StepStarted, float]] = {}

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        match event:
            case StepStarted():
                self._running[event.step] = (event, self._clock())
            case StepAdvanced():
                self._advance(event)
            case StepFinished():
                started, _ = self._running.pop(event.step, (None, 0.0))
                say(finish_words(event, started.title if started else event.step))
            case ArtefactWritten():
                if self._verbose:
                    say(f"  wrote {clean(event.path)}")
            case Warned() | SceneRefused():
                self._quiet(event)

    def _advance(self, event: StepAdvanced) -> None:
        started, told = self._running.get(event.step, (None, 0.0))
        now = self._clock()
        if started is not None and now - told >= LINE_EVERY_S:
            left = f", {time_left_words(event.left_s)}" if event.left_s is not None else ""
            say(f"  {clean(started.title)}: {event.done} of {started.total} {started.unit}{left}")
            self._running[event.step] = (started, now)


class BarReporter:
    """Draw a bar for the steps that run, and leave a line for each that ended.

    Parameters
    ----------
    progress : rich.progress.Progress
        Already started.
    verbose : bool
        Also tell of every file.
    """

    def __init__(self, progress: "Progress", verbose: bool) -> None:
        self._progress = progress
        self._verbose = verbose
        self._tasks: dict[str, tuple[TaskID, StepStarted]] = {}

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        match event:
            case StepStarted():
                self._drop(event.step)
                total = event.total or None
                task = self._progress.add_task(clean(event.title), total=total, left="")
                self._tasks[event.step] = (task, event)
            case StepAdvanced():
                if event.step in self._tasks:
                    left = "" if event.left_s is None else time_left_words(event.left_s)
                    task, _ = self._tasks[event.step]
                    self._progress.update(task, completed=event.done, left=left)
            case StepFinished():
                started = self._drop(event.step)
                self._print(finish_words(event, started.title if started else event.step))
            case ArtefactWritten():
                if self._verbose:
                    self._print(f"  wrote {clean(event.path)}")
            case Warned():
                self._print(f"Warning: {clean(event.message)}")
            case SceneRefused():
                self._print(f"Warning: {clean(refusal_words(event))}")

    def _drop(self, step: str) -> StepStarted | None:
        task, started = self._tasks.pop(step, (None, None))
        if task is not None:
            self._progress.remove_task(task)
        return started

    def _print(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


class JsonReporter:
    """Write every record as one JSON object a line; advances at most once a second a step.

    Parameters
    ----------
    clock : callable
        Seconds; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        if isinstance(event, StepAdvanced):
            now = self._clock()
            if now - self._told.get(event.step, -JSON_EVERY_S) < JSON_EVERY_S:
                return
            self._told[event.step] = now
        write_json_line({"type": event_type(event), "ts": _now(), **dataclasses.asdict(event)})


def event_type(event: ProgressEvent) -> str:
    """Return the name of a record in JSON, such as ``step_started``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


def finish_words(event: StepFinished, title: str) -> str:
    """Return one line about a finished step; what its title says is not said again."""
    how = "already done" if event.skipped else f"{event.seconds:.1f} s"
    detail = f" ({clean(event.detail)})" if event.detail and event.detail not in title else ""
    return f"{clean(title)}: {how}{detail}"


def time_left_words(seconds: float) -> str:
    """Return in words how long a step will still take, no finer than it can be known."""
    if seconds < TELL_SECONDS_BELOW_S:
        return f"about {max(round(seconds / 5), 1) * 5} s left"
    if seconds < TELL_MINUTES_BELOW_S:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def refusal_words(event: SceneRefused) -> str:
    """Return one line about a refused scene, its path named once."""
    path, reason = event.path, event.reason.removeprefix(f"{event.path}: ")
    return f"not used: {path}: {reason}"


def summary_line(exit_code: int, **facts: Any) -> None:
    """Write the last line of a JSON stream."""
    write_json_line({"type": "summary", "ts": _now(), "exit_code": exit_code, **facts})


def error_line(message: str, hint: str, exit_code: int) -> None:
    """Write an error into a JSON stream."""
    write_json_line(
        {
            "type": "error",
            "ts": _now(),
            "message": message,
            "hint": hint,
            "exit_code": exit_code,
        }
    )


@contextmanager
def _bars() -> Iterator["Progress"]:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


def _now() -> str:
    from landslidectl.catalog.records import utc_text  # noqa: PLC0415

    return utc_text()
