"""Finding elevation rasters in what an agency hands over: folders, zips, single files."""

import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import DemError
from landslidectl.terrain.tile import Cell, Tile, cell_of_name

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

HGT_SIDES = (3601, 1201)
RASTER_SUFFIXES = (".tif", ".tiff", ".vrt")
COMPANION = re.compile(
    r"_(EDM|FLM|HEM|WBM|ACM|QL|ABS_QL|WAM|LSM|COM|COV|COVERAGE|MSK|STK|QAI)\.tiff?$", re.IGNORECASE
)


def find_tiles(source: Path, cells: Collection[Cell] | None = None) -> tuple[Tile, ...]:
    """Find the elevation rasters in a folder (searched deeply), a zip or a single file.

    Parameters
    ----------
    source : Path
        What the user gave as ``--dem``.
    cells : collection of (lat, lon), optional
        One-degree cells that matter; tiles whose name says they lie elsewhere are not opened.

    Returns
    -------
    tuple of Tile
        Sorted by name. Quality layers, previews and files of other kinds are left out.

    Raises
    ------
    DemError
        If the source is missing or holds no elevation raster, or one cannot be read.
    """
    if not source.exists():
        raise DemError(f"{source}: no such file or folder", "Check the path given with --dem.")
    paths = _walk(source) if source.is_dir() else iter([source])
    tiles = [tile for path in paths for tile in _tiles_of(path, source, cells)]
    if not tiles and cells is None:
        raise DemError(
            f"{source}: holds no elevation raster (GeoTIFF, VRT, .hgt or .hgt.zip)",
            "Give a folder of Copernicus GLO-30, SRTM or NASADEM tiles, or one raster.",
        )
    return tuple(sorted(tiles, key=lambda tile: (tile.name, tile.location, tile.member)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")) or path.suffix.upper() == ".SAFE":
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _tiles_of(path: Path, source: Path, cells: Collection[Cell] | None) -> Iterator[Tile]:
    """Yield the tiles of one file; a file the user named must be a raster, others may be junk."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        if not path.name.upper().startswith("S1"):
            yield from _zip_tiles(path, cells)
        return
    if suffix == ".hgt":
        if _matters(path.name, cells):
            yield _hgt_tile(path, path.name, "", path.stat().st_size)
        return
    if path != source and (suffix not in RASTER_SUFFIXES or not _is_elevation(path.name)):
        return
    if _matters(path.name, cells):
        tile = _raster_tile(path.name, str(path), lone=path == source)
        if tile is not None:
            yield tile


def _zip_tiles(path: Path, cells: Collection[Cell] | None) -> Iterator[Tile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path.name, str(error)) from error
    for member in members:
        name = Path(member.filename).name
        if name.startswith(".") or member.filename.startswith("__MACOSX"):
            continue
        if name.lower().endswith(".hgt"):
            place = name if cell_of_name(name) else path.name
            if _matters(place, cells):
                yield _hgt_tile(path, place, member.filename, member.file_size)
            continue
        if not (name.lower().endswith(RASTER_SUFFIXES[:2]) and _is_elevation(name)):
            continue
        tile = None
        if _matters(name, cells):
            tile = _raster_tile(name, f"/vsizip/{path}/{member.filename}", lone=False)
        if tile is not None:
            yield tile


def _is_elevation(name: str) -> bool:
    """Return whether a name is not that of a layer that accompanies elevation tiles."""
    if name.lower().startswith("copernicus_dsm_"):
        return bool(re.search(r"_DEM\.tiff?$", name, re.IGNORECASE))
    return COMPANION.search(name) is None


def _matters(name: str, cells: Collection[Cell] | None) -> bool:
    cell = cell_of_name(name)
    return cells is None or cell is None or cell in cells


def _hgt_tile(path: Path, name: str, member: str, size_bytes: int) -> Tile:
    """Locate a headerless raster by its name; its corner pixels' centres lie on the degrees."""
    cell = cell_of_name(name)
    if cell is None:
        raise DemError(
            f"{path}: the name does not tell which degree cell the raster covers",
            "Give the file its usual name back, such as N41E013.hgt.",
        )
    side = next((side for side in HGT_SIDES if size_bytes == 2 * side * side), None)
    if side is None:
        expected = " or ".join(str(2 * side * side) for side in HGT_SIDES)
        raise _unreadable(name, f"expected {expected} bytes, found {size_bytes}")
    step = 1.0 / (side - 1)
    lat, lon = cell
    transform = (step, 0.0, lon - step / 2, 0.0, -step, lat + 1 + step / 2)
    return Tile(name, str(path), member, True, "EPSG:4326", transform, (side, side))


def _raster_tile(name: str, location: str, lone: bool) -> Tile | None:
    """Locate a raster that GDAL reads; None for a picture lying in a folder."""
    with open_quietly(name, location) as dataset:
        if dataset.count != 1:
            if not lone:
                return None
            raise DemError(
                f"{name}: expected one band of heights, found {dataset.count} bands",
                "Give an elevation raster.",
            )
        if dataset.crs is None:
            raise DemError(
                f"{name}: has no coordinate system",
                "Write one into the file, for example with 'Assign Projection' in QGIS, "
                "or take the file out of the folder.",
            )
        parts = tuple(sorted(Path(part).name for part in dataset.files[1:]))
        is_vrt = dataset.driver == "VRT"
        affine = dataset.transform
        return Tile(
            name,
            location,
            "",
            False,
            dataset.crs.to_wkt(),
            (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f),
            dataset.shape,
            part_names=parts if is_vrt else (),
        )


def open_quietly(name: str, location: str) -> "DatasetReader":
    """Open a raster; that it may lack georeferencing is checked, not warned of.

    Raises
    ------
    DemError
        If GDAL cannot open it.
    """
    import rasterio  # noqa: PLC0415
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(location)
    except RasterioIOError as error:
        raise _unreadable(name, str(error)) from error


def _unreadable(name: str, reason: str) -> DemError:
    return DemError(
        f"{name}: cannot be read: {reason}", "Copy or download this elevation tile again."
    )
