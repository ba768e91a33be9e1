"""Forward projection: every facet of the ground puts its energy where its echo arrives.

A facet of area A whose normal makes n.s with the direction to the sensor returns
``gamma0 * A * n.s``; energies add up in the (line, slant range) raster, so foreshortening and
layover need no case of their own, and dividing by the ellipsoid's area per pixel gives the sigma
nought that a calibrated scene holds.

Source: Small (2011), IEEE Transactions on Geoscience and Remote Sensing 49, 3081-3093.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.fields import Single, decibel
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.geodesy import Smooth, ecef, ellipsoid_up, geodetic
from landslidectl.simulation.geometry import Box, MapGeometry, cell_axes, parabola_at
from landslidectl.simulation.landcover import Cover, Scenery
from landslidectl.simulation.orbit import zero_doppler
from landslidectl.simulation.sight import Sight
from landslidectl.simulation.terrain import FACET_M

STRIP_ROWS = 64
REFERENCE_COSINE = float(np.cos(np.radians(39.0)))
LOWEST_COSINE = 0.18
BACKGROUND = (0.13, 0.032)

LINE_STEPS = np.array([-0.5, 0.5, 0.0, 0.0, 0.0])[:, None, None]
PIXEL_STEPS = np.array([0.0, 0.0, -0.5, 0.5, 0.0])[:, None, None]

GROUPS = 7
GROUP_OF = {
    Cover.FOREST: 0,
    Cover.SHRUB: 1,
    Cover.GRASS: 2,
    Cover.CROP_A: 3,
    Cover.CROP_B: 4,
    Cover.ROCK: 5,
    Cover.GRAVEL: 5,
    Cover.WATER: 6,
    Cover.BUILT: 5,
    Cover.DEBRIS: 5,
}


Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class EllipsoidFields:
    """Smooth properties of a raster's pixels on the ellipsoid at the records' height.

    Parameters
    ----------
    area, incidence : Smooth
        Over (pixel, line): ground area of a pixel (m2), and incidence angle (degrees).
    """

    area: Smooth
    incidence: Smooth


@dataclass(frozen=True, slots=True)
class Raster:
    """A raster to project into, and the ellipsoid's properties under its pixels."""

    frame: Frame
    fields: EllipsoidFields

    @classmethod
    def of(cls, frame: Frame) -> "Raster":
        """Work the properties out."""
        return cls(frame, ellipsoid_fields(frame))


def ellipsoid_fields(frame: Frame) -> EllipsoidFields:
    """Return the area and the incidence angle that radiometric calibration refers to."""

    def solve(pixel: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
        points = frame.ground(line + LINE_STEPS, pixel + PIXEL_STEPS)
        along, across = points[1] - points[0], points[3] - points[2]
        area = np.linalg.norm(np.cross(along, across), axis=-1)
        lon, lat, height = geodetic(points[4])
        target = ecef(lon, lat, height)
        time, distance = zero_doppler(frame.orbit, target)
        sight = (frame.orbit.position(time) - target) / distance[..., None]
        cosine = np.sum(sight * ellipsoid_up(lon, lat), axis=-1)
        return np.stack([area, np.degrees(np.arccos(cosine))], axis=-1)

    fitted = Smooth.fit((0.0, 0.0), (frame.samples - 1.0, frame.lines - 1.0), solve, 4)
    area, incidence = (
        Smooth(fitted.low, fitted.high, fitted.coefficients[..., index]) for index in range(2)
    )
    return EllipsoidFields(area, incidence)


def project(
    scenery: Scenery, geometry: MapGeometry, raster: Raster, box: Box, sight: Sight
) -> NDArray[np.float32]:
    """Return sigma nought, shape (VV and VH, group of classes, line, sample), float32.

    The groups let later steps scale each kind of cover for itself; their sum is the scene.
    """
    frame = raster.frame
    lines, samples = frame.shape
    echo = np.zeros((2, GROUPS * (lines + 1) * (samples + 1)), np.float32)
    group = np.array([GROUP_OF[cover] for cover in Cover], np.int64)[scenery.classes]
    group *= (lines + 1) * (samples + 1)
    beams = (decibel(scenery.vv_db), decibel(scenery.vh_db))
    x, _ = cell_axes(box, FACET_M)
    for top in range(0, scenery.fine.shape[0] - 1, STRIP_ROWS):
        strip = _Strip.at(scenery, box, top)
        place = _radar_place(strip, geometry, frame, x)
        if place.chosen.size == 0:
            continue
        weight = _facet_weight(strip, geometry, scenery, sight, x).ravel()[place.chosen]
        cells = slice(top // 2, (top + strip.rows) // 2)
        base = place.index + _doubled(group[cells]).ravel()[place.chosen]
        for target, beam in zip(echo, beams, strict=True):
            energy = weight * _doubled(beam[cells]).ravel()[place.chosen]
            _splat(target, base, place, (samples + 1, energy))
    result = echo.reshape(2, GROUPS, lines + 1, samples + 1)[:, :, :-1, :-1]
    area = raster.fields.area.on_grid(np.arange(samples), np.arange(lines))
    result = result * (FACET_M**2 / geometry.scale**2 / area).astype(np.float32)
    _fill_outside(result)
    return result


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some rows of facets: their heights and slopes."""

    top: int
    rows: int
    y: NDArray[np.float64]
    height: Single
    east: Single
    north: Single

    @classmethod
    def at(cls, scenery: Scenery, box: Box, top: int) -> "_Strip":
        nodes = scenery.fine[top : top + STRIP_ROWS + 1]
        rows = nodes.shape[0] - 1
        y = box.top - (top + np.arange(rows) + 0.5) * FACET_M
        half = np.float32(0.5 / FACET_M)
        column = nodes[1:] + nodes[:-1]
        east = (column[:, 1:] - column[:, :-1]) * half
        step = nodes[:-1] - nodes[1:]
        north = (step[:, 1:] + step[:, :-1]) * half
        return cls(top, rows, y, (column[:, 1:] + column[:, :-1]) * np.float32(0.25), east, north)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which facets of a strip fall into the raster, where, and how they share four pixels."""

    chosen: NDArray[np.int64]
    index: NDArray[np.int64]
    down: Single
    right: Single


def _radar_place(
    strip: _Strip, geometry: MapGeometry, frame: Frame, x: NDArray[np.float64]
) -> _Place:
    height = geometry.scaled(strip.height.astype(float))
    time = parabola_at(geometry.time.on_grid(x, strip.y), height)
    slant = parabola_at(geometry.slant.on_grid(x, strip.y), height)
    line = frame.line(time, slant)
    lines, samples = frame.shape
    chosen = np.flatnonzero((line >= 0.0) & (line < lines - 1.0))
    line, time, slant = line.ravel()[chosen], time.ravel()[chosen], slant.ravel()[chosen]
    pixel = frame.pixel(time, slant)
    kept = np.flatnonzero((pixel >= 0.0) & (pixel < samples - 1.0))
    line, pixel, chosen = line[kept], pixel[kept], chosen[kept]
    row, col = line.astype(np.int64), pixel.astype(np.int64)
    down, right = (line - row).astype(np.float32), (pixel - col).astype(np.float32)
    return _Place(chosen, row * (samples + 1) + col, down, right)


def _facet_weight(
    strip: _Strip,
    geometry: MapGeometry,
    scenery: Scenery,
    sight: Sight,
    x: NDArray[np.float64],
) -> Single:
    """Return what every facet's gamma nought at the reference angle is multiplied by."""
    toward = geometry.sight(x, strip.y).astype(np.float32)
    scale = np.float32(geometry.scale)
    east, north = strip.east * scale, strip.north * scale
    facing = toward[2] - east * toward[0] - north * toward[1]
    cells = slice(strip.top // 2, (strip.top + strip.rows) // 2)
    shadow = _doubled(sight.shadow[cells])
    seen = np.where(shadow, np.float32(0.0), facing)
    seen = np.maximum(seen, np.float32(scenery.shadow_fill) * toward[2])
    cosine = seen / np.sqrt(1.0 + east * east + north * north)
    cosine = np.maximum(cosine, np.float32(LOWEST_COSINE)) * np.float32(1.0 / REFERENCE_COSINE)
    law: Single = np.exp2(np.log2(cosine) * _doubled(scenery.exponent[cells]))
    weight: Single = seen * law
    return weight


def _splat(
    target: Single,
    base: NDArray[np.int64],
    place: _Place,
    energy: tuple[int, Single],
) -> None:
    """Share energies bilinearly among the four pixels around their places."""
    width, power = energy
    lower = power * place.down
    upper = power - lower
    for offset, part in ((0, upper), (width, lower)):
        far = part * place.right
        np.add.at(target, base + offset, part - far)
        np.add.at(target, base + (offset + 1), far)


def _fill_outside(result: NDArray[np.float32]) -> None:
    """Give pixels that no facet reached (corners beyond the terrain) a plain level."""
    empty = result[0].sum(axis=0) <= 0.0
    for image, level in zip(result, BACKGROUND, strict=True):
        image[0][empty] = level


def _doubled(cells: NDArray[Kind]) -> NDArray[Kind]:
    """Return 10 m cells as the 5 m facets they consist of."""
    return np.repeat(np.repeat(cells, 2, axis=0), 2, axis=1)
