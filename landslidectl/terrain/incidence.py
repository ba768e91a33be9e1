"""The direction to the sensor, and the angle at which the radar meets the ground."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.terrain.slope import height_gradient


@dataclass(frozen=True, slots=True)
class Look:
    """Unit vector from the ground to the sensor in the axes of the map grid.

    Parameters
    ----------
    east, north, up : ndarray of float32
        Components along grid x, grid y and the ellipsoidal vertical, broadcastable to the
        pixels: one value for a small area, or one a pixel across a swath.
    """

    east: NDArray[Any]
    north: NDArray[Any]
    up: NDArray[Any]

    @classmethod
    def from_angles(cls, azimuth_deg: float, incidence_deg: float) -> "Look":
        """Return one look for a whole area.

        Parameters
        ----------
        azimuth_deg : float
            Direction from the ground to the sensor, clockwise from grid north.
        incidence_deg : float
            Angle between that direction and the ellipsoidal vertical.
        """
        azimuth, incidence = np.radians(azimuth_deg), np.radians(incidence_deg)
        level = np.sin(incidence)
        return cls(
            np.asarray(level * np.sin(azimuth), dtype=np.float32),
            np.asarray(level * np.cos(azimuth), dtype=np.float32),
            np.asarray(np.cos(incidence), dtype=np.float32),
        )


def local_incidence_deg(heights: NDArray[Any], pixel_m: float, look: Look) -> NDArray[np.float32]:
    """Return the angle between the ground's normal and the direction to the sensor.

    Parameters
    ----------
    heights : ndarray, shape (row, col)
        Metres, NaN where void.
    pixel_m : float
        Side of a pixel, metres.
    look : Look
        Direction to the sensor.

    Returns
    -------
    ndarray of float32, shape (row, col)
        Degrees, 0 facing the sensor, more than 90 facing away from it (own shadow); NaN beside
        voids. The normal is (-dz/dx, -dz/dy, 1).
    """
    east, north = height_gradient(heights, pixel_m)
    along = look.up - east * look.east - north * look.north
    length = np.sqrt(1.0 + east * east + north * north, dtype=np.float32)
    cosine = np.clip(along / length, -1.0, 1.0)
    return np.asarray(np.degrees(np.arccos(cosine)), dtype=np.float32)
