"""Render progress: bars on a terminal, a line a step otherwise, JSON lines for programs."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from landslidectl.cli.output import clean, is_lively, say, say_warning
from landslidectl.cli.stream import JsonStream
from landslidectl.events import (
    ArtefactWritten,
    LockAwaited,
    ProgressEvent,
    Reporter,
    SceneLeft,
    SceneRefused,
    StacksPlanned,
    StepAdvanced,
    StepFinished,
    StepStarted,
    Warned,
)

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 60.0
TELL_SECONDS_BELOW_S = 100.0
TELL_MINUTES_BELOW_S = 5400.0


@contextmanager
def reporting(stream: JsonStream | None, quiet: bool, verbose: bool) -> Iterator[Reporter]:
    """Give the reporter that fits the terminal and the options: the JSON stream where there is one.

    Bars are drawn only on terminals that can move back in a line.
    """
    if stream is not None:
        yield stream
    elif quiet:
        yield QuietReporter()
    elif is_lively(sys.stderr):
        with _bars() as progress:
            yield BarReporter(progress, verbose)
    else:
        yield LineReporter(verbose)


class QuietReporter:
    """Tell of what went wrong and of nothing else."""

    def __call__(self, event: ProgressEvent) -> None:
        """Take one record."""
        if words := warning_words(event):
            say_warning(words)


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
            case Warned() | SceneRefused():
                self._quiet(event)
            case _:
                if words := news_words(event, self._verbose):
                    say(words)

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
            case _:
                if words := news_words(event, self._verbose):
                    self._print(words)

    def _drop(self, step: str) -> StepStarted | None:
        task, started = self._tasks.pop(step, (None, None))
        if task is not None:
            self._progress.remove_task(task)
        return started

    def _print(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


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


def news_words(event: ProgressEvent, verbose: bool) -> str:
    """Return one line about what a bar does not show; empty where there is nothing to say."""
    match event:
        case LockAwaited():
            return clean(event.message)
        case StacksPlanned():
            unused = f", {event.unused} not used" if event.unused else ""
            return f"{event.scenes} scenes on {', '.join(event.tracks)}{unused}"
        case SceneLeft():
            reason = event.reason.removeprefix(f"{event.path}: ")
            return f"left for the next run: {clean(event.path)}: {clean(reason)}"
        case ArtefactWritten():
            return f"  wrote {clean(event.path)}" if verbose else ""
        case _:
            words = warning_words(event)
            return f"Warning: {clean(words)}" if words else ""


def warning_words(event: ProgressEvent) -> str:
    """Return what went wrong in one line, a path named once; empty where nothing did."""
    match event:
        case Warned():
            return event.message
        case SceneRefused():
            return f"not used: {event.path}: {event.reason.removeprefix(f'{event.path}: ')}"
        case _:
            return ""


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
    from rich.table import Column  # noqa: PLC0415

    # names of scenes are long: where there is no room, they and not the figures are cut
    name = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=name),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        yield progress
