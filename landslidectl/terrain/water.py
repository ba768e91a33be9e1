"""Names of the water layers that come with elevation tiles.

Copernicus tiles have a water body mask (WBM: 0 land, 1 ocean, 2 lake, 3 river) in the folder
AUXFILES or beside the heights; NASADEM has water bodies (.swb: 0 land, 255 water) in the zip.
"""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

WBM_WATER = (1, 3)
"""Lowest and highest value of a Copernicus water body mask that is water."""
AUXILIARY_FOLDER = "AUXFILES"
COPERNICUS_LAYER = re.compile(
    r"^copernicus_dsm_(?:cog_)?(\d{2}_[ns]\d{2}_\d{2}_[ew]\d{3}_\d{2})_(dem|wbm)\.tiff?$",
    re.IGNORECASE,
)


def water_masks(locations: Iterable[str]) -> dict[str, str]:
    """Return the Copernicus water masks among some files, by the place that they cover.

    The first of several for one place wins; the names are those that `place_of` makes.
    """
    masks: dict[str, str] = {}
    for location in locations:
        found = COPERNICUS_LAYER.match(PurePosixPath(location.replace("\\", "/")).name)
        if found and found[2].lower() == "wbm":
            masks.setdefault(found[1].lower(), location)
    return masks


def place_of(name: str) -> str | None:
    """Return the place that a Copernicus elevation tile covers, None for other tiles."""
    found = COPERNICUS_LAYER.match(name)
    return found[1].lower() if found and found[2].lower() == "dem" else None


def files_around(tile: Path) -> list[Path]:
    """Return the files where the water mask of a tile that was named alone would lie."""
    folders = (tile.parent, tile.parent / AUXILIARY_FOLDER, tile.parent.parent / AUXILIARY_FOLDER)
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
