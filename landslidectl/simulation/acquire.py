"""One acquisition: the mean scene of a phase becomes digital numbers of a date."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.character import Character
from landslidectl.simulation.fields import Array, Single, decibel, smooth_noise
from landslidectl.simulation.landcover import Cover, class_table
from landslidectl.simulation.luts import Levels
from landslidectl.simulation.radar import GROUP_OF, GROUPS

LOOKS = 4.4
TABLE_HALF = 2048
TABLE_RANGE = 5.5
SPECKLE_RANGE_TAP = 0.25
SPECKLE_AZIMUTH_TAP = 0.22
RESPONSE_TAP = 0.25
LAND_GROUPS = GROUPS - 1


@dataclass(frozen=True, slots=True)
class Weather:
    """How one date differs from the mean of its phase.

    Parameters
    ----------
    group_db : ndarray, shape (VV and VH, group)
        Change of every kind of cover.
    moisture_db : float
        Standard deviation of a smooth field over the scene.
    flicker_db : float
        Standard deviation of what every pixel has for itself.
    """

    group_db: Single
    moisture_db: float
    flicker_db: float = 0.0

    @classmethod
    def drawn(cls, rng: np.random.Generator, character: Character | None = None) -> "Weather":
        """Draw the weather of a date."""
        character = character or Character()
        spread = _restless_db()
        water = rng.spawn(1)[0].normal(0.0, character.water_restless_db)
        common = rng.normal(0.0, 0.12)
        shared = rng.normal(0.0, 1.0, LAND_GROUPS)
        own = rng.normal(0.0, 0.5, (2, LAND_GROUPS))
        land = character.restless * (common + spread * (0.87 * shared + own))
        offsets = np.concatenate([land, land[:, -1:] + water], axis=1)
        moisture_db = float(rng.uniform(0.0, 0.3))
        return cls(offsets.astype(np.float32), moisture_db, character.flicker_db)


@cache
def _restless_db() -> Array:
    """Return how much each group of cover on land differs between dates."""
    spread = np.zeros(LAND_GROUPS)
    for cover, value in zip(Cover, class_table("restless_db"), strict=True):
        if cover is Cover.WATER:
            continue
        spread[GROUP_OF[cover]] = (
            min(value, 0.8) if spread[GROUP_OF[cover]] == 0 else min(spread[GROUP_OF[cover]], value)
        )
    return spread


def calm() -> Weather:
    """Return the weather of a date that equals the mean of its phase."""
    return Weather(np.zeros((2, GROUPS), np.float32), 0.0)


def acquire(
    rng: np.random.Generator,
    projected: NDArray[np.float32],
    levels: tuple[Levels, Levels],
    weather: Weather,
    extras: "Extras",
) -> NDArray[np.uint16]:
    """Return digital numbers, shape (VV and VH, line, sample); 0 outside the swath.

    Thermal noise and the echo of distributed targets are Gaussian before detection, so speckle
    multiplies the sum of both powers; planted targets are steady and are added after it.
    """
    shape = projected.shape[-2:]
    result = np.zeros((2, *shape), np.uint16)
    moisture = decibel(weather.moisture_db * smooth_noise(rng, shape, 150.0))
    gains = decibel(weather.group_db)
    apart = rng.spawn(1)[0]
    for index, level in enumerate(levels):
        mean = np.tensordot(gains[index], projected[index], axes=1)
        power = respond(mean * moisture)
        if weather.flicker_db > 0.0:
            own = apart.standard_normal(shape, dtype=np.float32)
            power *= decibel(np.float32(weather.flicker_db) * own)
        power *= level.gain
        power += level.noise
        power *= speckle(rng, shape)
        if extras.targets is not None:
            power += respond(extras.targets) * level.gain
        numbers = np.rint(np.sqrt(power))
        result[index] = np.clip(numbers, 1.0, 65535.0).astype(np.uint16)
    left, right = extras.border
    result[:, :, :left] = 0
    result[:, :, shape[1] - right :] = 0
    return result


@dataclass(frozen=True, slots=True)
class Extras:
    """What a raster holds besides the ground.

    Parameters
    ----------
    border : (int, int)
        Columns without echo at the near and the far side.
    targets : ndarray float32 or None
        Sigma nought of planted point targets before the impulse response.
    """

    border: tuple[int, int]
    targets: Single | None = None


def respond(field: Single) -> Single:
    """Blur by the impulse response: about two pixels wide in range and azimuth."""
    return _taps(_taps(field, RESPONSE_TAP, 0), RESPONSE_TAP, 1)


def speckle(rng: np.random.Generator, shape: tuple[int, int]) -> Single:
    """Return gamma-distributed speckle of unit mean and 4.4 looks, correlated as in GRDH.

    A correlated Gaussian field is mapped to the gamma distribution value by value.
    """
    white = rng.standard_normal((shape[0] + 2, shape[1] + 2), dtype=np.float32)
    mixed = _taps(_taps(white, SPECKLE_AZIMUTH_TAP, 0, mean=False), SPECKLE_RANGE_TAP, 1, False)
    place = mixed[1:-1, 1:-1] * np.float32(TABLE_HALF / TABLE_RANGE) + np.float32(TABLE_HALF)
    np.clip(place, 0, 2 * TABLE_HALF - 1, out=place)
    return _gamma_table().take(place.astype(np.int16))


def _taps(field: Single, tap: float, axis: int, mean: bool = True) -> Single:
    """Filter with (tap, middle, tap), keeping the mean or else the variance; edges repeat."""
    middle = 1.0 - 2.0 * tap if mean else 1.0
    norm = 1.0 if mean else 1.0 / math.sqrt(1.0 + 2.0 * tap**2)
    moved = field if axis == 0 else field.T
    result = moved * np.float32(middle * norm)
    side = moved * np.float32(tap * norm)
    result[1:] += side[:-1]
    result[:-1] += side[1:]
    result[0] += side[0]
    result[-1] += side[-1]
    return result if axis == 0 else result.T


@cache
def _gamma_table() -> Single:
    """Return gamma quantiles at the probabilities of standard normal values."""
    value = np.linspace(1e-6, 9.0, 200_001)
    density = np.exp((LOOKS - 1.0) * np.log(value) - LOOKS * value)
    share = np.cumsum((density[1:] + density[:-1]) / 2.0)
    share = np.concatenate([[0.0], share / share[-1]])
    normal = (np.arange(2 * TABLE_HALF) - TABLE_HALF + 0.5) * TABLE_RANGE / TABLE_HALF
    wanted = np.array([0.5 * math.erfc(-z / math.sqrt(2.0)) for z in normal])
    table = np.interp(wanted, share, value)
    weight = np.exp(-(normal**2) / 2.0)
    return np.asarray(table / (np.sum(table * weight) / np.sum(weight)), np.float32)
