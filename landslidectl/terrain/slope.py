"""Gradient, slope and aspect of heights on the map grid."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid, Window

CENTRAL_SCALE = 0.9996
FALSE_EASTING_M = 500_000.0
EARTH_RADIUS_M = 6_371_000.0


def height_gradient(
    heights: NDArray[Any], pixel_m: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the slopes dz/dx towards east and dz/dy towards north, by central differences.

    Parameters
    ----------
    heights : ndarray, shape (row, col)
        Metres, at least 2 x 2; rows go south. NaN makes its neighbours NaN.
    pixel_m : float
        Side of a pixel, metres.

    Returns
    -------
    east, north : ndarray of float32, shape (row, col)
        Metres a metre; one-sided at the rim.
    """
    z = np.asarray(heights, dtype=np.float32)
    east, north = np.empty_like(z), np.empty_like(z)
    east[:, 1:-1] = (z[:, 2:] - z[:, :-2]) / np.float32(2.0 * pixel_m)
    east[:, 0] = (z[:, 1] - z[:, 0]) / np.float32(pixel_m)
    east[:, -1] = (z[:, -1] - z[:, -2]) / np.float32(pixel_m)
    north[1:-1] = (z[:-2] - z[2:]) / np.float32(2.0 * pixel_m)
    north[0] = (z[0] - z[1]) / np.float32(pixel_m)
    north[-1] = (z[-2] - z[-1]) / np.float32(pixel_m)
    return east, north


def utm_scale(grid: Grid, window: Window) -> NDArray[np.float32]:
    """Return how many grid metres a metre on the ground has, at the columns of a window.

    A gradient per grid metre times this is one per metre on the ground; it matters for angles: at
    the edge of a zone it is 1e-3.

    Returns
    -------
    ndarray of float32, shape (window.cols,)
        0.9996 at the middle of the zone; within 1e-5 of the exact factor.

    Source
    ------
    J. P. Snyder, Map Projections: A Working Manual, USGS PP 1395 (1987), equation 8-4, with the
    mean radius of the Earth.
    """
    col = window.col + np.arange(window.cols) + 0.5
    east_m = grid.left + col * grid.pixel_m - FALSE_EASTING_M
    scale = CENTRAL_SCALE * (1.0 + 0.5 * (east_m / (CENTRAL_SCALE * EARTH_RADIUS_M)) ** 2)
    return scale.astype(np.float32)


def slope_aspect(
    heights: NDArray[Any], pixel_m: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the steepness of the ground and the direction it falls towards.

    Parameters
    ----------
    heights : ndarray, shape (row, col)
        Metres; NaN where void.
    pixel_m : float
        Side of a pixel, metres.

    Returns
    -------
    slope_deg : ndarray of float32
        0 level .. 90 upright; NaN beside voids.
    aspect_deg : ndarray of float32
        Direction of steepest descent, clockwise from grid north, 0 <= aspect < 360; NaN where
        the ground is level or void.
    """
    east, north = height_gradient(heights, pixel_m)
    slope = np.degrees(np.arctan(np.hypot(east, north)))
    aspect = np.degrees(np.arctan2(-east, -north)) % np.float32(360.0)
    aspect[aspect >= 360.0] = 0.0  # float32 rounds a tiny negative angle up to a full turn
    aspect[slope == 0.0] = np.nan
    return slope, aspect
