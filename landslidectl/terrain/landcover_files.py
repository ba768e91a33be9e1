"""The files of a land-cover map: which of a folder they are, and whether each is one."""

from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.errors import InputError
from landslidectl.terrain.legend import legend_of_name, newest_first

SUFFIXES = (".tif", ".tiff")


def files_of(source: Path) -> list[Path]:
    """Return the maps that a file or folder gives: of a folder the class maps, latest year first.

    Raises
    ------
    InputError
        If there is none.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(
            f"{source}: the land-cover map is not there",
            "Give a GeoTIFF or a folder of them with --land-cover.",
        )
    found = [item for item in source.rglob("*") if item.suffix.lower() in SUFFIXES]
    named = {str(item.relative_to(source)): item for item in found if not _is_other_layer(item)}
    if not named:
        raise InputError(
            f"{source}: the folder holds no land-cover map (.tif)",
            "Give the discrete class map of Copernicus CGLS-LC100, or ESA WorldCover (_Map.tif).",
        )
    return [named[name] for name in newest_first(list(named))]


def _is_other_layer(path: Path) -> bool:
    legend = legend_of_name(path.name)
    return legend is not None and legend.names_other_layer(path.name)


def open_map(path: Path) -> Any:
    """Open a raster of classes without its overviews.

    Raises
    ------
    InputError
        If it cannot be read, or is no single band of whole numbers on a map.
    """
    import rasterio  # noqa: PLC0415
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        # overviews of class maps may be averaged: classes that do not exist
        dataset = rasterio.open(path, OVERVIEW_LEVEL="NONE")
    except (RasterioError, OSError, UnicodeDecodeError) as error:  # GDAL repeats damaged bytes
        raise unreadable(path, str(error)) from error
    reason = _unfit(dataset)
    if reason:
        dataset.close()
        raise unreadable(
            path, f"expected one band of whole-number classes on a map, found {reason}"
        )
    return dataset


def _unfit(dataset: Any) -> str:
    """Say why an open raster is no map of classes; empty where it is one."""
    if not dataset.crs:
        return "no coordinate system"
    if dataset.count != 1:
        return f"{dataset.count} bands"
    return "" if np.dtype(dataset.dtypes[0]).kind in "iu" else f"values of {dataset.dtypes[0]}"


def unreadable(path: Path, reason: str) -> InputError:
    """Return the error for a map that is damaged or none."""
    return InputError(f"{path}: the land-cover map cannot be read: {reason}", "Copy it again.")
