"""Height of the geoid over the ellipsoid, from the grid that is shipped with the program.

PROJ as it comes with rasterio has no geoid grids and returns a height unchanged without saying so;
a forgotten geoid of 50 m moves a Sentinel-1 pixel by 50 to 83 m. So the grid is our own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import LandslidectlError
from landslidectl.files.resources import asset

NODES_PER_DEGREE = 4
SHAPE = (721, 1440)


@dataclass(frozen=True, slots=True)
class Geoid:
    """The EGM96 undulation at nodes every 15 arc minutes.

    Parameters
    ----------
    undulation_cm : ndarray of int16, shape (721, 1440)
        Rows from 90 N to 90 S, columns eastwards from 180 W, centimetres.
    """

    undulation_cm: NDArray[np.int16]

    @classmethod
    def load(cls) -> "Geoid":
        """Read the shipped grid.

        Raises
        ------
        LandslidectlError
            If the installation is incomplete or the file is damaged.
        """
        path = asset("geoid", "egm96_15_cm.npz")
        try:
            with np.load(path) as archive:
                nodes = archive["n"]
        except (OSError, KeyError, ValueError) as error:
            raise LandslidectlError(
                f"{path}: the geoid grid cannot be read: {error}", "Install landslidectl again."
            ) from error
        if nodes.shape != SHAPE or nodes.dtype != np.int16:
            raise LandslidectlError(
                f"{path}: expected int16 {SHAPE}, found {nodes.dtype} {nodes.shape}",
                "Install landslidectl again.",
            )
        return cls(nodes)

    def undulation(
        self, lon_deg: NDArray[Any] | float, lat_deg: NDArray[Any] | float
    ) -> NDArray[np.float64]:
        """Interpolate the undulation bilinearly; longitudes may be given in any turn."""
        lon, lat = np.broadcast_arrays(
            np.asarray(lon_deg, dtype=np.float64), np.asarray(lat_deg, dtype=np.float64)
        )
        row = (90.0 - np.clip(lat, -90.0, 90.0)) * NODES_PER_DEGREE
        col = ((lon + 180.0) % 360.0) * NODES_PER_DEGREE
        finite = np.isfinite(row) & np.isfinite(col)
        row, col = np.where(finite, row, 0.0), np.where(finite, col, 0.0)
        top = np.minimum(row.astype(np.intp), SHAPE[0] - 2)
        whole = np.floor(col)
        left = whole.astype(np.intp) % SHAPE[1]
        right = (left + 1) % SHAPE[1]
        down, across = row - top, col - whole
        nodes = self.undulation_cm
        upper = nodes[top, left] * (1.0 - across) + nodes[top, right] * across
        lower = nodes[top + 1, left] * (1.0 - across) + nodes[top + 1, right] * across
        metres = (upper * (1.0 - down) + lower * down) / 100.0
        return np.where(finite, metres, np.nan)


def geoid_undulation(
    lon_deg: NDArray[Any] | float, lat_deg: NDArray[Any] | float
) -> NDArray[np.float64]:
    """Return the EGM96 geoid undulation: ellipsoidal height = orthometric height + undulation.

    Parameters
    ----------
    lon_deg, lat_deg : ndarray or float
        WGS 84 degrees, broadcast against each other; NaN gives NaN.

    Returns
    -------
    ndarray of float64
        Metres, bilinear between nodes 15 arc minutes apart. EGM2008 differs by less than 1 m
        nearly everywhere, 0.15 pixels of a scene, so one grid serves both.

    Source: US NGA, EGM96 (15 arc minute grid, public domain).
    """
    return Geoid.load().undulation(lon_deg, lat_deg)
