"""Water masks on the job's grid: from Copernicus WBM and NASADEM water bodies."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.grid import Grid, Window
from landslidectl.terrain.dem import build_dem, flat_dem, open_dem
from landslidectl.terrain.geoid import geoid_undulation

from .elevation import (
    Part,
    constant,
    copernicus_name,
    grid_around,
    hgt_bytes,
    lonlat,
    write_copernicus,
    write_layer,
    write_zip,
)

SIDE = 3600
PART = Part(slice(1700, 1900), slice(1700, 1900))


def whole(grid: Grid) -> Window:
    return Window(0, 0, grid.rows, grid.cols)


def layer_pixel(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the (row, col) of the layer's pixels that hold points of cell N41E013."""
    return np.rint((42.0 - lat) * SIDE).astype(int), np.rint((lon - 13.0) * SIDE).astype(int)


@pytest.mark.parametrize("thinner", [1.0, 5.0])
def test_ocean_lake_and_river_are_water_where_they_lie(tmp_path: Path, thinner: float) -> None:
    """Classes are taken from the nearest pixel, never blended; also on grids that thin the DEM."""
    classes = np.random.default_rng(2).integers(0, 4, (SIDE, SIDE), dtype=np.uint8)
    write_copernicus(tmp_path / "dem", (41, 13), constant(0.0), part=PART)
    mask = tmp_path / "dem" / "AUXFILES" / copernicus_name(41, 13).replace("DEM", "WBM")
    write_layer(mask, classes)
    grid = grid_around(13.5, 41.5, 3000.0, 20.0 * thinner)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out" / "dem.tif")
    assert dem.water_path == tmp_path / "out" / "dem_water.tif"
    water = dem.water(whole(grid))
    lon, lat = lonlat(grid)
    row, col = (42.0 - lat) * SIDE, (lon - 13.0) * SIDE
    clear = (abs(row - np.rint(row)) < 0.49) & (abs(col - np.rint(col)) < 0.49)
    truth = classes[layer_pixel(lon, lat)] > 0
    assert np.array_equal(water[clear], truth[clear])
    assert 0.7 < water.mean() < 0.8
    assert dem.heights(whole(grid)) == pytest.approx(geoid_undulation(lon, lat), abs=0.02)
    part = Window(10, 7, 20, 11)
    assert np.array_equal(dem.water(part), water[part.slices])


def test_other_values_are_no_water(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (41, 13), constant(0.0), part=PART)
    mask = tmp_path / "dem" / copernicus_name(41, 13).replace("DEM", "WBM")
    write_layer(mask, np.full((SIDE, SIDE), 255, np.uint8))
    grid = grid_around(13.5, 41.5, 1000.0)
    assert not build_dem(tmp_path / "dem", grid, tmp_path / "o.tif").water(whole(grid)).any()


def test_water_of_four_tiles_joins(tmp_path: Path) -> None:
    """All is water: not a pixel is lost along the edges of the layers."""
    for cell in ((41, 12), (41, 13), (42, 12), (42, 13)):
        write_copernicus(tmp_path, cell, constant(0.0), (720, 720))
        name = copernicus_name(*cell).replace("DEM", "WBM")
        write_layer(tmp_path / name, np.full((720, 720), 2, np.uint8), cell)
    grid = grid_around(13.0, 42.0, 6000.0)
    assert build_dem(tmp_path, grid, tmp_path / "out.tif").water(whole(grid)).all()


def test_nasadem_water_bodies(tmp_path: Path) -> None:
    side = 1201
    bodies = np.zeros((side, side), np.uint8)
    bodies[:, 600:] = 255
    members = {"n41e013.hgt": hgt_bytes((41, 13), constant(7.0)), "n41e013.swb": bodies.tobytes()}
    write_zip(tmp_path / "NASADEM_HGT_n41e013.zip", members)
    grid = grid_around(13.5, 41.5, 4000.0)
    dem = build_dem(tmp_path, grid, tmp_path / "out.tif")
    lon, _ = lonlat(grid)
    shore = 13.0 + 599.5 / 1200
    off = abs(lon - shore) > 1e-6
    assert np.array_equal(dem.water(whole(grid))[off], (lon > shore)[off])


def test_nothing_tells_of_water(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (41, 13), constant(50.0), part=PART)
    grid = grid_around(13.5, 41.5, 1000.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out" / "dem.tif")
    assert dem.water_path is None
    assert dem.water(Window(0, 0, 7, 9)).tolist() == np.zeros((7, 9), bool).tolist()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dem.tif"]
    assert flat_dem(grid, tmp_path / "flat.tif").water_path is None


def test_water_file_that_vanished_is_an_error(tmp_path: Path) -> None:
    grid = grid_around(-25.0, -20.0, 500.0)
    (tmp_path / "empty").mkdir()
    dem = build_dem(tmp_path / "empty", grid, tmp_path / "dem.tif")
    assert dem.water_path is not None
    dem.water_path.unlink()
    with pytest.raises(DemError, match=r"dem_water\.tif is missing"):
        open_dem(dem.path)
