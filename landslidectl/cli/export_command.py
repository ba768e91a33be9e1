"""``export``: a product in other formats, without computing anything again."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli import completing, options
from landslidectl.cli.output import write_facts, write_json
from landslidectl.cli.session import chosen_catalog
from landslidectl.products.contract.files import Format

EXPORT_HELP = """Hand a product on in other formats, at any time and without computing it again.

JOB is a product folder, a job id or its beginning, or 'last'.

    landslidectl export last --format shp -o handed-on/

    landslidectl export out/ --format kmz --kmz-min-area 5000

Reviews that the catalog holds are applied; rejected detections are left out, but for the
GeoPackage, where they are marked. An edited GeoPackage is taken in by landslidectl review --import.
To hand on what it says once, and keep nothing of it:

    landslidectl export out/ --edited --format geojson --format csv -o edited/
"""
HERE = Path()


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", help=EXPORT_HELP, rich_help_panel="Work")(export)


def export(  # noqa: PLR0913  (the options of a command are its parameters)
    *,
    job: Annotated[
        str,
        typer.Argument(
            metavar="JOB",
            help="Product folder, job id or 'last'.",
            show_default="last",
            autocompletion=completing.job_ids,
        ),
    ] = "last",
    formats: Annotated[
        list[Format],
        typer.Option("--format", "-f", help="What to write; may be given several times."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder of the files; made when it does not exist. Default: this folder.",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = HERE,
    kmz_min_area: Annotated[
        float,
        typer.Option(help="Smallest detection in a KMZ, square metres.", metavar="M2"),
    ] = 0.0,
    edited: Annotated[
        bool,
        typer.Option(
            "--edited",
            help="Take the GeoPackage as it is now, though it changed since the product was "
            "written, and no reviews of the catalog; the files say so.",
        ),
    ] = False,
    with_rejected: Annotated[
        bool,
        typer.Option("--with-rejected", help="Hand on rejected detections too, marked as such."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of the same names.")
    ] = False,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write formats."""
    from landslidectl.jobs.export import ExportSettings, run_export  # noqa: PLC0415

    settings = ExportSettings(
        job=job,
        formats=tuple(formats),
        output=output,
        kmz_min_area_m2=kmz_min_area,
        edited=edited,
        with_rejected=with_rejected,
        overwrite=overwrite,
    )
    written = {
        kind.value: str(path)
        for kind, path in run_export(settings, chosen_catalog(catalog)).items()
    }
    if json_lines:
        write_json(written)
    elif not quiet:
        write_facts(written)
