import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from landslidectl.detection.polygons import outline_regions, pixels_inside, window_of
from landslidectl.grid import Grid

GRID = Grid(32654, 500_000.0, 4_000_000.0, 10.0, 9, 11)


@settings(max_examples=60, deadline=None)
@given(chosen=arrays.arrays(bool, GRID.shape, elements=st.booleans()))
def test_outlines_are_valid_and_cover_exactly_the_pixels(chosen: np.ndarray) -> None:
    regions = outline_regions(chosen, GRID, 0.0)
    assert all(region.is_valid for region in regions)
    assert sum(region.area for region in regions) == chosen.sum() * 100.0
    covered = np.zeros(GRID.shape, dtype=int)
    for region in regions:
        window = window_of(region, GRID)
        covered[window.slices] += pixels_inside(region, GRID.subgrid(window))
    np.testing.assert_array_equal(covered, chosen)


def test_pixels_that_touch_at_a_corner_are_two_regions() -> None:
    chosen = np.zeros(GRID.shape, dtype=bool)
    chosen[2, 2] = chosen[3, 3] = True
    assert len(outline_regions(chosen, GRID, 0.0)) == 2


def test_small_regions_are_dropped() -> None:
    chosen = np.zeros(GRID.shape, dtype=bool)
    chosen[0, 0] = True
    chosen[4:6, 4:8] = True
    (region,) = outline_regions(chosen, GRID, 800.0)
    assert region.bounds == (500_040.0, 3_999_940.0, 500_080.0, 3_999_960.0)
