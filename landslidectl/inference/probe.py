"""The probe: random windows with planted changes, on which two ways of scoring are compared."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 1
TOLERANCE = 1e-3
PATCH = 40
"""Side of the patches of even ground that the pixels are made of."""


def probe_pixels(bands: int, rows: int, cols: int) -> "NDArray[np.float32]":
    """Return pixels in dB, (band, row, col), on which networks give low and high scores.

    Patches of even ground under speckle; in every third patch the change bands, which are the
    second half, rise or fall by 4 to 8 dB as a landslide makes them do.
    """
    rng = np.random.default_rng(SEED)
    shape = rows // PATCH + 1, cols // PATCH + 1
    half = bands // 2
    ground = np.concatenate(
        [rng.normal(-12.0, 4.0, (half, *shape)), rng.normal(0.0, 0.5, (bands - half, *shape))]
    )
    slides = rng.choice([-1.0, 1.0], shape) * rng.uniform(4.0, 8.0, shape)
    ground[half:] += np.where(rng.random(shape) < 1 / 3, slides, 0.0)
    patches = ground.repeat(PATCH, axis=1).repeat(PATCH, axis=2)[:, :rows, :cols]
    return np.asarray(patches + rng.normal(0.0, 1.5, patches.shape), dtype=np.float32)


def probe_windows(shape: tuple[int, int, int], count: int) -> "NDArray[np.float32]":
    """Return windows of a shape (row, col, band), one below the other: (count, row, col, band)."""
    rows, cols, bands = shape
    pixels = probe_pixels(bands, rows * count, cols)
    return np.ascontiguousarray(pixels.transpose(1, 2, 0).reshape(count, rows, cols, bands))


def largest_difference(found: "NDArray[np.float32]", expected: "NDArray[np.float32]") -> float:
    """Return the largest difference of two sets of scores; infinite where a score is none."""
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf")
    return float(np.abs(found.astype(np.float64) - expected).max())
