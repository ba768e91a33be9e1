"""What was planted where: the slides of a simulated landscape on the pixels of a grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Grid
from landslidectl.simulation.event import SimulatedEvent
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.slide import Lattice, Slide, cells_in
from landslidectl.simulation.terrain import CELL_M
from landslidectl.simulation.view import Landscape
from landslidectl.terms import Track


@dataclass(frozen=True, slots=True)
class Planted:
    """Which slide lies where, and what is known of each.

    Parameters
    ----------
    number : int, (row, col)
        The slide at each pixel, counted from 1; 0 for none.
    strength_db : float64, (slide + 1,)
        Root mean square change of VV gamma nought; NaN for none.
    facing_deg : float64, (slide + 1,)
        Horizontal angle between downhill and the direction to the sensor; NaN for none.
    """

    number: NDArray[np.intp]
    strength_db: NDArray[np.float64]
    facing_deg: NDArray[np.float64]

    @classmethod
    def of(cls, landscape: Landscape, toward: tuple[float, float], grid: Grid) -> "Planted":
        """Return what a landscape holds, as a sensor in some direction has it.

        Parameters
        ----------
        landscape : Landscape
        toward : (float, float)
            Horizontal direction to the sensor: see `toward_sensor`.
        grid : Grid
            In the landscape's zone.
        """
        change_db = landscape.after.vv_db - landscape.quiet.vv_db
        cells = Lattice(landscape.place.terrain.box, CELL_M, change_db.shape)
        pixels = Lattice(Box(*grid.bounds), grid.pixel_m, grid.shape)
        number = np.zeros(grid.shape, np.intp)
        strength = np.full(len(landscape.slides) + 1, np.nan)
        facing = strength.copy()
        for index, slide in enumerate(landscape.slides, start=1):
            window, inside = cells_in(slide, pixels)
            number[window][inside] = index
            window, inside = cells_in(slide, cells)
            if inside.any():
                strength[index] = np.sqrt(np.mean(np.square(change_db[window][inside])))
            facing[index] = _facing_deg(slide, toward)
        return cls(number, strength, facing)

    def largest(self, window: tuple[slice, slice]) -> int:
        """Return the slide that covers most of a window, 0 where there is none."""
        pixels = np.bincount(self.number[window].ravel(), minlength=2)
        return int(pixels[1:].argmax()) + 1 if pixels[1:].any() else 0

    def largest_of(
        self, row: NDArray[np.integer[Any]], col: NDArray[np.integer[Any]], side: int
    ) -> NDArray[np.intp]:
        """Return the largest slide of each of the square windows that start at ``row``, ``col``."""
        parts = zip(row.tolist(), col.tolist(), strict=True)
        found = [self.largest((slice(y, y + side), slice(x, x + side))) for y, x in parts]
        return np.array(found, dtype=np.intp)


def planted_on(grid: Grid, event: SimulatedEvent, track: Track) -> Planted:
    """Return what an event has planted, on the grid of one of its stacks."""
    view = next(view for view in event.tracks if view.track == track)
    return Planted.of(event.landscape, toward_sensor(view.geometry, event.area), grid)


def toward_sensor(geometry: MapGeometry, area: Box) -> tuple[float, float]:
    """Return the horizontal direction (east, north) from the middle of an area to the sensor."""
    x = np.array([(area.left + area.right) / 2.0])
    y = np.array([(area.bottom + area.top) / 2.0])
    east, north = (float(part) for part in geometry.sight(x, y)[:2, 0, 0])
    return east, north


def _facing_deg(slide: Slide, toward: tuple[float, float]) -> float:
    east, north = toward
    cosine = (slide.downhill[0] * east + slide.downhill[1] * north) / np.hypot(east, north)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
