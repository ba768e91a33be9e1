"""Which tiles an area needs, and whether the given ones cover it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DemError
from landslidectl.grid import Grid, Window
from landslidectl.terrain.land import TILE_EDGE_DEG, LandMask
from landslidectl.terrain.placement import covers, pixels_of, touches
from landslidectl.terrain.sampling import GEOGRAPHIC, Coordinates, near_longitude, node_coordinates
from landslidectl.terrain.tile import Cell, Tile, cell_name
from landslidectl.terrain.tiles import find_tiles

CHECK_STEP_PX = 32
NEIGHBOUR_M = 1000.0
NAMES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a grid's heights come from.

    Parameters
    ----------
    tiles : tuple of Tile
        Best first.
    sea_cells : tuple of str
        One-degree cells without a tile that are open sea, such as ``N41E011``.
    """

    tiles: tuple[Tile, ...]
    sea_cells: tuple[str, ...]


def tiles_for(source: Path, grid: Grid, spare_m: float = 0.0) -> tuple[Tile, ...]:
    """Find the tiles that touch a grid, best first, and make sure that they cover its land.

    Raises
    ------
    DemError
        As `find_cover` does.
    """
    return find_cover(source, grid, spare_m).tiles


def find_cover(source: Path, grid: Grid, spare_m: float = 0.0) -> Coverage:
    """Find the tiles that touch a grid and the cells of open sea that need none.

    Finer tiles come before coarser ones, a VRT after the files it may be made of, and names
    decide the rest. Tiles much finer than the grid are thinned to its spacing. The outermost
    ``spare_m`` of the grid need not be covered.

    Raises
    ------
    DemError
        If the source holds no elevation raster, or land in the grid is not covered: the message
        names the missing one-degree tiles and the covered share.
    """
    around = grid.buffered(NEIGHBOUR_M)
    candidates = find_tiles(source, needed_cells(around))
    points: dict[str, Coordinates] = {}
    for tile in candidates:
        if tile.crs not in points:
            points[tile.crs] = _lattice_of(tile, around)
    near = [tile for tile in candidates if touches(tile, *pixels_of(tile, points[tile.crs]))]
    sea_cells = _require_cover(source, grid.buffered(-spare_m), near)
    ranked = sorted(
        near, key=lambda tile: (bool(tile.part_names), round(tile.spacing_m), tile.name)
    )
    return Coverage(tuple(_thinned(tile, grid.pixel_m) for tile in ranked), sea_cells)


def needed_cells(grid: Grid) -> frozenset[Cell]:
    """Return the one-degree cells that a grid touches."""
    return _cells(*_lattice(grid, GEOGRAPHIC))


def _require_cover(source: Path, grid: Grid, tiles: Iterable[Tile]) -> tuple[str, ...]:
    """Return the cells that no tile covers and that are open sea; refuse when there are others."""
    lon, lat = _lattice(grid, GEOGRAPHIC)
    covered = np.zeros(lon.shape, dtype=np.bool_)
    points: dict[str, Coordinates] = {}
    for tile in tiles:
        if tile.crs not in points:
            points[tile.crs] = _lattice(grid, tile.crs)
        covered |= covers(tile, points[tile.crs])
    land = LandMask.load()
    bare = ~covered
    sea = bare & land.is_sea(lon, lat, TILE_EDGE_DEG)
    missing = bare & ~sea
    if missing.any():
        cells = _cells_without_tile(lon[missing], lat[missing])
        raise _missing(source, cells, float(np.mean(~missing)))
    at_sea = (cell for cell in _cells(lon[sea], lat[sea]) if not land.has_land(cell))
    return tuple(sorted(cell_name(cell) for cell in at_sea))


def _cells_without_tile(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> frozenset[Cell]:
    """Return the cells of points that no tile covers.

    A Copernicus tile ends half a pixel before the southern and the eastern edge of its cell. So
    a point there tells of a gap in the next cell, if the gap is not known from other points.
    """
    beyond_lon, beyond_lat = lon + TILE_EDGE_DEG, lat - TILE_EDGE_DEG
    at_edge = np.floor(lon) != np.floor(beyond_lon)
    at_edge |= np.floor(lat) != np.floor(beyond_lat)
    known = _cells(lon[~at_edge], lat[~at_edge])
    own = [_cells(x, y) for x, y in zip(lon[at_edge], lat[at_edge], strict=True)]
    next_to = [_cells(x, y) for x, y in zip(beyond_lon[at_edge], beyond_lat[at_edge], strict=True)]
    told = (cell for cell, other in zip(own, next_to, strict=True) if not known & (cell | other))
    return known.union(*told)


def _missing(source: Path, cells: Iterable[Cell], share: float) -> DemError:
    missing = sorted(cell_name(cell) for cell in cells)
    more = f" and {len(missing) - NAMES_SHOWN} more" if len(missing) > NAMES_SHOWN else ""
    return DemError(
        f"{source}: covers {min(100.0 * share, 99.9):.1f} % of the area that terrain correction "
        f"needs; heights are missing in {', '.join(missing[:NAMES_SHOWN])}{more}",
        "Add these one-degree tiles to the folder, whole where a file there holds just a part of "
        "one. The area of interest is needed with 5 km "
        "around it, since mountains outside it cast layover and shadow into it. All of them hold "
        "land; open sea needs no tile.",
    )


def _lattice(grid: Grid, crs: str) -> Coordinates:
    """Return coordinates every few hundred metres, the outermost pixels included."""
    return node_coordinates(grid, Window(0, 0, grid.rows, grid.cols), crs, CHECK_STEP_PX)


def _lattice_of(tile: Tile, grid: Grid) -> Coordinates:
    """Return the lattice in the system of a tile, which may be one that nothing can be put in."""
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        return _lattice(grid, tile.crs)
    except (RasterioError, CPLE_BaseError) as error:
        raise DemError(
            f"{tile.name}: its coordinate system cannot be used: {error}",
            "Write the right one into the file, or take the file out of the folder.",
        ) from error


def _cells(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> frozenset[Cell]:
    south = np.ravel(np.floor(lat)).astype(int)
    west = np.ravel(np.floor(near_longitude(lon, 0.0))).astype(int)
    return frozenset(zip(south.tolist(), west.tolist(), strict=True))


def _thinned(tile: Tile, pixel_m: float) -> Tile:
    factor = int(pixel_m / tile.spacing_m + 1e-6)
    return tile.thinned(factor) if factor > 1 and min(tile.shape) >= factor else tile
