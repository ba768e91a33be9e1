"""Land cover on a grid: both legends, mosaics, windows of huge files, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.warp import transform_bounds

from landslidectl.errors import InputError, UsageError
from landslidectl.grid import Grid, Window
from landslidectl.terrain.landcover import NOT_COVERED, LandCover, find_land_cover
from landslidectl.terrain.legend import (
    all_legends,
    legend_of_codes,
    legend_of_name,
    newest_first,
    read_legend,
)

GRID = Grid(32654, 560_000.0, 4_740_000.0, 10.0, 120, 160)
WHOLE = Window(0, 0, 120, 160)
CGLS = "PROBAV_LC100_global_v3.0.1_2019-nrt_Discrete-Classification-map_EPSG-4326.tif"
WORLDCOVER = "ESA_WorldCover_10m_2021_v200_N42E141_Map.tif"


def from_origin(west: float, north: float, across: float, down: float) -> Affine:
    return Affine(across, 0.0, west, 0.0, -down, north)


def write_map(path: Path, codes: np.ndarray, **changes: Any) -> Path:
    """Write codes over the whole grid and a little more, in longitude and latitude."""
    margin = 0.002
    west, south, east, north = transform_bounds("EPSG:32654", "EPSG:4326", *GRID.bounds)
    rows, cols = codes.shape
    across = (east - west + 2 * margin) / cols
    down = (north - south + 2 * margin) / rows
    profile = {
        "driver": "GTiff",
        "height": rows,
        "width": cols,
        "count": 1,
        "dtype": codes.dtype,
        "crs": "EPSG:4326",
        "transform": from_origin(west - margin, north + margin, across, down),
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(codes, 1)
    return path


def halves(left: int, right: int, side: int = 40) -> np.ndarray:
    codes = np.full((side, side), left, dtype="uint8")
    codes[:, side // 2 :] = right
    return codes


def read(found: LandCover, window: Window = WHOLE) -> np.ndarray:
    with found.open() as reader:
        return reader.codes(window)


def test_the_legends_are_those_of_the_distributions():
    cgls, world = all_legends()
    assert len(cgls.classes) == 23 and len(world.classes) == 11
    assert (cgls.nodata, world.nodata) == (255, 0)
    assert cgls.name_of(114) == "Closed forest, deciduous broad leaf"
    assert cgls.colour_of(200) == "#000080" and world.colour_of(10) == "#006400"
    assert world.name_of(95) == "Mangroves"
    assert [cgls.name_of(code) for code in cgls.water] == ["Permanent water", "Sea"]
    assert [world.name_of(code) for code in world.water] == ["Permanent water"]
    assert [legend.name_of(*legend.built_up) for legend in (cgls, world)] == ["Built-up"] * 2
    for legend in (cgls, world):
        assert len({item.name for item in legend.classes}) == len(legend.classes)
        assert all(len(item.colour) == 7 for item in legend.classes)
    assert cgls.codes & world.codes == {20, 30, 40, 50, 60, 70, 80, 90, 100}
    with pytest.raises(UsageError, match="corine"):
        read_legend("corine")


def test_the_name_of_a_file_tells_its_legend_and_layer():
    legend = legend_of_name(CGLS)
    assert legend is not None and legend.key == "cgls_lc100"
    assert not legend.names_other_layer(CGLS)
    assert legend.names_other_layer("PROBAV_LC100_global_v3.0.1_2019-nrt_Tree-CoverFraction.tif")
    world = legend_of_name(WORLDCOVER)
    assert world is not None and world.names_other_layer(
        WORLDCOVER.replace("_Map", "_InputQuality")
    )
    assert legend_of_name("my_map.tif") is None
    names = ["b_2015.tif", "a_2015.tif", "c.tif", "z_2019.tif"]
    assert newest_first(names) == ["z_2019.tif", "a_2015.tif", "b_2015.tif", "c.tif"]


@pytest.mark.parametrize(
    ("codes", "key"), [({20, 114}, "cgls_lc100"), ({0, 10, 30}, "worldcover"), ({20, 255}, None)]
)
def test_classes_tell_the_legend(codes: set[int], key: str | None):
    found = legend_of_codes(codes)
    assert (found.key if found else None) == key


def test_codes_that_fit_no_legend_are_refused():
    with pytest.raises(InputError, match="code 7"):
        legend_of_codes({7, 20})
    with pytest.raises(InputError, match="two legends: 10, 114"):
        legend_of_codes({10, 114})


@pytest.mark.parametrize(
    ("name", "left", "right", "key"),
    [
        ("mine.tif", 114, 40, "cgls_lc100"),
        ("mine.tif", 10, 40, "worldcover"),
        (CGLS, 20, 40, "cgls_lc100"),
        (WORLDCOVER, 20, 40, "worldcover"),
    ],
)
def test_a_map_lies_on_the_grid(tmp_path: Path, name: str, left: int, right: int, key: str):
    found = find_land_cover([write_map(tmp_path / name, halves(left, right))], GRID)
    assert found.legend.key == key
    codes = read(found)
    assert codes.shape == GRID.shape and codes.dtype == np.uint8
    assert (codes[:, :70] == left).all() and (codes[:, 90:] == right).all()
    np.testing.assert_array_equal(
        read(found, Window(20, 60, 30, 50)), codes[20:50, 60:110], "windows agree with the whole"
    )


def test_common_classes_alone_are_told_by_nodata_pixel_or_option(tmp_path: Path):
    codes = halves(30, 40)
    by_nodata = write_map(tmp_path / "a.tif", codes, nodata=255)
    assert find_land_cover([by_nodata], GRID).legend.key == "cgls_lc100"
    assert find_land_cover([by_nodata], GRID, "worldcover").legend.key == "worldcover"
    assert (
        find_land_cover([write_map(tmp_path / "b.tif", codes, nodata=0)], GRID).legend.nodata == 0
    )
    coarse = write_map(tmp_path / "c.tif", halves(30, 40, 20))
    assert find_land_cover([coarse], GRID).legend.key == "cgls_lc100"
    fine = write_map(tmp_path / "d.tif", halves(30, 40, 200))
    assert find_land_cover([fine], GRID).legend.key == "worldcover"


def test_nodata_of_either_legend_is_not_covered(tmp_path: Path):
    world = find_land_cover([write_map(tmp_path / "w.tif", halves(10, 0), nodata=0)], GRID)
    assert (read(world)[:, 90:] == NOT_COVERED).all()
    cgls = find_land_cover([write_map(tmp_path / "c.tif", halves(0, 255))], GRID, "cgls_lc100")
    codes = read(cgls)
    assert (codes[:, :70] == 0).all() and (codes[:, 90:] == NOT_COVERED).all()


def test_a_folder_is_mosaicked_newest_first_without_its_other_layers(tmp_path: Path):
    folder = tmp_path / "cover"
    write_map(folder / CGLS.replace("2019-nrt", "2015-base"), halves(112, 114))
    write_map(folder / "deep" / CGLS, halves(30, 255))
    write_map(
        folder / CGLS.replace("Discrete-Classification-map", "Tree-CoverFraction"), halves(7, 7)
    )
    found = find_land_cover([folder], GRID)
    assert [path.name[27:31] for path in found.files] == ["2019", "2015"]
    codes = read(found)
    assert (codes[:, :70] == 30).all() and (codes[:, 90:] == 114).all()


def test_ground_beyond_the_map_is_not_covered(tmp_path: Path):
    west, _, _, north = transform_bounds("EPSG:32654", "EPSG:4326", *GRID.bounds)
    half = from_origin(west - 0.001, north + 0.001, 1e-4, 1e-4)
    path = write_map(tmp_path / "a.tif", np.full((400, 100), 10, dtype="uint8"), transform=half)
    codes = read(find_land_cover([path], GRID))
    assert (codes[:, :60] == 10).all() and (codes[:, 120:] == NOT_COVERED).all()


def test_only_the_window_of_a_global_file_is_read(tmp_path: Path):
    """A file of 63 gigabytes of pixels, nearly all of them unwritten."""
    path = tmp_path / CGLS
    step = 1.0 / 1008.0
    profile = {"width": 362_880, "height": 141_120, "count": 1, "dtype": "uint8", "nodata": 255}
    transform = from_origin(-180.0, 80.0, step, step)
    west, south, east, north = transform_bounds("EPSG:32654", "EPSG:4326", *GRID.bounds)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        crs="EPSG:4326",
        transform=transform,
        tiled=True,
        blockxsize=1024,
        blockysize=1024,
        compress="DEFLATE",
        SPARSE_OK=True,
        BIGTIFF="YES",
        **profile,
    ) as dataset:
        left, top = int((west + 180.0) / step) - 2, int((80.0 - north) / step) - 2
        cols, rows = int((east - west) / step) + 5, int((north - south) / step) + 5
        part = rasterio.windows.Window(left, top, cols, rows)
        dataset.write(np.full((rows, cols), 115, dtype="uint8"), 1, window=part)
    found = find_land_cover([path], GRID)
    assert (read(found) == 115).all()


def test_a_grid_across_the_antimeridian(tmp_path: Path):
    grid = Grid(32701, 175_000.0, 8_180_000.0, 100.0, 100, 100)
    codes = np.full((90, 360), 30, dtype="uint8")
    codes[:, :180] = 112
    path = write_map(tmp_path / "a.tif", codes, transform=from_origin(-180.0, 90.0, 1.0, 2.0))
    found = read(find_land_cover([path], grid), Window(0, 0, 100, 100))
    lon = rasterio.warp.transform(
        f"EPSG:{grid.epsg}", "EPSG:4326", [175_050.0, 184_950.0], [8.175e6] * 2
    )
    assert lon[0][0] > 0 > lon[0][1], "the grid lies across the antimeridian"
    assert found[50, 0] == 30 and found[50, -1] == 112
    assert set(np.unique(found)) == {30, 112}


def test_what_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="is not there"):
        find_land_cover([tmp_path / "none"], GRID)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no land-cover map"):
        find_land_cover([tmp_path / "empty"], GRID)
    junk = tmp_path / "junk.tif"
    junk.write_bytes(b"no tiff")
    with pytest.raises(InputError, match=r"junk\.tif.*cannot be read"):
        find_land_cover([junk], GRID)
    shares = write_map(tmp_path / "float.tif", np.full((9, 9), 0.5, dtype="float32"))
    with pytest.raises(InputError, match="found values of float32"):
        find_land_cover([shares], GRID)
    coloured = write_map(tmp_path / "rgb.tif", halves(10, 30), count=3)
    with pytest.raises(InputError, match=r"expected one band of .* found 3 bands"):
        find_land_cover([coloured], GRID)
    plain = write_map(tmp_path / "plain.tif", halves(10, 30), crs=None)
    with pytest.raises(InputError, match="no coordinate system"):
        find_land_cover([plain], GRID)


def test_a_map_of_elsewhere_and_foreign_classes_are_refused(tmp_path: Path):
    far = write_map(tmp_path / "far.tif", halves(10, 30), transform=from_origin(10, 50, 0.1, 0.1))
    with pytest.raises(InputError, match="none of 1 land-cover file covers"):
        find_land_cover([far], GRID)
    void = write_map(tmp_path / "void.tif", halves(255, 255))
    with pytest.raises(InputError, match="covers the area"):
        find_land_cover([void], GRID)
    foreign = write_map(tmp_path / "corine.tif", halves(112, 30).astype("int16") + 200)
    with pytest.raises(InputError, match="code"):
        read(find_land_cover([foreign], GRID))
    fraction = write_map(tmp_path / "fraction.tif", halves(37, 20))
    with pytest.raises(InputError, match=r"fraction\.tif: holds the code 37"):
        find_land_cover([fraction], GRID)
    named = find_land_cover([write_map(tmp_path / WORLDCOVER, halves(10, 114))], GRID)
    with pytest.raises(InputError, match="code 114, which is no class of ESA WorldCover"):
        read(named)


def test_maps_of_two_kinds_do_not_mix(tmp_path: Path):
    write_map(tmp_path / "both" / CGLS, halves(30, 40))
    write_map(tmp_path / "both" / WORLDCOVER, halves(30, 40))
    with pytest.raises(InputError, match="two kinds"):
        find_land_cover([tmp_path / "both"], GRID)
