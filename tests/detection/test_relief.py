"""How outlines lie: slides are steep somewhere, fields are not, river beds are low and level."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import fuse_scores
from landslidectl.detection.regions import find_detections
from landslidectl.detection.relief import Relief, along_deg, lowest_around
from landslidectl.grid import Grid, Window
from landslidectl.terms import Flag
from tests.detection.fakes import DESCENDING, GRID, NAN, make_track

TALUS = float(np.tan(np.radians(30.0)))
BED_HALF_M = 60.0
AXIS_M = GRID.left + 640.0
"""The valley runs north to south through the middle of the grid."""


WIDE = GRID.buffered(400.0)


@dataclass(frozen=True, slots=True)
class ShapedDem:
    """Heights by a formula of the distance from the valley's axis and of the way down it."""

    height_m: Callable[[np.ndarray, np.ndarray], np.ndarray]
    grid: Grid = WIDE
    is_flat: bool = False

    def heights(self, window: Window) -> np.ndarray:
        x = self.grid.left + (np.arange(window.cols) + window.col + 0.5) * 10.0
        y = self.grid.top - (np.arange(window.rows) + window.row + 0.5) * 10.0
        across, down = np.meshgrid(x - AXIS_M, GRID.top - y)
        return np.broadcast_to(self.height_m(across, down), window.shape).astype("float32")


def valley(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A bed that falls by one in fifty, between hillsides of 30 degrees."""
    return 500.0 - 0.02 * down + TALUS * np.clip(np.abs(across) - BED_HALF_M, 0.0, None)


def plain_and_hill(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A plain west of the axis, a hillside of 30 degrees east of it."""
    del down
    return 100.0 + TALUS * np.clip(across, 0.0, None)


def box(west: float, east: float, north: float, south: float) -> shapely.Polygon:
    """Return a rectangle by metres from the axis and from the top of the grid."""
    return shapely.box(AXIS_M + west, GRID.top - south, AXIS_M + east, GRID.top - north)


VALLEY = Relief(ShapedDem(valley), GRID)
HILL = Relief(ShapedDem(plain_and_hill), GRID)


def test_a_bar_of_gravel_lies_like_a_river_bed_and_a_slide_above_it_does_not() -> None:
    bar = VALLEY.lie(box(-50, 50, 200, 700))
    slide = VALLEY.lie(box(70, 170, 200, 700))
    toe = VALLEY.lie(box(-40, 400, 400, 480))
    assert bar is not None and slide is not None and toe is not None
    assert bar.is_river_bed
    assert bar.along_deg == pytest.approx(np.degrees(np.arctan(0.02)), abs=0.05)
    assert not slide.is_river_bed and slide.flags == ()
    assert not toe.is_river_bed, "a slide that reaches the river"
    assert toe.steepness_deg == pytest.approx(30.0, abs=0.1)


def test_a_narrow_bed_between_steep_banks_is_flagged_though_it_is_not_gentle() -> None:
    lie = VALLEY.lie(box(-80, 80, 100, 800))
    assert lie is not None
    assert lie.steepness_deg > 10.0
    assert lie.flags == (Flag.RIVER_BED,)


def test_a_field_on_the_plain_is_gentle_and_a_runout_onto_it_is_not() -> None:
    field = HILL.lie(box(-500, -300, 200, 400))
    runout = HILL.lie(box(-150, 60, 300, 400))
    assert field is not None and runout is not None
    assert Flag.GENTLE in field.flags
    assert Flag.GENTLE not in runout.flags


def test_parts_on_the_plain_go_and_parts_that_reach_it_stay_whole() -> None:
    field, runout = box(-500, -300, 200, 400), box(-150, 100, 300, 400)
    both = shapely.union_all([field, runout])
    assert HILL.steep_parts(both, 10.0).equals(runout)
    assert HILL.steep_parts(field, 10.0) is None
    assert HILL.steep_parts(both, 0.0) is both


def test_where_no_height_is_known_nothing_is_held_against_an_outline() -> None:
    void = Relief(ShapedDem(lambda across, down: across * NAN), GRID)
    outline = box(-100, 100, 200, 400)
    assert void.lie(outline) is None
    assert void.steep_parts(outline, 10.0) is outline


def test_outlines_at_the_edge_of_the_heights_are_judged_by_what_is_there() -> None:
    bare = Relief(ShapedDem(valley, GRID), GRID)
    lie = bare.lie(box(-50, 50, 0, 300))
    assert lie is not None and lie.is_river_bed


@given(
    heights=arrays.arrays(
        "float32", (9, 8), elements=st.one_of(st.just(NAN), st.floats(-50, 50, width=32))
    ),
    reach=st.integers(1, 12),
)
def test_the_lowest_around_is_the_lowest_of_the_square(heights: np.ndarray, reach: int) -> None:
    found = lowest_around(heights, reach)
    for row, col in np.ndindex(heights.shape):
        top, left = max(row - reach, 0), max(col - reach, 0)
        square = heights[top : row + reach + 1, left : col + reach + 1]
        known = square[np.isfinite(square)]
        expected = known.min() if known.size else NAN
        np.testing.assert_array_equal(found[row, col], expected)


@given(azimuth=st.floats(0.0, 180.0), fall=st.floats(0.0, 40.0))
def test_the_fall_along_a_strip_is_that_of_the_ground(azimuth: float, fall: float) -> None:
    """Strips straight down and straight along the contours of a tilted plane.

    Steps at the edges of pixels turn the axis of a strip by up to a degree or so.
    """
    row, col = np.indices((81, 81)) - 40.0
    east, north = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
    down, across = col * east - row * north, col * north + row * east
    heights = (-down * 10.0 * np.tan(np.radians(fall))).astype("float32")
    strip = (np.abs(down) <= 30) & (np.abs(across) <= 6)
    contour = (np.abs(across) <= 30) & (np.abs(down) <= 6)
    assert along_deg(heights, strip, 10.0) == pytest.approx(fall, abs=0.5)
    assert along_deg(heights, contour, 10.0) == pytest.approx(0.0, abs=2.0)


def test_a_single_pixel_falls_nowhere() -> None:
    inside = np.zeros((3, 3), bool)
    inside[1, 1] = True
    assert along_deg(np.ones((3, 3), "float32"), inside, 10.0) == 0.0


OPTIONS = DetectOptions(threshold=0.6, delineate=False, dem=ShapedDem(plain_and_hill))


def test_a_detection_that_is_steep_nowhere_is_left_out_and_counted(tmp_path: Path) -> None:
    score = np.full(GRID.shape, 0.1, "float32")
    score[10:40, 5:40] = 0.9
    score[10:40, 80:110] = 0.8
    raster, stack = make_track(tmp_path, DESCENDING, score)
    fused = fuse_scores([raster], [stack], tmp_path / "fused.tif")
    found = find_detections(fused, [stack], OPTIONS)
    (item,) = found.items
    assert (item.score_max, item.flag, found.left_out) == (pytest.approx(0.8), "", 1)
    kept = find_detections(fused, [stack], replace(OPTIONS, min_steepness_deg=0.0))
    assert [one.flag for one in kept.items] == ["gentle,river_bed", ""]
    assert kept.left_out == 0
    blind = find_detections(fused, [stack], replace(OPTIONS, dem=None))
    assert [one.flag for one in blind.items] == ["", ""]
