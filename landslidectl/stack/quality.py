"""The quality layer of a stack and its angles: layover, shadow, water, borders, thin composites."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.stack.geolocate import Geolocator, build_geolocator
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Quality
from landslidectl.terrain.incidence import Look, degrees_of_cosine, terrain_angles
from landslidectl.terrain.slope import height_gradient, utm_scale
from landslidectl.terrain.visibility import MAX_AZIMUTH_OFF_DEG, layover_shadow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

HALO_M = 5000.0
"""Relief this far outside a block can still lay over it or shade it."""
REACH_MARGIN = 1.02
"""The curvature of wave fronts lets relief reach 1 % further than straight rays do."""
GENTLE_SHARE = 0.9
"""Ground that is nowhere steeper than this share of the limits cannot lay over or cast shadow."""
BORDER_PIXELS = 3
STRIP_ROWS = 32
"""Rows whose angles are worked out at once: the intermediate layers stay in the cache."""
ANGLE_STEP_DEG = np.float32(1.0 / 64.0)
"""Angles are rounded to this, far below what an elevation model knows; it halves the file."""
FULL_TURN_DEG = np.float32(360.0)


@dataclass(frozen=True, slots=True)
class Surveyor:
    """How one track sees the terrain under a map grid.

    Parameters
    ----------
    dem : Dem
        Its grid reaches beyond ``grid``: relief outside matters.
    grid : Grid
    geolocator : Geolocator
        Over the grid of ``dem``.
    """

    dem: "Dem"
    grid: Grid
    geolocator: Geolocator

    def survey(self, block: Window) -> "tuple[NDArray[np.uint8], NDArray[np.float32]]":
        """Test the terrain of one block.

        Parameters
        ----------
        block : Window
            Of ``grid``.

        Returns
        -------
        bits : uint8 array, shape (row, col)
            `Quality` bits TESTED, LAYOVER, SHADOW and WATER; without an elevation model no more
            than WATER.
        angles : float32 array, shape (4, row, col)
            Local incidence, incidence on the ellipsoid, slope and aspect (direction of steepest
            descent clockwise from grid north; NaN where level), degrees in steps of 1/64. NaN
            beside voids; without an elevation model all but the second are NaN.
        """
        inner = self._in_dem(block)
        if self.dem.is_flat:
            bits = np.zeros(block.shape, dtype=np.uint8)
            angles = np.full((4, *block.shape), np.nan, dtype=np.float32)
            angles[1] = _rounded(degrees_of_cosine(self.geolocator.look(inner).up))
        else:
            outer = widened(inner, self._halo_px(inner), self.dem.grid)
            heights = self.dem.heights(outer)
            bits = self._visibility(heights, inner, outer)
            angles = self._angles(heights, inner, outer)
        bits[self.dem.water(inner)] |= np.uint8(Quality.WATER)
        return bits, angles

    def _in_dem(self, block: Window) -> Window:
        row_shift = round((self.dem.grid.top - self.grid.top) / self.grid.pixel_m)
        col_shift = round((self.grid.left - self.dem.grid.left) / self.grid.pixel_m)
        return Window(block.row + row_shift, block.col + col_shift, *block.shape)

    def _halo_px(self, window: Window, reach_m: float = HALO_M) -> tuple[int, int]:
        """Return the rows and columns that ``reach_m`` covers along the look."""
        around = self.geolocator.nodes.nodes_around(window)
        east, north, _ = np.abs(self.geolocator.looks[(slice(None), *around)])
        level = np.hypot(east, north)
        reach_px = reach_m / self.grid.pixel_m
        rows, cols = (float(np.nanmax(part / level)) * reach_px for part in (north, east))
        return int(np.ceil(rows)) + 3, int(np.ceil(cols)) + 3

    def _visibility(
        self, heights: "NDArray[np.float32]", inner: Window, outer: Window
    ) -> "NDArray[np.uint8]":
        own = within(inner, outer)
        tangents = self._tangents(inner)
        limit = GENTLE_SHARE * min(tangents[0], 1.0 / tangents[1])
        if steepest(heights, self.grid.pixel_m) < limit:
            return np.where(np.isnan(heights[own]), 0, Quality.TESTED.value).astype(np.uint8)
        reach_m = relief_m(heights, own) * max(tangents[1], 1.0 / tangents[0]) * REACH_MARGIN
        near = widened(inner, self._halo_px(inner, min(reach_m, HALO_M)), self.dem.grid)
        near_heights = heights[within(near, outer)]
        bits = layover_shadow(near_heights, self.grid.pixel_m, self._look(near))
        return np.ascontiguousarray(bits[within(inner, near)])

    def _tangents(self, window: Window) -> tuple[float, float]:
        """Return the tangents of the smallest and the largest incidence angle of a window."""
        around = self.geolocator.nodes.nodes_around(window)
        tangents = np.tan(np.arccos(self.geolocator.looks[(2, *around)]))
        return float(np.nanmin(tangents)), float(np.nanmax(tangents))

    def _look(self, window: Window) -> Look:
        """Return the look with one horizontal direction, where that is as good as one a pixel."""
        nodes = self.geolocator.nodes
        east, north, _ = self.geolocator.looks[(slice(None), *nodes.nodes_around(window))]
        azimuths_deg = np.degrees(np.unwrap(np.unwrap(np.arctan2(east, north)), axis=0))
        if np.ptp(azimuths_deg) > MAX_AZIMUTH_OFF_DEG:
            return self.geolocator.look(window)
        up = nodes.interpolate(self.geolocator.looks[2], window, np.float32)
        return Look(np.asarray(east.mean()), np.asarray(north.mean()), up)

    def _angles(
        self, heights: "NDArray[np.float32]", inner: Window, outer: Window
    ) -> "NDArray[np.float32]":
        angles = np.empty((4, *inner.shape), dtype=np.float32)
        for top in range(0, inner.rows, STRIP_ROWS):
            rows = min(STRIP_ROWS, inner.rows - top)
            strip = Window(inner.row + top, inner.col, rows, inner.cols)
            rimmed = widened(strip, (1, 1), self.dem.grid)
            own = within(strip, rimmed)
            east, north = height_gradient(heights[within(rimmed, outer)], self.grid.pixel_m)
            scale = utm_scale(self.dem.grid, strip)
            gradient = east[own] * scale, north[own] * scale
            part = _rounded(terrain_angles(gradient, self.geolocator.look(strip)))
            part[3][part[3] >= FULL_TURN_DEG] = 0.0  # rounded up to a full turn
            angles[:, top : top + rows] = part
        return angles


def surveyor_of(dem: "Dem", grid: Grid, scene: "Scene") -> Surveyor:
    """Prepare the terrain tests of one track.

    Parameters
    ----------
    dem : Dem
    grid : Grid
    scene : Scene
        Any scene of the track; orbits repeat within a few hundred metres.
    """
    geometry = scene_geometry(read_annotation(scene, scene.polarisations[0]))
    return Surveyor(dem, grid, build_geolocator(geometry, dem.grid))


def steepest(heights: "NDArray[np.float32]", pixel_m: float) -> float:
    """Return an upper bound of the gradient, metres a metre; voids are left out."""
    if min(heights.shape) < 2:  # no neighbours, no bound
        return float("inf")
    along_cols = np.fmax.reduce(np.abs(np.diff(heights, axis=1)), axis=None)
    along_rows = np.fmax.reduce(np.abs(np.diff(heights, axis=0)), axis=None)
    bound = float(np.hypot(along_cols, along_rows)) / pixel_m
    return 0.0 if np.isnan(bound) else bound


def relief_m(heights: "NDArray[np.float32]", own: tuple[slice, slice]) -> float:
    """Return the largest difference of height between a part and all, 0 when there is no height."""
    lowest, highest = np.fmin.reduce(heights, axis=None), np.fmax.reduce(heights, axis=None)
    own_lowest = np.fmin.reduce(heights[own], axis=None)
    own_highest = np.fmax.reduce(heights[own], axis=None)
    relief = float(max(highest - own_lowest, own_highest - lowest))
    return 0.0 if np.isnan(relief) else relief


def count_bits(
    counts: "NDArray[np.uint8]", own: tuple[slice, slice], enough: tuple[int, int]
) -> "NDArray[np.uint8]":
    """Return the bits that follow from the counts of observations.

    Parameters
    ----------
    counts : uint8 array of shape (2, row, col)
        Pre- and post-event counts of a block and `BORDER_PIXELS` around it, as far as the grid
        goes.
    own : tuple of slice
        Where the block lies in it.
    enough : tuple of int
        Fewest pre- and post-event observations; fewer sets TOO_FEW_IMAGES where there is any.

    Returns
    -------
    uint8 array of the block's shape
        BORDER on observed pixels within 3 pixels of unobserved ones. The edge of the grid is no
        border.
    """
    observed = (counts[0] > 0) & (counts[1] > 0)
    few = observed & ((counts[0] < enough[0]) | (counts[1] < enough[1]))
    bits = few[own] * np.uint8(Quality.TOO_FEW_IMAGES)
    if not observed.all():
        edge = observed & ~eroded(observed, BORDER_PIXELS)
        bits |= edge[own] * np.uint8(Quality.BORDER)
    return np.asarray(bits, dtype=np.uint8)


def eroded(mask: "NDArray[np.bool_]", pixels: int) -> "NDArray[np.bool_]":
    """Shrink a mask by a square of ``pixels`` on every side; outside the array counts as true."""
    reach = 2 * pixels + 1
    for axis in (0, 1):
        rim = [(pixels, pixels) if a == axis else (0, 0) for a in (0, 1)]
        lines = np.moveaxis(np.pad(mask, rim, constant_values=True), axis, 0)
        width = 1
        while width < reach:
            shift = min(width, reach - width)
            lines = lines[: len(lines) - shift] & lines[shift:]
            width += shift
        mask = np.moveaxis(lines, 0, axis)
    return mask


def _rounded(degrees: "NDArray[np.float32]") -> "NDArray[np.float32]":
    return np.asarray(np.rint(degrees / ANGLE_STEP_DEG) * ANGLE_STEP_DEG, dtype=np.float32)
