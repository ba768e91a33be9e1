"""A raster to project into, and what radiometric calibration takes its pixels for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.frame import Frame
from landslidectl.simulation.geodesy import Smooth, ecef, ellipsoid_up, geodetic
from landslidectl.simulation.orbit import zero_doppler

LINE_STEPS = np.array([-0.5, 0.5, 0.0, 0.0, 0.0])[:, None, None]
PIXEL_STEPS = np.array([0.0, 0.0, -0.5, 0.5, 0.0])[:, None, None]


@dataclass(frozen=True, slots=True)
class EllipsoidFields:
    """Smooth properties of a raster's pixels on the ellipsoid at the records' height.

    Parameters
    ----------
    area, incidence : Smooth
        Over (pixel, line): ground area of a pixel (m2), and incidence angle (degrees).
    """

    area: Smooth
    incidence: Smooth


@dataclass(frozen=True, slots=True)
class Raster:
    """A raster to project into, and the ellipsoid's properties under its pixels."""

    frame: Frame
    fields: EllipsoidFields

    @classmethod
    def of(cls, frame: Frame) -> "Raster":
        """Work the properties out."""
        return cls(frame, ellipsoid_fields(frame))


def ellipsoid_fields(frame: Frame) -> EllipsoidFields:
    """Return the area and the incidence angle that radiometric calibration refers to."""

    def solve(pixel: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
        points = frame.ground(line + LINE_STEPS, pixel + PIXEL_STEPS)
        along, across = points[1] - points[0], points[3] - points[2]
        area = np.linalg.norm(np.cross(along, across), axis=-1)
        lon, lat, height = geodetic(points[4])
        target = ecef(lon, lat, height)
        time, distance = zero_doppler(frame.orbit, target)
        sight = (frame.orbit.position(time) - target) / distance[..., None]
        cosine = np.sum(sight * ellipsoid_up(lon, lat), axis=-1)
        return np.stack([area, np.degrees(np.arccos(cosine))], axis=-1)

    fitted = Smooth.fit((0.0, 0.0), (frame.samples - 1.0, frame.lines - 1.0), solve, 4)
    area, incidence = (
        Smooth(fitted.low, fitted.high, fitted.coefficients[..., index]) for index in range(2)
    )
    return EllipsoidFields(area, incidence)
