"""The model, and which ground and scores make a detection."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli.completing import model_names
from landslidectl.cli.options.panels import GROUND, MODEL, PREFIX
from landslidectl.terms import Device

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
