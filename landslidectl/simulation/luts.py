"""Calibration and thermal-noise look-up tables of a raster, as values and as full fields."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from landslidectl.simulation.fields import Array, Single
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.raster import EllipsoidFields

BETA = 473.9733
PIXEL_STEP = 40
LINE_STEP = 668
SWATHS = (("IW1", 29.0, 36.5), ("IW2", 36.5, 41.9), ("IW3", 41.9, 47.0))
NOISE_MIDDLE_DB = {"IW1": -26.8, "IW2": -28.6, "IW3": -30.2}
NOISE_EDGE_DB = {"IW1": -23.6, "IW2": -24.6, "IW3": -25.2}
BURST_LINES = 1843.0
NOISE_LINE_STEP = 10
VH_NOISE_DB = -0.8
NOISE_LEVEL_DB = (-3.0, 0.5)


@dataclass(frozen=True, slots=True)
class NoiseBlock:
    """The part of a raster that one sub-swath fills, and its azimuth factors.

    Parameters
    ----------
    first, last : int
        Samples, inclusive.
    lines, factors : ndarray
        Factor of the range values at some lines.
    """

    swath: str
    first: int
    last: int
    lines: NDArray[np.int64]
    factors: Array

    def cut(self, first: int, last: int) -> "NoiseBlock":
        """Return the block of lines ``first`` to ``last``, inclusive, counted from ``first``."""
        lines = _lines_between(self.lines, first, last)
        factors = np.interp(lines, self.lines, self.factors)
        return replace(self, lines=lines - first, factors=factors)


@dataclass(frozen=True, slots=True)
class Levels:
    """What a raster's digital numbers mean, pixel by pixel.

    Parameters
    ----------
    gain : ndarray float32
        DN^2 of sigma nought 1.
    noise : ndarray float32
        Power of the thermal noise, DN^2.
    """

    gain: Single
    noise: Single


@dataclass(frozen=True, slots=True)
class Luts:
    """Tables of one polarisation.

    Parameters
    ----------
    lines : ndarray
        Lines of the vectors.
    pixels, noise_pixels : ndarray
        Samples of the calibration and of the noise vectors; the latter hold both sides of a
        sub-swath's edge.
    sigma, gamma : ndarray, shape (vector, pixel)
        Amplitudes by which DN are divided.
    noise : ndarray, shape (vector, noise pixel)
        Noise power in DN^2 before the azimuth factors; 0 at the last sample: no value.
    """

    lines: NDArray[np.int64]
    pixels: NDArray[np.int64]
    sigma: Array
    gamma: Array
    noise_pixels: NDArray[np.int64]
    noise: Array
    blocks: tuple[NoiseBlock, ...]

    def amplitude(self, shape: tuple[int, int]) -> Single:
        """Return the sigma nought amplitude of every pixel, bilinear in the table."""
        return _spread(self.lines, self.pixels, self.sigma, shape)

    def noise_power(self, shape: tuple[int, int]) -> Single:
        """Return the noise power of every pixel, DN^2; "no value" takes its neighbour's."""
        filled = self.noise.copy()
        filled[:, -1] = filled[:, -2]
        power = _spread(self.lines, self.noise_pixels, filled, shape)
        for block in self.blocks:
            factor = np.interp(np.arange(shape[0]), block.lines, block.factors)
            power[:, block.first : block.last + 1] *= factor[:, None].astype(np.float32)
        return power

    def levels(self, shape: tuple[int, int]) -> Levels:
        """Return both for every pixel; all dates of a phase have them in common."""
        return Levels(np.square(self.amplitude(shape)), self.noise_power(shape))

    def cut(self, first: int, last: int) -> "Luts":
        """Return the tables of lines ``first`` to ``last``, inclusive, counted from ``first``.

        A vector is added at either end, so that the tables stay the same function of the line.
        """
        lines = _lines_between(self.lines, first, last)
        return replace(
            self,
            lines=lines - first,
            sigma=_at_lines(self.lines, self.sigma, lines),
            gamma=_at_lines(self.lines, self.gamma, lines),
            noise=_at_lines(self.lines, self.noise, lines),
            blocks=tuple(block.cut(first, last) for block in self.blocks),
        )


def build_luts(
    rng: np.random.Generator,
    frame: Frame,
    fields: EllipsoidFields,
    noise_db: float | None = None,
) -> tuple[Luts, Luts]:
    """Return the tables of VV and VH; the noise is ``noise_db`` from the usual, or drawn."""
    lines = np.unique(np.append(np.arange(0, frame.lines, LINE_STEP), frame.lines - 1))
    pixels = np.unique(np.append(np.arange(0, frame.samples, PIXEL_STEP), frame.samples - 1))
    angle = np.radians(fields.incidence.on_grid(pixels, lines))
    sigma, gamma = BETA / np.sqrt(np.sin(angle)), BETA / np.sqrt(np.tan(angle))
    row = fields.incidence.on_grid(np.arange(frame.samples), lines[len(lines) // 2 :][:1])[0]
    edges = _swath_edges(row)
    noise_pixels = np.unique(np.concatenate([pixels, *([e - 1, e] for e in edges[1:-1])]))
    noise = _noise_range(row, noise_pixels, edges, BETA / np.sqrt(np.sin(np.radians(row))))
    drift = 1.0 + 0.01 * rng.standard_normal((len(lines), 1))
    blocks = _blocks(rng, frame, row, edges)
    both = []
    drawn = rng.uniform(*NOISE_LEVEL_DB)
    level_db = drawn if noise_db is None else noise_db
    for offset_db in (level_db, level_db + VH_NOISE_DB):
        values = noise[None, :] * drift * 10.0 ** (offset_db / 10.0)
        values[:, -1] = 0.0
        both.append(Luts(lines, pixels, sigma, gamma, noise_pixels, values, blocks))
    return both[0], both[1]


def _swath_edges(incidence: Array) -> list[int]:
    """Return the first sample of every sub-swath in the raster, and the number of samples."""
    inner = [int(np.searchsorted(incidence, high)) for _, _, high in SWATHS[:-1]]
    size = len(incidence)
    return [0, *(edge for edge in inner if 2 < edge < size - 2), size]


def _swath_at(incidence: float) -> tuple[str, float, float]:
    for swath in SWATHS[:-1]:
        if incidence < swath[2]:
            return swath
    return SWATHS[-1]


def _noise_range(
    incidence: Array, pixels: NDArray[np.int64], edges: list[int], amplitude: Array
) -> Array:
    """Return noise power at pixels: lowest in the middle of each sub-swath's beam."""
    values = np.empty(len(pixels))
    for first, last in pairwise(edges):
        name, low, high = _swath_at(float(incidence[(first + last) // 2]))
        here = (pixels >= first) & (pixels < last)
        off = (incidence[pixels[here]] - (low + high) / 2.0) / ((high - low) / 2.0)
        level = NOISE_MIDDLE_DB[name] + (NOISE_EDGE_DB[name] - NOISE_MIDDLE_DB[name]) * off**2
        values[here] = amplitude[pixels[here]] ** 2 * 10.0 ** (level / 10.0)
    return values


def _blocks(
    rng: np.random.Generator, frame: Frame, incidence: Array, edges: list[int]
) -> tuple[NoiseBlock, ...]:
    lines = np.unique(np.append(np.arange(0, frame.lines, NOISE_LINE_STEP), frame.lines - 1))
    blocks = []
    for first, last in pairwise(edges):
        place = (lines / BURST_LINES + rng.uniform()) % 1.0
        factors = 0.97 + 0.16 * (2.0 * place - 1.0) ** 2
        name = _swath_at(float(incidence[(first + last) // 2]))[0]
        blocks.append(NoiseBlock(name, first, last - 1, lines, factors))
    return tuple(blocks)


def _lines_between(lines: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
    inside = lines[(lines > first) & (lines < last)]
    return np.concatenate([[first], inside, [last]])


def _at_lines(lines: NDArray[np.int64], table: Array, wanted: NDArray[np.int64]) -> Array:
    """Return a table's rows interpolated at lines."""
    return np.stack([np.interp(wanted, lines, column) for column in table.T], axis=1)


def _spread(
    lines: NDArray[np.int64], pixels: NDArray[np.int64], table: Array, shape: tuple[int, int]
) -> Single:
    """Return the table interpolated to every pixel: along the vectors, then between them."""
    across = np.arange(shape[1])
    rows = np.stack([np.interp(across, pixels, row) for row in table])
    weights = np.stack([np.interp(np.arange(shape[0]), lines, unit) for unit in np.eye(len(lines))])
    return np.asarray(weights.T @ rows, np.float32)
