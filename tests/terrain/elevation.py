"""Elevation rasters with known answers, in the shapes that agencies have them."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Bounds, Grid, utm_epsg
from landslidectl.terrain.geoid import geoid_undulation
from landslidectl.terrain.incidence import Look, terrain_angles
from landslidectl.terrain.sampling import transform_points
from landslidectl.terrain.slope import height_gradient

Surface = Callable[[NDArray, NDArray], NDArray]


def smooth(lon: NDArray, lat: NDArray) -> NDArray:
    return 500.0 + 50.0 * np.sin(lon * 120.0) * np.cos(lat * 110.0)


def constant(height: float) -> Surface:
    return lambda lon, lat: np.full(np.broadcast_shapes(lon.shape, lat.shape), height)


@dataclass(frozen=True)
class Part:
    """Rows and columns of a full-size tile that hold heights; the rest stays empty (sparse)."""

    rows: slice
    cols: slice


def copernicus_name(lat: int, lon: int, cog: bool = True) -> str:
    ns, ew = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return (
        f"Copernicus_DSM_{'COG_' if cog else ''}10_{ns}{abs(lat):02d}_00_"
        f"{ew}{abs(lon):03d}_00_DEM.tif"
    )


def write_copernicus(
    folder: Path,
    cell: tuple[int, int],
    surface: Surface,
    shape: tuple[int, int] = (3600, 3600),
    part: Part | None = None,
) -> Path:
    """Write a GLO-30 tile: pixel centres on the degree lines of its north and west edges."""
    lat, lon = cell
    dx, dy = 1.0 / shape[1], 1.0 / shape[0]
    path = folder / copernicus_name(lat, lon)
    return write_geotiff(
        path, (dx, 0.0, lon - dx / 2, 0.0, -dy, lat + 1 + dy / 2), shape, surface, part=part
    )


def write_geotiff(
    path: Path,
    transform: tuple[float, ...],
    shape: tuple[int, int],
    surface: Surface,
    *,
    crs: str | None = "EPSG:4326",
    part: Part | None = None,
    nodata: float | None = None,
) -> Path:
    import rasterio
    from rasterio.windows import Window

    part = part or Part(slice(0, shape[0]), slice(0, shape[1]))
    rows = np.arange(part.rows.start, part.rows.stop)[:, None] + 0.5
    cols = np.arange(part.cols.start, part.cols.stop)[None, :] + 0.5
    x = transform[2] + cols * transform[0]
    y = transform[5] + rows * transform[4]
    values = np.broadcast_to(surface(x, y), (rows.size, cols.size)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=shape[0],
        width=shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        transform=rasterio.Affine(*transform),
        tiled=True,
        sparse_ok=True,
        nodata=nodata,
    ) as dataset:
        dataset.write(
            values,
            1,
            window=Window(part.cols.start, part.rows.start, cols.size, rows.size),
        )
    return path


def write_layer(path: Path, values: NDArray, cell: tuple[int, int] = (41, 13)) -> Path:
    """Write a uint8 layer over a whole one-degree cell, as Copernicus does its water masks."""
    import rasterio

    lat, lon = cell
    dx, dy = 1.0 / values.shape[1], 1.0 / values.shape[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="uint8",
        crs="EPSG:4326",
        transform=rasterio.Affine(dx, 0, lon - dx / 2, 0, -dy, lat + 1 + dy / 2),
        compress="DEFLATE",
    ) as dataset:
        dataset.write(values, 1)
    return path


def hgt_bytes(cell: tuple[int, int], surface: Surface, side: int = 1201) -> bytes:
    """Return an SRTM raster: nodes on the degree lines of all four edges."""
    lat, lon = cell
    lats = np.linspace(lat + 1, lat, side)[:, None]
    lons = np.linspace(lon, lon + 1, side)[None, :]
    return np.rint(np.broadcast_to(surface(lons, lats), (side, side))).astype(">i2").tobytes()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def grid_around(lon: float, lat: float, side_m: float = 3000.0, pixel_m: float = 10.0) -> Grid:
    epsg = utm_epsg(lon, lat)
    x, y = transform_points("EPSG:4326", f"EPSG:{epsg}", (np.array([lon]), np.array([lat])))
    half = side_m / 2
    return Grid.covering(epsg, Bounds(x[0] - half, y[0] - half, x[0] + half, y[0] + half), pixel_m)


def lonlat(grid: Grid) -> tuple[NDArray, NDArray]:
    """Return the exact longitude and latitude of every pixel centre."""
    cols = grid.left + (np.arange(grid.cols) + 0.5) * grid.pixel_m
    rows = grid.top - (np.arange(grid.rows) + 0.5) * grid.pixel_m
    return transform_points(f"EPSG:{grid.epsg}", "EPSG:4326", tuple(np.meshgrid(cols, rows)))


def expected(grid: Grid, surface: Surface) -> NDArray:
    """Return ellipsoidal heights of a surface given as heights over the geoid."""
    lon, lat = lonlat(grid)
    return surface(lon, lat) + geoid_undulation(lon, lat)


def local_incidence_deg(heights: NDArray, pixel_m: float, look: Look) -> NDArray:
    """The angle at which a look meets the ground."""
    return terrain_angles(height_gradient(heights, pixel_m), look)[0]
