"""Which tiles an area needs, and how open sea is told from a tile that is missing."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import DemError
from landslidectl.events import ProgressEvent, Warned
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid, Window
from landslidectl.terrain.coverage import find_cover, needed_cells
from landslidectl.terrain.dem import (
    DEM_MARGIN_M,
    SPARE_MARGIN_M,
    DemOptions,
    build_dem,
    open_dem,
)
from landslidectl.terrain.geoid import geoid_undulation

from .elevation import Part, constant, grid_around, lonlat, write_copernicus

NEAR_SOUTH_WEST = Part(slice(3300, 3600), slice(0, 300))
ANY = Part(slice(0, 10), slice(0, 10))
LEVEL = constant(60.0)


def whole(grid: Grid) -> Window:
    return Window(0, 0, grid.rows, grid.cols)


def test_coast_needs_no_tiles_of_open_sea(tmp_path: Path) -> None:
    """N41E011 holds land; the three cells around its south-west corner are Tyrrhenian Sea."""
    write_copernicus(tmp_path / "dem", (41, 11), LEVEL, part=NEAR_SOUTH_WEST)
    grid = grid_around(11.0, 41.0, 6000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif", reporter=said.append)
    heights, water = dem.heights(whole(grid)), dem.water(whole(grid))
    lon, lat = lonlat(grid)
    assert not np.isnan(heights).any(), "not even between the last pixel centre and the degree"
    land = (lon > 11.0) & (lat > 41.0)
    off_edge = (abs(lon - 11.0) > 0.0003) & (abs(lat - 41.0) > 0.0003)
    over_geoid = heights - geoid_undulation(lon, lat)
    assert over_geoid[land & off_edge] == pytest.approx(60.0, abs=0.05)
    assert over_geoid[~land & off_edge] == pytest.approx(0.0, abs=0.05)
    assert np.array_equal(water[off_edge], ~land[off_edge])
    (warning,) = [event for event in said if isinstance(event, Warned) and event.code == "open-sea"]
    assert "N40E010, N40E011, N41E010:" in warning.message
    assert open_dem(dem.path) == dem


def test_missing_land_is_refused_and_the_sea_beside_it_is_not_asked_for(tmp_path: Path) -> None:
    """Nor for the tile that is there, though it ends half a pixel before its southern edge."""
    for cell in ((42, 10), (42, 11)):
        write_copernicus(tmp_path, cell, LEVEL, part=ANY)
    with pytest.raises(DemError, match=r"missing in N41E011$") as caught:
        find_cover(tmp_path, grid_around(11.0, 42.0, 40_000.0, 20.0))
    assert "open sea needs no tile" in caught.value.hint


def test_area_entirely_at_sea(tmp_path: Path) -> None:
    write_copernicus(tmp_path / "dem", (41, 12), LEVEL, (36, 36))
    grid = grid_around(-25.0, -20.0, 4000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif", reporter=said.append)
    lon, lat = lonlat(grid)
    assert dem.heights(whole(grid)) == pytest.approx(geoid_undulation(lon, lat), abs=0.02)
    assert dem.water(whole(grid)).all()
    assert (dem.sources, dem.vertical_datum, dem.is_flat) == ((), "egm96", False)
    assert {event.code for event in said if isinstance(event, Warned)} == {"open-sea"}
    assert open_dem(dem.path) == dem


def test_void_at_sea_stays_void_where_a_tile_lies(tmp_path: Path) -> None:
    """The tile speaks for its cell: what it leaves out may be a rock as well as the sea."""

    def holed(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return np.where(lon + 0 * lat < 11.02, np.nan, 12.0)

    part = Part(slice(1700, 1900), slice(0, 200))
    write_copernicus(tmp_path / "dem", (40, 11), holed, part=part)
    grid = grid_around(11.01, 40.5, 3000.0)
    said: list[ProgressEvent] = []
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif", reporter=said.append)
    lon, lat = lonlat(grid)
    heights, water = dem.heights(whole(grid)), dem.water(whole(grid))
    void, beyond = (lon > 11.0003) & (lon < 11.019), lon < 10.9997
    assert np.isnan(heights[void]).all()
    assert not water[void].any()
    assert heights[beyond] == pytest.approx(geoid_undulation(lon, lat)[beyond], abs=0.02)
    assert water[beyond].all()
    codes = [event.code for event in said if isinstance(event, Warned)]
    assert codes == ["open-sea", "dem-voids"]


@pytest.mark.parametrize("side_m", [310.0, 330.0, 640.0, 970.0])
def test_sea_and_land_on_grids_of_awkward_sides(tmp_path: Path, side_m: float) -> None:
    """Sides of 32 n - 1 .. 32 n + 1 pixels: no row or column is lost between nodes."""
    write_copernicus(tmp_path / "dem", (41, 11), LEVEL, part=NEAR_SOUTH_WEST)
    grid = grid_around(11.001, 41.001, side_m)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    assert dem.heights(whole(grid)).shape == grid.shape
    assert not np.isnan(dem.heights(whole(grid))).any()


def test_cells_on_both_sides_of_the_date_line() -> None:
    for lon in (179.999, -179.999):
        cells = needed_cells(grid_around(lon, -16.5, 24_000.0, 100.0))
        assert cells == {(-17, 179), (-17, -180)}
    assert needed_cells(grid_around(180.0, -16.0, 24_000.0, 100.0)) == {
        (-17, 179),
        (-17, -180),
        (-16, 179),
        (-16, -180),
    }


@pytest.mark.parametrize("lon", [179.999, -179.999])
def test_tile_beyond_the_date_line_is_missed(tmp_path: Path, lon: float) -> None:
    """From zone 60 as from zone 1: the tile on the other side is asked for by its own name."""
    grid = grid_around(lon, -16.5, 24_000.0, 100.0)
    write_copernicus(tmp_path, (-17, 179), LEVEL, (36, 36))
    with pytest.raises(DemError, match=r"missing in S17W180$"):
        find_cover(tmp_path, grid)
    write_copernicus(tmp_path, (-17, -180), LEVEL, (36, 36))
    assert len(find_cover(tmp_path, grid).tiles) == 2


def test_sea_beyond_the_date_line(tmp_path: Path) -> None:
    """North of Taveuni S16W180 holds islets and S16E179 is sea."""
    for cell in ((-17, 179), (-17, -180), (-16, -180)):
        write_copernicus(tmp_path, cell, LEVEL, (360, 360))
    cover = find_cover(tmp_path, grid_around(179.999, -16.0, 12_000.0, 50.0))
    assert cover.sea_cells == ("S16E179",)


@pytest.mark.parametrize("lon", [179.99, -179.99])
def test_open_sea_on_both_sides_of_the_date_line(tmp_path: Path, lon: float) -> None:
    """Between two nodes the longitude jumps; no land on the way around the world may count."""
    write_copernicus(tmp_path / "dem", (41, 12), LEVEL, (36, 36))
    grid = grid_around(lon, -33.5, 4000.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    lon_deg, lat_deg = lonlat(grid)
    assert lon_deg.min() < 180.0 < lon_deg.max()
    assert dem.heights(whole(grid)) == pytest.approx(geoid_undulation(lon_deg, lat_deg), abs=0.02)
    assert dem.water(whole(grid)).all()


def test_sixty_south(tmp_path: Path) -> None:
    """Coronation Island; north of the parallel there is only the Drake Passage."""
    write_copernicus(
        tmp_path / "dem", (-61, -46), LEVEL, (3600, 1800), Part(slice(0, 400), slice(700, 1100))
    )
    grid = grid_around(-45.5, -60.0, 10_000.0, 20.0)
    dem = build_dem(tmp_path / "dem", grid, tmp_path / "out.tif")
    heights, (lon, lat) = dem.heights(whole(grid)), lonlat(grid)
    over_geoid = heights - geoid_undulation(lon, lat)
    assert over_geoid[lat < -60.0003] == pytest.approx(60.0, abs=0.05)
    assert over_geoid[lat > -59.9997] == pytest.approx(0.0, abs=0.05)
    assert np.array_equal(dem.water(whole(grid))[lat > -59.9997], np.ones((lat > -59.9997).sum()))


def test_five_kilometres_around_the_area_are_enough(tmp_path: Path) -> None:
    """The job's raster reaches a little further, to begin where its own tiles do."""
    area = grid_around(12.5, 41.5, 2000.0)
    exact = area.buffered(5000.0)
    own = tmp_path / "own.tif"
    heights = np.full(exact.shape, 321.0, np.float32)
    write_raster(own, exact, [heights], RasterLayout(("height",), nodata=float("nan")))
    wide = area.buffered(DEM_MARGIN_M)
    with pytest.raises(DemError, match="covers"):
        build_dem(own, wide, tmp_path / "refused.tif", DemOptions("ellipsoid"))
    options = DemOptions("ellipsoid", SPARE_MARGIN_M)
    told: list[ProgressEvent] = []
    dem = build_dem(own, wide, tmp_path / "dem.tif", options, told.append)
    assert not told, "the spare rim is no void worth a word"
    spare = round(SPARE_MARGIN_M / 10.0)
    inner = dem.heights(Window(spare, spare, *exact.shape))
    np.testing.assert_allclose(inner, 321.0)
    assert np.isnan(dem.heights(Window(0, 0, spare - 1, wide.cols))).all()
