"""A whole frame's stack with simulated pixels, and what of it may be judged.

The values are speckle of a median over some ten dates on slow slopes, float32 in dB with all their
digits, so they compress as little as real ones (3.5 bytes a number) and cost as much to inflate.
Rows come again after `PLANE_ROWS`, which no compression of tiles can see. The frame stands askew in
its grid, as scenes do. Sea and plains are broad patches, layover and shadow small ones on slopes.
"""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.files.rasters import RasterLayout, create_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Pass, Quality, Track

PLANE_ROWS = 2048
STRIP_ROWS = 256
SEA_PX, DISTORTED_PX = 3000, 24
DISTORTED_SHARE = 0.06
LEAN = 0.03
"""Columns by which the frame's edge moves a row."""


@dataclass(frozen=True)
class Look:
    """What is asked of a frame: its size, and about which share of it may be judged."""

    rows: int = 17_000
    cols: int = 25_000
    judged: float = 0.5


def pixels(cols: int, bands: int, reach: int) -> NDArray[np.float32]:
    """Return a plane of speckle on slow slopes, dB; its first rows follow on its last ones."""
    rng = np.random.default_rng(5)
    plane = np.empty((bands, PLANE_ROWS + reach, cols), dtype=np.float32)
    for index in range(bands):
        level = (-10.0, -16.0)[index % 2] if index < bands // 2 else 0.0
        slow = rng.normal(level, 3.0, (PLANE_ROWS // 32, cols // 32 + 1)).astype(np.float32)
        band = np.repeat(np.repeat(slow, 32, 0), 32, 1)[:, :cols]
        band += rng.normal(0.0, 1.5, band.shape).astype(np.float32)
        plane[index, :PLANE_ROWS] = band
    plane[:, PLANE_ROWS:] = plane[:, :reach]
    return plane


def make_stack(folder: Path, look: Look) -> Any:
    """Write values and quality of a frame; return what scoring reads of a Stack."""
    grid = Grid(32654, 300000.0, 4_700_000.0, 10.0, look.rows, look.cols)
    bands = BandSet.VV_VH
    stack = SimpleNamespace(
        folder=folder,
        grid=grid,
        track=Track(46, Pass.DESCENDING),
        bands=bands,
        contract=StackContract(),
        values_path=folder / "stack.tif",
        quality_path=folder / "quality.tif",
    )
    if stack.quality_path.exists():
        return stack
    plane = pixels(look.cols, len(bands.band_names), 0)
    ground = Ground(look)
    values_layout = RasterLayout(bands.band_names, nodata=float("nan"), is_noisy=True)
    bits_layout = RasterLayout(("quality",), dtype="uint8")
    with (
        create_raster(stack.quality_path, grid, bits_layout) as quality,
        create_raster(stack.values_path, grid, values_layout) as values,
    ):
        for row in range(0, grid.rows, STRIP_ROWS):
            strip = Window(row, 0, min(STRIP_ROWS, grid.rows - row), grid.cols)
            place = rasterio_window(strip)
            first = row % PLANE_ROWS
            part = plane[:, first : first + strip.rows].copy()
            part[:, outside(strip, grid)] = np.nan
            values.write(part, window=place)
            quality.write(ground.bits(strip), 1, window=place)
    return stack


def outside(strip: Window, grid: Grid) -> NDArray[np.bool_]:
    """Return the pixels of a strip that the frame, askew in its grid, does not hold."""
    row = np.arange(strip.row, strip.row + strip.rows)[:, np.newaxis] * LEAN
    col = np.arange(grid.cols)
    right = grid.cols - (grid.rows * LEAN - row)
    return np.asarray((col < row) | (col > right))


class Ground:
    """Which pixels are sea or plain, layover, shadow."""

    def __init__(self, look: Look) -> None:
        rng = np.random.default_rng(17)
        shape = (look.rows // SEA_PX + 2, look.cols // SEA_PX + 2)
        self._broad = rng.random(shape)
        self._level = _level_of(self._broad, 1.0 - look.judged - DISTORTED_SHARE)
        self._cols = look.cols

    def bits(self, strip: Window) -> NDArray[np.uint8]:
        """Return the quality bits of a strip."""
        rows = np.arange(strip.row, strip.row + strip.rows)
        height = _bilinear(self._broad, rows / SEA_PX, np.arange(self._cols) / SEA_PX)
        bits = np.full(strip.shape, int(Quality.TESTED), dtype=np.uint8)
        rng = np.random.default_rng([19, strip.row])
        small = rng.random((strip.rows // DISTORTED_PX + 1, self._cols // DISTORTED_PX + 1))
        fine = small.repeat(DISTORTED_PX, 0).repeat(DISTORTED_PX, 1)[: strip.rows, : self._cols]
        bits[fine < DISTORTED_SHARE / 2] |= np.uint8(Quality.SHADOW)
        bits[fine > 1.0 - DISTORTED_SHARE / 2] |= np.uint8(Quality.LAYOVER)
        bits[height < self._level] = int(Quality.TESTED | Quality.WATER)
        return bits


def _level_of(broad: NDArray[np.float64], share: float) -> float:
    """Return the height below which that share of the ground lies."""
    fine = [np.linspace(0, side - 1.001, 40 * side) for side in broad.shape]
    return float(np.quantile(_bilinear(broad, *fine), share))


def _bilinear(
    nodes: NDArray[np.float64], rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> NDArray[np.float64]:
    top, left = rows.astype(int), cols.astype(int)
    down, right = (rows - top)[:, np.newaxis], cols - left
    upper = nodes[top] * (1.0 - down) + nodes[top + 1] * down
    return np.asarray(upper[:, left] * (1.0 - right) + upper[:, left + 1] * right)
