"""The ground as facets that the radar illuminates, each with the area that it shows to the radar.

A facet lies between four neighbouring posts of the elevation model. The area it shows is that of
its projection on a plane across the line of sight; it follows from the two diagonals exactly, so
that facets of a closed surface add up without gaps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from landslidectl.grid import Window
from landslidectl.stack.geolocate import HEIGHT_MID_M, HEIGHT_STEP_M, Geolocator
from landslidectl.stack.radar_sums import CELL_PX, Facets
from landslidectl.stack.resample import bilinear
from landslidectl.terms import Quality
from landslidectl.terrain.incidence import Look
from landslidectl.terrain.visibility import layover_shadow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.calibration import CalibrationLut
    from landslidectl.terrain.dem import Dem

Real = TypeVar("Real", bound=np.floating[Any])

SLANT_RANGE_M = 850_000.0
# On Earth nothing casts a longer shadow at these incidence angles.
SHADOW_REACH_M = 2500.0
LUT_STEP = 64
SPLAT_SIDE = 256


@dataclass(frozen=True, slots=True)
class ReferenceArea:
    """The radar brightness area of a cell, in the measure of the map, and what is derived from it.

    Parameters
    ----------
    geolocator : Geolocator
        On the grid of the elevation model.
    shares : float64 array of shape (3, node rows, node columns)
        Coefficients, as in the geolocator, of cells a square metre of the map, over the sine of
        the incidence angle, times the ratio of sigma nought to beta nought.

    Notes
    -----
    Terrain-flattened gamma nought is ``beta0 A_beta / sum(A_gamma)`` with A_beta the product of
    the azimuth spacing on the ground and the slant range spacing. The level ground of a cell
    covers ``A_beta / sin(theta)``, and that area on the map is the inverse of the determinant of
    (line, pixel) over (x, y). Taken from the map, neither the scale of the projection nor the
    height over the ellipsoid disturbs the ratio. ``sigma0 / beta0`` comes from the product's own
    calibration tables, which know only one height a line.
    """

    geolocator: Geolocator
    shares: "NDArray[np.float64]"

    @classmethod
    def of(cls, geolocator: Geolocator, calibration: "CalibrationLut") -> "ReferenceArea":
        """Evaluate at the nodes and heights of a geolocator."""
        levels = [_share(geolocator, calibration, u) for u in (-1.0, 0.0, 1.0)]
        low, mid, high = levels
        return cls(geolocator, np.stack([mid, 0.5 * (high - low), 0.5 * (high + low) - mid]))

    def share(self, window: Window, heights: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return what turns areas shown to the radar into shares of a cell.

        The shares of all facets in a cell then add up to sigma nought over gamma nought.
        """
        return _quadratic(self.geolocator, self.shares, window, heights)


def look_at(geolocator: Geolocator, window: Window, heights: "NDArray[np.float32]") -> Look:
    """Return unit vectors from the terrain, not the ellipsoid below it, to the sensor."""
    look = geolocator.look(window)
    return _raised(look, heights)


def facets_of(dem: "Dem", reference: ReferenceArea, window: Window) -> Iterator[Facets]:
    """Yield the illuminated facets of a window of the elevation model.

    Parameters
    ----------
    dem : Dem
    reference : ReferenceArea
    window : Window
        Of facets: facet (row, col) lies between posts (row, col) and (row + 1, col + 1).

    Yields
    ------
    Facets
        In pieces. Facets beside voids, turned away from the radar or in the shadow of others
        are left out.
    """
    posts = Window(window.row, window.col, window.rows + 1, window.cols + 1)
    shown, heights = _shown(dem, reference.geolocator, posts)
    line, pixel = reference.geolocator.line_pixel(posts, heights)
    shown *= reference.share(posts, heights)[:-1, :-1]
    for top in range(0, window.rows, SPLAT_SIDE):
        for left in range(0, window.cols, SPLAT_SIDE):
            rows = slice(top, min(top + SPLAT_SIDE, window.rows) + 1)
            cols = slice(left, min(left + SPLAT_SIDE, window.cols) + 1)
            piece = shown[rows.start : rows.stop - 1, cols.start : cols.stop - 1]
            yield _placed(line[rows, cols], pixel[rows, cols], piece)


def _shown(
    dem: "Dem", geolocator: Geolocator, posts: Window
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Return the areas that facets show (m2 of the map), and the heights of the posts."""
    around = _towards_sensor(geolocator, posts)
    heights = dem.heights(around)
    look = look_at(geolocator, around, heights)
    step_m = np.float32(geolocator.grid.pixel_m)
    shown = _facing(heights, step_m, look)
    hidden = np.nanmin(shown, initial=1.0) <= 0.0
    row, col = posts.row - around.row, posts.col - around.col
    inner = (slice(row, row + posts.rows - 1), slice(col, col + posts.cols - 1))
    kept = np.maximum(shown[inner], np.float32(0.0))
    kept *= step_m * step_m
    if hidden:
        bits = layover_shadow(heights, float(step_m), geolocator.look(around))
        lit = (bits & np.uint8(Quality.SHADOW) == 0).astype(np.float32)
        kept *= _centred(lit)[inner]
    return kept, heights[row : row + posts.rows, col : col + posts.cols]


def _facing(
    heights: "NDArray[np.float32]", step_m: np.float32, look: Look
) -> "NDArray[np.float32]":
    """Return the projected area of facets over their map area; negative in their own shadow."""
    corner = (slice(None, -1), slice(None, -1))
    falling = heights[:-1, 1:] - heights[1:, :-1]
    rising = heights[1:, 1:] - heights[:-1, :-1]
    half = np.float32(0.5) / step_m
    towards_east = (rising + falling) * half
    towards_north = (falling - rising) * half
    towards_east *= look.east[corner]
    towards_north *= look.north[corner]
    return np.asarray(look.up[corner] - towards_east - towards_north)


def _placed(
    line: "NDArray[np.float64]", pixel: "NDArray[np.float64]", weight: "NDArray[np.float32]"
) -> Facets:
    """Place facets in radar geometry from the coordinates of their posts.

    In range a facet covers the longer of its two edges: on the map one runs across the lines and
    one along them, and the first matters.
    """
    along_rows = 0.5 * np.abs(pixel[:-1, 1:] - pixel[:-1, :-1] + pixel[1:, 1:] - pixel[1:, :-1])
    along_cols = 0.5 * np.abs(pixel[1:, :-1] - pixel[:-1, :-1] + pixel[1:, 1:] - pixel[:-1, 1:])
    width = np.maximum(along_rows, along_cols)
    chosen = np.flatnonzero(np.isfinite(width) & (weight > 0.0))
    return Facets(
        _centred(line).ravel()[chosen],
        _centred(pixel).ravel()[chosen],
        width.ravel()[chosen],
        weight.ravel()[chosen].astype(np.float64),
    )


def _centred(posts: "NDArray[Real]") -> "NDArray[Real]":
    """Average the four posts of each facet."""
    rows = posts[:-1] + posts[1:]
    centred: NDArray[Real] = (rows[:, :-1] + rows[:, 1:]) * posts.dtype.type(0.25)
    return centred


def _towards_sensor(geolocator: Geolocator, posts: Window) -> Window:
    """Widen a window on the side from which shadows come."""
    look = geolocator.look(Window(posts.row + posts.rows // 2, posts.col + posts.cols // 2, 1, 1))
    east, north = float(look.east[0, 0]), float(look.north[0, 0])
    if not np.isfinite(east + north):
        return posts
    reach = SHADOW_REACH_M / geolocator.grid.pixel_m / np.hypot(east, north)
    right, up = round(reach * east), round(reach * north)
    top = max(posts.row - max(up, 0), 0)
    left = max(posts.col - max(-right, 0), 0)
    bottom = min(posts.row + posts.rows + max(-up, 0), geolocator.grid.rows)
    last = min(posts.col + posts.cols + max(right, 0), geolocator.grid.cols)
    return Window(top, left, bottom - top, last - left)


def _raised(look: Look, heights: "NDArray[np.floating]") -> Look:
    """Move the foot of unit vectors up by ``heights``: the sensor then stands a little lower."""
    rise = np.asarray(heights, dtype=look.up.dtype) / look.up.dtype.type(SLANT_RANGE_M)
    longer = 1.0 + rise * look.up
    return Look(look.east * longer, look.north * longer, (look.up - rise) * longer)


def _share(
    geolocator: Geolocator, calibration: "CalibrationLut", u: float
) -> "NDArray[np.float64]":
    """Evaluate `ReferenceArea.shares` at the nodes for one height."""
    time_s, slant_range_m = (
        values[0] + u * (values[1] + u * values[2])
        for values in (geolocator.times_s, geolocator.slant_ranges_m)
    )
    line, pixel = geolocator.geometry.line_pixel(time_s, slant_range_m)
    side_m = geolocator.nodes.step * geolocator.grid.pixel_m
    (line_y, line_x), (pixel_y, pixel_x) = (
        np.gradient(values, side_m, edge_order=2) for values in (line, pixel)
    )
    cells = np.abs(line_x * pixel_y - line_y * pixel_x) / CELL_PX**2
    height = np.full(line.shape, HEIGHT_MID_M + u * HEIGHT_STEP_M)
    look = _raised(Look(*geolocator.looks), height)
    sine = np.hypot(look.east, look.north)
    return np.asarray(cells / sine * _brightness_ratio(geolocator, calibration, (line, pixel)))


def _brightness_ratio(
    geolocator: Geolocator,
    calibration: "CalibrationLut",
    at: "tuple[NDArray[np.float64], NDArray[np.float64]]",
) -> "NDArray[np.float64]":
    """Return sigma nought over beta nought at radar coordinates; its edge's outside the scene."""
    geometry = geolocator.geometry
    lines = np.linspace(0.0, geometry.lines - 1.0, max(geometry.lines // LUT_STEP, 2))
    pixels = np.linspace(0.0, geometry.samples - 1.0, max(geometry.samples // LUT_STEP, 2))
    ratio = calibration.beta_nought(lines, pixels) / calibration.sigma_nought(lines, pixels)
    row = np.clip(at[0] / lines[1], 0.0, len(lines) - 1.0)
    col = np.clip(at[1] / pixels[1], 0.0, len(pixels) - 1.0)
    return np.asarray(bilinear((ratio * ratio)[None], row, col)[0], dtype=np.float64)


def _quadratic(
    geolocator: Geolocator,
    coefficients: "NDArray[np.float64]",
    window: Window,
    heights: "NDArray[np.float32]",
) -> "NDArray[np.float32]":
    constant, linear, square = geolocator.nodes.interpolate(coefficients, window, np.float32)
    u = (heights - np.float32(HEIGHT_MID_M)) / np.float32(HEIGHT_STEP_M)
    return np.asarray(constant + u * (linear + u * square), dtype=np.float32)
