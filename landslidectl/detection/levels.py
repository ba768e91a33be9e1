"""The change of the ground by elevation: medians and spreads in bands, for every track.

A single pixel is mostly speckle, so cells of 100 m are averaged first; then the median over the
cells of a band hardly knows of landslides, be they a third of its ground and all of one sign.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.fuse import MASKED
from landslidectl.detection.geodesy import to_wgs84
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.offsets import noise_of
from landslidectl.terrain.geoid import geoid_undulation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.stack.stack import Stack
    from landslidectl.terrain.dem import Dem

CELL_PX = 10
BLOCK_CELLS = 200
LEVEL_M = 100.0
LEAST_CELLS = 50
"""Half a square kilometre; less ground says nothing."""
LEAST_KNOWN = 0.5
"""Share of a cell's pixels that must be usable."""


@dataclass(frozen=True, slots=True)
class Level:
    """The change of the ground between two elevations, post minus pre.

    Parameters
    ----------
    low_m, high_m : float
        Above the sea; infinite for the whole scene.
    cells : int
        Of 100 m that were measured.
    median_db, spread_db : tuple of float
        Median over the cells, and distance of their quartiles, one a polarisation.
    same_share : tuple of float
        Share of the cells that depart from zero by more than half the median, to its side.
    """

    low_m: float
    high_m: float
    cells: int
    median_db: tuple[float, ...]
    spread_db: tuple[float, ...]
    same_share: tuple[float, ...]

    @classmethod
    def of(cls, changes: "NDArray[np.float32]", low_m: float, high_m: float) -> "Level":
        """Measure a level; changes are float32 (polarisation, cell) in dB."""
        quarter, median, three = np.percentile(changes.astype(np.float64), (25, 50, 75), axis=1)
        side = np.sign(median)[:, None]
        same = (changes * side > np.abs(median)[:, None] / 2.0).mean(axis=1)
        return cls(
            low_m,
            high_m,
            changes.shape[1],
            tuple(np.round(median, 4).tolist()),
            tuple(np.round(three - quarter, 4).tolist()),
            tuple(np.round(same, 4).tolist()),
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """Means over cells of 10 by 10 pixels of one track.

    Parameters
    ----------
    changes : NDArray
        float32 (polarisation, cell), dB.
    heights : NDArray
        float32 (cell,), metres above the sea; NaN without an elevation model.
    detected : NDArray
        bool (cell,): whether detections hold most of the cell.
    """

    changes: "NDArray[np.float32]"
    heights: "NDArray[np.float32]"
    detected: "NDArray[np.bool_]"

    @property
    def whole(self) -> Level | None:
        """Return the level of the whole scene; None of too few cells."""
        everywhere = np.ones(self.detected.shape, dtype=bool)
        return self._level(everywhere, -np.inf, np.inf)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Return the levels with enough cells, ascending; empty without an elevation model."""
        known = np.isfinite(self.heights)
        if not known.any():
            return ()
        number = np.floor(np.where(known, self.heights, 0.0) / LEVEL_M)
        found = (
            self._level(known & (number == step), step * LEVEL_M, (step + 1) * LEVEL_M)
            for step in np.unique(number[known]).tolist()
        )
        return tuple(level for level in found if level is not None)

    def _level(self, inside: "NDArray[np.bool_]", low_m: float, high_m: float) -> Level | None:
        """Leave detections out, unless they hold so much that they are no exception there."""
        outside = inside & ~self.detected
        chosen = outside if 2 * np.count_nonzero(outside) >= np.count_nonzero(inside) else inside
        if np.count_nonzero(chosen) < LEAST_CELLS:
            return None
        return Level.of(self.changes[:, chosen], low_m, high_m)


class Elevation:
    """Heights above the sea on a grid, block by block.

    Parameters
    ----------
    dem : Dem
        Heights over the ellipsoid; its grid holds the other one.
    grid : Grid
        What blocks are windows of. The geoid is taken as level over it: it tilts by some metres
        over a scene, and levels are 100 m high.
    """

    def __init__(self, dem: "Dem", grid: Grid) -> None:
        import shapely  # noqa: PLC0415

        self._dem, self._grid = dem, grid
        left, bottom, right, top = grid.bounds
        middle = to_wgs84(shapely.Point((left + right) / 2.0, (bottom + top) / 2.0), grid.epsg)
        self._geoid_m = float(geoid_undulation(middle.x, middle.y))

    def of(self, block: Window) -> "NDArray[np.float32]":
        """Return the heights of a block, float32 metres, NaN in voids."""
        row = block.row + round((self._dem.grid.top - self._grid.top) / self._grid.pixel_m)
        col = block.col + round((self._grid.left - self._dem.grid.left) / self._grid.pixel_m)
        heights = self._dem.heights(Window(row, col, block.rows, block.cols))
        return heights - np.float32(self._geoid_m)


def read_cells(stack: "Stack", elevation: Elevation | None, detected: "NDArray[np.bool_]") -> Cells:
    """Average the change bands of a track over cells, block by block.

    Pixels count outside layover, shadow and water, and where the ground before the event was
    brighter than noise.

    Parameters
    ----------
    stack : Stack
    elevation : Elevation, optional
        On the grid of the stack.
    detected : NDArray
        bool of the grid's shape.
    """
    side = CELL_PX * BLOCK_CELLS
    parts = []
    with open_raster(stack.values_path) as values, open_raster(stack.quality_path) as quality:
        for block in stack.grid.blocks(side):
            window = rasterio_window(block)
            bands = values.read(window=window)
            clear = (quality.read(1, window=window) & int(MASKED)) == 0
            heights = None if elevation is None else elevation.of(block)
            parts.append(_cells(stack, bands, clear, (heights, detected[block.slices])))
    return Cells(
        np.concatenate([part.changes for part in parts], axis=1),
        np.concatenate([part.heights for part in parts]),
        np.concatenate([part.detected for part in parts]),
    )


def diff_bands(stack: "Stack") -> list[int]:
    """Return which bands of a stack, counted from 1, are changes."""
    names = stack.bands.band_names
    return [number for number, name in enumerate(names, start=1) if name.startswith("diff_")]


def _cells(
    stack: "Stack",
    bands: "NDArray[np.float32]",
    clear: "NDArray[np.bool_]",
    ground: "tuple[NDArray[np.float32] | None, NDArray[np.bool_]]",
) -> Cells:
    count = len(stack.bands.polarisations)
    post, change = bands[:count], bands[count:]
    usable = clear & np.isfinite(change).all(axis=0)
    with np.errstate(invalid="ignore"):
        for after, step, name in zip(post, change, stack.bands.polarisations, strict=True):
            usable &= after - step > noise_of(name)
    known = _sums(usable)
    enough = known >= LEAST_KNOWN * CELL_PX**2
    shares = np.maximum(known, 1.0)
    changes = np.stack([(_sums(np.where(usable, band, 0.0)) / shares)[enough] for band in change])
    heights, detected = ground
    level = np.full(enough.shape, np.nan) if heights is None else _sums(heights) / CELL_PX**2
    return Cells(
        changes.astype(np.float32),
        level[enough].astype(np.float32),
        (_sums(detected & usable) > shares / 2.0)[enough],
    )


def _sums(values: "NDArray[Any]") -> "NDArray[np.float32]":
    """Return the sums over cells; those at the edge of a grid may be smaller."""
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], CELL_PX), axis=0, dtype=np.float32)
    cells = np.add.reduceat(rows, np.arange(0, values.shape[1], CELL_PX), axis=1)
    return np.asarray(cells, dtype=np.float32)
