import numpy as np
import pytest

from landslidectl.files.gdal_environment import drop_foreign_variables
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    grid_of,
    open_raster,
    read_bands,
    require_whole,
    write_raster,
)
from landslidectl.grid import Grid, Window

GRID = Grid(32654, 600_000.0, 4_700_000.0, 10.0, 300, 270)


def test_round_trip_keeps_grid_names_tags_and_values(tmp_path):
    values = np.arange(2 * 300 * 270, dtype=np.float32).reshape(2, 300, 270)
    values[0, 0, 0] = np.nan
    layout = RasterLayout(("post_VV", "post_VH"), nodata=float("nan"), tags={"TRACK": "D046"})
    write_raster(tmp_path / "a.tif", GRID, values, layout)
    np.testing.assert_array_equal(read_bands(tmp_path / "a.tif"), values)
    with open_raster(tmp_path / "a.tif") as dataset:
        assert grid_of(dataset) == GRID
        assert dataset.descriptions == ("post_VV", "post_VH")
        assert dataset.tags()["TRACK"] == "D046"
        assert dataset.block_shapes[0] == (256, 256)
    part = read_bands(tmp_path / "a.tif", Window(10, 20, 5, 6))
    np.testing.assert_array_equal(part, values[:, 10:15, 20:26])


def test_a_raster_that_fails_half_way_does_not_appear(tmp_path):
    layout = RasterLayout(("score",))
    with pytest.raises(RuntimeError), create_raster(tmp_path / "a.tif", GRID, layout) as dataset:
        dataset.write(np.zeros((1, 300, 270), np.float32))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_a_raster_that_the_disk_cut_is_noticed(tmp_path, kept):
    """What is refused when GDAL closes a file is lost without an error."""
    path = tmp_path / "a.tif"
    values = np.random.default_rng(1).random((2, 300, 270), dtype=np.float32)
    write_raster(path, GRID, values, RasterLayout(("a", "b")))
    require_whole(path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(OSError, match="did not take the whole file"):
        require_whole(path)


def test_foreign_proj_data_do_not_reach_gdal(tmp_path, monkeypatch):
    monkeypatch.setenv("PROJ_LIB", str(tmp_path))
    monkeypatch.setenv("PROJ_DATA", str(tmp_path))
    assert set(drop_foreign_variables()) == {"PROJ_LIB", "PROJ_DATA"}
    write_raster(tmp_path / "a.tif", GRID, [np.zeros(GRID.shape)], RasterLayout(("score",)))
    with open_raster(tmp_path / "a.tif") as dataset:
        assert dataset.crs.to_epsg() == 32654
