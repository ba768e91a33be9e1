"""Landslides: where they start, how they run downhill, and what they do to the ground.

Areas follow the inverse-gamma law that inventories of single triggering events share.

Source: Malamud, Turcotte, Guzzetti, Reichenbach (2004), Earth Surface Processes and Landforms 29,
doi:10.1002/esp.1064 (rho 1.40, a 1.28e-3 km2, s -1.32e-4 km2).
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from landslidectl.simulation.character import SlideMark
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.slide import KNOTS, Array, Lattice, Slide, cells_in, knots_to
from landslidectl.simulation.terrain import CELL_M, COARSE_M, Terrain

RHO = 1.40
SCALE_M2 = 1280.0
SHIFT_M2 = -132.0
LARGEST_M2 = 300_000.0
SMALLEST_M2 = 1000.0
LARGE_M2 = 20_000.0
STEP_M = 20.0
STEEP = 0.36
TRIES = 60
OFFSETS_DB = (-5.0, 5.5)
TEXTURES_DB = (0.6, 4.0)


@dataclass(frozen=True, slots=True)
class SlideOptions:
    """How many slides there are.

    Parameters
    ----------
    per_km2 : float
        Slides of any size.
    large_per_km2 : float
        Slides of more than 20,000 m2 among them, at least.
    cover : float, optional
        Share of the area that slides are to cover, however many that takes.
    """

    per_km2: float = 0.45
    large_per_km2: float = 0.15
    cover: float | None = None


def draw_slides(
    rng: np.random.Generator,
    terrain: Terrain,
    aoi: Box,
    options: SlideOptions,
    mark: SlideMark | None = None,
) -> tuple[Slide, ...]:
    """Place slides on the steep slopes of the area of interest, largest first, none touching."""
    slopes = _Slopes.of(terrain)
    if not slopes.any_steep:
        return ()
    mark = mark or SlideMark()
    taken = np.zeros(terrain.cells, bool)
    cells = Lattice(terrain.box, CELL_M, terrain.cells)
    slides: list[Slide] = []
    for area in _areas(rng, (aoi.right - aoi.left) * (aoi.top - aoi.bottom) / 1e6, options):
        for _ in range(TRIES):
            slide = _attempt(rng, (slopes, mark), aoi, area)
            if slide is None:
                continue
            ring = slide.outline
            if not _inside(ring, aoi):
                continue
            window, inside = cells_in(slide, cells, 30.0, ring)
            if np.any(taken[window] & inside):
                continue
            taken[window] |= inside
            slides.append(replace(slide, slide_id=len(slides) + 1))
            break
    return tuple(slides)


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Smoothed downhill gradients of the coarse terrain, as plain numbers: asked point by point."""

    box: Box
    down: list[list[float]]
    right: list[list[float]]
    any_steep: bool

    @classmethod
    def of(cls, terrain: Terrain) -> "_Slopes":
        height = terrain.coarse
        soft = height.copy()
        soft[1:-1] = (height[:-2] + height[1:-1] + height[2:]) / 3.0
        soft[:, 1:-1] = (soft[:, :-2] + soft[:, 1:-1] + soft[:, 2:]) / 3.0
        down, right = (np.asarray(part, np.float32) for part in np.gradient(soft, COARSE_M))
        any_steep = bool((np.hypot(down, right) >= STEEP).any())
        return cls(terrain.coarse_box, down.tolist(), right.tolist(), any_steep)

    def downhill(self, x: float, y: float) -> tuple[float, float, float]:
        """Return the unit vector downhill (east, north) and the tangent of the slope."""
        last_row, last_col = len(self.down) - 1.000001, len(self.down[0]) - 1.000001
        row = min(max((self.box.top - y) / COARSE_M, 0.0), last_row)
        col = min(max((x - self.box.left) / COARSE_M, 0.0), last_col)
        place = int(row), int(col), row - int(row), col - int(col)
        east, north = -_at(self.right, place), _at(self.down, place)
        steep = math.hypot(east, north)
        return east / max(steep, 1e-9), north / max(steep, 1e-9), steep


def _at(field: list[list[float]], place: tuple[int, int, float, float]) -> float:
    """Return the value at one place, bilinear; the node above left and the shares beyond it."""
    top, left, down, right = place
    above, below = field[top], field[top + 1]
    upper = above[left] * (1.0 - right) + above[left + 1] * right
    lower = below[left] * (1.0 - right) + below[left + 1] * right
    return upper * (1.0 - down) + lower * down


def _areas(rng: np.random.Generator, area_km2: float, options: SlideOptions) -> list[float]:
    """Draw areas, largest first, with a stated number of large ones or a stated sum."""
    if options.cover is not None:
        return _areas_covering(rng, options.cover * area_km2 * 1e6)
    count = max(1, int(rng.poisson(options.per_km2 * area_km2)))
    large = round(options.large_per_km2 * area_km2)
    drawn = SCALE_M2 / rng.gamma(RHO, 1.0, 4000) + SHIFT_M2
    drawn = drawn * rng.uniform(1.0, 3.0)
    drawn = drawn[(drawn > SMALLEST_M2) & (drawn < LARGEST_M2)]
    big = LARGE_M2 * (1.0 - rng.random(large) * 0.97) ** (-1.0 / RHO)
    small = drawn[: max(count - large, 0)]
    return sorted([*map(float, small), *map(float, np.minimum(big, LARGEST_M2))], reverse=True)


def _areas_covering(rng: np.random.Generator, total_m2: float) -> list[float]:
    """Draw areas, largest first, until their sum is reached."""
    limit = min(max(total_m2, 2.0 * SMALLEST_M2), LARGEST_M2)
    drawn = (SCALE_M2 / rng.gamma(RHO, 1.0, 4000) + SHIFT_M2) * rng.uniform(1.0, 12.0, 4000)
    drawn = drawn[(drawn > SMALLEST_M2) & (drawn < limit)]
    count = int(np.searchsorted(np.cumsum(drawn), total_m2)) + 1
    return sorted(map(float, drawn[:count]), reverse=True)


def _attempt(
    rng: np.random.Generator, ground: tuple[_Slopes, SlideMark], aoi: Box, area_m2: float
) -> Slide | None:
    """Try one crown: follow the steepest descent and lay the slide along it."""
    slopes, mark = ground
    elongation = float(np.exp(rng.normal(0.9, 0.35)))
    wanted = math.sqrt(area_m2 * elongation) * 1.25
    x, y = rng.uniform(aoi.left, aoi.right), rng.uniform(aoi.bottom, aoi.top)
    path = _descend(slopes, x, y, wanted)
    if path is None:
        return None
    chord = path[-1] - path[0]
    length = float(np.hypot(*chord))
    if length < 0.7 * wanted:
        return None
    axis = chord / length
    relative = path - path[0]
    along = np.maximum.accumulate(relative @ axis)
    across = relative @ np.array([-axis[1], axis[0]])
    bend = np.interp(knots_to(length), along, across)
    left, right = _half_widths(rng, area_m2, length)
    limit = 0.9 * float(np.max(left + right))
    return Slide(
        slide_id=0,
        origin=(float(x), float(y)),
        downhill=(float(axis[0]), float(axis[1])),
        length_m=length,
        left_m=left,
        right_m=right,
        bend_m=np.minimum(np.maximum(bend, -limit), limit),
        offset_db=_bounded(rng.normal(mark.offset_db, mark.spread_db), OFFSETS_DB),
        extra_vh_db=float(rng.normal(mark.extra_vh_db, 1.0)),
        facing=float(rng.gamma(1.6, mark.facing / 1.6)),
        gradient_db=float(rng.normal(0.0, mark.gradient_db)),
        texture_db=_bounded(rng.lognormal(np.log(mark.texture_db), 0.45), TEXTURES_DB),
        rough_m=float(rng.uniform(0.3, 1.4)),
        depth_m=float(0.018 * np.sqrt(area_m2)),
    )


def _bounded(value: float, limits: tuple[float, float]) -> float:
    return float(min(max(value, limits[0]), limits[1]))


def _descend(slopes: _Slopes, x: float, y: float, length_m: float) -> Array | None:
    """Return the way downhill, or None where the crown is not steep or the way too short."""
    points = [(x, y)]
    for _ in range(int(length_m / STEP_M) + 1):
        here = points[-1]
        east, north, steep = slopes.downhill(*here)
        gentle = STEEP if len(points) == 1 else 0.08
        if steep < gentle:
            break
        points.append((here[0] + STEP_M * east, here[1] + STEP_M * north))
    return np.array(points) if len(points) > 2 else None


def _half_widths(rng: np.random.Generator, area_m2: float, length_m: float) -> tuple[Array, Array]:
    """Return half widths left and right: round head, taper or fan, ragged edges, pointed toe."""
    head, body, toe = _plan()
    taper = 1.0 - rng.uniform(-0.1, 0.7) * body
    sides = []
    for _ in range(2):
        ragged = np.convolve(rng.normal(0.0, 0.45, KNOTS + 4), np.ones(3) / 3, "same")[2:-2]
        sides.append(head * taper * toe * np.exp(ragged))
    both = sides[0] + sides[1]
    width = area_m2 / (length_m * float(np.mean((both[1:] + both[:-1]) / 2.0)))
    return sides[0] * width, sides[1] * width


@cache
def _plan() -> tuple[Array, Array, Array]:
    """Return how the head widens, how far down the body is, and how the toe narrows."""
    share = np.linspace(0.0, 1.0, KNOTS)
    head = np.sqrt(np.clip(share / 0.18, 0.0, 1.0))
    toe = np.sqrt(np.clip((1.0 - share) / 0.08, 0.0, 1.0))
    return head, np.clip((share - 0.18) / 0.82, 0.0, 1.0), toe


def _inside(ring: Array, aoi: Box) -> bool:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return bool(
        low[0] > aoi.left and low[1] > aoi.bottom and high[0] < aoi.right and high[1] < aoi.top
    )
