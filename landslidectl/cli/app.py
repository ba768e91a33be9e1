"""The program's entry: the commands, and the one place where errors become messages and codes."""

import os
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer

from landslidectl import __version__
from landslidectl.cli import (
    catalog_commands,
    compare_command,
    config_command,
    docs_command,
    doctor_command,
    evaluate_command,
    export_command,
    job_commands,
    model_commands,
    plan_command,
    review_command,
    scene_commands,
    train_command,
    trial_commands,
    upkeep_commands,
    verify_command,
    watch_command,
)
from landslidectl.cli.flags import Group
from landslidectl.cli.log_file import META, Log, opened_log
from landslidectl.cli.output import (
    drop_stdout,
    flush_results,
    is_closed_pipe,
    lost_output,
    say_error,
    unfit_start_file,
)
from landslidectl.cli.stream import json_ending
from landslidectl.errors import Interrupted, LandslidectlError, ReaderGone, UsageError
from landslidectl.files.gdal_environment import drop_foreign_variables
from landslidectl.jobs.signals import stoppable

NAME = "landslidectl"
BUG_CODE = LandslidectlError.exit_code
STREAMING = ("detect", "ingest", "stack", "watch-once", "demo", "simulate", "train")
"""Commands whose ``--json`` is a stream of records; that of the others is one document."""

OVERVIEW = """Map probable landslides from Sentinel-1 radar scenes, offline.

Try it without any data:

    landslidectl demo

Map an event:

    landslidectl detect scenes/ --event 2018-09-05T18:07:59Z --aoi aoi.geojson --dem dem/ -o out/

Look at what a scene is:

    landslidectl info scenes/S1A_IW_GRDH_1SDV_....zip
"""


class ErrorBoundary(Group):
    """Turn exceptions into one message, a hint and an exit code, for every command below."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what happens to it goes into its log too."""
        log = ctx.meta[META] = opened_log()
        code = 0
        try:
            with stoppable():
                result = super().invoke(ctx)
        except typer.Exit as end:
            code = end.exit_code
            raise
        except ReaderGone as error:
            code = error.exit_code
            log.failure(error)
            raise typer.Exit(code) from error
        except LandslidectlError as error:
            code = error.exit_code
            log.failure(error)
            say_error(error.message, error.hint)
            raise typer.Exit(code) from error
        except (typer.Abort, KeyboardInterrupt, EOFError):
            code = Interrupted.exit_code
            raise
        except Exception as error:
            code = BUG_CODE
            if _is_usage(error):
                _end_stream(ctx, error)
                raise
            if isinstance(error, OSError) and is_closed_pipe(error):
                log.write("error", "whoever read the output closed it", "error", exit_code=code)
                raise
            _report_bug(error, log)
            raise typer.Exit(code) from error
        else:
            return result
        finally:
            log.end(code)


app = typer.Typer(
    name=NAME,
    help=OVERVIEW,
    cls=ErrorBoundary,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
job_commands.add_to(app)
trial_commands.add_to(app)
plan_command.add_to(app)
watch_command.add_to(app)
scene_commands.add_to(app)
verify_command.add_to(app)
compare_command.add_to(app)
evaluate_command.add_to(app)
review_command.add_to(app)
export_command.add_to(app)
model_commands.add_to(app)
train_command.add_to(app)
catalog_commands.add_to(app)
config_command.add_to(app)
upkeep_commands.add_to(app)
doctor_command.add_to(app)
docs_command.add_to(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"landslidectl {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the program and end the process with its exit code."""
    dropped = drop_foreign_variables()
    _prepare_streams()
    code = _run(dropped)
    try:
        flush_results()
    except LandslidectlError as error:
        code = _ended(error)
    sys.exit(code)


def _run(dropped: dict[str, str]) -> int:
    try:
        # the name that scripts of completion ask for, whatever file was started
        app(obj=dropped, prog_name=NAME)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (OSError, UnicodeError) as error:
        if isinstance(error, UnicodeError) or error.filename is not None:
            return _ended(unfit_start_file(error))
        # the help and other words of Typer itself
        drop_stdout()
        if is_closed_pipe(error):
            return 0
        return _ended(lost_output(error))
    return 0


def _ended(error: LandslidectlError) -> int:
    say_error(error.message, error.hint)
    return error.exit_code


def _prepare_streams() -> None:
    """Write UTF-8 whatever the locale; a name that cannot be shown must not end a job.

    A program without a console, as Windows may start it, has no streams at all.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(descriptor, "w", encoding="utf-8"))
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _end_stream(ctx: Any, error: Any) -> None:
    """Close the stream of a command that was not even understood, for whoever reads it."""
    if ctx.invoked_subcommand not in STREAMING or "--json" not in sys.argv:
        return
    wrong = UsageError(error.format_message())
    with suppress(LandslidectlError), json_ending(wanted=True):
        raise wrong


def _is_usage(error: Exception) -> bool:
    """Tell whether Typer itself will show this one; its classes have moved between releases."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _report_bug(error: Exception, log: Log) -> None:
    """Write the traceback into the log, and tell the user where it is."""
    path = log.bug(error)
    hint = (
        f"The details are in {path}; please report it."
        if path
        else "The details could not be saved: name a file with LANDSLIDECTL_LOG_FILE, run the same "
        "command again, and please report it."
    )
    say_error(f"an unexpected error: {type(error).__name__}: {error}", hint)
