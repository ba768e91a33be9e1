"""Random fields and the resampling between the grids of the forward model."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Single = NDArray[np.float32]

SPECTRA, KNOT_WEIGHTS = 8, 64
"""How many are kept: the sites of a data set have few sizes, the dates of a track have one."""


def fractal(
    rng: np.random.Generator, shape: tuple[int, int], power: float, longest_px: float = np.inf
) -> Single:
    """Return a Gaussian field of zero mean and unit variance with a power-law spectrum.

    Parameters
    ----------
    power : float
        The amplitude spectrum falls with wave number to this power (2.2 is a natural surface).
    longest_px : float
        Wavelengths beyond this are as strong as it, not stronger.
    """
    rows, cols = fast_size(shape[0]), fast_size(shape[1])
    white = np.fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32))
    coloured = white * _spectrum(rows, cols, power, longest_px)
    field = np.fft.irfft2(coloured, s=(rows, cols))[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], wavelength_px: float) -> Single:
    """Return a smooth field of about unit variance without detail below a wavelength."""
    knots = [int(np.ceil(size / wavelength_px * 2.0)) + 4 for size in shape]
    values = rng.standard_normal((knots[0], knots[1]))
    left = _knot_weights(shape[0], knots[0], wavelength_px / 2.0)
    right = _knot_weights(shape[1], knots[1], wavelength_px / 2.0)
    return np.asarray(left @ values @ right.T * 1.5, dtype=np.float32)


def tiled(field: NDArray[np.float32], shape: tuple[int, int]) -> Single:
    """Return a periodic field repeated over a larger shape."""
    repeats = [-(-size // own) for size, own in zip(shape, field.shape, strict=True)]
    return np.tile(field, repeats)[: shape[0], : shape[1]]


def refine(field: NDArray[np.floating], factor: int) -> Single:
    """Return node values interpolated (Catmull-Rom) to ``factor`` times as many intervals.

    Nodes stay nodes; one interval at every edge is given up, so that (n) nodes become
    ``(n - 3) * factor + 1``.
    """
    half = _refine_rows(np.asarray(field, np.float32), factor)
    return np.ascontiguousarray(_refine_rows(np.ascontiguousarray(half.T), factor).T)


def bilinear(field: NDArray[np.floating], row: Array, col: Array) -> Array:
    """Return values at fractional node positions, clamped to the field."""
    row = np.clip(row, 0.0, field.shape[0] - 1.000001)
    col = np.clip(col, 0.0, field.shape[1] - 1.000001)
    top, left = row.astype(np.int64), col.astype(np.int64)
    down, right = row - top, col - left
    upper = field[top, left] * (1.0 - right) + field[top, left + 1] * right
    lower = field[top + 1, left] * (1.0 - right) + field[top + 1, left + 1] * right
    result: Array = upper * (1.0 - down) + lower * down
    return result


def centres(nodes: NDArray[np.floating]) -> Single:
    """Return the means of the four nodes around every cell."""
    rows = np.asarray(nodes[1:] + nodes[:-1], np.float32)
    return (rows[:, 1:] + rows[:, :-1]) * np.float32(0.25)


def decibel(value: NDArray[np.floating] | float) -> NDArray[np.float32]:
    """Return the linear factor of a decibel value."""
    result: NDArray[np.float32] = np.exp(
        np.asarray(value, np.float32) * np.float32(np.log(10.0) / 10.0)
    )
    return result


def fast_size(size: int) -> int:
    """Return the next size whose only prime factors are 2, 3 and 5."""
    best = 1 << (size - 1).bit_length()
    for fives in (1, 5, 25):
        for threes in (1, 3, 9, 27):
            rest = -(-size // (fives * threes))
            best = min(best, fives * threes * (1 << (rest - 1).bit_length()))
    return best


@lru_cache(maxsize=SPECTRA)
def _spectrum(rows: int, cols: int, power: float, longest_px: float) -> Array:
    wave = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(cols)[None, :])
    floor = max(1.0 / longest_px, 1.0 / max(rows, cols))
    spectrum: Array = np.maximum(wave, floor) ** -power
    spectrum[0, 0] = 0.0
    return spectrum


@lru_cache(maxsize=KNOT_WEIGHTS)
def _knot_weights(size: int, knots: int, step: float) -> Array:
    """Return the cubic B-spline weights of knots at every sample."""
    place = np.arange(size)[:, None] / step - np.arange(knots)[None, :] + 1.0
    distance = np.abs(place)
    inner = 2.0 / 3.0 - distance**2 + distance**3 / 2.0
    outer = np.clip(2.0 - distance, 0.0, None) ** 3 / 6.0
    return np.where(distance < 1.0, inner, outer)


def _refine_rows(field: Single, factor: int) -> Single:
    size = field.shape[0] - 3
    out = np.empty((size * factor + 1, field.shape[1]), np.float32)
    for phase in range(factor):
        part = phase / factor
        weights = _catmull_rom(part)
        value = sum(weights[k] * field[k : k + size] for k in range(4))
        out[phase:-1:factor] = value
    out[-1] = field[-2]
    return out


def _catmull_rom(part: float) -> list[np.float32]:
    square, cube = part * part, part * part * part
    return [
        np.float32(0.5 * (-part + 2 * square - cube)),
        np.float32(0.5 * (2 - 5 * square + 3 * cube)),
        np.float32(0.5 * (part + 4 * square - 3 * cube)),
        np.float32(0.5 * (cube - square)),
    ]
