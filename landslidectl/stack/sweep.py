"""Geocoding tile by tile in the order of the scene's lines, on as many threads as are given.

The tiles of the map are taken in the order in which the radar passed over them. Whatever the shape
of the area, each line of the scene is then read once, front to back, and only the few hundred lines
that one tile spans are in memory: a whole frame takes little more than a village.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.files.rasters import rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.sentinel1.geometry import SceneGeometry
from landslidectl.stack.geolocate import Geolocator, RadarExtent
from landslidectl.stack.local import local_geolocator
from landslidectl.stack.parallel import workers
from landslidectl.stack.resample import bilinear
from landslidectl.stack.source import Lines, SourceLines

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from landslidectl.sentinel1.radiometry import SigmaNoughtSource
    from landslidectl.terrain.dem import Dem

# Multiples of the files' 256-pixel tiles, so that each of those is compressed once.
TILE_ROWS = 512
TILE_COLS = 2048
SOURCE_MARGIN = 4
WAITING_TILES = 3
"""Tiles a thread that may wait to be filled or written; more only takes memory."""
TILES_AHEAD = 3
"""Tiles whose heights are read before their turn."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is put on the map, and how.

    Parameters
    ----------
    dem : Dem
        Its grid contains that of the geolocator, pixel on pixel.
    geolocator : Geolocator
    sources : sequence of SigmaNoughtSource
        One a band.
    area : Window
        Lines and samples of the scene that the map grid can need.
    threads : int
    """

    dem: "Dem"
    geolocator: Geolocator
    sources: "Sequence[SigmaNoughtSource]"
    area: Window
    threads: int = 1


@dataclass(frozen=True, slots=True)
class _Task:
    """A tile with all that it takes to fill it; ``origin`` is a line and a sample near its own."""

    tile: Window
    heights: "NDArray[np.float32]"
    lines: Lines
    origin: tuple[int, int]


def sweep(work: Sweep, dataset: "DatasetWriter") -> None:
    """Fill the tiles of a raster that the scene meets; the others keep the raster's own fill.

    Parameters
    ----------
    work : Sweep
    dataset : DatasetWriter
        float32, one band a source.

    Raises
    ------
    DamagedScene
        If pixels cannot be read.
    """
    is_single = work.threads == 1
    with workers(work.threads, is_single) as pool, workers(1, is_single) as writer:
        source = SourceLines(work.sources, work.area, pool.map)
        written: deque[Future[None]] = deque()

        def write(tile: Window, values: "Future[NDArray[np.float32]]") -> None:
            dataset.write(values.result(), window=rasterio_window(tile))

        for task in _tasks(work, source, pool):
            values = pool.submit(_fill, work.geolocator, task)
            written.append(writer.submit(write, task.tile, values))
            while len(written) > WAITING_TILES * work.threads:
                written.popleft().result()
        for future in written:
            future.result()


def source_window(extent: RadarExtent, geometry: SceneGeometry) -> Window | None:
    """Return the lines and samples a radar extent needs, cut to the scene; None when it misses."""
    if not np.isfinite([extent.line_min, extent.pixel_min]).all():
        return None
    first_line = max(int(np.floor(extent.line_min)) - SOURCE_MARGIN, 0)
    first_pixel = max(int(np.floor(extent.pixel_min)) - SOURCE_MARGIN, 0)
    last_line = min(int(np.ceil(extent.line_max)) + SOURCE_MARGIN, geometry.lines)
    last_pixel = min(int(np.ceil(extent.pixel_max)) + SOURCE_MARGIN, geometry.samples)
    if last_line - first_line < 2 or last_pixel - first_pixel < 2:
        return None
    return Window(first_line, first_pixel, last_line - first_line, last_pixel - first_pixel)


def window_on(outer: Grid, grid: Grid, window: Window) -> Window:
    """Return the window of ``outer`` that is ``window`` of ``grid``."""
    row = round((outer.top - grid.top) / grid.pixel_m) + window.row
    col = round((grid.left - outer.left) / grid.pixel_m) + window.col
    return Window(row, col, window.rows, window.cols)


def _tasks(work: Sweep, source: SourceLines, pool: Executor) -> Iterator[_Task]:
    """Yield the tiles that the scene meets, in the order of its lines; heights are read ahead."""
    geolocator, grid = work.geolocator, work.geolocator.grid

    def read_heights(tile: Window) -> "NDArray[np.float32]":
        return work.dem.heights(window_on(work.dem.grid, grid, tile))

    tiles = _in_line_order(geolocator)
    ahead = deque(pool.submit(read_heights, tile) for tile in tiles[:TILES_AHEAD])
    for number, tile in enumerate(tiles):
        heights = ahead.popleft().result()
        if number + TILES_AHEAD < len(tiles):
            ahead.append(pool.submit(read_heights, tiles[number + TILES_AHEAD]))
        lowest, highest = float(np.fmin.reduce(heights, None)), float(np.fmax.reduce(heights, None))
        if np.isnan(lowest):
            continue
        needed = source_window(geolocator.extent(tile, lowest, highest), geolocator.geometry)
        if needed is None:
            continue
        lines = source.cover(needed.row, needed.row + needed.rows)
        yield _Task(tile, heights, lines, (needed.row, needed.col))


def _fill(geolocator: Geolocator, task: _Task) -> "NDArray[np.float32]":
    """Return the values of a tile, float32 of shape (band, row, col)."""
    lines, origin, geometry = task.lines, task.origin, geolocator.geometry
    local = local_geolocator(geolocator, task.tile, origin)
    corner = origin[0] - lines.first_line, origin[1] - lines.first_sample
    values = np.empty((len(lines.values), *task.heights.shape), dtype=np.float32)
    for node_row, top in enumerate(range(0, task.tile.rows, local.step)):
        strip = slice(top, top + local.step)
        line, pixel = local.line_pixel(node_row, task.heights[strip])
        _keep_edges(line, origin[0], geometry.lines)
        _keep_edges(pixel, origin[1], geometry.samples)
        values[:, strip] = bilinear(lines.values, line, pixel, corner)
    return values


def _keep_edges(coordinates: "NDArray[np.float32]", origin: int, size: int) -> None:
    """Let the outermost half sample belong to the scene.

    Where the next slice of the datatake begins, the two then meet without a gap. What lies beyond
    becomes NaN.
    """
    first, last = np.float32(-origin), np.float32(size - 1 - origin)
    if coordinates.min() >= first and coordinates.max() <= last:
        return
    beyond = (coordinates < first - 0.5) | (coordinates > last + 0.5)
    np.clip(coordinates, first, last, out=coordinates)
    coordinates[beyond] = np.nan


def _in_line_order(geolocator: Geolocator) -> list[Window]:
    grid = geolocator.grid
    tiles = [
        Window(row, col, min(TILE_ROWS, grid.rows - row), min(TILE_COLS, grid.cols - col))
        for row in range(0, grid.rows, TILE_ROWS)
        for col in range(0, grid.cols, TILE_COLS)
    ]
    first_lines = [geolocator.extent(tile, 0.0, 0.0).line_min for tile in tiles]
    return [tiles[index] for index in np.argsort(first_lines, kind="stable")]
