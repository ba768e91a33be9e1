"""The event, and how scenes become stacks around it."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli.options.panels import EVENT, PREFIX, RADAR
from landslidectl.terms import Radiometry, Speckle

Event = Annotated[
    list[str] | None,
    typer.Option(
        help="Instant of the shock with its time zone, such as 2018-09-05T18:07:59Z. "
        "Twice for a sequence: the first and the last shock.",
        envvar=f"{PREFIX}EVENT",
        rich_help_panel=EVENT,
        metavar="INSTANT",
        show_default=False,
    ),
]
EventName = Annotated[
    str | None,
    typer.Option(
        help="Name of the event for maps and tables, such as 'Hokkaido Eastern Iburi earthquake'.",
        envvar=f"{PREFIX}EVENT_NAME",
        rich_help_panel=EVENT,
        metavar="TEXT",
    ),
]
EventId = Annotated[
    str | None,
    typer.Option(
        help="Your own code of the event; file names begin with it, else with the name.",
        envvar=f"{PREFIX}EVENT_ID",
        rich_help_panel=EVENT,
        metavar="TEXT",
    ),
]
Glide = Annotated[
    str | None,
    typer.Option(
        help="GLIDE number of the disaster, such as EQ-2018-000139-JPN.",
        envvar=f"{PREFIX}GLIDE",
        rich_help_panel=EVENT,
        metavar="NUMBER",
    ),
]
PreDays = Annotated[
    float | None,
    typer.Option(
        help="Days before the event from which scenes are taken. Default: 60.",
        envvar=f"{PREFIX}PRE_DAYS",
        rich_help_panel=EVENT,
        metavar="DAYS",
    ),
]
PostDays = Annotated[
    float | None,
    typer.Option(
        help="Days after the event up to which scenes are taken. Default: 12.",
        envvar=f"{PREFIX}POST_DAYS",
        rich_help_panel=EVENT,
        metavar="DAYS",
    ),
]
ExtendPost = Annotated[
    float | None,
    typer.Option(
        help="Where nothing was acquired within --post-days, take the first acquisition after it, "
        "up to this many days later. The product says so. Default: 0.",
        envvar=f"{PREFIX}EXTEND_POST",
        rich_help_panel=EVENT,
        metavar="DAYS",
    ),
]
MinPre = Annotated[
    int | None,
    typer.Option(
        help="Fewest acquisitions before the event; pixels with fewer are marked. Default: 1.",
        envvar=f"{PREFIX}MIN_PRE",
        rich_help_panel=EVENT,
        metavar="N",
    ),
]
MinPost = Annotated[
    int | None,
    typer.Option(
        help="Fewest acquisitions after the event; pixels with fewer are marked. Default: 1.",
        envvar=f"{PREFIX}MIN_POST",
        rich_help_panel=EVENT,
        metavar="N",
    ),
]
Orbits = Annotated[
    Path | None,
    typer.Option(
        help="Folder of .EOF orbit files, precise or restituted. Default: the orbit in each scene.",
        envvar=f"{PREFIX}ORBITS",
        rich_help_panel=RADAR,
        metavar="FOLDER",
    ),
]
RadiometryName = Annotated[
    Radiometry | None,
    typer.Option(
        "--radiometry",
        help="What the numbers stand for. Default: what the model was trained on, else sigma0.",
        envvar=f"{PREFIX}RADIOMETRY",
        rich_help_panel=RADAR,
        show_default=False,
    ),
]
SpeckleName = Annotated[
    Speckle | None,
    typer.Option(
        "--speckle",
        help="Smooth speckle before the medians. Default: as the model was trained, else none.",
        envvar=f"{PREFIX}SPECKLE",
        rich_help_panel=RADAR,
        show_default=False,
    ),
]
