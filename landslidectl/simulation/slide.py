"""One landslide: a strip along a bent downhill line, and the map points that lie in it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.geometry import Box

KNOTS = 25

Array = NDArray[np.float64]
Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Regular points of a map rectangle, first row north.

    Parameters
    ----------
    step_m : float
        Distance of the points.
    shape : (int, int)
        Rows and columns.
    first : float
        Where the first point lies, in steps from the corner: 0 for nodes, 0.5 for cells.
    """

    box: Box
    step_m: float
    shape: tuple[int, int]
    first: float = 0.5

    def window(self, low: Array, high: Array) -> Slices:
        """Return the rows and columns whose points may lie between two map corners (x, y)."""
        rows = ((self.box.top - high[1]) / self.step_m, (self.box.top - low[1]) / self.step_m)
        cols = ((low[0] - self.box.left) / self.step_m, (high[0] - self.box.left) / self.step_m)
        return _limits(*rows, self.shape[0]), _limits(*cols, self.shape[1])

    def positions(self, window: Slices) -> tuple[Array, Array]:
        """Return x (1, cols) and y (rows, 1) of the points of a window, metres."""
        rows = np.arange(window[0].start, window[0].stop, dtype=np.float64)[:, None]
        cols = np.arange(window[1].start, window[1].stop, dtype=np.float64)[None, :]
        x = self.box.left + (cols + self.first) * self.step_m
        y = self.box.top - (rows + self.first) * self.step_m
        return x, y


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: a strip along a bent downhill line, and its mark on the backscatter.

    Parameters
    ----------
    slide_id : int
        Counts from 1.
    origin : (float, float)
        Map position of the crown, metres.
    downhill : (float, float)
        Unit vector of the axis.
    length_m : float
        Along the axis.
    left_m, right_m, bend_m : ndarray, shape (KNOTS,)
        Half widths and sideways shift of the middle at equal steps along the axis.
    offset_db, extra_vh_db : float
        Mean change of VV, and of VH beyond it.
    facing : float
        Added to the exponent of the cosine of local incidence.
    gradient_db : float
        Crown minus toe.
    texture_db, rough_m, depth_m : float
        New texture, new micro-relief, and thickness moved.
    """

    slide_id: int
    origin: tuple[float, float]
    downhill: tuple[float, float]
    length_m: float
    left_m: Array
    right_m: Array
    bend_m: Array
    offset_db: float
    extra_vh_db: float
    facing: float
    gradient_db: float
    texture_db: float
    rough_m: float
    depth_m: float

    @property
    def outline(self) -> Array:
        """Return the closed outline, map coordinates, counter-clockwise, shape (n, 2)."""
        along = knots_to(self.length_m)
        ring = np.empty((2 * KNOTS - 2, 2))
        ring[: KNOTS - 2, 0], ring[KNOTS - 2 :, 0] = along[1:-1], along[::-1]
        ring[: KNOTS - 2, 1] = (self.bend_m - self.right_m)[1:-1]
        ring[KNOTS - 2 :, 1] = (self.bend_m + self.left_m)[::-1]
        axis = np.array([self.downhill, (-self.downhill[1], self.downhill[0])])
        points = np.asarray(self.origin) + ring @ axis
        return np.concatenate([points[-1:], points])

    @property
    def area_m2(self) -> float:
        """Return the planar area."""
        widths = self.left_m + self.right_m
        return float(np.mean((widths[1:] + widths[:-1]) / 2.0) * self.length_m)

    def place(self, x: Array, y: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return share of the length, share of the half width (-1..1), and whether inside."""
        east, north = x - self.origin[0], y - self.origin[1]
        along = (east * self.downhill[0] + north * self.downhill[1]) / self.length_m
        across = north * self.downhill[0] - east * self.downhill[1]
        knots = knots_to(1.0)
        across = across - np.interp(along, knots, self.bend_m)
        left, right = np.interp(along, knots, self.left_m), np.interp(along, knots, self.right_m)
        half = np.where(across > 0, left, right)
        share = across / np.maximum(half, 1e-6)
        return along, share, (along > 0.0) & (along < 1.0) & (np.abs(share) < 1.0)


def knots_to(length: float) -> Array:
    """Return equal steps from 0 to a length, as ``linspace`` does, without its generality."""
    result: Array = np.arange(KNOTS, dtype=np.float64) * (length / (KNOTS - 1))
    result[-1] = length
    return result


def cells_in(
    slide: Slide, lattice: Lattice, grow_m: float = 0.0, outline: Array | None = None
) -> tuple[Slices, NDArray[np.bool_]]:
    """Return a window of the lattice and which of its points lie in the slide.

    ``grow_m`` widens the slide on both sides; whoever knows its outline need not have it drawn.
    """
    ring = slide.outline if outline is None else outline
    window = lattice.window(ring.min(axis=0) - grow_m, ring.max(axis=0) + grow_m)
    if grow_m:
        slide = replace(slide, left_m=slide.left_m + grow_m, right_m=slide.right_m + grow_m)
    return window, slide.place(*lattice.positions(window))[2]


def _limits(low: float, high: float, size: int) -> slice:
    start = min(max(int(np.floor(low)) - 1, 0), size)
    return slice(start, max(min(int(np.ceil(high)) + 1, size), start))
