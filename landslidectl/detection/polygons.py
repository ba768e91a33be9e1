"""From a yes-or-no raster to valid outlines."""

from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


def outline_regions(
    chosen: "NDArray[np.bool_]", grid: Grid, min_area_m2: float
) -> "list[BaseGeometry]":
    """Outline the 4-connected regions of chosen pixels exactly along pixel edges.

    Parameters
    ----------
    chosen : NDArray
        bool of shape ``grid.shape``; the whole raster is held in memory (one byte a pixel).
    grid : Grid
        Where the pixels lie.
    min_area_m2 : float
        Regions with less area on the grid are dropped.

    Returns
    -------
    list
        Valid polygons in the units of the grid, in the order of their first pixel.
    """
    import rasterio  # noqa: PLC0415
    import shapely  # noqa: PLC0415
    from rasterio.features import shapes  # noqa: PLC0415
    from shapely.geometry import shape  # noqa: PLC0415

    regions: list[BaseGeometry] = []
    pixels = chosen.view(np.uint8)
    with gdal_session():
        transform = rasterio.Affine(*grid.transform)
        for outline, _ in shapes(pixels, mask=chosen, connectivity=4, transform=transform):
            region = shape(outline)
            if region.area < min_area_m2:
                continue
            regions.append(region if region.is_valid else shapely.make_valid(region))
    return sorted(regions, key=lambda region: (-region.bounds[3], region.bounds[0], region.wkb))


def window_of(geometry: "BaseGeometry", grid: Grid) -> Window:
    """Return the block of pixels that holds a geometry, cut to the grid."""
    left, bottom, right, top = geometry.bounds
    row = max(int(np.floor((grid.top - top) / grid.pixel_m)), 0)
    col = max(int(np.floor((left - grid.left) / grid.pixel_m)), 0)
    last_row = min(int(np.ceil((grid.top - bottom) / grid.pixel_m)), grid.rows)
    last_col = min(int(np.ceil((right - grid.left) / grid.pixel_m)), grid.cols)
    return Window(row, col, max(last_row - row, 0), max(last_col - col, 0))


def pixels_inside(geometry: "BaseGeometry", grid: Grid) -> "NDArray[np.bool_]":
    """Return which pixels of a grid have their centre inside a geometry (grid units)."""
    import rasterio  # noqa: PLC0415
    from rasterio.features import geometry_mask  # noqa: PLC0415

    if geometry.is_empty or min(grid.shape) == 0:
        return np.zeros(grid.shape, dtype=bool)
    with gdal_session():
        inside: Any = geometry_mask(
            [geometry],
            out_shape=grid.shape,
            transform=rasterio.Affine(*grid.transform),
            invert=True,
        )
    return np.asarray(inside, dtype=bool)
