"""The elevation model an agency would have: Copernicus GLO-30 tiles of the simulated terrain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.files.atomic import atomic_path
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.simulation.fields import Array, Single, bilinear, smooth_noise
from landslidectl.simulation.geodesy import Smooth, degrees_to_map, map_to_degrees
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.terrain import COARSE_M, Terrain

DEM_MARGIN_M = 6500.0
POSTS = 3600
ERROR_M = 0.8
WIDER_POSTS = ((50.0, 1.0), (60.0, 1.5), (70.0, 2.0), (80.0, 3.0), (85.0, 5.0), (90.0, 10.0))


@dataclass(frozen=True, slots=True)
class _Tile:
    """The part of a one-degree cell that is written: posts counted from the cell's corner."""

    lon: int
    lat: int
    rows: tuple[int, int]
    cols: tuple[int, int]
    across: int

    @property
    def name(self) -> str:
        south, west = self.lat < 0, self.lon < 0
        return (
            f"Copernicus_DSM_COG_10_{'S' if south else 'N'}{abs(self.lat):02d}_00_"
            f"{'W' if west else 'E'}{abs(self.lon):03d}_00_DEM.tif"
        )

    @property
    def lons(self) -> Array:
        return self.lon + np.arange(*self.cols) / self.across

    @property
    def lats(self) -> Array:
        return self.lat + 1.0 - np.arange(*self.rows) / POSTS


def write_dem(
    rng: np.random.Generator, terrain: Terrain, aoi: Box, epsg: int, folder: Path
) -> tuple[Path, ...]:
    """Write every one-degree tile that the area and its margin touch, cut to what is needed.

    Heights are orthometric, float32; as in the real tiles pixel centres, not corners, lie on the
    degree lines, and a tile holds its western and northern line.
    """
    heights = imperfect_heights(rng, terrain)
    return write_tiles(heights, terrain.coarse_box, aoi, epsg, folder)


def imperfect_heights(rng: np.random.Generator, terrain: Terrain) -> Single:
    """Return what an elevation model tells of the terrain, on its coarse nodes."""
    soft = _softened(terrain.coarse)
    soft += ERROR_M * smooth_noise(rng, soft.shape, 8.0)
    return soft


def write_tiles(heights: Single, box: Box, aoi: Box, epsg: int, folder: Path) -> tuple[Path, ...]:
    """Write heights on 20 m nodes over ``box`` as the tiles around an area, without any error."""
    paths = []
    for tile in _tiles(aoi.grown(DEM_MARGIN_M), epsg):
        paths.append(folder / tile.name)
        _write_tile(paths[-1], tile, _heights(heights, box, tile, epsg))
    return tuple(paths)


def _tiles(box: Box, epsg: int) -> list[_Tile]:
    x, y = np.meshgrid(np.linspace(box.left, box.right, 9), np.linspace(box.bottom, box.top, 9))
    lon, lat = map_to_degrees(epsg, x, y)
    if np.ptp(lon) > 180.0:
        lon = np.mod(lon, 360.0)
    west, east = float(lon.min()), float(lon.max())
    south, north = float(lat.min()), float(lat.max())
    tiles = []
    for cell_lat in range(int(np.ceil(south)) - 1, int(np.ceil(north))):
        near_equator = min(abs(cell_lat), abs(cell_lat + 1))
        across = round(POSTS / next(wide for limit, wide in WIDER_POSTS if near_equator < limit))
        rows = _span(cell_lat + 1 - north, cell_lat + 1 - south, POSTS)
        for cell_lon in range(int(np.floor(west)), int(np.floor(east)) + 1):
            cols = _span(west - cell_lon, east - cell_lon, across)
            wrapped = (cell_lon + 180) % 360 - 180
            tiles.append(_Tile(wrapped, cell_lat, rows, cols, across))
    return tiles


def _span(low: float, high: float, posts: int) -> tuple[int, int]:
    first = max(int(np.floor(low * posts)), 0)
    return first, min(max(int(np.ceil(high * posts)), first) + 1, posts)


def _softened(height: Single) -> Single:
    """Return heights at the resolution of a 30 m model."""
    soft = height.copy()
    soft[1:-1] = (height[:-2] + 2.0 * height[1:-1] + height[2:]) / 4.0
    wide = soft.copy()
    wide[:, 1:-1] = (soft[:, :-2] + 2.0 * soft[:, 1:-1] + soft[:, 2:]) / 4.0
    return wide


def _heights(height: Single, box: Box, tile: _Tile, epsg: int) -> Single:
    lons, lats = tile.lons, tile.lats

    def project(lon: Array, lat: Array) -> Array:
        return np.stack(degrees_to_map(epsg, lon, lat), axis=-1)

    low = (float(lons[0]) - 1e-6, float(lats[-1]) - 1e-6)
    high = (float(lons[-1]) + 1e-6, float(lats[0]) + 1e-6)
    x, y = Smooth.fit(low, high, project).on_grid(lons, lats)
    sampled = bilinear(height, (box.top - y) / COARSE_M, (x - box.left) / COARSE_M)
    return np.asarray(sampled, np.float32)


def _write_tile(final: Path, tile: _Tile, heights: NDArray[np.float32]) -> None:
    import rasterio  # noqa: PLC0415

    transform = rasterio.Affine(
        1.0 / tile.across,
        0.0,
        float(tile.lons[0]) - 0.5 / tile.across,
        0.0,
        -1.0 / POSTS,
        float(tile.lats[0]) + 0.5 / POSTS,
    )
    profile = {
        "driver": "GTiff",
        "width": heights.shape[1],
        "height": heights.shape[0],
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": transform,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "DEFLATE",
        "zlevel": 1,
        "predictor": 3,
    }
    with (
        atomic_path(final) as temporary,
        gdal_session(),
        rasterio.open(temporary, "w", **profile) as dataset,
    ):
        dataset.write(heights, 1)
