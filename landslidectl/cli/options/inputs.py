"""What a job reads: scenes, area, elevations."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli.options.panels import INPUT, PREFIX, TERRAIN
from landslidectl.terms import BandSet

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
