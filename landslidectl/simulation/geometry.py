"""Where every point of the map lies in the radar's coordinates, and from where it is seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.geodesy import (
    Array,
    Numbers,
    Smooth,
    ecef,
    map_to_degrees,
    undulation,
)
from landslidectl.simulation.orbit import Orbit, zero_doppler

HEIGHT_NODES = np.array([-1.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True)
class MapGeometry:
    """Zero-Doppler time, slant range and off-nadir angle over a map rectangle, any height.

    Parameters
    ----------
    middle_m, half_m : float
        Orthometric heights are scaled to -1..1 by these.
    time, slant, nadir : Smooth
        Each carries three coefficients of a parabola in the scaled height (seconds, metres,
        radians).
    slopes : (Smooth, Smooth)
        Of the slant range at the scaled height 0, eastwards and northwards.
    scale : float
        Map metres per metre on the ground, at the centre.
    """

    middle_m: float
    half_m: float
    time: Smooth
    slant: Smooth
    nadir: Smooth
    slopes: tuple[Smooth, Smooth]
    scale: float

    @classmethod
    def fit(
        cls, orbit: Orbit, epsg: int, box: "Box", heights: tuple[float, float]
    ) -> "MapGeometry":
        """Solve exactly at nodes of three heights and fit parabolas over the rectangle."""
        middle = (heights[0] + heights[1]) / 2.0
        half = max((heights[1] - heights[0]) / 2.0, 50.0)

        def solve(x: Array, y: Array) -> Array:
            lon, lat = map_to_degrees(epsg, x, y)
            height = undulation(lon, lat)[..., None] + middle + half * HEIGHT_NODES
            target = ecef(lon[..., None], lat[..., None], height)
            time, slant = zero_doppler(orbit, target)
            return np.concatenate(
                [
                    _parabola(time),
                    _parabola(slant),
                    _parabola(_off_nadir(orbit, time, target, slant)),
                ],
                axis=-1,
            )

        fitted = Smooth.fit((box.left, box.bottom), (box.right, box.top), solve)
        parts = [
            Smooth(fitted.low, fitted.high, fitted.coefficients[..., start : start + 3])
            for start in (0, 3, 6)
        ]
        time, slant, nadir = parts
        slopes = (slant.slope(0).part(0), slant.slope(1).part(0))
        return cls(middle, half, time, slant, nadir, slopes, _map_scale(epsg, box))

    def scaled(self, heights: Numbers) -> Array:
        """Return orthometric heights scaled to the parabolas' argument."""
        result: Array = (np.asarray(heights, float) - self.middle_m) / self.half_m
        return result

    def at(self, x: Array, y: Array, heights: Array) -> tuple[Array, Array]:
        """Return zero-Doppler time (s) and slant range (m) of single points (1-D)."""
        value = self.scaled(np.asarray(heights, float))
        return parabola_at(self.time.at(x, y), value), parabola_at(self.slant.at(x, y), value)

    def on_grid(self, x: Array, y: Array, heights: Array) -> tuple[Array, Array]:
        """Return time (s) and slant range (m) on the grid of two axes, heights (y, x)."""
        value = self.scaled(heights)
        return parabola_at(self.time.on_grid(x, y), value), parabola_at(
            self.slant.on_grid(x, y), value
        )

    def sight(self, x: Array, y: Array) -> Array:
        """Return the unit vector ground to sensor (x, y, up) on the grid of two axes.

        The gradient of the zero-Doppler range is that vector, turned round.
        """
        across, along = (-slope.on_grid(x, y)[0] * self.scale for slope in self.slopes)
        up = -self.slant.part(1).on_grid(x, y)[0] / self.half_m
        return np.stack([across, along, up])


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the map, metres."""

    left: float
    bottom: float
    right: float
    top: float

    def grown(self, margin_m: float) -> "Box":
        """Return the rectangle with a margin on every side."""
        return Box(
            self.left - margin_m, self.bottom - margin_m, self.right + margin_m, self.top + margin_m
        )


def cell_axes(box: "Box", step_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the map coordinates of the centres of a box's cells, from west and from north."""
    cols = round((box.right - box.left) / step_m)
    rows = round((box.top - box.bottom) / step_m)
    x = box.left + (np.arange(cols, dtype=np.float64) + 0.5) * step_m
    y = box.top - (np.arange(rows, dtype=np.float64) + 0.5) * step_m
    return x, y


def parabola_at(parts: NDArray[np.float64], value: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a parabola's value from its three coefficients (first axis)."""
    result: NDArray[np.float64] = parts[2] * value
    result += parts[1]
    result *= value
    result += parts[0]
    return result


def _parabola(values: Array) -> Array:
    """Return the three coefficients (last axis) of parabolas through values at -1, 0, 1."""
    low, middle, high = np.moveaxis(values, -1, 0)
    return np.stack([middle, (high - low) / 2.0, (high + low) / 2.0 - middle], axis=-1)


def _off_nadir(orbit: Orbit, time: Array, target: Array, slant: Array) -> Array:
    position = orbit.position(time)
    inward = -np.sum((target - position) * position, axis=-1)
    result: Array = np.arccos(inward / slant / np.linalg.norm(position, axis=-1))
    return result


def _map_scale(epsg: int, box: Box) -> float:
    """Return map metres per ground metre at the centre, from a short line northwards."""
    x = np.full(2, (box.left + box.right) / 2.0)
    y = (box.bottom + box.top) / 2.0 + np.array([-500.0, 500.0])
    lon, lat = map_to_degrees(epsg, x, y)
    ends = ecef(lon, lat, np.zeros(2))
    return float(1000.0 / np.linalg.norm(ends[1] - ends[0]))
