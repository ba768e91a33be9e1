"""Heights at map pixels: right between tiles, over voids, across systems, block by block."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid, Window
from landslidectl.terrain.datum import VerticalDatum
from landslidectl.terrain.geoid import geoid_undulation
from landslidectl.terrain.mosaic import Mosaic
from landslidectl.terrain.tiles import find_tiles

from .elevation import (
    Part,
    constant,
    expected,
    grid_around,
    hgt_bytes,
    lonlat,
    smooth,
    write_copernicus,
    write_geotiff,
)

EDGE = 600
FIRST, LAST = slice(0, EDGE), slice(3600 - EDGE, 3600)


def sample(source: Path, grid: Grid, datum: VerticalDatum = VerticalDatum.EGM2008) -> np.ndarray:
    with gdal_session(), Mosaic([(tile, datum) for tile in find_tiles(source)]) as mosaic:
        return mosaic.heights(grid, Window(0, 0, grid.rows, grid.cols))


def test_four_tiles_of_different_column_counts_join_without_seam(tmp_path: Path) -> None:
    """At 50 N GLO-30 changes from 3600 to 2400 columns; mosaics commonly lose a pixel there."""
    wide, narrow = (3600, 3600), (3600, 2400)
    write_copernicus(tmp_path, (49, 10), smooth, wide, Part(FIRST, LAST))
    write_copernicus(tmp_path, (49, 11), smooth, wide, Part(FIRST, FIRST))
    write_copernicus(tmp_path, (50, 10), smooth, narrow, Part(LAST, slice(1800, 2400)))
    write_copernicus(tmp_path, (50, 11), smooth, narrow, Part(LAST, slice(0, 600)))
    grid = grid_around(11.0, 50.0, 4000.0)
    heights = sample(tmp_path, grid)
    assert not np.isnan(heights).any()
    assert np.abs(heights - expected(grid, smooth)).max() < 0.05


def test_seam_is_as_exact_as_the_inside(tmp_path: Path) -> None:
    """A plane is reproduced exactly; stretching edge pixels would err by half a pixel's rise."""

    def plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return 20_000.0 * (lat - 42.0) + 10_000.0 * (lon - 13.0) + 500.0

    for lat, lon, part in ((42, 13, Part(LAST, FIRST)), (41, 13, Part(FIRST, FIRST))):
        write_copernicus(tmp_path, (lat, lon), plane, part=part)
    grid = grid_around(13.05, 42.0, 500.0)
    heights = sample(tmp_path, grid)
    assert np.abs(heights - expected(grid, plane)).max() < 0.02


def test_srtm_nodes_lie_on_the_degree_lines(tmp_path: Path) -> None:
    def plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return 12_000.0 * (lat - 42.0) + 24_000.0 * (lon - 13.0)  # 10 m, 20 m a node: whole metres

    for cell in ((41, 12), (41, 13), (42, 12), (42, 13)):
        name = f"N{cell[0]}E{cell[1]:03d}.hgt"
        (tmp_path / name).write_bytes(hgt_bytes(cell, _within(plane, cell)))
    grid = grid_around(13.0, 42.0, 1000.0)
    heights = sample(tmp_path, grid, VerticalDatum.EGM96)
    assert np.abs(heights - expected(grid, plane)).max() < 0.02


def _within(surface, cell):
    """Keep a steep plane inside int16 and inside the believable heights, away from the corner."""
    return lambda lon, lat: np.clip(surface(lon, lat), -900.0, 9000.0)


def test_the_geoid_is_added(tmp_path: Path) -> None:
    """PROJ's silent no-op would leave 100 m at 100 m over Rome."""
    write_copernicus(tmp_path, (41, 12), constant(100.0), part=Part(FIRST, slice(1500, 2200)))
    grid = grid_around(12.5, 41.9, 1000.0)
    heights = sample(tmp_path, grid)
    assert heights[50, 50] == pytest.approx(148.48, abs=0.05)
    assert heights.mean() - 100.0 == pytest.approx(geoid_undulation(12.5, 41.9), abs=0.05)


def test_ellipsoidal_heights_stay(tmp_path: Path) -> None:
    write_copernicus(tmp_path, (41, 12), constant(100.0), part=Part(FIRST, slice(1500, 2200)))
    heights = sample(tmp_path, grid_around(12.5, 41.9, 1000.0), VerticalDatum.ELLIPSOID)
    assert np.all(heights == 100.0)


def test_small_void_is_bridged_and_large_one_stays(tmp_path: Path) -> None:
    def holed(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        heights = np.array(smooth(lon, lat))
        heights[200:215, 200:215] = -32768.0
        heights[300:360, 300:360] = -32768.0
        return heights

    write_copernicus(tmp_path, (41, 13), holed, part=Part(slice(1000, 1500), slice(1000, 1500)))
    grid = grid_around(13 + 1250 / 3600, 42 - 1250 / 3600, 9000.0)
    heights = sample(tmp_path, grid)
    truth = expected(grid, smooth)
    lon, lat = lonlat(grid)
    col, row = (lon - 13) * 3600 - 1000, (42 - lat) * 3600 - 1000
    small = (abs(row - 207) < 10) & (abs(col - 207) < 10)
    core = (row > 300) & (row < 359) & (col > 300) & (col < 359)
    assert np.nanmax(np.abs(heights - truth)[small]) < 15.0
    assert not np.isnan(heights[small]).any()
    assert np.isnan(heights[core]).all()
    assert not np.isnan(heights[~core & ((row < 298) | (col < 298))]).any()


def test_void_is_taken_from_a_second_tile(tmp_path: Path) -> None:
    write_geotiff(
        tmp_path / "a.tif", (0.001, 0, 13.0, 0, -0.001, 42.0), (200, 200), constant(np.nan)
    )
    write_geotiff(tmp_path / "b.tif", (0.001, 0, 13.0, 0, -0.001, 42.0), (200, 200), constant(7.0))
    heights = sample(tmp_path, grid_around(13.1, 41.9, 500.0), VerticalDatum.ELLIPSOID)
    assert np.all(heights == 7.0)


def test_blocks_agree_with_the_whole(tmp_path: Path) -> None:
    def speckled(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        heights = np.array(smooth(lon, lat))
        rng = np.random.default_rng(5)
        heights[rng.random(heights.shape) < 0.02] = np.nan
        heights[100:140, :] = np.nan
        heights[60:75, 40:260] = np.nan
        return heights

    part = Part(slice(1000, 1300), slice(1000, 1300))
    write_copernicus(tmp_path, (41, 13), speckled, part=part)
    grid = grid_around(13 + 1150 / 3600, 42 - 1150 / 3600, 5120.0)
    grid = Grid(grid.epsg, grid.left, grid.top, grid.pixel_m, 512, 512)
    tiles = [(tile, VerticalDatum.ELLIPSOID) for tile in find_tiles(tmp_path)]
    with gdal_session(), Mosaic(tiles) as mosaic:
        whole = mosaic.heights(grid, Window(0, 0, 512, 512))
        for window in grid.blocks(128):
            part_of = mosaic.heights(grid, window)
            np.testing.assert_allclose(part_of, whole[window.slices], atol=1e-3)


def test_fine_projected_raster_is_averaged_not_picked(tmp_path: Path) -> None:
    """2 m lidar under a 10 m grid: every second column 0 and 10 m must come out as 5 m."""
    stripes = lambda x, y: np.where(np.floor(x / 2.0) % 2 == 0, 0.0, 10.0) + 0.0 * y  # noqa: E731
    write_geotiff(
        tmp_path / "lidar.tif",
        (2.0, 0.0, 400_000.0, 0.0, -2.0, 4_600_000.0),
        (1000, 1000),
        stripes,
        crs="EPSG:32633",
    )
    tile = find_tiles(tmp_path)[0]
    assert tile.spacing_m == pytest.approx(2.0)
    grid = Grid(32633, 400_000.0, 4_600_000.0, 10.0, 200, 200)
    with gdal_session(), Mosaic([(tile.thinned(10), VerticalDatum.ELLIPSOID)]) as mosaic:
        heights = mosaic.heights(grid, Window(0, 0, 200, 200))
    np.testing.assert_allclose(heights, 5.0, atol=1e-4)


def test_date_line(tmp_path: Path) -> None:
    """A grid across 180 degrees takes tiles from both ends of the longitudes."""

    def turn(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return smooth(np.where(lon < 0, lon + 360.0, lon), lat)

    write_copernicus(tmp_path, (-17, 179), turn, part=Part(FIRST, LAST))
    write_copernicus(tmp_path, (-17, -180), turn, part=Part(FIRST, FIRST))
    grid = grid_around(179.9999, -16.05, 2000.0)
    heights = sample(tmp_path, grid)
    lon, lat = lonlat(grid)
    assert not np.isnan(heights).any()
    truth = turn(((lon + 180) % 360) - 180, lat) + geoid_undulation(lon, lat)
    assert np.abs(heights - truth).max() < 0.1


def test_truncated_tile_is_named(tmp_path: Path) -> None:
    path = write_geotiff(
        tmp_path / "broken.tif", (0.001, 0, 13.0, 0, -0.001, 42.0), (600, 600), smooth
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(DemError, match=r"broken\.tif"):
        sample(tmp_path, grid_around(13.3, 41.6, 30_000.0), VerticalDatum.ELLIPSOID)
