"""Radiometric terrain flattening: the factor from sigma nought to gamma nought, on the map.

Each cell of the radar raster is brighter the more ground it holds. The sum of what all facets of
the ground show to the radar, cell by cell, divided out of the brightness, leaves the gamma nought
of the cover. The sum is made along the lines of the scene: facets are added in the order of their
lines, map blocks are written as soon as their lines are complete, and only the rows in between
are held. The factor depends on the geometry of the track alone.

Source: Small 2011 (IEEE TGRS 49, 3081-3093).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import RasterLayout, create_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.calibration import read_calibration
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.stack.geolocate import Geolocator, RadarExtent, build_geolocator
from landslidectl.stack.illuminated import ReferenceArea, facets_of, look_at
from landslidectl.stack.quality import eroded
from landslidectl.stack.radar_sums import RadarSums
from landslidectl.terms import Radiometry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

KINDS = (Radiometry.GAMMA0, Radiometry.GAMMA0_TERRAIN)
BLOCK_SIDE = 1024
HEIGHTS_ON_EARTH_M = (-500.0, 9000.0)
# Relief this far away can fall into the same cell.
LAYOVER_REACH_M = 5000.0
LEAST_SHARE = np.float32(0.05)
# Cells that touch a void miss its facets.
VOID_RIM_PX = 3
LINE_SLACK = 8.0
PIXEL_SLACK = 64.0


def write_flattening(scene: "Scene", dem: "Dem", grid: Grid, path: Path, kind: Radiometry) -> Path:
    """Write the linear factor by which sigma nought on the ellipsoid becomes gamma nought.

    Parameters
    ----------
    scene : Scene
        Any scene of the track; orbits repeat within a few hundred metres.
    dem : Dem
        Ellipsoidal heights; its grid contains ``grid``, pixel on pixel, best with a margin of
        5 km: relief outside falls on to the same radar cells.
    grid : Grid
    path : Path
        GeoTIFF to write: float32, one band.
    kind : str
        ``gamma0``: 1 / cos(incidence angle at the ellipsoid). ``gamma0_terrain``: by the area
        that the terrain shows to the radar, NaN where that is less than 5 % of level ground's
        (shadow), and within 3 pixels of voids.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    StackError
        If the kind is unknown or the elevation model does not contain the grid.
    """
    if kind not in KINDS:
        raise StackError(f"radiometry {kind!r} has no factor", f"Use one of: {', '.join(KINDS)}.")
    polarisation = scene.polarisations[0]
    geometry = scene_geometry(read_annotation(scene, polarisation))
    task = _Task(dem, grid, build_geolocator(geometry, dem.grid))
    task.check()
    layout = RasterLayout(
        ("factor",),
        nodata=float("nan"),
        tags={"radiometry": kind, "scene": scene.scene_id, "meaning": "multiply linear sigma0"},
    )
    with gdal_session(), create_raster(path, grid, layout) as dataset:
        if kind == "gamma0":
            _write_ellipsoidal(task, dataset)
        else:
            calibration = read_calibration(scene, polarisation)
            _write_terrain(task, ReferenceArea.of(task.geolocator, calibration), dataset)
    return path


@dataclass(frozen=True, slots=True)
class _Block:
    """A window of the elevation model's grid and the radar coordinates it can meet."""

    window: Window
    extent: RadarExtent


@dataclass(frozen=True, slots=True)
class _Task:
    dem: "Dem"
    grid: Grid
    geolocator: Geolocator

    @property
    def shift(self) -> tuple[int, int]:
        """Return row and column of the grid's first pixel in the elevation model."""
        grid, outer = self.grid, self.dem.grid
        row, col = (outer.top - grid.top) / grid.pixel_m, (grid.left - outer.left) / grid.pixel_m
        return round(row), round(col)

    def check(self) -> None:
        """Refuse an elevation model that does not contain the grid."""
        row, col = self.shift
        outer = self.dem.grid
        inside = min(row, col) >= 0
        inside &= row + self.grid.rows <= outer.rows and col + self.grid.cols <= outer.cols
        if not inside or outer.subgrid(Window(row, col, *self.grid.shape)) != self.grid:
            raise StackError(
                f"{self.dem.path}: the elevation model on grid {outer} does not contain the grid "
                f"{self.grid}",
                "Prepare the elevation model again for this area.",
            )

    def targets(self) -> list[_Block]:
        """Return the blocks of the map that the orbit sees, by the line that completes them."""
        row, col = self.shift
        blocks = (
            self._block(Window(row + block.row, col + block.col, *block.shape))
            for block in self.grid.blocks(BLOCK_SIDE)
        )
        return sorted(_seen(blocks), key=lambda block: block.extent.line_max)

    def sources(self) -> list[_Block]:
        """Return blocks of facets that can fall into the map's cells, by their first line."""
        row, col = self.shift
        rows, cols = self._reach_px()
        top, left = max(row - rows, 0), max(col - cols, 0)
        bottom = min(row + self.grid.rows + rows, self.dem.grid.rows - 1)
        right = min(col + self.grid.cols + cols, self.dem.grid.cols - 1)
        region = self.dem.grid.subgrid(Window(top, left, bottom - top, right - left))
        blocks = (
            self._block(Window(top + block.row, left + block.col, *block.shape))
            for block in region.blocks(BLOCK_SIDE)
        )
        return sorted(_seen(blocks), key=lambda block: block.extent.line_min)

    def _reach_px(self) -> tuple[int, int]:
        """Return how far, in rows and columns, relief can be and share a cell with the map."""
        east, north, _ = self.geolocator.looks
        level = np.hypot(east, north)
        reach = LAYOVER_REACH_M / self.grid.pixel_m
        rows, cols = (np.nanmax(np.abs(part) / level) * reach for part in (north, east))
        return int(np.ceil(rows)) + 4, int(np.ceil(cols)) + 4

    def _block(self, window: Window) -> _Block:
        return _Block(window, self.geolocator.extent(window, *HEIGHTS_ON_EARTH_M))

    def write(self, dataset: "DatasetWriter", block: _Block, factor: "NDArray[np.float32]") -> None:
        """Write the factor of a block of the map."""
        row, col = self.shift
        window = Window(block.window.row - row, block.window.col - col, *block.window.shape)
        dataset.write(factor, 1, window=rasterio_window(window))


def _seen(blocks: Iterator[_Block]) -> list[_Block]:
    return [block for block in blocks if np.isfinite(block.extent.line_min)]


def _write_ellipsoidal(task: _Task, dataset: "DatasetWriter") -> None:
    for block in task.targets():
        heights = task.dem.heights(block.window)
        cosine = look_at(task.geolocator, block.window, heights).up
        task.write(dataset, block, np.asarray(1.0 / cosine, dtype=np.float32))


def _write_terrain(task: _Task, reference: ReferenceArea, dataset: "DatasetWriter") -> None:
    """March along the lines: add facets, write what is complete, forget what is written."""
    targets, sources = task.targets(), task.sources()
    if not targets:
        return
    sums = RadarSums(*_pixels(task.geolocator, targets))
    needed = _first_lines_needed(targets)
    written = 0
    for index, source in enumerate(sources):
        if source.extent.line_max < needed[written] - LINE_SLACK:
            continue
        sums.forget_before(needed[written] - LINE_SLACK)
        for facets in facets_of(task.dem, reference, source.window):
            sums.add(facets)
        last = index + 1 == len(sources)
        complete = np.inf if last else sources[index + 1].extent.line_min - LINE_SLACK
        while written < len(targets) and targets[written].extent.line_max < complete:
            block = targets[written]
            task.write(dataset, block, _factor(task, sums, block.window))
            written += 1
        if written == len(targets):
            return


def _pixels(geolocator: Geolocator, targets: list[_Block]) -> tuple[float, float]:
    """Return the pixels of the swath that the map meets."""
    low = min(block.extent.pixel_min for block in targets)
    high = max(block.extent.pixel_max for block in targets)
    swath = -PIXEL_SLACK, geolocator.geometry.samples - 1 + PIXEL_SLACK
    low, high = (float(np.clip(value, *swath)) for value in (low, high))
    return low, high


def _first_lines_needed(targets: list[_Block]) -> "NDArray[np.float64]":
    """Return for each target the first line that it or a later one needs."""
    first = np.array([block.extent.line_min for block in targets])
    return np.asarray(np.minimum.accumulate(first[::-1])[::-1])


def _factor(task: _Task, sums: RadarSums, window: Window) -> "NDArray[np.float32]":
    around, inner = _rimmed(window, task.dem.grid)
    heights = task.dem.heights(around)
    known = eroded(np.isfinite(heights), VOID_RIM_PX)[inner]
    heights = heights[inner]
    line, pixel = task.geolocator.line_pixel(window, heights)
    shown = sums.read(line, pixel)
    level = look_at(task.geolocator, window, heights).up
    defined = known & (shown >= LEAST_SHARE * level)
    factor = np.full(window.shape, np.nan, dtype=np.float32)
    np.divide(np.float32(1.0), shown, out=factor, where=defined)
    return factor


def _rimmed(window: Window, grid: Grid) -> tuple[Window, tuple[slice, slice]]:
    """Return a window with the rim in which voids count, and where the window lies in it."""
    top, left = max(window.row - VOID_RIM_PX, 0), max(window.col - VOID_RIM_PX, 0)
    bottom = min(window.row + window.rows + VOID_RIM_PX, grid.rows)
    right = min(window.col + window.cols + VOID_RIM_PX, grid.cols)
    row, col = window.row - top, window.col - left
    inner = slice(row, row + window.rows), slice(col, col + window.cols)
    return Window(top, left, bottom - top, right - left), inner
