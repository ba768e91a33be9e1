"""The direction to the sensor, and the angle at which the radar meets the ground."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_TURN_DEG = 360.0


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


def terrain_angles(
    gradient: tuple[NDArray[np.float32], NDArray[np.float32]], look: Look
) -> NDArray[np.float32]:
    """Return local incidence, ellipsoid incidence, slope and aspect of inclined ground.

    Parameters
    ----------
    gradient : pair of float32 arrays, shape (row, col)
        dz/dx towards east and dz/dy towards north, as `height_gradient` returns them.
    look : Look
        Direction to the sensor.

    Returns
    -------
    float32 array of shape (4, row, col)
        Degrees. Local incidence is the angle between the ground's normal, (-dz/dx, -dz/dy, 1), and
        the direction to the sensor: 0 facing it, more than 90 facing away (own shadow). Aspect is
        the direction of steepest descent, clockwise from grid north, 0 <= aspect < 360. NaN where
        the gradient is, aspect also where it is zero.
    """
    east, north = gradient
    square = east * east + north * north
    facing = look.up - east * look.east - north * look.north
    out = np.empty((4, *square.shape), dtype=np.float32)
    out[0] = degrees_of_cosine(facing / np.sqrt(square + np.float32(1.0)))
    out[1] = degrees_of_cosine(look.up)
    np.degrees(np.arctan(np.sqrt(square)), out=out[2])
    # The slope rises towards arctan2(east, north); it falls the opposite way.
    np.degrees(np.arctan2(east, north), out=out[3])
    out[3] += np.float32(180.0)
    out[3][out[3] >= FULL_TURN_DEG] = 0.0
    out[3][square == 0.0] = np.nan
    return out


def degrees_of_cosine(cosine: NDArray[Any]) -> NDArray[np.float32]:
    """Return angles; a cosine a rounding beyond 1 is 1."""
    clipped = np.clip(cosine, np.float32(-1.0), np.float32(1.0))
    return np.asarray(np.degrees(np.arccos(clipped)), dtype=np.float32)
