"""Finding elevation rasters in what an agency hands over: folders, zips, single files."""

import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.errors import DemError
from landslidectl.files.zips import read_table
from landslidectl.terrain.tile import Cell, Tile, cell_of_name
from landslidectl.terrain.water import files_around, place_of, water_masks

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

HGT_SIDES = (3601, 1201)
LARGEST_COORDINATE = 1e12
"""In metres or degrees; no map reaches it, and sums of larger ones overflow."""
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
        Sorted by name, each with its water layer where there is one. Quality layers, previews
        and files of other kinds are left out.

    Raises
    ------
    DemError
        If the source is missing or holds no elevation raster, or one cannot be read.
    """
    if not source.exists():
        raise DemError(f"{source}: no such file or folder", "Check the path given with --dem.")
    paths = list(_walk(source)) if source.is_dir() else [source]
    masks = water_masks(str(path) for path in (paths if source.is_dir() else files_around(source)))
    wanted = _Wanted(source, cells, masks)
    tiles = [tile for path in paths for tile in _tiles_of(path, wanted)]
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is looked for: where, in which cells (None: all), and the water masks found loose."""

    source: Path
    cells: Collection[Cell] | None
    masks: Mapping[str, str]

    def includes(self, name: str) -> bool:
        """Return whether a name does not say that the tile lies elsewhere."""
        cell = cell_of_name(name)
        return self.cells is None or cell is None or cell in self.cells


def _tiles_of(path: Path, wanted: _Wanted) -> Iterator[Tile]:
    """Yield the tiles of one file; a file the user named must be a raster, others may be junk."""
    suffix, lone = path.suffix.lower(), path == wanted.source
    if suffix == ".zip":
        if not path.name.upper().startswith("S1"):
            yield from _zip_tiles(path, wanted)
        return
    if suffix == ".hgt":
        if wanted.includes(path.name):
            yield _loose_hgt(path)
        return
    if not lone and (suffix not in RASTER_SUFFIXES or not _is_elevation(path.name)):
        return
    if wanted.includes(path.name):
        tile = _raster_tile(path.name, str(path), lone=lone)
        if tile is not None:
            yield _with_mask(tile, wanted.masks)


def _zip_tiles(path: Path, wanted: _Wanted) -> Iterator[Tile]:
    try:
        sizes = {item.filename: item.file_size for item in read_table(path)}
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path.name, str(error)) from error
    masks = water_masks(f"/vsizip/{path}/{member}" for member in sorted(sizes))
    for member in sorted(sizes):
        name = Path(member).name
        if name.startswith(".") or member.startswith("__MACOSX"):
            continue
        if name.lower().endswith(".hgt"):
            place = name if cell_of_name(name) else path.name
            if wanted.includes(place):
                yield _zipped_hgt(path, place, member, sizes)
            continue
        if not (name.lower().endswith(RASTER_SUFFIXES[:2]) and _is_elevation(name)):
            continue
        if wanted.includes(name):
            tile = _raster_tile(name, f"/vsizip/{path}/{member}", lone=False)
            if tile is not None:
                yield _with_mask(tile, masks)


def _with_mask(tile: Tile, masks: Mapping[str, str]) -> Tile:
    """Return a Copernicus tile with its water mask, any other as it is."""
    location = masks.get(place_of(tile.name) or "")
    if location is None:
        return tile
    return replace(tile, water=_raster_tile(Path(location).name, location, lone=True))


def _is_elevation(name: str) -> bool:
    """Return whether a name is not that of a layer that accompanies elevation tiles."""
    if name.lower().startswith("copernicus_dsm_"):
        return bool(re.search(r"_DEM\.tiff?$", name, re.IGNORECASE))
    return COMPANION.search(name) is None


def _loose_hgt(path: Path) -> Tile:
    tile = _headerless(path, path.name, "", path.stat().st_size)
    water = next(
        (found for end in (".swb", ".SWB") if (found := path.with_suffix(end)).exists()), None
    )
    if water is None:
        return tile
    return replace(tile, water=_headerless(water, water.name, "", water.stat().st_size))


def _zipped_hgt(path: Path, place: str, member: str, sizes: Mapping[str, int]) -> Tile:
    tile = _headerless(path, place, member, sizes[member])
    stem = member[: -len(".hgt")]
    water = next((stem + end for end in (".swb", ".SWB") if stem + end in sizes), None)
    if water is None:
        return tile
    return replace(tile, water=_headerless(path, place, water, sizes[water]))


def _headerless(path: Path, name: str, member: str, size_bytes: int) -> Tile:
    """Locate a headerless raster by its name; its corner pixels' centres lie on the degrees."""
    cell = cell_of_name(name)
    if cell is None:
        raise DemError(
            f"{path}: the name does not tell which degree cell the raster covers",
            "Give the file its usual name back, such as N41E013.hgt.",
        )
    depth = 1 if (member or name).lower().endswith(".swb") else 2
    side = next((side for side in HGT_SIDES if size_bytes == depth * side * side), None)
    if side is None:
        expected = " or ".join(str(depth * side * side) for side in HGT_SIDES)
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
        tile = Tile(
            name,
            location,
            "",
            False,
            dataset.crs.to_wkt(),
            (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f),
            dataset.shape,
            part_names=parts if is_vrt else (),
        )
    if not all(abs(value) < LARGEST_COORDINATE for value in tile.transform):
        raise _unreadable(name, f"its place or pixels have no size of sense: {tile.transform}")
    return tile


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
    except (RasterioIOError, UnicodeDecodeError) as error:  # GDAL repeats damaged bytes
        raise _unreadable(name, str(error)) from error


def _unreadable(name: str, reason: str) -> DemError:
    return DemError(
        f"{name}: cannot be read: {reason}", "Copy or download this elevation tile again."
    )
