"""Slope and aspect: classes, and where the layers come from."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.errors import DemError
from landslidectl.evaluation.product import open_product
from landslidectl.evaluation.terrain_classes import (
    ASPECT_CLASSES,
    HISTOGRAM_BINS,
    SLOPE_CLASSES,
    aspect_class,
    histogram_names,
    open_terrain,
    slope_class,
    slope_histogram,
)
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Window
from tests.evaluation.conftest import Event
from tests.evaluation.world import GRID, NAN, write_product

NOT_FLAT = 20.0


def test_slopes_are_classed_with_their_lower_edge():
    slopes = np.array([0.0, 9.99, 10.0, 39.9, 40.0, 89.0, NAN])
    assert slope_class(slopes).tolist() == [0, 0, 1, 3, 4, 4, -1]
    counts = slope_histogram(np.array([0.0, 4.9, 5.0, 59.9, 60.0, 88.0, NAN]))
    assert counts.sum() == 6
    assert counts[[0, 1, 11, 12]].tolist() == [2, 1, 1, 2]
    assert len(histogram_names()) == HISTOGRAM_BINS
    assert histogram_names()[-1] == "over 60°"


def test_eight_points_and_flat():
    degrees = np.array([0.0, 22.4, 22.6, 90.0, 180.0, 270.0, 337.4, 337.6, 359.9])
    names = [ASPECT_CLASSES[i] for i in aspect_class(np.full(9, NOT_FLAT), degrees)]
    assert names == ["N", "N", "NE", "E", "S", "W", "NW", "N", "N"]
    level = aspect_class(np.array([1.9, 20.0, NAN]), np.array([90.0, NAN, 90.0]))
    assert level.tolist() == [8, 8, -1]


@given(st.floats(0.0, 359.99), st.integers(0, 7))
def test_a_turn_of_45_degrees_moves_by_one_class(degrees, turns):
    if min((degrees + 22.5) % 45.0, 45.0 - (degrees + 22.5) % 45.0) < 1e-6:
        return
    slope = np.array(NOT_FLAT)
    first = int(aspect_class(slope, np.array(degrees)))
    turned = int(aspect_class(slope, np.array((degrees + 45.0 * turns) % 360.0)))
    assert turned == (first + turns) % 8
    assert 0 <= int(slope_class(np.array(degrees / 4.0))) < len(SLOPE_CLASSES)


def test_the_layers_of_the_job_are_found_beside_the_product(event: Event, tmp_path: Path):
    with open_terrain(open_product(event.product), None, tmp_path) as terrain:
        assert terrain is not None
        slope, aspect = terrain.read(Window(0, 0, 4, 4))
        assert (slope == 32.0).all() and (aspect == 90.0).all()
        assert "D046" in terrain.source
        assert terrain.digest(GRID) == terrain.digest(GRID)


def test_a_moved_product_a_flat_one_and_another_grid_have_none(event: Event, tmp_path: Path):
    moved = Path(shutil.copytree(event.product, tmp_path / "moved"))
    with open_terrain(open_product(moved), None, tmp_path) as terrain:
        assert terrain is None
    flat = write_product(tmp_path / "flat", np.zeros(GRID.shape), dem=[])
    shutil.copytree(event.folder / ".work", tmp_path / "flat" / ".work")
    with open_terrain(open_product(flat), None, tmp_path) as terrain:
        assert terrain is None
    other = GRID.buffered(10.0)
    wider = write_product(tmp_path / "wider", np.zeros(other.shape), grid=other)
    shutil.copytree(event.folder / ".work", tmp_path / "wider" / ".work")
    with open_terrain(open_product(wider), None, tmp_path) as terrain:
        assert terrain is None


def test_a_given_elevation_model_wins(event: Event, tmp_path: Path):
    wide = GRID.buffered(300.0)
    _, col = np.indices(wide.shape)
    heights = 2000.0 - 10.0 * col * np.tan(np.radians(25.0))
    dem = tmp_path / "survey.tif"
    write_raster(dem, wide, [heights], RasterLayout(("height",), nodata=NAN))
    work = tmp_path / "work"
    with open_terrain(open_product(event.product), dem, work) as terrain:
        assert terrain is not None
        slope, aspect = terrain.read(Window(0, 0, *GRID.shape))
        np.testing.assert_allclose(slope, 25.0, atol=0.11)
        np.testing.assert_allclose(aspect, 90.0, atol=0.11)
        assert "survey.tif" in terrain.source


def test_an_elevation_model_of_elsewhere_is_refused(event: Event, tmp_path: Path):
    dem = tmp_path / "elsewhere.tif"
    from landslidectl.grid import Grid

    far = Grid(32632, 500_000.0, 5_000_000.0, 30.0, 50, 50)
    write_raster(dem, far, [np.zeros(far.shape)], RasterLayout(("height",), nodata=NAN))
    with (
        pytest.raises(DemError) as caught,
        open_terrain(open_product(event.product), dem, tmp_path / "work"),
    ):
        pass
    assert "--dem" in caught.value.hint
