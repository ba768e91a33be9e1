"""Positions on the Earth for the forward model: own formulas, shared with nothing it tests."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from landslidectl.files.resources import asset

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]] | NDArray[np.integer[Any]] | float

SEMI_MAJOR_M = 6378137.0
SEMI_MINOR_M = 6356752.314245
ECCENTRICITY_2 = 1.0 - (SEMI_MINOR_M / SEMI_MAJOR_M) ** 2


def ecef(lon_deg: Array, lat_deg: Array, height_m: Array) -> Array:
    """Return Earth-fixed positions (..., 3), metres, of WGS 84 longitudes, latitudes, heights."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * np.sin(lat) ** 2)
    across = (normal + height_m) * np.cos(lat)
    up = (normal * (1.0 - ECCENTRICITY_2) + height_m) * np.sin(lat)
    return _joined(across * np.cos(lon), across * np.sin(lon), up)


def geodetic(position: Array) -> tuple[Array, Array, Array]:
    """Return longitude, latitude (degrees) and height (metres) of Earth-fixed positions."""
    place = np.asarray(position, float)
    x, y, z = place[..., 0], place[..., 1], place[..., 2]
    across = np.hypot(x, y)
    lat = np.arctan2(z, across * (1.0 - ECCENTRICITY_2))
    for _ in range(6):
        sine = np.sin(lat)
        normal = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * sine**2)
        lat = np.arctan2(z + ECCENTRICITY_2 * normal * sine, across)
    sine = np.sin(lat)
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * sine**2)
    height = across * np.cos(lat) + z * sine - SEMI_MAJOR_M**2 / normal
    return np.degrees(np.arctan2(y, x)), np.degrees(lat), height


def ellipsoid_up(lon_deg: Array, lat_deg: Array) -> Array:
    """Return the unit normal of the ellipsoid, Earth-fixed, shape (..., 3)."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    level = np.cos(lat)
    return _joined(level * np.cos(lon), level * np.sin(lon), np.sin(lat))


def _joined(x: Array, y: Array, z: Array) -> Array:
    """Return the vectors (..., 3) of three components that broadcast."""
    result = np.empty((*np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)), 3))
    result[..., 0], result[..., 1], result[..., 2] = x, y, z
    return result


@cache
def _undulations() -> Array:
    with np.load(asset("geoid", "egm96_15_cm.npz")) as archive:
        return np.asarray(archive[archive.files[0]], float) / 100.0


def undulation(lon_deg: Array, lat_deg: Array) -> Array:
    """Return the height of the geoid (EGM96) above the ellipsoid, metres, bilinear in 15'."""
    table = _undulations()
    row = np.clip((90.0 - np.asarray(lat_deg, float)) * 4.0, 0.0, 719.999999)
    col = np.mod((np.asarray(lon_deg, float) + 180.0) * 4.0, 1440.0)
    top, left = row.astype(int), col.astype(int) % 1440
    down, right = row - top, col - np.floor(col)
    beside = (left + 1) % 1440
    upper = table[top, left] * (1.0 - right) + table[top, beside] * right
    lower = table[top + 1, left] * (1.0 - right) + table[top + 1, beside] * right
    result: Array = upper * (1.0 - down) + lower * down
    return result


def map_to_degrees(epsg: int, x: Array, y: Array) -> tuple[Array, Array]:
    """Return WGS 84 longitudes and latitudes of map coordinates."""
    return _transform(f"EPSG:{epsg}", "EPSG:4326", x, y)


def degrees_to_map(epsg: int, lon_deg: Array, lat_deg: Array) -> tuple[Array, Array]:
    """Return map coordinates of WGS 84 longitudes and latitudes."""
    return _transform("EPSG:4326", f"EPSG:{epsg}", lon_deg, lat_deg)


def _transform(source: str, target: str, first: Array, second: Array) -> tuple[Array, Array]:
    from rasterio.warp import transform  # noqa: PLC0415

    shape = np.broadcast(first, second).shape
    one, two = np.broadcast_arrays(np.asarray(first, float), np.asarray(second, float))
    a, b = transform(source, target, one.ravel(), two.ravel())
    return np.reshape(np.asarray(a, float), shape), np.reshape(np.asarray(b, float), shape)


@dataclass(frozen=True, slots=True)
class Smooth:
    """A smooth function over a rectangle, held as products of Chebyshev polynomials.

    The zero-Doppler time, the range and the map projection bend so little over a scene of some
    kilometres that a few coefficients hold them to fractions of a millimetre, and evaluating them
    on millions of grid points becomes two small matrix products.

    Parameters
    ----------
    low, high : (float, float)
        Corners of the rectangle (first axis, second axis).
    coefficients : ndarray, shape (second degree + 1, first degree + 1, ...)
        Trailing axes carry several functions at once.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    coefficients: Array

    @classmethod
    def fit(
        cls,
        low: tuple[float, float],
        high: tuple[float, float],
        function: Callable[[Array, Array], Array],
        degree: int = 5,
    ) -> "Smooth":
        """Interpolate ``function(first, second) -> (..., k)`` at the Chebyshev nodes."""
        nodes = chebyshev.chebpts1(degree + 1)
        first = _stretch(nodes, low[0], high[0])
        second = _stretch(nodes, low[1], high[1])
        values = np.asarray(function(*np.meshgrid(first, second)), float)
        inverse = np.linalg.inv(_chebyshev(nodes, degree))
        return cls(low, high, np.einsum("is,jf,sf...->ij...", inverse, inverse, values))

    def on_grid(self, first: Numbers, second: Numbers) -> Array:
        """Return values on the grid of two axes, shape (..., len(second), len(first))."""
        across, along, moved = self._parts(first, second)
        result: Array = along @ (moved @ across.T)
        return result

    def at(self, first: Numbers, second: Numbers) -> Array:
        """Return values at single points, shape (..., n)."""
        result: Array = np.einsum("nj,ni,...ij->...n", *self._parts(first, second))
        return result

    def _parts(self, first: Numbers, second: Numbers) -> tuple[Array, Array, Array]:
        """Return the polynomials along both axes, (n, degree + 1), and the coefficients last."""
        degree = self.coefficients.shape[0] - 1
        across = _chebyshev(np.ravel(self._unit(first, 0)), degree)
        along = _chebyshev(np.ravel(self._unit(second, 1)), degree)
        rest = range(2, self.coefficients.ndim)
        return across, along, self.coefficients.transpose(*rest, 0, 1)

    def part(self, index: int) -> "Smooth":
        """Return one of the functions of a last axis, which stays."""
        return Smooth(self.low, self.high, self.coefficients[..., index : index + 1])

    def slope(self, axis: int) -> "Smooth":
        """Return the derivative along the first (0) or the second (1) axis."""
        half = (self.high[axis] - self.low[axis]) / 2.0
        derived = chebyshev.chebder(self.coefficients, axis=1 - axis) / half
        pad = [(0, 0)] * derived.ndim
        pad[1 - axis] = (0, 1)
        return Smooth(self.low, self.high, np.pad(derived, pad))

    def _unit(self, value: Numbers, axis: int) -> Array:
        middle = (self.high[axis] + self.low[axis]) / 2.0
        half = (self.high[axis] - self.low[axis]) / 2.0
        return (np.asarray(value, float) - middle) / half


def _stretch(nodes: Array, low: float, high: float) -> Array:
    return (low + high) / 2.0 + nodes * (high - low) / 2.0


def _chebyshev(value: Array, degree: int) -> Array:
    """Return the Chebyshev polynomials of values (n), up to a degree: (n, degree + 1).

    As ``chebvander`` without its generality, which costs more than the dozens of points do.
    """
    result = np.ones((degree + 1, value.size))
    result[1] = value
    for order in range(2, degree + 1):
        result[order] = result[order - 1] * (2.0 * value) - result[order - 2]
    return result.T
