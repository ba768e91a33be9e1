import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.grid import Bounds, Grid, Window, utm_epsg

GRID = Grid(32633, 500_000.0, 4_650_000.0, 10.0, 130, 70)


@given(
    left=st.floats(2e5, 8e5),
    bottom=st.floats(0, 9e6),
    width=st.floats(0.1, 5e4),
    height=st.floats(0.1, 5e4),
    pixel_m=st.sampled_from([10.0, 20.0, 30.0]),
)
def test_covering_grid_is_snapped_and_covers(left, bottom, width, height, pixel_m):
    bounds = Bounds(left, bottom, left + width, bottom + height)
    grid = Grid.covering(32633, bounds, pixel_m)
    assert grid.left % pixel_m == 0 and grid.top % pixel_m == 0
    got = grid.bounds
    assert got.left <= bounds.left and got.bottom <= bounds.bottom + 1e-6
    assert got.right >= bounds.right - 1e-6 and got.top >= bounds.top
    assert got.right - bounds.right < pixel_m + 1e-6 and bounds.bottom - got.bottom < pixel_m + 1e-6


@given(side=st.integers(1, 200))
def test_blocks_tile_the_grid_once(side):
    seen = [[0] * GRID.cols for _ in range(GRID.rows)]
    for block in GRID.blocks(side):
        for row in range(block.row, block.row + block.rows):
            for col in range(block.col, block.col + block.cols):
                seen[row][col] += 1
    assert {value for row in seen for value in row} == {1}


def test_buffered_grid_keeps_the_pixel_raster():
    wider = GRID.buffered(4995.0)
    assert (GRID.left - wider.left) == 5000.0 and (wider.top - GRID.top) == 5000.0
    assert wider.shape == (GRID.rows + 1000, GRID.cols + 1000)


def test_subgrid_starts_at_its_own_corner():
    part = GRID.subgrid(Window(10, 20, 30, 40))
    assert part.bounds == Bounds(500_200.0, 4_649_600.0, 500_600.0, 4_649_900.0)
    assert part.shape == Window(10, 20, 30, 40).shape


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (12.5, 41.9, 32633),
        (142.0, 42.7, 32654),
        (-179.9, -16.5, 32701),
        (180.0, -16.5, 32701),
        (179.9, 60.0, 32660),
        (-72.3, 18.4, 32618),
        (0.0, -0.1, 32731),
    ],
)
def test_utm_zone(lon, lat, epsg):
    assert utm_epsg(lon, lat) == epsg


def test_area():
    assert math.isclose(GRID.area_km2, 0.91)
