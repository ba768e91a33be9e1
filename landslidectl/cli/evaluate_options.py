"""The options of ``evaluate``; none of them is taken from the environment."""

from pathlib import Path
from typing import Annotated

import typer

from landslidectl.cli import options

OF_PRODUCTS = "For products"
OF_MODELS = "For models"

Inventories = Annotated[
    list[Path] | None,
    typer.Option(
        "--inventory",
        help="Polygons of the landslides: GeoPackage, GeoJSON, KML or shapefile. Once a product, "
        "in the same order. A file without features says that nothing slid.",
        rich_help_panel=OF_PRODUCTS,
        metavar="FILE",
    ),
]
LandCover = Annotated[
    list[Path] | None,
    typer.Option(
        help="Land cover: GeoTIFFs of Copernicus CGLS-LC100 or ESA WorldCover, or folders of them. "
        "May be repeated.",
        rich_help_panel=OF_PRODUCTS,
        metavar="PATH",
    ),
]
LandCoverLegend = Annotated[
    str | None,
    typer.Option(
        help="What the codes mean: cgls_lc100 or worldcover. Default: told from the files.",
        rich_help_panel=OF_PRODUCTS,
        metavar="NAME",
    ),
]
Dem = Annotated[
    Path | None,
    typer.Option(
        help="Elevation model for slope and aspect, file or folder. Default: the layers of the "
        "job, where they lie beside the product.",
        rich_help_panel=OF_PRODUCTS,
        metavar="PATH",
    ),
]
Patches = Annotated[
    Path | None,
    typer.Option(
        help="Folder of test patches (*.npz).", rich_help_panel=OF_MODELS, metavar="FOLDER"
    ),
]
Validation = Annotated[
    Path | None,
    typer.Option(
        help="Folder of patches to calibrate scores on.",
        rich_help_panel=OF_MODELS,
        metavar="FOLDER",
    ),
]
Pairs = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pairs: each place with its slides and without.",
        rich_help_panel=OF_MODELS,
        metavar="FOLDER",
    ),
]
Scenes = Annotated[
    str | None,
    typer.Option(
        help="Numbers of simulated events to map, such as 901-910 or 901,905.",
        rich_help_panel=OF_MODELS,
        metavar="SEEDS",
    ),
]
Statistics = Annotated[
    Path | None,
    typer.Option(
        help="Table of statistics of labelled real patches.",
        rich_help_panel=OF_MODELS,
        metavar="CSV",
    ),
]
RealPatch = Annotated[
    Path | None,
    typer.Option(help="One real patch.", rich_help_panel=OF_MODELS, metavar="NPY"),
]
NoChange = Annotated[
    Path | None,
    typer.Option(
        help="Folder of real scenes between which nothing slid.",
        rich_help_panel=OF_MODELS,
        metavar="FOLDER",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Folder of tables and plots; those of an earlier evaluation are replaced.",
        rich_help_panel=options.OUTPUT,
        metavar="FOLDER",
    ),
]
