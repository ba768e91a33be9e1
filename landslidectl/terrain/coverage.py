"""Which tiles an area needs, and whether the given ones cover it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import DemError
from landslidectl.grid import Grid, Window
from landslidectl.terrain.mosaic import covers, pixels_of, touches
from landslidectl.terrain.sampling import Coordinates, near_longitude, node_coordinates
from landslidectl.terrain.tile import Cell, Tile, cell_name
from landslidectl.terrain.tiles import find_tiles

CHECK_STEP_PX = 32
NEIGHBOUR_M = 1000.0
NAMES_SHOWN = 24


def tiles_for(source: Path, grid: Grid) -> tuple[Tile, ...]:
    """Find the tiles that touch a grid, best first, and make sure that they cover it.

    Finer tiles come before coarser ones, a VRT after the files it may be made of, and names
    decide the rest. Tiles much finer than the grid are thinned to its spacing.

    Raises
    ------
    DemError
        If the source holds no elevation raster, or part of the grid is not covered: the message
        names the missing one-degree tiles and the covered share.
    """
    around = grid.buffered(NEIGHBOUR_M)
    candidates = find_tiles(source, needed_cells(around))
    points = {crs: _lattice(around, crs) for crs in sorted({tile.crs for tile in candidates})}
    near = [tile for tile in candidates if touches(tile, *pixels_of(tile, points[tile.crs]))]
    _require_cover(source, grid, near)
    ranked = sorted(
        near, key=lambda tile: (bool(tile.part_names), round(tile.spacing_m), tile.name)
    )
    return tuple(_thinned(tile, grid.pixel_m) for tile in ranked)


def needed_cells(grid: Grid) -> frozenset[Cell]:
    """Return the one-degree cells that a grid touches."""
    return _cells(*_lattice(grid, "EPSG:4326"))


def _require_cover(source: Path, grid: Grid, tiles: Iterable[Tile]) -> None:
    lon, lat = _lattice(grid, "EPSG:4326")
    covered = np.zeros(lon.shape, dtype=np.bool_)
    points: dict[str, Coordinates] = {}
    for tile in tiles:
        if tile.crs not in points:
            points[tile.crs] = _lattice(grid, tile.crs)
        covered |= covers(tile, points[tile.crs])
    if covered.all():
        return
    missing = sorted(cell_name(cell) for cell in _cells(lon[~covered], lat[~covered]))
    more = f" and {len(missing) - NAMES_SHOWN} more" if len(missing) > NAMES_SHOWN else ""
    share = 100.0 * float(covered.mean())
    raise DemError(
        f"{source}: covers {min(share, 99.9):.1f} % of the area that terrain correction needs; "
        f"heights are missing in {', '.join(missing[:NAMES_SHOWN])}{more}",
        "Add these one-degree tiles to the folder. The area of interest is needed with 5 km "
        "around it, since mountains outside it cast layover and shadow into it.",
    )


def _lattice(grid: Grid, crs: str) -> Coordinates:
    """Return coordinates every few hundred metres, the outermost pixels included."""
    return node_coordinates(grid, Window(0, 0, grid.rows, grid.cols), crs, CHECK_STEP_PX)


def _cells(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> frozenset[Cell]:
    south = np.floor(lat).astype(int).ravel()
    west = np.floor(near_longitude(lon, 0.0)).astype(int).ravel()
    return frozenset(zip(south.tolist(), west.tolist(), strict=True))


def _thinned(tile: Tile, pixel_m: float) -> Tile:
    factor = int(pixel_m / tile.spacing_m + 1e-6)
    return tile.thinned(factor) if factor > 1 and min(tile.shape) >= factor else tile
