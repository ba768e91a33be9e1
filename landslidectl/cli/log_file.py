"""What happens, in a log file: as lines for people or as JSON, with tracebacks of our errors."""

import dataclasses
import os
import re
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from landslidectl import __version__
from landslidectl.cli.options import PREFIX
from landslidectl.cli.output import clean, json_text, say_warning
from landslidectl.errors import LandslidectlError
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
from landslidectl.files.logbook import Logbook

NAME = "landslidectl.log"
NO_LOG = "none"
FILE_VARIABLE = f"{PREFIX}LOG_FILE"
FORMAT_VARIABLE = f"{PREFIX}LOG_FORMAT"
LONGEST_NOTE = 500
META = "landslidectl.log"


class LogFormat(StrEnum):
    """How records are written."""

    TEXT = "text"
    JSON = "json"


class Log:
    """The log of one command.

    Parameters
    ----------
    path : Path or None
        Where it is written; None: nowhere.
    form : LogFormat
    asked_for : bool
        Whether the user named the file: only then it is worth a warning that it cannot be written.
    """

    def __init__(
        self, path: Path | None, form: LogFormat = LogFormat.TEXT, asked_for: bool = False
    ) -> None:
        self.path, self.form, self._asked_for = path, form, asked_for
        self._book = self._opened()
        self._began: float | None = None

    def redirect(self, path: Path | None, form: LogFormat) -> None:
        """Write what follows elsewhere, since the user says so."""
        self.path, self.form, self._asked_for = path, form, True
        self._book = self._opened()

    def _opened(self) -> Logbook | None:
        return None if self.path is None else Logbook(self.path, self._warn)

    def begin(self, command: str, catalog: Path) -> None:
        """Record that a command begins its work."""
        self._began = time.monotonic()
        program = f"landslidectl {__version__}"
        facts = {"command": command, "version": __version__, "catalog": str(catalog)}
        self.write("info", f"began: {command} ({program}, catalog {catalog})", "began", **facts)

    def end(self, exit_code: int) -> None:
        """Record how a command ended that had begun its work."""
        if self._began is None:
            return
        seconds = round(time.monotonic() - self._began, 1)
        level = "info" if exit_code == 0 else "error"
        message = f"ended: exit code {exit_code} after {seconds:.1f} s"
        self.write(level, message, "ended", exit_code=exit_code, seconds=seconds)

    def failure(self, error: LandslidectlError) -> None:
        """Record an error that the user is told of."""
        text = f"{error.message} {error.hint}".strip()
        self.write("error", text, "error", exit_code=error.exit_code)

    def bug(self, error: BaseException) -> Path | None:
        """Record an error that nobody foresaw, with its traceback, and return where it is.

        Where the log cannot be written the traceback goes into the temporary folder.
        """
        import tempfile  # noqa: PLC0415  (--help stays quick)
        import traceback  # noqa: PLC0415

        trace = "".join(traceback.format_exception(error))
        message = f"{type(error).__name__}: {error}"
        if self.write("error", message, "error", traceback=trace) and self.path:
            return self.path
        try:
            number, name = tempfile.mkstemp(prefix="landslidectl-error-", suffix=".txt")
            with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"landslidectl {__version__}\n{trace}")
        except OSError:
            return None
        return Path(name)

    def write(self, level: str, message: str, kind: str, /, **facts: Any) -> bool:
        """Write one record; False when it is lost."""
        if self._book is None:
            return False
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self.form is LogFormat.JSON:
            record = {"ts": stamp, "level": level, "pid": os.getpid(), "type": kind}
            return self._book.append(json_text({**record, "message": message, **facts}) + "\n")
        lines = [f"{stamp} {os.getpid()} {level:<7} {clean(message)}"]
        lines += [f"    {clean(line)}" for line in facts.get("traceback", "").splitlines()]
        return self._book.append("\n".join(lines) + "\n")

    def listening(self, reporter: Reporter) -> Reporter:
        """Return a reporter that also writes what it hears into the log."""

        def both(event: ProgressEvent) -> None:
            self._hear(event)
            reporter(event)

        return both

    def _hear(self, event: ProgressEvent) -> None:
        match event:
            case StepStarted():
                self.write("info", f"{event.title} ...", "step_started", step=event.step)
            case StepFinished():
                how = "already done" if event.skipped else f"{event.seconds:.1f} s"
                detail = f" ({event.detail})" if event.detail else ""
                facts = {"step": event.step, "seconds": event.seconds, "skipped": event.skipped}
                self.write("info", f"{event.step}: {how}{detail}", "step_finished", **facts)
            case Warned():
                self.write("warning", event.message, "warned", code=event.code)
            case SceneRefused():
                facts = {"path": event.path, "reason": event.reason}
                words = f"not used: {event.path}: {event.reason}"
                self.write("warning", words, "scene_refused", **facts)
            case ArtefactWritten():
                facts = {"path": event.path, "kind": event.kind}
                self.write("info", f"wrote {event.path}", "artefact_written", **facts)
            case StepAdvanced():
                pass
            case other:
                self._note(other)

    def _note(self, event: Any) -> None:
        """Write a record of a kind that has no words here, in short."""
        values = dataclasses.asdict(event).items()
        told = ", ".join(f"{name} {value}" for name, value in values)[:LONGEST_NOTE]
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        self.write("info", f"{kind.replace('_', ' ')}: {told}", kind)

    def _warn(self, error: OSError) -> None:
        if self._asked_for:
            reason = error.strerror or str(error)
            say_warning(
                f"the log {self.path} cannot be written: {reason}; the work goes on without"
            )


def opened_log() -> Log:
    """Return the log that variables ask for, else the one in the user's state folder."""
    named = os.environ.get(FILE_VARIABLE)
    wanted = os.environ.get(FORMAT_VARIABLE, "")
    form = LogFormat(wanted) if wanted in list(LogFormat) else LogFormat.TEXT
    if named:
        return Log(log_path(named), form, asked_for=True)
    return Log(default_log_path(), form)


def default_log_path() -> Path | None:
    """Return where the log is kept unless somebody says otherwise; None without a home folder."""
    import platformdirs  # noqa: PLC0415

    folder = Path(platformdirs.user_state_dir("landslidectl", appauthor=False))
    return folder / NAME if folder.is_absolute() else None


def log_path(named: str) -> Path | None:
    """Return the file that a user names; the word ``none`` names none."""
    return None if named == NO_LOG else Path(named).absolute()


def log_of(context: typer.Context) -> Log:
    """Return the log of the command that runs."""
    found = context.meta.get(META)
    return found if isinstance(found, Log) else Log(None)
