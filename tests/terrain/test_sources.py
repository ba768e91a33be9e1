"""Every kind of elevation source, from the files to ellipsoidal heights on the job's grid."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.events import ProgressEvent, Warned
from landslidectl.grid import Grid, Window
from landslidectl.terrain.dem import Dem, DemOptions, build_dem
from landslidectl.terrain.geoid import geoid_undulation

from .elevation import (
    Part,
    constant,
    copernicus_name,
    expected,
    grid_around,
    hgt_bytes,
    lonlat,
    write_copernicus,
    write_geotiff,
    write_zip,
)

COPERNICUS_STEPS = (
    (50, 3600, 2400),
    (60, 2400, 1800),
    (70, 1800, 1200),
    (80, 1200, 720),
    (85, 720, 360),
)


def whole(grid: Grid) -> Window:
    return Window(0, 0, grid.rows, grid.cols)


def heights_of(dem: Dem) -> np.ndarray:
    return dem.heights(whole(dem.grid))


def gentle(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Slopes of a few per cent, so even columns 7 km apart at the pole tell the same."""
    return 400.0 + 60.0 * np.sin(lon * 6.0) * np.cos(lat * 30.0)


def part_near(lon: float, lat: float, cell: tuple[int, int], shape: tuple[int, int]) -> Part:
    """Return the quarter degree of a tile around a point."""
    row, col = (cell[0] + 1 - lat) * shape[0], (lon - cell[1]) * shape[1]
    rows, cols = shape[0] // 8, shape[1] // 4
    return Part(
        slice(max(int(row) - rows, 0), min(int(row) + rows, shape[0])),
        slice(max(int(col) - cols, 0), min(int(col) + cols, shape[1])),
    )


@pytest.mark.parametrize(("parallel", "below", "above"), COPERNICUS_STEPS)
@pytest.mark.parametrize("south", [False, True])
def test_copernicus_tiles_of_other_widths_join_without_seam(
    tmp_path: Path, parallel: int, below: int, above: int, south: bool
) -> None:
    lat = -float(parallel) if south else float(parallel)
    equatorward, poleward = (parallel - 1, parallel)
    if south:
        equatorward, poleward = (-parallel, -parallel - 1)
    for lon_cell in (23, 24):
        for lat_cell, cols in ((equatorward, below), (poleward, above)):
            cell, shape = (lat_cell, lon_cell), (3600, cols)
            part = part_near(24.0, lat, cell, shape)
            write_copernicus(tmp_path / "dem", cell, gentle, shape, part)
    grid = grid_around(24.0, lat, 3000.0)
    heights = heights_of(build_dem(tmp_path / "dem", grid, tmp_path / "out.tif"))
    assert np.abs(heights - expected(grid, gentle)).max() < 0.05
    lon, lats = lonlat(grid)
    steps = np.abs(np.diff(heights, axis=0)), np.abs(np.diff(heights, axis=1))
    at_seam = (abs(lats - lat) < 0.0006) | (abs(lon - 24.0) < 0.0006)
    for step, where in zip(steps, (at_seam[1:], at_seam[:, 1:]), strict=True):
        assert step[where].max() < step[~where].max() + 0.02


def test_mixed_folder_without_seams(tmp_path: Path) -> None:
    """A corner where GLO-30, .hgt, .hgt.zip and NASADEM meet, each in its own datum's words."""
    write_copernicus(tmp_path / "glo", (42, 12), gentle, (1200, 1200))
    (tmp_path / "N42E013.hgt").write_bytes(hgt_bytes((42, 13), gentle))
    write_zip(tmp_path / "N41E012.SRTMGL1.hgt.zip", {"N41E012.hgt": hgt_bytes((41, 12), gentle)})
    write_zip(tmp_path / "NASADEM_HGT_n41e013.zip", {"n41e013.hgt": hgt_bytes((41, 13), gentle)})
    grid = grid_around(13.0, 42.0, 8000.0, 20.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path, grid, tmp_path / "out.tif", reporter=said.append)
    assert np.abs(heights_of(dem) - expected(grid, gentle)).max() < 1.0
    assert dem.vertical_datum == "egm2008+egm96"
    assert dem.sources == (copernicus_name(42, 12), "N41E012.hgt", "N42E013.hgt", "n41e013.hgt")


def test_one_and_three_arc_second_hgt(tmp_path: Path) -> None:
    (tmp_path / "N41E013.hgt").write_bytes(hgt_bytes((41, 13), gentle, 3601))
    write_zip(tmp_path / "N41E012.hgt.zip", {"N41E012.hgt": hgt_bytes((41, 12), gentle, 1201)})
    grid = grid_around(13.0, 41.5, 4000.0, 20.0)
    heights = heights_of(build_dem(tmp_path, grid, tmp_path / "out.tif"))
    assert np.abs(heights - expected(grid, gentle)).max() < 1.0


VRT = """<VRTDataset rasterXSize="720" rasterYSize="360"><SRS>EPSG:4326</SRS>
<GeoTransform>{west}, {step}, 0, {north}, 0, -{step}</GeoTransform>
<VRTRasterBand dataType="Float32" band="1">{sources}</VRTRasterBand></VRTDataset>"""
VRT_SOURCE = """<SimpleSource><SourceFilename relativeToVRT="1">{name}</SourceFilename>
<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="360" ySize="360"/>
<DstRect xOff="{col}" yOff="0" xSize="360" ySize="360"/></SimpleSource>"""


def write_vrt(folder: Path) -> Path:
    """Write two Copernicus tiles and the VRT that joins them."""
    sources = ""
    for index, lon in enumerate((12, 13)):
        tile = write_copernicus(folder, (41, lon), gentle, (360, 360))
        sources += VRT_SOURCE.format(name=tile.name, col=360 * index)
    step = 1 / 360
    path = folder / "all.vrt"
    path.write_text(VRT.format(west=12 - step / 2, north=42 + step / 2, step=step, sources=sources))
    return path


def test_vrt_alone_and_beside_its_parts(tmp_path: Path) -> None:
    path = write_vrt(tmp_path / "dem")
    grid = grid_around(13.0, 41.5, 4000.0, 20.0)
    alone = build_dem(path, grid, tmp_path / "alone.tif")
    assert (alone.vertical_datum, alone.sources) == ("egm2008", ("all.vrt",))
    assert np.abs(heights_of(alone) - expected(grid, gentle)).max() < 1.0
    folder = build_dem(tmp_path / "dem", grid, tmp_path / "folder.tif")
    np.testing.assert_allclose(heights_of(folder), heights_of(alone), atol=0.01)


@pytest.mark.parametrize(("crs", "datum"), [("EPSG:9707", "egm96"), ("EPSG:9518", "egm2008")])
def test_any_geotiff_with_a_compound_system(tmp_path: Path, crs: str, datum: str) -> None:
    transform = (0.001, 0, 12.4, 0, -0.001, 41.6)
    path = write_geotiff(tmp_path / "own.tif", transform, (200, 200), constant(50.0), crs=crs)
    grid = grid_around(12.5, 41.5, 1000.0)
    dem = build_dem(path, grid, tmp_path / "out.tif", DemOptions("ellipsoid"))
    assert dem.vertical_datum == datum
    assert np.abs(heights_of(dem) - expected(grid, constant(50.0))).max() < 0.02


def test_users_word_is_for_files_that_do_not_tell(tmp_path: Path) -> None:
    """A word for the own survey must not shift the agency's tile beside it by 48 m."""
    write_copernicus(tmp_path, (41, 12), constant(50.0), part=Part(slice(0, 3600), slice(0, 3600)))
    write_geotiff(
        tmp_path / "own.tif", (0.0002, 0, 12.4, 0, -0.0002, 41.6), (1000, 500), constant(98.0)
    )
    grid = grid_around(12.5, 41.5, 2000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path, grid, tmp_path / "o.tif", DemOptions("ellipsoid"), said.append)
    lon, lat = lonlat(grid)
    heights = heights_of(dem)
    assert heights[lon < 12.499] == pytest.approx(98.0, abs=0.01)
    east = lon > 12.501
    assert heights[east] == pytest.approx((50.0 + geoid_undulation(lon, lat))[east], abs=0.05)
    (warning,) = [event for event in said if isinstance(event, Warned)]
    assert warning.code == "dem-vertical-unused"
    assert copernicus_name(41, 12) in warning.message


@pytest.mark.parametrize("lon", [179.9995, -179.9995])
def test_area_across_the_date_line(tmp_path: Path, lon: float) -> None:
    """From 179.9 E to 179.9 W in either zone: both tiles are used and no column is lost."""

    def turn(east: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return gentle(np.where(east < 0, east + 360.0, east), lat)

    for cell in ((-17, 179), (-17, -180)):
        write_copernicus(tmp_path / "dem", cell, turn, (1200, 1200))
    grid = grid_around(lon, -16.5, 22_000.0, 40.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    assert dem.sources == (copernicus_name(-17, 179), copernicus_name(-17, -180))
    assert dem.water_path is None
    east, lat = lonlat(grid)
    truth = turn((east + 180.0) % 360.0 - 180.0, lat) + geoid_undulation(east, lat)
    assert np.abs(heights_of(dem) - truth).max() < 0.1


@pytest.mark.parametrize(("lat", "cols"), [(-60.5, 1800), (65.0, 1800)])
def test_high_latitudes(tmp_path: Path, lat: float, cols: int) -> None:
    """Laurie Island and the Lena: grids that meet the meridians at an angle."""
    lon = -44.5 if lat < 0 else 125.0
    south, west = int(np.floor(lat)), int(np.floor(lon))
    for cell in ((south, west), (south - 1, west), (south, west - 1), (south - 1, west - 1)):
        if lat > 0 or cell == (south, west):
            write_copernicus(tmp_path / "dem", cell, gentle, (1200, cols // 3))
    grid = grid_around(lon, lat, 6000.0, 20.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    assert np.abs(heights_of(dem) - expected(grid, gentle)).max() < 0.1


class TestSea:
    """Sea is height 0 + N; what a tile leaves out at sea is a void like any other."""

    def test_sea_of_height_zero_is_no_void(self, tmp_path: Path) -> None:
        (tmp_path / "N41E012.hgt").write_bytes(hgt_bytes((41, 12), constant(0.0)))
        grid = grid_around(12.5, 41.5, 2000.0, 20.0)
        lon, lat = lonlat(grid)
        heights = heights_of(build_dem(tmp_path, grid, tmp_path / "out.tif"))
        assert heights == pytest.approx(geoid_undulation(lon, lat), abs=0.02)

    @pytest.mark.parametrize(
        ("name", "mark"), [("ALPSMLC30_N041E012_DSM.tif", -9999), ("N41E012.hgt", -32768)]
    )
    def test_marked_sea_is_void_beyond_the_coast(
        self, tmp_path: Path, name: str, mark: int
    ) -> None:
        """Land up to the coast keeps its heights; nothing far out at sea is invented."""

        def coast(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
            return np.where(lon + 0 * lat < 12.5, float(mark), 30.0)

        path = tmp_path / name
        if path.suffix == ".hgt":
            path.write_bytes(hgt_bytes((41, 12), coast))
        else:
            write_geotiff(path, (1 / 1200, 0, 12, 0, -1 / 1200, 42), (1200, 1200), coast)
        grid = grid_around(12.5, 41.5, 9000.0, 30.0)
        said: list[ProgressEvent] = []
        dem = build_dem(tmp_path, grid, tmp_path / "out.tif", reporter=said.append)
        lon, lat = lonlat(grid)
        heights = heights_of(dem)
        land, sea = lon > 12.5 + 2 / 1200, lon < 12.5 - 2 / 1200
        assert heights[land] == pytest.approx(30.0 + geoid_undulation(lon, lat)[land], abs=0.05)
        assert np.isnan(heights[sea]).all()
        assert "dem-voids" in {event.code for event in said if isinstance(event, Warned)}

    def test_all_void_leaves_neither_heights_nor_water(self, tmp_path: Path) -> None:
        members = {
            "n41e013.hgt": hgt_bytes((41, 13), constant(-32768.0)),
            "n41e013.swb": bytes(1201**2),
        }
        write_zip(tmp_path / "dem" / "NASADEM_HGT_n41e013.zip", members)
        with pytest.raises(DemError, match="no height at all"):
            build_dem(tmp_path / "dem", grid_around(13.5, 41.5, 500.0), tmp_path / "o" / "dem.tif")
        assert list((tmp_path / "o").iterdir()) == []
