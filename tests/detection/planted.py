"""Change bands with speckle and planted slides, without scenes."""

import numpy as np

from landslidectl.detection.smoothing import gaussian
from landslidectl.grid import Grid

GRID = Grid(32654, 560_000.0, 4_740_000.0, 10.0, 220, 240)
SPECKLE_DB = 2.4


def speckle(seed: int = 1, bands: int = 2, shape: tuple[int, int] = GRID.shape) -> np.ndarray:
    """Return correlated noise as the difference of a composite and a single date has it."""
    rng = np.random.default_rng(seed)
    fields = [gaussian(rng.standard_normal(shape).astype(np.float32), 0.7) for _ in range(bands)]
    return np.stack([field / field.std() * SPECKLE_DB for field in fields]).astype(np.float32)


def slide(row: int = 90, col: int = 110, length: int = 40, width: int = 14) -> np.ndarray:
    """Return the pixels of an ellipse that runs down the columns, 4.4 ha by default."""
    rows, cols = np.indices(GRID.shape)
    return ((rows - row) / (length / 2)) ** 2 + ((cols - col) / (width / 2)) ** 2 < 1.0


def windows(row: int = 90, col: int = 110, half: int = 32) -> np.ndarray:
    """Return the square that overlapping windows would leave."""
    region = np.zeros(GRID.shape, dtype=bool)
    region[max(row - half, 0) : row + half, max(col - half, 0) : col + half] = True
    return region


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Return the intersection over union."""
    return float((first & second).sum() / (first | second).sum())
