"""Mountains with constant-slope hillsides, creased ridges, and valleys with flat floors.

Slopes rise from nested families of winding valleys: a point is as high as the nearest main valley
allows, or the side valley, or the gully, whichever is lower. So hillsides have steady slopes and
ridges and valley lines are creases, which broad bright and dark sides in a radar scene need; a
fractal surface gives speckled ones.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.fields import Single, fractal, refine, smooth_noise, tiled
from landslidectl.simulation.geometry import Box

COARSE_M = 20.0
FACET_M = 5.0
CELL_M = 10.0
TILE = 1024


@dataclass(frozen=True, slots=True)
class Relief:
    """The character of a landscape.

    Parameters
    ----------
    slope_deg : float
        Slope of the hillsides.
    valley_m : float
        Distance between main valleys.
    base_m : float
        Height of the lowest valley floor, orthometric.
    floor_m : float
        Half the usual width of a main valley's floor.
    rough_m : float
        Standard deviation of the relief finer than the elevation model shows.
    """

    slope_deg: float = 27.0
    valley_m: float = 3500.0
    base_m: float = 600.0
    floor_m: float = 120.0
    rough_m: float = 0.4

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Relief":
        """Draw a mountain landscape."""
        return cls(
            slope_deg=float(rng.uniform(19.0, 31.0)),
            valley_m=float(rng.uniform(2200.0, 5500.0)),
            base_m=float(rng.uniform(50.0, 1500.0)),
            floor_m=float(rng.uniform(40.0, 260.0)),
            rough_m=float(rng.uniform(0.1, 0.7)),
        )


@dataclass(frozen=True, slots=True)
class Terrain:
    """Orthometric heights before the event on two node grids with a common corner.

    Parameters
    ----------
    coarse_box : Box
        Extent of ``coarse``; nodes every 20 m, first row north.
    coarse : ndarray float32
        What an elevation model sees.
    box : Box
        Extent of ``fine`` and of everything that is projected into the radar raster.
    fine : ndarray float32
        Nodes every 5 m: the coarse heights with micro-relief.
    valley : ndarray float32
        Distance from the middle of the nearest main valley over half its floor's width, on the
        10 m cells of ``box``; below 1 on the floor.
    sea_m : float, optional
        Height of the sea; nothing is lower.
    """

    coarse_box: Box
    coarse: Single
    box: Box
    fine: Single
    valley: Single
    sea_m: float | None = None

    @property
    def cells(self) -> tuple[int, int]:
        """Return the shape of the 10 m cells of ``box``."""
        return (self.fine.shape[0] - 1) // 2, (self.fine.shape[1] - 1) // 2


def build_terrain(rng: np.random.Generator, box: Box, coarse_box: Box, relief: Relief) -> Terrain:
    """Make the terrain of an event; both boxes must be multiples of 20 m apart."""
    rows = round((coarse_box.top - coarse_box.bottom) / COARSE_M) + 1
    cols = round((coarse_box.right - coarse_box.left) / COARSE_M) + 1
    coarse, valley = _dissected(rng, (rows, cols), relief)
    row = round((coarse_box.top - box.top) / COARSE_M)
    col = round((box.left - coarse_box.left) / COARSE_M)
    size = (
        round((box.top - box.bottom) / COARSE_M),
        round((box.right - box.left) / COARSE_M),
    )
    part = (slice(row - 1, row + size[0] + 2), slice(col - 1, col + size[1] + 2))
    fine = refine(coarse[part], round(COARSE_M / FACET_M))
    fine += micro_relief(rng, fine.shape, relief.rough_m)
    nodes = refine(valley[part], round(COARSE_M / CELL_M))
    return Terrain(coarse_box, coarse, box, fine, np.ascontiguousarray(nodes[:-1, :-1]))


def flooded(terrain: Terrain, share: float) -> Terrain:
    """Return the terrain with its lowest part, a share of the area, under a flat sea."""
    if share <= 0.0:
        return terrain
    level = float(np.quantile(terrain.fine[::4, ::4], min(share, 1.0)))
    return replace(
        terrain,
        coarse=np.maximum(terrain.coarse, np.float32(level)),
        fine=np.maximum(terrain.fine, np.float32(level)),
        sea_m=level,
    )


def flat_terrain(box: Box, coarse_box: Box, height_m: float) -> Terrain:
    """Return terrain of one height, for checks of the radiometry."""

    def level(extent: Box, step: float, add: int) -> NDArray[np.float32]:
        rows = round((extent.top - extent.bottom) / step) + add
        cols = round((extent.right - extent.left) / step) + add
        return np.full((rows, cols), height_m, np.float32)

    return Terrain(
        coarse_box,
        level(coarse_box, COARSE_M, 1),
        box,
        level(box, FACET_M, 1),
        level(box, CELL_M, 0) * 0 + 100,
    )


def micro_relief(rng: np.random.Generator, shape: tuple[int, int], deviation_m: float) -> Single:
    """Return bumps of a few metres to a hundred metres across, on 5 m nodes."""
    side = min(TILE, max(shape))
    field = fractal(rng, (side, side), 1.7, longest_px=16.0)
    return tiled(field * np.float32(deviation_m), shape)


def _dissected(
    rng: np.random.Generator, shape: tuple[int, int], relief: Relief
) -> tuple[Single, Single]:
    """Return heights and the valley measure on coarse nodes."""
    heading = rng.uniform(0.0, np.pi)
    main = _distance_to_lines(rng, shape, relief.valley_m / COARSE_M, heading)
    side_m = relief.valley_m * rng.uniform(0.28, 0.5)
    side = _distance_to_lines(rng, shape, side_m / COARSE_M, heading + np.pi / 2)
    gully_m = side_m * rng.uniform(0.3, 0.45)
    gully = _distance_to_lines(rng, shape, gully_m / COARSE_M, heading + rng.uniform(0.3, 0.9))
    width = relief.floor_m * np.exp(0.4 * smooth_noise(rng, shape, 150.0))
    steep = np.tan(np.radians(relief.slope_deg)) * np.exp(0.14 * smooth_noise(rng, shape, 60.0))
    away = np.maximum(main - width, 0.0)
    thalweg, ravine = rng.uniform(0.35, 0.55), rng.uniform(0.6, 0.8)
    rise = np.minimum(steep * away, steep * (thalweg * away + 1.1 * np.maximum(side - 10.0, 0.0)))
    cut = steep * (thalweg * away + ravine * np.maximum(side - 10.0, 0.0) + 1.0 * gully)
    rise = np.minimum(rise, np.maximum(cut, 0.3 * rise))
    swell = relief.valley_m * 0.06 * smooth_noise(rng, shape, 450.0)
    detail = fractal(rng, shape, 2.0, longest_px=40.0) * 0.03 * np.minimum(rise, 150.0)
    height = rise + swell + detail
    height += relief.base_m - float(height.min())
    return np.asarray(height, np.float32), np.asarray(main / width, np.float32)


def _distance_to_lines(
    rng: np.random.Generator, shape: tuple[int, int], spacing_px: float, heading: float
) -> Single:
    """Return metres to the nearest of winding, roughly parallel lines a spacing apart."""
    row, col = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    phase = (row * np.cos(heading) + col * np.sin(heading)) / spacing_px + rng.uniform()
    phase = phase + 0.42 * smooth_noise(rng, shape, 2.6 * spacing_px)
    phase = phase + 0.10 * smooth_noise(rng, shape, 0.9 * spacing_px)
    down, right = np.gradient(phase)
    steepness = np.hypot(down, right)
    steepness = np.clip(steepness, 0.35 / spacing_px, 2.5 / spacing_px)
    return np.asarray(np.abs(phase - np.rint(phase)) / steepness * COARSE_M, np.float32)
