"""Layover and shadow, active and passive, from heights on the map grid.

Lines run through the map along the horizontal look direction, away from the sensor. Along a line
two quantities grow on level ground: a slant range,
``r = integral(sin theta du) - h cos theta + (h sin theta)^2 / 2R``, and an off-nadir measure,
``q = integral(cos theta du) + h sin theta (1 + h cos theta / R)``, where ``u`` is the horizontal
distance, ``h`` the height, ``theta`` the incidence angle at the ellipsoid and ``R`` the distance
of the sensor; the terms in h^2 matter in high mountains, a quarter of a degree at 5000 m.

A point whose range is shared with another lies in layover: ``r`` is below the largest so far,
seen from the near side, or above the smallest so far, seen from the far side. A point is in
shadow where ``q`` is below the largest so far.

Every line passes each column once (each row, where the look runs rather along the columns of the
grid) and is at most half a pixel beside the centre of the pixel that it speaks for, so lines and
pixels match one to one and the mask needs no mapping back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.terms import Quality
from landslidectl.terrain.incidence import Look

MAX_AZIMUTH_OFF_DEG = 0.5
"""A line that is off by this much strays 9 m in a kilometre."""
CHUNK_COLS = 64
SAMPLES = 64
SLANT_RANGE_M = np.float32(850_000.0)
"""Middle of the swath; it enters only the small terms in h^2."""
TIE_M = np.float32(1e-2)
"""Above the rounding of float32 over a swath, far below the step of a pixel."""
TESTED, LAYOVER, SHADOW = (
    np.uint8(bit) for bit in (Quality.TESTED, Quality.LAYOVER, Quality.SHADOW)
)


def layover_shadow(heights: NDArray[Any], pixel_m: float, look: Look) -> NDArray[np.uint8]:
    """Find layover and shadow, both the slopes that cause them and the ground that suffers.

    Parameters
    ----------
    heights : ndarray, shape (row, col)
        Ellipsoidal heights, metres; NaN (void) neither hides nor is hidden.
    pixel_m : float
        Side of a pixel, metres.
    look : Look
        Direction to the sensor; may vary smoothly.

    Returns
    -------
    ndarray of uint8, shape (row, col)
        `Quality` bits: TESTED where there is a height, with LAYOVER and SHADOW. What lies outside
        the array is unknown; give a margin of about 5 km.

    Source: Small 2011 (IEEE TGRS 49, 3081), section on image simulation, in the map plane.
    """
    z = np.asarray(heights, dtype=np.float32)
    _, off = _azimuths(look)
    pieces = int(np.ceil(np.degrees(off) / MAX_AZIMUTH_OFF_DEG))
    if pieces <= 1:
        return _mask(z, pixel_m, look)
    margin = _margin_px(z, pixel_m, look)
    out = np.empty(z.shape, dtype=np.uint8)
    for rows in _spans(z.shape[0], pieces):
        for cols in _spans(z.shape[1], pieces):
            around = _grown(rows, margin, z.shape[0]), _grown(cols, margin, z.shape[1])
            mask = _mask(z[around], pixel_m, _part(look, z.shape, around))
            top, left = rows.start - around[0].start, cols.start - around[1].start
            out[rows, cols] = mask[
                top : top + rows.stop - rows.start, left : left + cols.stop - cols.start
            ]
    return out


@dataclass(frozen=True, slots=True)
class _Scene:
    """One piece turned so that lines run from the near side, column 0, to the far side.

    ``shear`` is how many rows a line moves down a column, ``step_m`` its length in a column.
    """

    heights: NDArray[np.float32]
    up: NDArray[np.float32]
    marks: NDArray[np.uint8]
    shear: float
    step_m: float

    @property
    def spare(self) -> int:
        """Return how many lines enter through the sides, at either of them."""
        return int(abs(self.shear) * self.heights.shape[1]) + 2

    def offset(self, col: int) -> tuple[int, np.float32]:
        """Return where line 0 crosses a column: the row, and how far beside its centre."""
        exact = col * self.shear
        whole = round(exact)
        return whole, np.float32(exact - whole)


@dataclass(frozen=True, slots=True)
class _Step:
    """One column of a scene, one value a line: ``lines`` places them in the state of the march.

    ``nearer`` is by how much their height brings points nearer to the sensor, ``outward`` by how
    much it moves them off nadir, across the ray; ``range_m`` and ``view_m`` are what a step adds
    on level ground.
    """

    lines: slice
    nearer: NDArray[np.float32]
    outward: NDArray[np.float32]
    range_m: NDArray[np.float32]
    view_m: NDArray[np.float32]
    marks: NDArray[np.uint8]

    def mark(self, where: NDArray[np.bool_], bit: np.uint8) -> None:
        """Set a bit; multiplying is faster than indexing."""
        np.bitwise_or(self.marks, where.view(np.uint8) * bit, out=self.marks)


def _mask(z: NDArray[np.float32], pixel_m: float, look: Look) -> NDArray[np.uint8]:
    """Mark one piece, with a single direction of all lines."""
    central, _ = _azimuths(look)
    away_col, away_row = -np.sin(central), np.cos(central)
    marks = np.zeros(z.shape, dtype=np.uint8)
    up = np.broadcast_to(np.asarray(look.up, dtype=np.float32), z.shape)
    turned: tuple[NDArray[Any], ...] = (z, up, marks)
    if abs(away_row) > abs(away_col):
        turned = tuple(layer.T for layer in turned)
        away_col, away_row = away_row, away_col
    if away_col < 0.0:
        turned = tuple(layer[:, ::-1] for layer in turned)
    shear, step_m = float(away_row / abs(away_col)), float(pixel_m / abs(away_col))
    scene = _Scene(turned[0], turned[1], turned[2], shear, step_m)
    _march_away(scene)
    _march_back(scene)
    marks[~np.isnan(z)] |= TESTED
    return marks


def _march_away(scene: _Scene) -> None:
    """Mark what is nearer in range, or deeper in view, than something on its near side."""
    size = scene.heights.shape[0] + 2 * scene.spare
    level_range, level_view = np.zeros(size, np.float32), np.zeros(size, np.float32)
    farthest = np.full(size, -np.inf, np.float32)
    highest = np.full(size, -np.inf, np.float32)
    for step in _steps(scene, backwards=False):
        lines = step.lines
        level_range[lines] += step.range_m
        level_view[lines] += step.view_m
        slant = level_range[lines] - step.nearer
        view = level_view[lines] + step.outward
        step.mark(slant < farthest[lines] - TIE_M, LAYOVER)
        step.mark(view < highest[lines] - TIE_M, SHADOW)
        np.fmax(farthest[lines], slant, out=farthest[lines])
        np.fmax(highest[lines], view, out=highest[lines])


def _march_back(scene: _Scene) -> None:
    """Mark what is farther in range than something on its far side."""
    size = scene.heights.shape[0] + 2 * scene.spare
    level_range = np.zeros(size, np.float32)
    nearest = np.full(size, np.inf, np.float32)
    for step in _steps(scene, backwards=True):
        lines = step.lines
        slant = level_range[lines] - step.nearer
        level_range[lines] -= step.range_m
        step.mark(slant > nearest[lines] + TIE_M, LAYOVER)
        np.fmin(nearest[lines], slant, out=nearest[lines])


def _steps(scene: _Scene, backwards: bool) -> Iterator[_Step]:
    """Yield the columns one by one; marks set on a step reach the scene."""
    rows, cols = scene.heights.shape
    starts = range(0, cols, CHUNK_COLS)
    for start in reversed(starts) if backwards else starts:
        part = slice(start, min(start + CHUNK_COLS, cols))
        # A transposed copy of a few columns: stepping through the rows of C order thrashes caches.
        cosine = np.ascontiguousarray(scene.up[:, part].T)
        sine = np.sqrt(1.0 - cosine * cosine)
        offsets = [scene.offset(col) for col in range(part.start, part.stop)]
        heights = _beside(scene.heights[:, part].T, [beside for _, beside in offsets])
        outward = heights * sine
        nearer = heights * cosine - outward * outward / (2 * SLANT_RANGE_M)
        outward += outward * heights * cosine / SLANT_RANGE_M
        range_m, view_m = sine * np.float32(scene.step_m), cosine * np.float32(scene.step_m)
        marks = np.zeros(heights.shape, np.uint8)
        order = range(len(heights))
        for index in reversed(order) if backwards else order:
            first = scene.spare - offsets[index][0]
            yield _Step(
                slice(first, first + rows),
                nearer[index],
                outward[index],
                range_m[index],
                view_m[index],
                marks[index],
            )
        scene.marks[:, part] |= marks.T


def _beside(values: NDArray[np.float32], offsets: list[np.float32]) -> NDArray[np.float32]:
    """Interpolate columns, each ``offset`` pixels (-0.5..0.5) below its centres; the rim stays."""
    moved = values.copy(order="C")
    change = moved[:, 1:] - moved[:, :-1]
    for column, step, offset in zip(moved, change, offsets, strict=True):
        np.multiply(step, offset, out=step)
        if offset > 0.0:
            column[:-1] += step
        elif offset < 0.0:
            column[1:] += step
    return moved


def _azimuths(look: Look) -> tuple[float, float]:
    """Return the central azimuth to the sensor and the largest deviation from it, radians."""
    east, north = np.broadcast_arrays(look.east, look.north)
    thin = tuple(slice(None, None, max(count // SAMPLES, 1)) for count in east.shape)
    east, north = np.asarray(east[thin], np.float64), np.asarray(north[thin], np.float64)
    central = float(np.arctan2(east.mean(), north.mean()))
    turned = np.arctan2(east, north) - central
    turned = (turned + np.pi) % (2.0 * np.pi) - np.pi
    return central, float(np.abs(turned).max())


def _margin_px(z: NDArray[np.float32], pixel_m: float, look: Look) -> int:
    """Return how far layover and shadow of this relief can reach, in pixels."""
    if np.isnan(z).all():
        return 0
    relief = float(np.nanmax(z) - np.nanmin(z))
    cosine = np.asarray(look.up, dtype=np.float64)
    tangent = np.sqrt(1.0 - cosine * cosine) / cosine
    reach = max(float(tangent.max()), 1.0 / max(float(tangent.min()), 1e-3))
    return int(np.ceil(relief * reach / pixel_m)) + 2


def _spans(count: int, pieces: int) -> list[slice]:
    edges = np.linspace(0, count, min(pieces, count) + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)]


def _grown(span: slice, margin: int, count: int) -> slice:
    return slice(max(span.start - margin, 0), min(span.stop + margin, count))


def _part(look: Look, shape: tuple[int, int], around: tuple[slice, slice]) -> Look:
    parts = (np.broadcast_to(part, shape)[around] for part in (look.east, look.north, look.up))
    return Look(*parts)
