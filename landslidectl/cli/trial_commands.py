"""``demo`` and ``simulate``: commands that try the program on an event of its own making."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landslidectl.cli import options
from landslidectl.cli.output import write_facts, write_line, write_table
from landslidectl.cli.session import command_line, run_job
from landslidectl.cli.stream import json_ending
from landslidectl.terms import JobStatus

if TYPE_CHECKING:
    from landslidectl.jobs.demo import DemoReport

TRY = "Try it"
DEMO_SEED = 2018  # no model has seen this event; a test holds it
DEMO_HELP = """Simulate an event, map it, and compare with what was planted.

    landslidectl demo

    landslidectl demo my-folder --seed 7 --model cbam
"""
SIMULATE_HELP = """Write a simulated event: scenes, DEM, area of interest, planted landslides.

    landslidectl simulate event/

    landslidectl simulate calm/ --seed 3 --no-slides --tracks 2
"""

Seed = Annotated[int, typer.Option(help="Number that decides terrain, slides and speckle.")]
SizeKm = Annotated[float, typer.Option(help="Side of the simulated area, kilometres.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo", help=DEMO_HELP, rich_help_panel=TRY)(demo)
    app.command("simulate", help=SIMULATE_HELP, rich_help_panel=TRY)(simulate)


def demo(  # noqa: PLR0913
    context: typer.Context,
    *,
    folder: Annotated[Path, typer.Argument(help="Where everything goes.")] = Path(
        "landslides-demo"
    ),
    seed: Seed = DEMO_SEED,
    size_km: SizeKm = 8.0,
    model: options.ModelName = None,
    models_dir: options.ModelsDir = None,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Run the demo."""
    with json_ending(json_lines) as stream:
        from landslidectl.jobs.demo import DemoSettings, run_demo  # noqa: PLC0415

        settings = DemoSettings(
            folder, seed, size_km, model or "resnet", models_dir, command_line()
        )
        report = run_job(
            context, stream, catalog, lambda reporter, opened: run_demo(settings, reporter, opened)
        )
    if stream is not None:
        stream.summary(report.result.exit_code, **report.as_json())
    else:
        _show_demo(report)
    raise typer.Exit(report.result.exit_code)


def simulate(  # noqa: PLR0913
    *,
    folder: Annotated[Path, typer.Argument(help="Where the event is written.")],
    seed: Seed = 1,
    size_km: SizeKm = 8.0,
    slides: Annotated[
        bool, typer.Option("--slides/--no-slides", help="Plant landslides, or none.")
    ] = True,
    tracks: Annotated[
        int, typer.Option(help="1: a descending track. 2: an ascending one too.", min=1, max=2)
    ] = 1,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write an event."""
    from landslidectl.cli.progress import reporting  # noqa: PLC0415
    from landslidectl.jobs.demo import simulate_into  # noqa: PLC0415
    from landslidectl.simulation.spec import EventSpec  # noqa: PLC0415

    with json_ending(json_lines) as stream, reporting(stream, quiet, verbose) as reporter:
        spec = EventSpec(seed=seed, size_km=size_km, slides=slides, tracks=tracks)
        written = simulate_into(folder, spec, reporter)
    if stream is not None:
        stream.summary(0, JobStatus.SUCCEEDED.value, **written)
        return
    write_facts(written)
    write_line(f"\nNext: landslidectl detect {folder / 'scenes'}")


def _show_demo(report: "DemoReport") -> None:
    write_line(report.headline())
    write_line()
    rows = [(item.name, item.planted, item.found, item.missed) for item in report.classes]
    write_table(("planted slides", "planted", "found", "missed"), rows)
    write_line()
    for line in report.notes():
        write_line(line)
    write_line()
    write_facts(report.places())
