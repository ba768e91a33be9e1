"""From the outline of windows to the slides inside it.

A score from windows of 64 pixels says that somewhere in 640 m there is a slide. The change bands
say where: they are whitened against the ground around, pixels that rather slid than not are joined
to parts, and parts with a core too strong for noise make the polygon. Where none has one, the
window outline stays, and the detection says so.

What comes out depends on the place alone: every region is drawn from its own crop of the rasters,
whatever the size of the blocks they were written in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.change import ChangeReader, energy, sigmas, smoothed
from landslidectl.detection.contour import ContourOptions, slid_pixels
from landslidectl.detection.polygons import outline_regions, pixels_inside, window_of
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.detection.change import Baseline, Change
    from landslidectl.stack.stack import Stack

MARGIN_PX = 48
"""Ground read around a region, to learn from what is steady and to let slides stick out."""

LARGEST_PX = 16_000_000
"""Regions on larger crops keep their window outline: memory is about 100 bytes a pixel."""


@dataclass(frozen=True, slots=True)
class DelineateOptions:
    """What makes a part of a slide; the defaults were chosen on simulated events.

    Parameters
    ----------
    smoothing_px : float
        Of the change before its energy is taken, standard deviation in pixels.
    core_sigmas : float
        What the energy of a part must reach somewhere, in standard deviations of noise: a region
        of windows holds some hundred places as large as the smoothing, and none may pass by chance.
    reach_px : int
        How far a slide may stick out of the windows' outline.
    min_area_m2 : float
        Smaller parts are dropped.
    contour : ContourOptions
    """

    smoothing_px: float = 2.0
    core_sigmas: float = 3.7
    reach_px: int = 10
    min_area_m2: float = 2000.0
    contour: ContourOptions = field(default_factory=ContourOptions)


class Delineator:
    """The change bands of one job, asked region by region; use it as a context manager.

    Parameters
    ----------
    stacks : sequence of Stack
        One a track, all on ``grid``.
    grid : Grid
    detected : NDArray
        bool of shape ``grid.shape``: all pixels of all regions.
    options : DelineateOptions, optional
    baseline : callable, optional
        What the changes are held against beside the ground around.
    """

    def __init__(
        self,
        stacks: "Sequence[Stack]",
        grid: Grid,
        detected: "NDArray[np.bool_]",
        options: DelineateOptions | None = None,
        baseline: "Baseline | None" = None,
    ) -> None:
        self._changes = ChangeReader(stacks, baseline)
        self._grid = grid
        self._detected = detected
        self._options = options or DelineateOptions()

    def __enter__(self) -> "Delineator":
        self._changes.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._changes.__exit__(*failure)

    def of(self, region: "BaseGeometry") -> "BaseGeometry | None":
        """Return the slides inside a region in grid units, one polygon or several; None: none."""
        window = widened(window_of(region, self._grid), self._grid)
        if window.rows * window.cols > LARGEST_PX:
            return None
        place = Place.of(region, self._detected, self._grid, window)
        change = self._changes.of(window, place.own | place.others)
        return slides_inside(change, place, self._options)


@dataclass(frozen=True, slots=True)
class Place:
    """One region among its neighbours.

    Parameters
    ----------
    grid : Grid
        Of the crop.
    own, others : NDArray
        bool (row, col): the region's pixels, and those of all other regions.
    """

    grid: Grid
    own: "NDArray[np.bool_]"
    others: "NDArray[np.bool_]"

    @classmethod
    def of(
        cls, region: "BaseGeometry", detected: "NDArray[np.bool_]", grid: Grid, window: Window
    ) -> "Place":
        """Cut a region and its neighbours out of all detected pixels of a grid."""
        own = pixels_inside(region, grid.subgrid(window))
        return cls(grid.subgrid(window), own, detected[window.slices] & ~own)

    def parts(
        self, slid: "NDArray[np.bool_]", reach_px: int, min_area_m2: float
    ) -> "list[BaseGeometry]":
        """Outline the connected parts of slid pixels, without holes, that meet the region.

        Parameters
        ----------
        slid : NDArray
            bool (row, col).
        reach_px : int
            How far they may stick out of the region.
        min_area_m2 : float
            Smaller parts are dropped.
        """
        allowed = territory(self.own, self.others, reach_px)
        whole = _without_holes(slid & allowed, self.grid) & allowed
        regions = outline_regions(whole, self.grid, min_area_m2)
        return [part for part in regions if self.own[pixels_inside(part, self.grid)].any()]


def slides_inside(
    change: "Change", place: Place, options: DelineateOptions
) -> "BaseGeometry | None":
    """Delineate the slides inside one region.

    Parameters
    ----------
    change : Change
        Of the region and the ground around it.
    place : Place
    options : DelineateOptions

    Returns
    -------
    shapely geometry or None
        Polygon, or several as one MultiPolygon; None where nothing is convincing.
    """
    import shapely  # noqa: PLC0415

    if not change.observed.any():
        return None
    steady = ~(place.own | place.others)
    strength = energy(smoothed(change, options.smoothing_px, steady))
    slid = slid_pixels(change, strength, options.contour)
    core = sigmas(change, strength) >= options.core_sigmas
    convincing = [
        part
        for part in place.parts(slid, options.reach_px, options.min_area_m2)
        if core[pixels_inside(part, place.grid)].any()
    ]
    return shapely.union_all(convincing) if convincing else None


def territory(
    own: "NDArray[np.bool_]", others: "NDArray[np.bool_]", reach_px: int
) -> "NDArray[np.bool_]":
    """Return a region and what lies within reach of it, nearer to it than to any other region.

    Pixels as near to both belong to neither, so that no two regions overlap.
    """
    mine, theirs = own.copy(), others & ~own
    for _ in range(reach_px):
        next_mine, next_theirs = _grown(mine), _grown(theirs)
        mine, theirs = mine | (next_mine & ~next_theirs), theirs | (next_theirs & ~mine)
    return mine


def _without_holes(mask: "NDArray[np.bool_]", grid: Grid) -> "NDArray[np.bool_]":
    """Return the pixels inside the outer rings of all parts."""
    import shapely  # noqa: PLC0415

    regions = outline_regions(mask, grid, 0.0)
    parts = [part for region in regions for part in shapely.get_parts(region)]
    parts = [part for part in parts if part.geom_type == "Polygon"]
    if not parts:
        return mask
    rings = [shapely.Polygon(part.exterior) for part in parts]
    return pixels_inside(shapely.union_all(rings), grid)


def widened(window: Window, grid: Grid) -> Window:
    """Return a window with the margin that its ground needs, cut to the grid."""
    row, col = max(window.row - MARGIN_PX, 0), max(window.col - MARGIN_PX, 0)
    last_row = min(window.row + window.rows + MARGIN_PX, grid.rows)
    last_col = min(window.col + window.cols + MARGIN_PX, grid.cols)
    return Window(row, col, last_row - row, last_col - col)


def _grown(mask: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """Return a mask with the four neighbours of its pixels."""
    wide = np.pad(mask, 1)
    beside = wide[1:-1, :-2] | wide[1:-1, 2:] | wide[:-2, 1:-1] | wide[2:, 1:-1]
    return np.asarray(mask | beside)
