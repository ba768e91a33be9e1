"""The score as a picture in longitude and latitude, and outlines of what was not observed."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.geodesy import SEGMENT_M, from_wgs84, to_wgs84
from landslidectl.detection.ground import ground_of
from landslidectl.detection.polygons import outline_regions
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid
from landslidectl.products.contract.colours import MASKED_RGB
from landslidectl.products.map_layers import (
    MASK_ALPHA,
    score_alpha,
    score_colours,
)
from landslidectl.products.previews import read_scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.contents import Contents

HALF_TURN, TURN = 180.0, 360.0
HOLE_SIDE = 1024
"""Pixels of the raster that unobserved areas are outlined from, along its longer side."""
HOLE_PIXELS = 4
MOST_HOLES = 200


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture and where it lies: degrees, west and east within -180..180."""

    png: bytes
    west: float
    south: float
    east: float
    north: float


def score_overlays(contents: "Contents", side: int) -> list[Overlay]:
    """Return the score in the colours of the map, masked ground under it, all else transparent.

    Parameters
    ----------
    contents : Contents
        The product.
    side : int
        Most pixels along the longer side.

    Returns
    -------
    list of Overlay
        One, or two that meet at the antimeridian; none where nothing would show.
    """
    west, south, east, north = _bounds(contents.grid)
    width, height = _shape(contents.grid, (west, south, east, north), side)
    colours = _colours(contents, (west, south, east, north), (height, width))
    if not colours.any():
        return []
    if east <= HALF_TURN:
        return [Overlay(_png(colours), west, south, east, north)]
    cut = min(max(round(width * (HALF_TURN - west) / (east - west)), 1), width - 1)
    return [
        Overlay(_png(colours[:, :cut]), west, south, HALF_TURN, north),
        Overlay(_png(colours[:, cut:]), -HALF_TURN, south, east - TURN, north),
    ]


def unobserved_outlines(contents: "Contents", area: "BaseGeometry") -> "list[BaseGeometry]":
    """Return outlines of what no track observed inside the area of interest, the largest first.

    They are simplified: drawn on at most `HOLE_SIDE` pixels, without specks, `MOST_HOLES` at most.

    Parameters
    ----------
    contents : Contents
        The product.
    area : shapely geometry
        Area of interest in longitude and latitude.

    Returns
    -------
    list of shapely geometry
        Longitude and latitude.
    """
    from shapely.affinity import affine_transform  # noqa: PLC0415

    grid = contents.grid
    factor = max(1.0, max(grid.shape) / HOLE_SIDE)
    rows, cols = (max(1, round(size / factor)) for size in grid.shape)
    score = read_scaled(contents.score, None, (rows, cols), smooth=True)
    bits = read_scaled(contents.quality, None, (rows, cols), smooth=False).astype(np.uint8)
    unknown = ground_of(score, bits).unobserved
    right, down = grid.cols * grid.pixel_m / cols, grid.rows * grid.pixel_m / rows
    smallest = HOLE_PIXELS if factor > 1.0 else 0
    unit = Grid(grid.epsg, 0.0, float(rows), 1.0, rows, cols)
    inside = from_wgs84(area, grid.epsg)
    holes = []
    for region in outline_regions(unknown, unit, smallest):
        low = grid.top - rows * down
        placed = affine_transform(region, [right, 0.0, 0.0, down, grid.left, low])
        hole = placed.simplify(max(right, down)).intersection(inside)
        if hole.area > 0.0:
            holes.append(hole)
    holes.sort(key=lambda hole: (-hole.area, hole.wkb))
    return [to_wgs84(hole, grid.epsg) for hole in holes[:MOST_HOLES]]


def _bounds(grid: Grid) -> tuple[float, float, float, float]:
    """Return the box in degrees that holds the grid; east may be beyond 180."""
    import shapely  # noqa: PLC0415

    edge = shapely.segmentize(shapely.box(*grid.bounds), SEGMENT_M)
    west, south, east, north = to_wgs84(edge, grid.epsg).bounds
    return west, south, east, north


def _shape(grid: Grid, bounds: tuple[float, float, float, float], side: int) -> tuple[int, int]:
    """Return width and height of the picture: about as fine as the score, or ``side``."""
    west, south, east, north = bounds
    squeeze = np.cos(np.radians((south + north) / 2.0))
    wide, high = (east - west) * squeeze, north - south
    longest = min(side, max(grid.shape))
    pixel = max(wide, high) / longest
    return max(1, round(wide / pixel)), max(1, round(high / pixel))


def _colours(
    contents: "Contents", bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> "NDArray[np.uint8]":
    """Return red, green, blue and alpha: the score laid over what is masked."""
    score = _warped(contents, contents.score, bounds, shape)
    bits = np.nan_to_num(_warped(contents, contents.quality, bounds, shape)).astype(np.uint8)
    under = ground_of(score, bits).masked * np.float32(MASK_ALPHA)
    over = score_alpha(score, float(contents.facts["result"]["threshold"]))
    under = under * (1.0 - over)
    blue = np.array(MASKED_RGB, dtype=np.float32)
    alpha = over + under
    mixed = score_colours(score) * over[:, :, None] + blue * under[:, :, None]
    mixed /= np.maximum(alpha, np.float32(1e-6))[:, :, None]
    colours = np.zeros((*shape, 4), dtype=np.uint8)
    colours[:, :, :3] = np.rint(mixed)
    colours[:, :, 3] = np.rint(255.0 * alpha)
    colours[colours[:, :, 3] == 0] = 0
    return colours


def _warped(
    contents: "Contents",
    path: Path,
    bounds: tuple[float, float, float, float],
    shape: tuple[int, int],
) -> "NDArray[np.float32]":
    """Return a raster on degrees; coarser than itself the score is averaged, bits are not."""
    from rasterio.warp import Resampling, reproject  # noqa: PLC0415

    grid = contents.grid
    factor = max(1.0, max(grid.shape) / max(shape))
    rows, cols = (max(1, round(size / factor)) for size in grid.shape)
    values = read_scaled(path, None, (rows, cols), smooth=path == contents.score)
    target: NDArray[Any] = np.full(shape, np.nan, dtype=np.float32)
    with gdal_session():
        reproject(
            values,
            target,
            src_transform=_placement(grid.bounds, (rows, cols)),
            src_crs=f"EPSG:{grid.epsg}",
            src_nodata=np.nan,
            dst_transform=_placement(bounds, shape),
            dst_crs="EPSG:4326",
            dst_nodata=np.nan,
            resampling=Resampling.nearest,
        )
    return target


def _placement(bounds: tuple[float, float, float, float], shape: tuple[int, int]) -> Any:
    """Return the affine of a raster of some rows and columns that fills a box."""
    import rasterio  # noqa: PLC0415

    west, south, east, north = bounds
    rows, cols = shape
    return rasterio.Affine((east - west) / cols, 0.0, west, 0.0, (south - north) / rows, north)


def _png(colours: "NDArray[np.uint8]") -> bytes:
    from PIL import Image  # noqa: PLC0415

    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours), "RGBA").save(content, "PNG", optimize=True)
    return content.getvalue()
