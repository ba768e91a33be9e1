"""The elevation model of a job, from tiles to the stored raster."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.events import ProgressEvent, Warned
from landslidectl.grid import Grid, Window
from landslidectl.terrain.dem import DemOptions, build_dem, flat_dem, open_dem
from landslidectl.terrain.geoid import geoid_undulation

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
    write_zip,
)

WHERE = Part(slice(1500, 2100), slice(1500, 2100))


def whole(grid: Grid) -> Window:
    return Window(0, 0, grid.rows, grid.cols)


def test_dem_is_stored_with_its_origin(tmp_path: Path) -> None:
    tile = write_copernicus(tmp_path / "dem", (41, 12), smooth, part=WHERE)
    grid = grid_around(12.5, 41.5, 11_000.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out" / "dem.tif")
    heights = dem.heights(whole(grid))
    assert heights.dtype == np.float32
    assert np.abs(heights - expected(grid, smooth)).max() < 0.1
    assert (dem.vertical_datum, dem.sources, dem.is_flat) == ("egm2008", (tile.name,), False)
    assert open_dem(dem.path) == dem
    part = Window(1000, 1010, 60, 50)
    assert np.array_equal(dem.heights(part), heights[part.slices])


def test_rerun_is_byte_identical(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (41, 12), smooth, part=WHERE)
    grid = grid_around(12.5, 41.5, 2000.0)
    digests = set()
    for name in ("a.tif", "b.tif"):
        dem = build_dem(tmp_path / "dem", grid, tmp_path / name)
        digests.add(hashlib.sha256(dem.path.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_hgt_in_zip(tmp_path: Path) -> None:
    write_zip(tmp_path / "N41E012.SRTMGL1.hgt.zip", {"N41E012.hgt": hgt_bytes((41, 12), smooth)})
    grid = grid_around(12.5, 41.5, 2000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path, grid, tmp_path / "out.tif", reporter=said.append)
    assert dem.vertical_datum == "egm96"
    assert np.abs(dem.heights(whole(grid)) - expected(grid, smooth)).max() < 1.0
    assert any(isinstance(event, Warned) and event.code == "coarse-dem" for event in said)


def test_finer_tile_wins_and_datums_may_mix(tmp_path: Path) -> None:
    (tmp_path / "N41E012.hgt").write_bytes(hgt_bytes((41, 12), constant(300.0)))
    write_geotiff(
        tmp_path / "Copernicus_DSM_10_N41_00_E012_00_DEM.tif",
        (0.0003, 0, 12.4, 0, -0.0003, 41.6),
        (1000, 340),
        constant(400.0),
    )
    grid = grid_around(12.5, 41.5, 2000.0)
    dem = build_dem(tmp_path, grid, tmp_path / "out.tif")
    assert dem.vertical_datum == "egm2008+egm96"
    lon, _ = lonlat(grid)
    level = dem.heights(whole(grid)) - (expected(grid, constant(0.0)))
    assert level[lon < 12.501] == pytest.approx(400.0, abs=0.05)
    assert level[lon > 12.503] == pytest.approx(300.0, abs=0.05)


def test_missing_tiles_are_named(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (41, 12), smooth, (36, 36))
    grid = grid_around(12.99, 41.99, 10_000.0)
    with pytest.raises(DemError, match="N41E013, N42E012, N42E013") as caught:
        build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    assert " % of the area" in caught.value.message
    assert not (tmp_path / "out.tif").exists()


def test_far_away_folder_covers_nothing(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (10, 10), smooth, (36, 36))
    with pytest.raises(DemError, match=r"covers 0\.0 % .* N41E012"):
        build_dem(tmp_path / "dem", grid_around(12.5, 41.5), tmp_path / "out.tif")


def test_unknown_datum_asks_for_the_option(tmp_path: Path) -> None:
    path = write_geotiff(
        tmp_path / "own.tif", (0.001, 0, 12.0, 0, -0.001, 42.0), (1000, 1000), constant(50.0)
    )
    grid = grid_around(12.5, 41.5, 1000.0)
    with pytest.raises(DemError) as caught:
        build_dem(path, grid, tmp_path / "out.tif")
    assert "--dem-vertical" in caught.value.hint
    dem = build_dem(path, grid, tmp_path / "out.tif", DemOptions("ellipsoid"))
    assert np.all(dem.heights(whole(grid)) == 50.0)


def test_all_void_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    path = write_geotiff(
        tmp_path / "own.tif", (0.001, 0, 12.0, 0, -0.001, 42.0), (1000, 1000), constant(np.nan)
    )
    with pytest.raises(DemError, match="no height at all"):
        build_dem(path, grid_around(12.5, 41.5, 500.0), tmp_path / "o.tif", DemOptions("egm96"))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["own.tif"]


def test_declared_nodata_becomes_void(tmp_path: Path) -> None:
    path = write_geotiff(
        tmp_path / "own.tif",
        (0.001, 0, 12.4, 0, -0.001, 41.6),
        (200, 200),
        lambda lon, lat: np.where(lon < 12.5, 0.0, 80.0) + 0 * lat,
        nodata=0.0,
    )
    grid = grid_around(12.5, 41.5, 2000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(path, grid, tmp_path / "o.tif", DemOptions("ellipsoid"), said.append)
    lon, _ = lonlat(grid)
    heights = dem.heights(whole(grid))
    assert np.isnan(heights[lon < 12.498]).all()
    assert np.all(heights[lon > 12.502] == 80.0)
    assert any(isinstance(event, Warned) and event.code == "dem-voids" for event in said)


def test_flat_dem_is_the_geoid(tmp_path: Path) -> None:
    grid = grid_around(12.5, 41.9, 3000.0)
    dem = flat_dem(grid, tmp_path / "flat.tif")
    lon, lat = lonlat(grid)
    assert dem.is_flat
    assert dem.heights(whole(grid)) == pytest.approx(geoid_undulation(lon, lat), abs=0.01)
    assert open_dem(dem.path) == dem


def test_foreign_raster_is_not_opened_as_a_dem(tmp_path: Path) -> None:
    path = write_geotiff(tmp_path / "x.tif", (0.1, 0, 12.0, 0, -0.1, 42.0), (5, 5), smooth)
    for candidate in (path, tmp_path / "absent.tif"):
        with pytest.raises(DemError):
            open_dem(candidate)


class TestRealTiles:
    def test_rome_has_egm96_heights(self, shared_data: Path, tmp_path: Path) -> None:
        grid = grid_around(12.5, 42.0, 4000.0)
        dem = build_dem(shared_data / "s1/dem/Rome-30m-DEM.tif", grid, tmp_path / "dem.tif")
        assert dem.vertical_datum == "egm96"
        heights = dem.heights(whole(grid))
        lon, lat = lonlat(grid)
        orthometric = heights - geoid_undulation(lon, lat)
        assert 5.0 <= orthometric.min() < orthometric.max() <= 115.0
        assert heights.min() > 50.0

    def test_zip_of_folders(self, shared_data: Path, tmp_path: Path) -> None:
        source = shared_data / "s1/dem/oggm_T10_hgt.zip"
        with pytest.raises(DemError, match="N77W122"):
            build_dem(source, grid_around(-121.0, 77.0, 80_000.0), tmp_path / "dem.tif")
        dem = build_dem(source, grid_around(-120.5, 77.0, 9000.0), tmp_path / "dem.tif")
        assert dem.sources == ("N76W121.hgt", "N77W121.hgt")
        assert not np.isnan(dem.heights(whole(dem.grid))).any()

    @pytest.mark.parametrize(
        ("name", "place", "range_m"),
        [
            ("dem_himalayas_E81p5_N28p3_short.tiff", (81.47, 28.295), (80.0, 360.0)),
            ("baltoro_srtm_clip.tif", (76.4, 35.75), (3190.0, 8600.0)),
        ],
    )
    def test_unlabelled_clips(
        self,
        shared_data: Path,
        tmp_path: Path,
        name: str,
        place: tuple[float, float],
        range_m: tuple[float, float],
    ) -> None:
        source = shared_data / "s1/dem" / name
        grid = grid_around(*place, 6000.0)
        with pytest.raises(DemError):
            build_dem(source, grid, tmp_path / "dem.tif")
        heights = {}
        for vertical in ("egm96", "ellipsoid"):
            dem = build_dem(source, grid, tmp_path / f"{vertical}.tif", DemOptions(vertical))
            heights[vertical] = dem.heights(whole(grid))
        low, high = range_m
        assert low <= heights["ellipsoid"].min() < heights["ellipsoid"].max() <= high
        difference = heights["egm96"] - heights["ellipsoid"]
        assert difference.mean() == pytest.approx(geoid_undulation(*place), abs=0.5)
        assert difference.mean() < -20.0
