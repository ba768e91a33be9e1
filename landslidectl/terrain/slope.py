"""Gradient, slope and aspect of heights on the map grid."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
