"""What a track can and cannot see of the terrain: cast shadow and layover."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.fields import centres
from landslidectl.simulation.geometry import MapGeometry, cell_axes, parabola_at
from landslidectl.simulation.terrain import CELL_M, Terrain


@dataclass(frozen=True, slots=True)
class Sight:
    """What a track sees of the 10 m cells of the terrain.

    Parameters
    ----------
    shadow, layover : ndarray bool
        Cells that no beam reaches, and cells that share their slant range with others.
    """

    shadow: NDArray[np.bool_]
    layover: NDArray[np.bool_]


def look_over(terrain: Terrain, geometry: MapGeometry) -> Sight:
    """Find cast shadow and layover along lines of sight in the map plane."""
    x, y = cell_axes(terrain.box, CELL_M)
    height = geometry.scaled(centres(terrain.fine[::2, ::2]))
    nadir = parabola_at(geometry.nadir.on_grid(x, y), height)
    slant = parabola_at(geometry.slant.on_grid(x, y), height)
    centre = geometry.sight(x[len(x) // 2 :][:1], y[len(y) // 2 :][:1])[:, 0, 0]
    shear = _Shear.of(x.size, y.size, -centre[0], -centre[1])
    nadir, slant = shear.lay(nadir, -np.inf), shear.lay(slant, np.nan)
    highest = np.maximum.accumulate(nadir, axis=1)
    near = np.fmax.accumulate(slant, axis=1)
    far = np.fmin.accumulate(slant[:, ::-1], axis=1)[:, ::-1]
    shadow = shear.back(nadir < highest)
    return Sight(shadow, shear.back((slant < near) | (slant > far)))


@dataclass(frozen=True, slots=True)
class _Shear:
    """Rows of a map laid along a direction, so that each becomes one line of sight."""

    shape: tuple[int, int]
    flipped: bool
    shift: NDArray[np.int64]

    @classmethod
    def of(cls, cols: int, rows: int, east: float, north: float) -> "_Shear":
        """Lay lines along (east, north), the direction away from the sensor."""
        step = -north / abs(east)
        return cls((rows, cols), east < 0, np.rint(step * np.arange(cols)).astype(np.int64))

    def lay(self, field: NDArray[np.float64], missing: float) -> NDArray[np.float64]:
        """Return the field with columns from near to far and lines of sight as rows."""
        ordered = field[:, ::-1] if self.flipped else field
        rows = self._rows()
        inside = (rows >= 0) & (rows < self.shape[0])
        taken = np.take_along_axis(ordered, np.clip(rows, 0, self.shape[0] - 1), axis=0)
        return np.where(inside, taken, missing)

    def back(self, laid: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a laid field on the map again."""
        first = max(0, int(self.shift.max()))
        rows = np.arange(self.shape[0])[:, None] - self.shift[None, :] + first
        ordered = np.take_along_axis(laid, rows, axis=0)
        return ordered[:, ::-1] if self.flipped else ordered

    def _rows(self) -> NDArray[np.int64]:
        first = max(0, int(self.shift.max()))
        count = self.shape[0] + first + max(0, -int(self.shift.min()))
        return np.arange(count)[:, None] - first + self.shift[None, :]
