"""The options that commands share; every one can also be a ``LANDSLIDECTL_`` variable.

Defaults are None throughout, so that a value that was not given can come from the configuration
file; the real defaults are those of the settings in ``jobs/settings.py`` and are told in the help.
"""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli.completing import model_names
from landslidectl.products.contract.files import Format
from landslidectl.terms import BandSet, Device, Radiometry, Speckle

PREFIX = "LANDSLIDECTL_"

INPUT = "Scenes and area"
TERRAIN = "Terrain"
EVENT = "Event"
RADAR = "Radar"
MODEL = "Model and detection"
GROUND = "Ground that is judged"
OUTPUT = "Output"
RUN = "Running"

Scenes = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Folders to search, .SAFE folders and .zip files, in any mix.",
        envvar=f"{PREFIX}SCENES",
        show_default=False,
        metavar="SCENES...",
    ),
]
Aoi = Annotated[
    Path | None,
    typer.Option(
        help="Area of interest: GeoJSON, GeoPackage, KML or shapefile. "
        "Default: where pre- and post-event scenes overlap.",
        envvar=f"{PREFIX}AOI",
        rich_help_panel=INPUT,
        metavar="FILE",
    ),
]
Bbox = Annotated[
    tuple[float, float, float, float] | None,
    typer.Option(
        help="Area of interest as a box in degrees, in place of --aoi; west above east crosses "
        "the antimeridian.",
        envvar=f"{PREFIX}BBOX",
        rich_help_panel=INPUT,
        metavar="WEST SOUTH EAST NORTH",
    ),
]
Polarisations = Annotated[
    BandSet | None,
    typer.Option(
        help="Use VV and VH, or VV alone. Default: vv_vh.",
        envvar=f"{PREFIX}POLARISATIONS",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
Dem = Annotated[
    Path | None,
    typer.Option(
        help="File or folder of Copernicus GLO-30, SRTM or NASADEM .hgt(.zip), or any GeoTIFF.",
        envvar=f"{PREFIX}DEM",
        rich_help_panel=TERRAIN,
        metavar="PATH",
    ),
]
DemVertical = Annotated[
    str | None,
    typer.Option(
        help="What the heights refer to where the DEM does not say: egm96, egm2008 or ellipsoid.",
        envvar=f"{PREFIX}DEM_VERTICAL",
        rich_help_panel=TERRAIN,
        metavar="DATUM",
    ),
]
NoDem = Annotated[
    bool | None,
    typer.Option(
        "--no-dem",
        help="Work without a DEM: in mountains, pixels land tens of pixels from their place. "
        "Recorded in every output.",
        envvar=f"{PREFIX}NO_DEM",
        rich_help_panel=TERRAIN,
        show_default=False,
    ),
]
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
ModelName = Annotated[
    str | None,
    typer.Option(
        help="A name of 'landslidectl models list', such as cnn or logratio. Default: resnet.",
        envvar=f"{PREFIX}MODEL",
        autocompletion=model_names,
        rich_help_panel=MODEL,
        metavar="NAME",
    ),
]
ModelsDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder of models. Default: your own and those that came with the program.",
        envvar=f"{PREFIX}MODELS_DIR",
        rich_help_panel=MODEL,
        metavar="FOLDER",
    ),
]
DeviceName = Annotated[
    Device | None,
    typer.Option(
        help="Where the model runs; auto takes a graphics device that is right and quicker than "
        "the processor. Default: auto.",
        envvar=f"{PREFIX}DEVICE",
        rich_help_panel=MODEL,
        show_default=False,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="Score from which a pixel is landslide, 0 to 1. Default: the model's own.",
        envvar=f"{PREFIX}THRESHOLD",
        rich_help_panel=MODEL,
        metavar="SCORE",
    ),
]
HighThreshold = Annotated[
    float | None,
    typer.Option(
        help="Score from which a detection is of high confidence. Default: the model's own.",
        envvar=f"{PREFIX}HIGH_THRESHOLD",
        rich_help_panel=MODEL,
        metavar="SCORE",
    ),
]
Stride = Annotated[
    int | None,
    typer.Option(
        help="Pixels from one window to the next; less is finer and slower. Default: 32.",
        envvar=f"{PREFIX}STRIDE",
        rich_help_panel=MODEL,
        metavar="PIXELS",
    ),
]
MinArea = Annotated[
    float | None,
    typer.Option(
        help="Smallest judged area of a detection, and smallest slide drawn in it, in square "
        "metres. Default: 2000.",
        envvar=f"{PREFIX}MIN_AREA",
        rich_help_panel=GROUND,
        metavar="M2",
    ),
]
MinSlope = Annotated[
    float | None,
    typer.Option(
        help="Flatter ground is not judged; 0 judges all of it. Default: 5.",
        envvar=f"{PREFIX}MIN_SLOPE",
        rich_help_panel=GROUND,
        metavar="DEGREES",
    ),
]
MaxSlope = Annotated[
    float | None,
    typer.Option(
        help="Steeper ground is not judged. Default: 90.",
        envvar=f"{PREFIX}MAX_SLOPE",
        rich_help_panel=GROUND,
        metavar="DEGREES",
    ),
]
MinSteepness = Annotated[
    float | None,
    typer.Option(
        help="Outlines of which less than a tenth is steeper are left out; 0 keeps and flags them. "
        "Default: 10.",
        envvar=f"{PREFIX}MIN_STEEPNESS",
        rich_help_panel=GROUND,
        metavar="DEGREES",
    ),
]
LandCover = Annotated[
    list[Path] | None,
    typer.Option(
        help="Land cover whose water and towns are not judged: GeoTIFFs of Copernicus CGLS-LC100 "
        "or ESA WorldCover, or folders of them. May be repeated.",
        envvar=f"{PREFIX}LAND_COVER",
        rich_help_panel=GROUND,
        metavar="PATH",
        show_default=False,
    ),
]
LandCoverLegend = Annotated[
    str | None,
    typer.Option(
        help="What its codes mean: cgls_lc100 or worldcover. Default: told from the files.",
        envvar=f"{PREFIX}LAND_COVER_LEGEND",
        rich_help_panel=GROUND,
        metavar="NAME",
    ),
]
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
