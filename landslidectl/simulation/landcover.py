"""What covers the ground, how it scatters, and what changes there without any landslide."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.character import SHADOW_FILL, Character
from landslidectl.simulation.fields import Single, fractal, smooth_noise, tiled
from landslidectl.simulation.terrain import CELL_M, TILE, Terrain


class Cover(IntEnum):
    """Land-cover classes; debris appears only where a slide has passed."""

    FOREST = 0
    SHRUB = 1
    GRASS = 2
    CROP_A = 3
    CROP_B = 4
    ROCK = 5
    GRAVEL = 6
    WATER = 7
    BUILT = 8
    DEBRIS = 9


class Scatter(NamedTuple):
    """How a class scatters.

    gamma nought of VV at 39 degrees (dB), VV over VH (dB), exponent of the cosine of the local
    incidence angle, standard deviation of texture (dB), and of the change from date to date (dB).
    """

    level_db: float
    ratio_db: float
    exponent: float
    texture_db: float
    restless_db: float


SCATTER = {
    Cover.FOREST: Scatter(-7.3, 6.1, 0.2, 1.4, 0.20),
    Cover.SHRUB: Scatter(-8.6, 6.4, 0.3, 1.7, 0.25),
    Cover.GRASS: Scatter(-10.2, 7.0, 0.5, 1.5, 0.35),
    Cover.CROP_A: Scatter(-9.8, 7.0, 0.6, 0.8, 0.8),
    Cover.CROP_B: Scatter(-10.8, 7.4, 0.6, 0.8, 0.8),
    Cover.ROCK: Scatter(-9.2, 7.4, 0.7, 2.4, 0.15),
    Cover.GRAVEL: Scatter(-11.6, 7.4, 0.8, 2.2, 0.3),
    Cover.WATER: Scatter(-19.0, 8.0, 5.0, 0.6, 1.2),
    Cover.BUILT: Scatter(-5.5, 7.4, 0.6, 3.0, 0.1),
    Cover.DEBRIS: Scatter(-9.0, 7.0, 0.5, 2.0, 0.3),
}
PARCEL_TABLE = 61


@dataclass(frozen=True, slots=True)
class Scenery:
    """The scattering ground of one phase: pre-event, or post-event with or without slides.

    Parameters
    ----------
    fine : ndarray float32
        Orthometric heights of the 5 m nodes.
    classes : ndarray uint8
        `Cover` of the 10 m cells.
    vv_db, vh_db : ndarray float32
        gamma nought of the cells at 39 degrees local incidence.
    exponent : ndarray float32
        Of the cosine of the local incidence angle, per cell.
    shadow_fill : float
        Least echo of a facet, as a share of that of level ground.
    """

    fine: Single
    classes: NDArray[np.uint8]
    vv_db: Single
    vh_db: Single
    exponent: Single
    shadow_fill: float = SHADOW_FILL


@dataclass(frozen=True, slots=True)
class Ground:
    """Scenery before the event and the parcels that farming draws on it."""

    scenery: Scenery
    parcels: NDArray[np.int32]


def class_table(field: str) -> Single:
    """Return one property of `Scatter` for every class, in the order of `Cover`."""
    return np.array([getattr(SCATTER[cover], field) for cover in Cover], np.float32)


def build_ground(
    rng: np.random.Generator, terrain: Terrain, character: Character | None = None
) -> Ground:
    """Make the land cover of a terrain and its backscatter before the event."""
    character = character or Character()
    shape = terrain.cells
    parcels = _parcels(rng, shape)
    classes = _classes(rng, terrain, parcels)
    texture = fractal(rng, (min(TILE, max(shape)),) * 2, 0.55, longest_px=24.0)
    other = fractal(rng, (min(TILE, max(shape)),) * 2, 0.55, longest_px=24.0)
    common = tiled(texture, shape)
    vh_texture = 0.8 * common + 0.6 * tiled(other, shape)
    spread = class_table("texture_db")[classes] * np.float32(character.texture)
    farmed = (classes == Cover.CROP_A) | (classes == Cover.CROP_B) | (classes == Cover.GRASS)
    table = rng.normal(0.0, 1.3, PARCEL_TABLE**2).astype(np.float32)
    field = np.where(farmed, table[parcels], np.float32(0.0))
    stand = 0.6 * smooth_noise(rng, shape, 70.0)
    points = _point_scatterers(rng, classes)
    level, ratios = class_table("level_db"), class_table("ratio_db")
    land = np.arange(len(Cover)) != Cover.WATER
    level += np.where(land, character.level_db, character.water_db).astype(np.float32)
    ratios += np.where(land, character.ratio_db, character.water_ratio_db).astype(np.float32)
    vv_db = level[classes] + spread * common + field + stand + points
    vh_db = vv_db - ratios[classes] + spread * (vh_texture - common) - 0.15 * points
    drawn = rng.uniform(0.0, 0.4)
    steeper = drawn if character.exponent is None else character.exponent
    scenery = Scenery(
        terrain.fine,
        classes,
        vv_db.astype(np.float32),
        vh_db.astype(np.float32),
        class_table("exponent")[classes] + np.float32(steeper),
        character.shadow_fill,
    )
    return Ground(scenery, parcels)


def uniform_ground(terrain: Terrain, gamma_db: tuple[float, float]) -> Ground:
    """Return one class without texture or angular law, for checks of the radiometry."""
    shape = terrain.cells
    scenery = Scenery(
        terrain.fine,
        np.full(shape, Cover.GRASS, np.uint8),
        np.full(shape, gamma_db[0], np.float32),
        np.full(shape, gamma_db[1], np.float32),
        np.zeros(shape, np.float32),
    )
    return Ground(scenery, np.zeros(shape, np.int32))


def change_without_slides(
    rng: np.random.Generator, ground: Ground, character: Character | None = None
) -> Scenery:
    """Return the scenery after the event where no slide passed.

    Fields are tilled or harvested, forest is cut, the river moves its gravel, and soil moisture
    differs smoothly; all land together shifts by what its character says.
    """
    character = character or Character()
    before = ground.scenery
    shape = before.classes.shape
    vv_db = np.zeros(shape, np.float32)
    vh_db = np.zeros(shape, np.float32)
    _till(rng, ground, vv_db, vh_db)
    _cut(rng, before.classes, vv_db, vh_db)
    _flood(rng, before.classes, vv_db, vh_db)
    drawn = rng.uniform(0.0, 0.35)
    deviation = drawn if character.moisture_db is None else character.moisture_db
    moisture = deviation * smooth_noise(rng, shape, rng.uniform(90.0, 260.0))
    open_ground = np.where(before.classes == Cover.FOREST, np.float32(0.4), np.float32(1.0))
    land = (before.classes != Cover.WATER).astype(np.float32)
    vv_db += open_ground * moisture + land * np.float32(character.shift_db)
    vh_db += open_ground * moisture * np.float32(0.8) + land * np.float32(character.shift_vh_db)
    return replace(before, vv_db=before.vv_db + vv_db, vh_db=before.vh_db + vh_db)


def _parcels(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return ids of roughly rectangular parcels of land."""
    angle = rng.uniform(0.0, np.pi)
    row, col = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    bend = smooth_noise(rng, shape, 120.0) * 4.0
    along = (row * np.cos(angle) + col * np.sin(angle) + bend) / rng.uniform(10.0, 24.0)
    across = (col * np.cos(angle) - row * np.sin(angle) + bend) / rng.uniform(5.0, 12.0)
    strip = np.floor(across).astype(np.int32)
    offset = rng.uniform(0.0, 1.0, PARCEL_TABLE)[strip % PARCEL_TABLE]
    piece = np.floor(along + offset).astype(np.int32)
    ids: NDArray[np.int32] = (strip % PARCEL_TABLE) * PARCEL_TABLE + piece % PARCEL_TABLE
    return ids


def _classes(
    rng: np.random.Generator, terrain: Terrain, parcels: NDArray[np.int32]
) -> NDArray[np.uint8]:
    shape = terrain.cells
    nodes = terrain.fine[::2, ::2]
    down, right = np.gradient(nodes[: shape[0], : shape[1]], CELL_M)
    slope = np.hypot(down, right)
    patch = smooth_noise(rng, shape, rng.uniform(60.0, 180.0)) + 0.5 * smooth_noise(
        rng, shape, 18.0
    )
    wooded, open_share = rng.uniform(-1.1, 0.4), rng.uniform(1.0, 2.0)
    classes = np.full(shape, Cover.FOREST, np.uint8)
    classes[patch < wooded] = Cover.SHRUB
    classes[patch < wooded - 0.8] = Cover.GRASS
    crag = slope + 0.12 * patch > rng.uniform(1.0, 1.5)
    classes[crag] = Cover.ROCK
    gentle = (slope < 0.18) & (terrain.valley < open_share)
    crop = rng.choice(
        [Cover.CROP_A, Cover.CROP_B, Cover.GRASS, Cover.SHRUB, Cover.FOREST],
        PARCEL_TABLE**2,
        p=[0.3, 0.25, 0.25, 0.08, 0.12],
    ).astype(np.uint8)
    classes[gentle] = crop[parcels][gentle]
    town = smooth_noise(rng, shape, 90.0) > rng.uniform(1.3, 2.2)
    classes[gentle & town] = Cover.BUILT
    wander = 0.12 * smooth_noise(rng, shape, 40.0)
    bed = terrain.valley + wander
    classes[bed < rng.uniform(0.12, 0.35)] = Cover.GRAVEL
    classes[bed < rng.uniform(0.0, 0.1)] = Cover.WATER
    classes[_below_sea(terrain)] = Cover.WATER
    return classes


def _below_sea(terrain: Terrain) -> NDArray[np.bool_]:
    """Return the cells whose four nodes are at the level of the sea, or none without a sea."""
    if terrain.sea_m is None:
        return np.zeros(terrain.cells, bool)
    dry = terrain.fine[::2, ::2] > terrain.sea_m
    return ~(dry[1:, 1:] | dry[1:, :-1] | dry[:-1, 1:] | dry[:-1, :-1])


def _point_scatterers(rng: np.random.Generator, classes: NDArray[np.uint8]) -> Single:
    """Return extra decibels of cells with a wall, a mast or a boulder face."""
    share = np.where(classes == Cover.BUILT, 0.08, 0.0015)
    share = np.where(classes == Cover.WATER, 0.0, share)
    chosen = rng.random(classes.shape, np.float32) < share
    extra = np.zeros(classes.shape, np.float32)
    extra[chosen] = rng.uniform(5.0, 17.0, int(chosen.sum()))
    return extra


def _till(rng: np.random.Generator, ground: Ground, vv_db: Single, vh_db: Single) -> None:
    classes = ground.scenery.classes
    farmed = (classes == Cover.CROP_A) | (classes == Cover.CROP_B)
    size = PARCEL_TABLE**2
    touched = rng.random(size) < rng.uniform(0.05, 0.35)
    amount = np.where(touched, rng.normal(0.0, 2.0, size), 0.0).astype(np.float32)
    own = np.where(touched, rng.normal(0.0, 1.0, size), 0.0).astype(np.float32)
    vv_db += np.where(farmed, amount[ground.parcels], np.float32(0.0))
    vh_db += np.where(farmed, (amount + own)[ground.parcels], np.float32(0.0))


def _cut(
    rng: np.random.Generator, classes: NDArray[np.uint8], vv_db: Single, vh_db: Single
) -> None:
    """Cut a few blocks of forest."""
    area_km2 = classes.size * CELL_M**2 / 1e6
    for _ in range(rng.poisson(0.02 * area_km2)):
        row, col = (int(rng.integers(0, size)) for size in classes.shape)
        tall, wide = (int(size) for size in rng.integers(8, 30, 2))
        block = (slice(row, row + tall), slice(col, col + wide))
        forest = classes[block] == Cover.FOREST
        vv_db[block] += np.where(forest, np.float32(rng.normal(-0.8, 0.9)), np.float32(0.0))
        vh_db[block] += np.where(forest, np.float32(rng.normal(-2.4, 0.9)), np.float32(0.0))


def _flood(
    rng: np.random.Generator, classes: NDArray[np.uint8], vv_db: Single, vh_db: Single
) -> None:
    """Rework the river's gravel in some stretches."""
    bed = (classes == Cover.GRAVEL) | (classes == Cover.WATER)
    strength = np.clip(smooth_noise(rng, classes.shape, 60.0), 0.0, None)
    change = rng.uniform(0.5, 2.5) * strength * smooth_noise(rng, classes.shape, 14.0)
    vv_db += np.where(bed, change, np.float32(0.0))
    vh_db += np.where(bed, change * np.float32(0.8), np.float32(0.0))
