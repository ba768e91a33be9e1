"""``plan``: what ``detect`` would do, with the options of ``detect``."""

from typing import TYPE_CHECKING, Any

import typer

from landslidectl.cli.borrowed import with_options_of
from landslidectl.cli.job_commands import WORK, detect
from landslidectl.cli.output import say_error, write_facts, write_json, write_line, write_table
from landslidectl.cli.progress import reporting
from landslidectl.cli.resolve import detect_settings, given_values
from landslidectl.cli.session import command_line

if TYPE_CHECKING:
    from landslidectl.jobs.plan import JobPlan
    from landslidectl.stack.plans import TrackPlan

NOT_FOR_PLANS = ("dry_run", "wait")
PLAN_HELP = """Show what detect would do: scenes, tracks, room and time. Nothing is written.

    landslidectl plan scenes/ --event 2018-09-05T18:07:59Z --aoi aoi.geojson --dem dem/ -o out/

The options are those of detect; detect --dry-run does the same. The exit code is 0 when the job
could start, else the one it would end with.
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", help=PLAN_HELP, rich_help_panel=WORK)(plan)


@with_options_of(detect, without=NOT_FOR_PLANS)
def plan(context: typer.Context, **_: Any) -> None:
    """Show a plan."""
    show_plan(context)


def show_plan(context: typer.Context) -> None:
    """Plan what the options of ``detect`` ask for, show it, and end with its code."""
    flags = context.params
    settings = detect_settings(given_values(context, "detect"), command_line())
    from landslidectl.jobs.plan import plan_detect  # noqa: PLC0415

    with reporting(None, flags["quiet"], flags["verbose"]) as reporter:
        found = plan_detect(settings, reporter)
    if flags["json_lines"]:
        write_json(found.as_json())
    else:
        _show(found)
    for obstacle in found.obstacles:
        say_error(obstacle.message, obstacle.hint)
    raise typer.Exit(found.exit_code)


def _show(plan: "JobPlan") -> None:
    rows = [_track_row(track) for track in plan.tracks]
    heads = ("track", "direction", "before", "after", "first before", "last after")
    write_table(heads, rows)
    for track in plan.tracks:
        write_line(f"\n{track.track}")
        for phase, side in (("before", track.pre), ("after", track.post)):
            for scene in side:
                write_line(f"  {phase:<6}  {scene.start:%Y-%m-%d %H:%M:%S}  {scene.scene_id}")
    if plan.refused:
        write_line("\nnot used")
        for item in plan.refused:
            write_line(f"  {item.name}: {item.reason}")
    write_line()
    write_facts(_facts(plan))


def _track_row(plan: "TrackPlan") -> tuple[str, str, int, int, str, str]:
    return (
        plan.track.name,
        plan.track.direction.value,
        len(plan.pre),
        len(plan.post),
        f"{plan.pre[0].start:%Y-%m-%d}",
        f"{plan.post[-1].start:%Y-%m-%d}",
    )


def _facts(plan: "JobPlan") -> dict[str, str]:
    needs, settings, grid = plan.needs, plan.settings, plan.grid
    release, version = plan.counters
    return {
        "area": f"{plan.area_km2:.1f} km2",
        "grid": f"{grid.rows} x {grid.cols} pixels of {grid.pixel_m:g} m, EPSG:{grid.epsg}",
        "model": f"{plan.model.name} {plan.model.version}",
        "threshold": f"{settings.threshold or plan.model.threshold:g}",
        "output": f"{settings.output}, release {release} version {version}",
        "disk": f"{needs.disk.total / 1e9:.1f} GB at most, {needs.free_bytes / 1e9:.1f} GB free",
        "memory": f"{needs.memory_mb} MB at most, {needs.threads} threads",
        "time": f"{needs.duration}, with nothing done yet",
    }
