"""Tiles in the order of the lines: each line is read once, and threads change nothing."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DamagedScene
from landslidectl.files.rasters import RasterLayout, create_raster, read_bands
from landslidectl.grid import Window
from landslidectl.stack.geolocate import build_geolocator
from landslidectl.stack.sweep import Sweep, source_window, sweep
from landslidectl.terms import Pass

from .scenes import LevelDem, circular_geometry, grid_at

ROWS, COLS = 1700, 2300


class SteppedDem(LevelDem):
    """Two plains, 400 and 2400 m high, so that neighbouring tiles need different samples."""

    def heights(self, window: Window) -> np.ndarray:
        heights = super().heights(window)
        heights[:] = 400.0
        heights[:, np.arange(window.col, window.col + window.cols) > 1500] = 2400.0
        return heights


class RecordingSource:
    """Sigma nought is a plane; every read is remembered, and may be made to fail."""

    def __init__(self, geometry, fails_from: int = 10**9) -> None:
        self.geometry, self.fails_from = geometry, fails_from
        self.windows: list[Window] = []

    def read_into(self, window: Window, out: np.ndarray) -> None:
        self.windows.append(window)
        if window.row + window.rows > self.fails_from:
            raise DamagedScene(Path("scene.zip"), f"pixels of line {self.fails_from} are damaged")
        line = np.arange(window.row, window.row + window.rows)[:, None]
        pixel = np.arange(window.col, window.col + window.cols)
        out[:] = line * 1e-3 - pixel * 1e-4


def swept(out: Path, direction: Pass, threads: int, **source: int):
    geometry, centre = circular_geometry(35.0, direction)
    grid = grid_at(*centre, ROWS, COLS)
    geolocator = build_geolocator(geometry, grid)
    area = source_window(geolocator.extent(Window(0, 0, ROWS, COLS), 0.0, 3000.0), geometry)
    sources = [RecordingSource(geometry, **source), RecordingSource(geometry)]
    layout = RasterLayout(("VV", "VH"), nodata=float("nan"))
    with create_raster(out, grid, layout) as dataset:
        sweep(Sweep(SteppedDem(grid), geolocator, sources, area, threads), dataset)
    return geolocator, sources, area


@pytest.mark.parametrize("direction", list(Pass))
def test_each_line_is_read_once_front_to_back(tmp_path, direction) -> None:
    _, sources, area = swept(tmp_path / "out.tif", direction, threads=1)
    for source in sources:
        ends = [window.row + window.rows for window in source.windows]
        starts = [window.row for window in source.windows]
        assert starts[1:] == ends[:-1]
        assert all(window.cols == area.cols for window in source.windows)


def test_values_lie_where_the_exact_geometry_says(tmp_path) -> None:
    out = tmp_path / "out.tif"
    geolocator, _, _ = swept(out, Pass.DESCENDING, threads=2)
    whole = Window(0, 0, ROWS, COLS)
    line, pixel = geolocator.line_pixel(whole, SteppedDem(geolocator.grid).heights(whole))
    for band in read_bands(out):
        np.testing.assert_allclose(band, line * 1e-3 - pixel * 1e-4, atol=3e-6)


def test_threads_change_no_bit(tmp_path) -> None:
    rasters = []
    for threads in (1, 2, 5):
        out = tmp_path / f"{threads}.tif"
        swept(out, Pass.ASCENDING, threads)
        rasters.append(out.read_bytes())
    assert rasters[0] == rasters[1] == rasters[2]


@pytest.mark.parametrize("threads", [1, 3])
def test_damage_ends_the_sweep_and_leaves_no_file(tmp_path, threads) -> None:
    with pytest.raises(DamagedScene, match="are damaged"):
        swept(tmp_path / "out.tif", Pass.DESCENDING, threads, fails_from=9000)
    assert not list(tmp_path.iterdir())
