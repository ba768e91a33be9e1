"""What a job writes, and how it runs."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli.options.panels import OUTPUT, PREFIX, RUN
from landslidectl.products.contract.files import Format

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Folder of the product; made when it does not exist.",
        envvar=f"{PREFIX}OUTPUT",
        rich_help_panel=OUTPUT,
        metavar="FOLDER",
    ),
]
Overwrite = Annotated[
    bool | None,
    typer.Option(
        "--overwrite",
        help="Replace a product that was made with other settings.",
        envvar=f"{PREFIX}OVERWRITE",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Formats = Annotated[
    list[Format] | None,
    typer.Option(
        "--format",
        help="Write this format too; the others are always written, all of them any time later "
        "with 'landslidectl export'.",
        envvar=f"{PREFIX}FORMAT",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Composites = Annotated[
    bool | None,
    typer.Option(
        "--composites",
        help="Also write the backscatter before and after the event, dB.",
        envvar=f"{PREFIX}COMPOSITES",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
CatalogFile = Annotated[
    Path | None,
    typer.Option(
        "--catalog",
        help="Catalog of jobs and scenes. Default: one a user, in the user's data folder.",
        envvar=f"{PREFIX}CATALOG",
        rich_help_panel=OUTPUT,
        metavar="FILE",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        help="Processor threads. Default: all.",
        envvar=f"{PREFIX}THREADS",
        rich_help_panel=RUN,
        metavar="N",
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        help="Most memory to plan with, such as 4GB.",
        envvar=f"{PREFIX}MAX_MEMORY",
        rich_help_panel=RUN,
        metavar="SIZE",
    ),
]
Wait = Annotated[
    float | None,
    typer.Option(
        help="Wait so long for another run in the same folder, inf as long as it takes. "
        "Default: 0, end with code 9.",
        envvar=f"{PREFIX}WAIT",
        rich_help_panel=RUN,
        metavar="SECONDS",
    ),
]
LogFile = Annotated[
    str | None,
    typer.Option(
        help="Log of what happens, with tracebacks; 'none' for no log. Default: landslidectl.log "
        "in the user's state folder.",
        envvar=f"{PREFIX}LOG_FILE",
        rich_help_panel=RUN,
        metavar="FILE",
        show_default=False,
    ),
]
LogFormatName = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        help="text, or json for one JSON object a line. Default: text.",
        envvar=f"{PREFIX}LOG_FORMAT",
        rich_help_panel=RUN,
        metavar="FORMAT",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        help="Configuration file. Default: landslidectl.toml in SCENES, else in this folder.",
        envvar=f"{PREFIX}CONFIG",
        rich_help_panel=RUN,
        metavar="FILE",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Show what would be done, as the command plan does, and write nothing.",
        rich_help_panel=RUN,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Write JSON for programs.", rich_help_panel=RUN),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Only warnings and errors.", rich_help_panel=RUN),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Also every file that is written, and what the network's runtime says.",
        rich_help_panel=RUN,
    ),
]
