"""``watch-once``: what ``detect`` does, when there is something new; for cron and its like."""

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.borrowed import with_options_of
from landslidectl.cli.config import Values, wrong
from landslidectl.cli.job_commands import WORK, detect, end
from landslidectl.cli.output import say
from landslidectl.cli.resolve import detect_settings, given_values
from landslidectl.cli.session import catalog_path, command_line, run_job
from landslidectl.cli.stream import JsonStream, json_ending

if TYPE_CHECKING:
    from landslidectl.jobs.settings import DetectSettings
    from landslidectl.jobs.watch import Watched

WATCH_HELP = """Map what is new in a folder of scenes, and end. For cron and other clocks.

    landslidectl watch-once scenes/ --config event.toml

The options are those of detect. Nothing new since the last finished run with these settings is a
success and takes a moment. Scenes that are still being copied are left for the next time. A second
run in the same output folder ends with code 9, or waits as --wait says.
"""
Settle = Annotated[
    float | None,
    typer.Option(
        help="Leave scenes alone that changed within so many seconds; 0 if they appear whole. "
        "Default: 60.",
        envvar=f"{options.PREFIX}SETTLE",
        rich_help_panel=options.RUN,
        metavar="SECONDS",
    ),
]
SETTLE = inspect.Parameter(
    "settle", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Settle
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch-once", help=WATCH_HELP, rich_help_panel=WORK)(watch_once)


@with_options_of(detect, without=["dry_run"], more=[SETTLE])
def watch_once(context: typer.Context, **_: Any) -> None:
    """Map what is new."""
    flags = context.params
    with json_ending(flags["json_lines"]) as stream:
        from landslidectl.jobs.watch import SETTLE_S, watch_once  # noqa: PLC0415

        values = given_values(context, "detect")
        settings = replace(detect_settings(values, command_line()), verbose=flags["verbose"])
        settle_s = _settle_s(values, SETTLE_S)
        watched = run_job(
            context,
            stream,
            catalog_path(values),
            lambda reporter, opened: watch_once(settings, settle_s, reporter, opened),
        )
    if watched.result is not None:
        end(watched.result, stream, flags["quiet"])
    _tell_standing(watched, settings, stream, flags["quiet"])


def _settle_s(values: Values, otherwise: float) -> float:
    if "settle" not in values:
        return otherwise
    given = values["settle"]
    if not given.value >= 0.0:
        raise wrong(given, f"settle: must be 0 seconds or more, found {given.value:g}", "")
    return float(given.value)


def _tell_standing(
    watched: "Watched", settings: "DetectSettings", stream: JsonStream | None, quiet: bool
) -> None:
    """Say why there was nothing to do."""
    assert watched.standing is not None, "no job was run"
    if stream is not None:
        facts = {"output": str(settings.output), "since_job": watched.since_job}
        stream.summary(0, watched.standing.value, message=watched.message, **facts)
    elif not quiet and watched.message:
        say(f"Waiting for more scenes: {watched.message}")
    elif not quiet:
        say(f"Nothing new since job {watched.since_job}.")
