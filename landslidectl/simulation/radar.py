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

from landslidectl.simulation.fields import Single, centres, decibel
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.geodesy import Smooth, ecef, ellipsoid_up, geodetic
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.landcover import Cover, Scenery
from landslidectl.simulation.orbit import zero_doppler
from landslidectl.simulation.terrain import CELL_M, FACET_M, Terrain

STRIP_ROWS = 64
REFERENCE_COSINE = float(np.cos(np.radians(39.0)))
LOWEST_COSINE = 0.18
SHADOW_FILL = 0.15
BACKGROUND = (0.13, 0.032)

GROUPS = 6
GROUP_OF = {
    Cover.FOREST: 0,
    Cover.SHRUB: 1,
    Cover.GRASS: 2,
    Cover.CROP_A: 3,
    Cover.CROP_B: 4,
    Cover.ROCK: 5,
    Cover.GRAVEL: 5,
    Cover.WATER: 5,
    Cover.BUILT: 5,
    Cover.DEBRIS: 5,
}


Kind = TypeVar("Kind", bound=np.generic)


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


def ellipsoid_fields(frame: Frame) -> EllipsoidFields:
    """Return the area and the incidence angle that radiometric calibration refers to."""

    def solve(pixel: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
        along = frame.ground(line + 0.5, pixel) - frame.ground(line - 0.5, pixel)
        across = frame.ground(line, pixel + 0.5) - frame.ground(line, pixel - 0.5)
        area = np.linalg.norm(np.cross(along, across), axis=-1)
        lon, lat, height = geodetic(frame.ground(line, pixel))
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


def look_over(terrain: Terrain, geometry: MapGeometry) -> Sight:
    """Find cast shadow and layover along lines of sight in the map plane."""
    x, y = cell_axes(terrain.box, CELL_M)
    height = geometry.scaled(centres(terrain.fine[::2, ::2]))
    nadir = _parabola_at(geometry.nadir.on_grid(x, y), height)
    slant = _parabola_at(geometry.slant.on_grid(x, y), height)
    centre = geometry.sight(x[len(x) // 2 :][:1], y[len(y) // 2 :][:1])[:, 0, 0]
    shear = _Shear.of(x.size, y.size, -centre[0], -centre[1])
    nadir, slant = shear.lay(nadir, -np.inf), shear.lay(slant, np.nan)
    highest = np.maximum.accumulate(nadir, axis=1)
    near = np.fmax.accumulate(slant, axis=1)
    far = np.fmin.accumulate(slant[:, ::-1], axis=1)[:, ::-1]
    shadow = shear.back(nadir < highest)
    return Sight(shadow, shear.back((slant < near) | (slant > far)))


def project(
    scenery: Scenery, geometry: MapGeometry, frame: Frame, box: Box, sight: Sight
) -> NDArray[np.float32]:
    """Return sigma nought, shape (VV and VH, group of classes, line, sample), float32.

    The groups let later steps scale each kind of cover for itself; their sum is the scene.
    """
    lines, samples = frame.shape
    raster = np.zeros((2, GROUPS * (lines + 1) * (samples + 1)), np.float32)
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
        for target, beam in zip(raster, beams, strict=True):
            energy = weight * _doubled(beam[cells]).ravel()[place.chosen]
            _splat(target, base, place, (samples + 1, energy))
    result = raster.reshape(2, GROUPS, lines + 1, samples + 1)[:, :, :-1, :-1]
    area = ellipsoid_fields(frame).area.on_grid(np.arange(samples), np.arange(lines))
    result = result * (FACET_M**2 / geometry.scale**2 / area).astype(np.float32)
    _fill_outside(result)
    return result


def cell_axes(box: Box, step_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the map coordinates of the centres of a box's cells, from west and from north."""
    cols = round((box.right - box.left) / step_m)
    rows = round((box.top - box.bottom) / step_m)
    x = box.left + (np.arange(cols, dtype=np.float64) + 0.5) * step_m
    y = box.top - (np.arange(rows, dtype=np.float64) + 0.5) * step_m
    return x, y


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
    time = _parabola_at(geometry.time.on_grid(x, strip.y), height)
    slant = _parabola_at(geometry.slant.on_grid(x, strip.y), height)
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
    seen = np.maximum(seen, np.float32(SHADOW_FILL) * toward[2])
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


def _parabola_at(parts: NDArray[np.float64], value: NDArray[np.floating]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = parts[2] * value
    result += parts[1]
    result *= value
    result += parts[0]
    return result


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
