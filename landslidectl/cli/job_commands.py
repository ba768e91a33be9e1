"""``detect``, ``ingest`` and ``stack``: commands that do the work."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from landslidectl.cli import options
from landslidectl.cli.output import write_facts, write_line
from landslidectl.cli.resolve import (
    detect_settings,
    given_values,
    ingest_settings,
    stack_settings,
)
from landslidectl.cli.session import catalog_path, command_line, run_job
from landslidectl.cli.stream import JsonStream, json_ending

if TYPE_CHECKING:
    from landslidectl.jobs.result import JobResult

WORK = "Work"
FIRST = {"page": "open first", "report": "in a browser"}
DETECT_HELP = """Map probable landslides: scenes in, a product folder out.

    landslidectl detect scenes/ --event 2018-09-05T18:07:59Z --aoi aoi.geojson --dem dem/ -o out/

A sequence of shocks, the first and the last:

    landslidectl detect scenes/ --event 2016-08-24T01:36:32Z --event 2016-10-30T06:40:18Z ...

With event, AOI, DEM and output in scenes/landslidectl.toml:

    landslidectl detect scenes/ --model resnet

The same command again goes on where it stopped, and takes in scenes that are new. Flags win over
LANDSLIDECTL_ variables, variables over landslidectl.toml.
"""
INGEST_HELP = """Calibrate scenes and put them on one map grid, without an event.

    landslidectl ingest scenes/ --aoi aoi.geojson --dem dem/ -o out/
"""
STACK_HELP = """Build the pre- and post-event stack of every track, without scoring it.

    landslidectl stack scenes/ --event 2018-09-05T18:07:59Z --aoi aoi.geojson --dem dem/ -o out/
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("detect", help=DETECT_HELP, rich_help_panel=WORK)(detect)
    app.command("ingest", help=INGEST_HELP, rich_help_panel=WORK)(ingest)
    app.command("stack", help=STACK_HELP, rich_help_panel=WORK)(stack)


def detect(  # noqa: PLR0913  (the options of a command are its parameters)
    context: typer.Context,
    *,
    scenes: options.Scenes = None,
    aoi: options.Aoi = None,
    bbox: options.Bbox = None,
    polarisations: options.Polarisations = None,
    dem: options.Dem = None,
    dem_vertical: options.DemVertical = None,
    no_dem: options.NoDem = None,
    event: options.Event = None,
    event_name: options.EventName = None,
    event_id: options.EventId = None,
    glide: options.Glide = None,
    pre_days: options.PreDays = None,
    post_days: options.PostDays = None,
    extend_post: options.ExtendPost = None,
    min_pre: options.MinPre = None,
    min_post: options.MinPost = None,
    orbits: options.Orbits = None,
    radiometry: options.RadiometryName = None,
    speckle: options.SpeckleName = None,
    model: options.ModelName = None,
    models_dir: options.ModelsDir = None,
    device: options.DeviceName = None,
    threshold: options.Threshold = None,
    high_threshold: options.HighThreshold = None,
    stride: options.Stride = None,
    min_area: options.MinArea = None,
    min_slope: options.MinSlope = None,
    max_slope: options.MaxSlope = None,
    min_steepness: options.MinSteepness = None,
    land_cover: options.LandCover = None,
    land_cover_legend: options.LandCoverLegend = None,
    output: options.Output = None,
    overwrite: options.Overwrite = None,
    format: options.Formats = None,
    composites: options.Composites = None,
    catalog: options.CatalogFile = None,
    threads: options.Threads = None,
    max_memory: options.MaxMemory = None,
    wait: options.Wait = None,
    log_file: options.LogFile = None,
    log_format: options.LogFormatName = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Run the whole job; the parameters reach it through the context, with where they came from."""
    if dry_run:
        from landslidectl.cli.plan_command import show_plan  # noqa: PLC0415

        show_plan(context)
    with json_ending(json_lines) as stream:
        values = given_values(context)
        settings = replace(detect_settings(values, command_line()), verbose=verbose)
        from landslidectl.jobs.run import run_detect  # noqa: PLC0415

        result = run_job(
            context,
            stream,
            catalog_path(values),
            lambda reporter, opened: run_detect(settings, reporter, opened),
        )
    end(result, stream, quiet)


def ingest(  # noqa: PLR0913
    context: typer.Context,
    *,
    scenes: options.Scenes = None,
    aoi: options.Aoi = None,
    bbox: options.Bbox = None,
    polarisations: options.Polarisations = None,
    dem: options.Dem = None,
    dem_vertical: options.DemVertical = None,
    no_dem: options.NoDem = None,
    orbits: options.Orbits = None,
    radiometry: options.RadiometryName = None,
    output: options.Output = None,
    overwrite: options.Overwrite = None,
    catalog: options.CatalogFile = None,
    threads: options.Threads = None,
    max_memory: options.MaxMemory = None,
    wait: options.Wait = None,
    log_file: options.LogFile = None,
    log_format: options.LogFormatName = None,
    config: options.Config = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Geocode every scene."""
    with json_ending(json_lines) as stream:
        values = given_values(context)
        settings = ingest_settings(values, command_line())
        from landslidectl.jobs.run import run_ingest  # noqa: PLC0415

        result = run_job(
            context,
            stream,
            catalog_path(values),
            lambda reporter, opened: run_ingest(settings, reporter, opened),
        )
    end(result, stream, quiet)


def stack(  # noqa: PLR0913
    context: typer.Context,
    *,
    scenes: options.Scenes = None,
    aoi: options.Aoi = None,
    bbox: options.Bbox = None,
    polarisations: options.Polarisations = None,
    dem: options.Dem = None,
    dem_vertical: options.DemVertical = None,
    no_dem: options.NoDem = None,
    event: options.Event = None,
    pre_days: options.PreDays = None,
    post_days: options.PostDays = None,
    extend_post: options.ExtendPost = None,
    min_pre: options.MinPre = None,
    min_post: options.MinPost = None,
    orbits: options.Orbits = None,
    radiometry: options.RadiometryName = None,
    speckle: options.SpeckleName = None,
    output: options.Output = None,
    overwrite: options.Overwrite = None,
    catalog: options.CatalogFile = None,
    threads: options.Threads = None,
    max_memory: options.MaxMemory = None,
    wait: options.Wait = None,
    log_file: options.LogFile = None,
    log_format: options.LogFormatName = None,
    config: options.Config = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Build stacks."""
    with json_ending(json_lines) as stream:
        values = given_values(context)
        settings = stack_settings(values, command_line())
        from landslidectl.jobs.run import run_stack  # noqa: PLC0415

        result = run_job(
            context,
            stream,
            catalog_path(values),
            lambda reporter, opened: run_stack(settings, reporter, opened),
        )
    end(result, stream, quiet)


def end(result: "JobResult", stream: JsonStream | None, quiet: bool) -> None:
    """Tell the result and end with its code."""
    if stream is not None:
        stream.summary(result.exit_code, **result.as_json())
    elif not quiet:
        _show_result(result)
    raise typer.Exit(result.exit_code)


def _show_result(result: "JobResult") -> None:
    for line in result.told():
        write_line(line)
    write_line()
    write_facts(_places(result.files))
    write_line(f"\nThe record of this job: landslidectl jobs show {result.job_id}")


def _places(files: Mapping[str, str]) -> dict[str, str]:
    """Return where the files are, their folder once when they share one."""
    folders = {str(Path(path).parent) for path in files.values()}
    if len(folders) != 1:
        return dict(files)
    names = {FIRST.get(kind, kind): Path(path).name for kind, path in files.items()}
    return {"folder": folders.pop(), **names}
