"""Forward projection: every facet of the ground puts its energy where its echo arrives.

A facet of area A whose normal makes n.s with the direction to the sensor returns
``gamma0 * A * n.s``; energies add up in the (line, slant range) raster, so foreshortening and
layover need no case of their own, and dividing by the ellipsoid's area per pixel gives the sigma
nought that a calibrated scene holds.

Source: Small (2011), IEEE Transactions on Geoscience and Remote Sensing 49, 3081-3093.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.fields import Single, decibel
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.geometry import Box, MapGeometry, cell_axes, parabola_at
from landslidectl.simulation.landcover import Cover, Scenery
from landslidectl.simulation.raster import Raster
from landslidectl.simulation.sight import Sight
from landslidectl.simulation.terrain import FACET_M

STRIP_ROWS = 64
REFERENCE_COSINE = float(np.cos(np.radians(39.0)))
LOWEST_COSINE = 0.18
BACKGROUND = (0.13, 0.032)

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


@dataclass(frozen=True, slots=True)
class Look:
    """How a track looks at the ground in a box: where its points lie, and what is in shadow."""

    box: Box
    geometry: MapGeometry
    sight: Sight


def project(look: Look, *pictures: tuple[Scenery, Raster]) -> tuple[NDArray[np.float32], ...]:
    """Return sigma nought, (VV and VH, group of classes, line, sample), float32, of each picture.

    The groups let later steps scale each kind of cover for itself; their sum is the scene.
    Pictures of one place, before the event and after it, share what the geometry has in common.

    Parameters
    ----------
    look : Look
    *pictures : (Scenery, Raster)
        What lies in the box, and what it is seen in.
    """
    exposures = [_Exposure.of(scenery, raster) for scenery, raster in pictures]
    x, _ = cell_axes(look.box, FACET_M)
    rows = round((look.box.top - look.box.bottom) / FACET_M)
    for top in range(0, rows, STRIP_ROWS):
        strip = _Strip.of(look, x, slice(top, min(top + STRIP_ROWS, rows)))
        grounds: dict[int, _Facets] = {}
        for exposure in exposures:
            fine = exposure.scenery.fine
            if id(fine) not in grounds:
                grounds[id(fine)] = _Facets.of(strip, fine)
            exposure.take(strip, grounds[id(fine)])
    return tuple(exposure.developed(look.geometry.scale) for exposure in exposures)


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some rows of facets as a track sees them, at any height.

    Parameters
    ----------
    facets, cells : slice
        Rows of facets, and of the 10 m cells that they are in.
    time, slant : ndarray, (3, row, col)
        Parabolas in the scaled height.
    toward : ndarray float32, (3, facet)
        Direction to the sensor (east, north, up).
    shadow : ndarray bool, (row, col)
        Cells in shadow.
    """

    geometry: MapGeometry
    facets: slice
    cells: slice
    time: NDArray[np.float64]
    slant: NDArray[np.float64]
    toward: Single
    shadow: NDArray[np.bool_]

    @classmethod
    def of(cls, look: Look, x: NDArray[np.float64], facets: slice) -> "_Strip":
        y = look.box.top - (np.arange(facets.start, facets.stop) + 0.5) * FACET_M
        geometry = look.geometry
        time, slant = geometry.time.on_grid(x, y), geometry.slant.on_grid(x, y)
        toward = geometry.sight(x, y).astype(np.float32).reshape(3, -1)
        cells = slice(facets.start // 2, facets.stop // 2)
        return cls(geometry, facets, cells, time, slant, toward, look.sight.shadow[cells])


@dataclass(frozen=True, slots=True)
class _Exposure:
    """A raster in which the echo of a scenery adds up; it has one line and sample to spare.

    Parameters
    ----------
    echo : ndarray, (VV and VH, pixel of a group)
    group : ndarray, (row, col)
        First pixel of the groups of the 10 m cells.
    beams : pair of ndarray, (row, col)
        Linear gamma nought of the cells.
    """

    scenery: Scenery
    raster: Raster
    echo: NDArray[np.float32]
    group: NDArray[np.int64]
    beams: tuple[Single, Single]

    @classmethod
    def of(cls, scenery: Scenery, raster: Raster) -> "_Exposure":
        lines, samples = raster.frame.shape
        size = (lines + 1) * (samples + 1)
        group = np.array([GROUP_OF[cover] * size for cover in Cover], np.int64)[scenery.classes]
        echo = np.zeros((2, GROUPS * size), np.float32)
        return cls(scenery, raster, echo, group, (decibel(scenery.vv_db), decibel(scenery.vh_db)))

    def take(self, strip: _Strip, facets: "_Facets") -> None:
        """Add the echo of some rows of facets."""
        scenery, frame = self.scenery, self.raster.frame
        place = _radar_place(facets, frame)
        if place.chosen.size == 0:
            return
        row, col = np.divmod(place.chosen, facets.east.shape[1])
        cell = (row >> 1) * self.group.shape[1] + (col >> 1)
        seen, cosine = _seen(strip, facets, (place.chosen, cell), scenery.shadow_fill)
        weight = seen * np.exp2(np.log2(cosine) * scenery.exponent[strip.cells].take(cell))
        base = place.index + self.group[strip.cells].take(cell)
        for target, beam in zip(self.echo, self.beams, strict=True):
            energy = weight * beam[strip.cells].take(cell)
            _splat(target, base, place, (frame.samples + 1, energy))

    def developed(self, scale: float) -> NDArray[np.float32]:
        """Return sigma nought, (VV and VH, group, line, sample)."""
        lines, samples = self.raster.frame.shape
        result = self.echo.reshape(2, GROUPS, lines + 1, samples + 1)[:, :, :-1, :-1]
        area = self.raster.fields.area.on_grid(np.arange(samples), np.arange(lines))
        result = result * (FACET_M**2 / scale**2 / area).astype(np.float32)
        _fill_outside(result)
        return result


@dataclass(frozen=True, slots=True)
class _Facets:
    """Slopes of facets (metres per map metre) and where their echo arrives, (row, col)."""

    east: Single
    north: Single
    time: NDArray[np.float64]
    slant: NDArray[np.float64]

    @classmethod
    def of(cls, strip: _Strip, fine: Single) -> "_Facets":
        nodes = fine[strip.facets.start : strip.facets.stop + 1]
        half = np.float32(0.5 / FACET_M)
        column = nodes[1:] + nodes[:-1]
        east = (column[:, 1:] - column[:, :-1]) * half
        step = nodes[:-1] - nodes[1:]
        north = (step[:, 1:] + step[:, :-1]) * half
        height = strip.geometry.scaled((column[:, 1:] + column[:, :-1]) * np.float32(0.25))
        time, slant = parabola_at(strip.time, height), parabola_at(strip.slant, height)
        return cls(east, north, time, slant)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which facets of a strip fall into the raster, where, and how they share four pixels."""

    chosen: NDArray[np.int64]
    index: NDArray[np.int64]
    down: Single
    right: Single


def _radar_place(facets: _Facets, frame: Frame) -> _Place:
    line = frame.line(facets.time, facets.slant)
    lines, samples = frame.shape
    chosen = np.flatnonzero((line >= 0.0) & (line < lines - 1.0))
    line = line.take(chosen)
    pixel = frame.pixel(facets.time.take(chosen), facets.slant.take(chosen))
    kept = np.flatnonzero((pixel >= 0.0) & (pixel < samples - 1.0))
    line, pixel, chosen = line.take(kept), pixel.take(kept), chosen.take(kept)
    row, col = line.astype(np.int64), pixel.astype(np.int64)
    down, right = (line - row).astype(np.float32), (pixel - col).astype(np.float32)
    return _Place(chosen, row * (samples + 1) + col, down, right)


def _seen(
    strip: _Strip,
    facets: _Facets,
    chosen: tuple[NDArray[np.int64], NDArray[np.int64]],
    shadow_fill: float,
) -> tuple[Single, Single]:
    """Return the area that chosen facets show, and the cosine of their law over the reference's.

    ``chosen`` names the facets, and the cells that they are in.
    """
    facet, cell = chosen
    toward = [part.take(facet) for part in strip.toward]
    scale = np.float32(strip.geometry.scale)
    east, north = facets.east.take(facet) * scale, facets.north.take(facet) * scale
    facing = toward[2] - east * toward[0] - north * toward[1]
    seen = np.where(strip.shadow.take(cell), np.float32(0.0), facing)
    seen = np.maximum(seen, np.float32(shadow_fill) * toward[2])
    cosine = seen / np.sqrt(1.0 + east * east + north * north)
    cosine = np.maximum(cosine, np.float32(LOWEST_COSINE)) * np.float32(1.0 / REFERENCE_COSINE)
    return seen, cosine


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
