from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detections
from landslidectl.detection.fuse import fuse_scores
from landslidectl.detection.geodesy import to_wgs84
from landslidectl.detection.levels import Cells, read_cells
from landslidectl.detection.polygons import pixels_inside
from landslidectl.detection.regions import find_detections
from landslidectl.detection.shift import SHIFT_DB, Shifts, is_shifted, shift_in_words
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid, Window
from landslidectl.terms import BandSet, Quality
from landslidectl.terrain.geoid import geoid_undulation
from tests.detection.fakes import ASCENDING, DESCENDING, FakeModel, FakeScore, FakeStack, make_track
from tests.detection.planted import GRID, overlap, slide, speckle, windows

NOBODY = np.zeros(GRID.shape, dtype=bool)
SNOW_DB = np.array([-4.5, -4.0])[:, None, None]
LINE_M = 1300.0


@dataclass(frozen=True, slots=True)
class Ramp:
    """Ground that rises eastwards from 1,000 to 1,600 m above the sea."""

    is_flat: bool = False

    @property
    def grid(self) -> Grid:
        return GRID.buffered(100.0)

    def heights(self, window: Window) -> np.ndarray:
        cols = window.col + np.arange(window.cols) - (self.grid.cols - GRID.cols) // 2
        left, bottom, right, top = GRID.bounds
        middle = to_wgs84(shapely.Point((left + right) / 2, (bottom + top) / 2), GRID.epsg)
        geoid = float(geoid_undulation(middle.x, middle.y))
        rise = 1000.0 + 600.0 * (cols + 0.5) / GRID.cols + geoid
        return np.broadcast_to(rise.astype(np.float32), window.shape).copy()


ABOVE_SEA = 1000.0 + 600.0 * (np.arange(GRID.cols) + 0.5) / GRID.cols
SNOW = np.clip((ABOVE_SEA - LINE_M) / 60.0 + 0.5, 0.0, 1.0)[None, None, :]


def tracked(
    folder: Path, change: np.ndarray, score: np.ndarray | None = None, track=DESCENDING
) -> tuple[FakeScore, FakeStack]:
    """Write a track whose change bands are these."""
    score = np.full(GRID.shape, 0.1, dtype=np.float32) if score is None else score
    raster, stack = make_track(folder, track, score, grid=GRID)
    post = speckle(9) + np.array([-9.0, -15.0])[:, None, None] + change
    layers = [*post, *(speckle(track.relative_orbit) + change)]
    write_raster(
        stack.values_path,
        GRID,
        layers,
        RasterLayout(BandSet.VV_VH.band_names, nodata=float("nan")),
    )
    return raster, stack


def measured(folder: Path, change: np.ndarray, dem: Ramp | None = None) -> Shifts:
    _, stack = tracked(folder, change)
    return Shifts.measure([stack], dem, NOBODY)


def detected(
    folder: Path, change: np.ndarray, at: tuple[int, int], dem: Ramp | None = None
) -> Detections:
    """Return the detections where the score is high around a place."""
    score = np.where(windows(*at), 0.9, 0.1).astype(np.float32)
    raster, stack = tracked(folder, change, score)
    fused = fuse_scores([raster], [stack], folder / "fused.tif")
    return find_detections(fused, [stack], DetectOptions(0.6, models=(FakeModel(),), dem=dem))


def test_ground_that_is_only_speckled_has_not_shifted(tmp_path: Path) -> None:
    shifts = measured(tmp_path, np.zeros((2, 1, 1)), Ramp())
    assert shifts.found == ()
    assert len(shifts.profiles[0].levels) == 6
    assert max(abs(v) for level in shifts.profiles[0].levels for v in level.median_db) < 0.3


def test_a_snow_line_is_found_where_it_lies(tmp_path: Path) -> None:
    (shift,) = measured(tmp_path, SNOW_DB * SNOW, Ramp()).found
    assert (shift.low_m, shift.high_m) == (LINE_M, np.inf)
    assert shift.change_db == pytest.approx((-4.4, -3.9), abs=0.3)
    assert shift.area_km2 == pytest.approx(GRID.area_km2 / 2, rel=0.05)
    words = shift_in_words(shift)
    assert words.startswith("orbit 46 descending: the ground above 1300 m is 4.")
    assert "darker in VV and " in words


@pytest.mark.parametrize("dem", [None, Ramp()])
def test_rain_on_the_whole_scene_is_found_with_and_without_heights(
    tmp_path: Path, dem: Ramp | None
) -> None:
    (shift,) = measured(tmp_path, np.full((2, 1, 1), 2.7), dem).found
    assert shift.is_scene_wide
    assert shift.change_db == pytest.approx((2.7, 2.7), abs=0.2)
    assert "at all elevations is 2." in shift_in_words(shift)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.35), st.sampled_from([-6.0, 6.0]))
def test_a_third_of_the_ground_slid_is_no_shift(seed: int, share: float, change: float) -> None:
    rng = np.random.default_rng(seed)
    slid = rng.random(400) < share
    ground = rng.normal(0.0, 0.5, (2, 400)) + np.where(slid, change, 0.0)
    cells = Cells(ground.astype(np.float32), np.full(400, np.nan, np.float32), np.zeros(400, bool))
    assert cells.whole is not None
    assert not is_shifted(cells.whole)


def test_detections_are_left_out_unless_they_hold_most_of_the_ground() -> None:
    ground = np.concatenate([np.zeros(300), np.full(200, 6.0)])[None].astype(np.float32)
    few = Cells(ground, np.full(500, np.nan, np.float32), ground[0] > 1.0)
    assert few.whole is not None
    assert (few.whole.cells, few.whole.median_db) == (300, (0.0,))
    most = Cells(-ground[:, ::-1], few.heights, np.arange(500) < 400)
    assert most.whole is not None
    assert most.whole.cells == 500


def test_too_little_ground_says_nothing() -> None:
    few = np.zeros((2, 49), np.float32)
    cells = Cells(few, np.full(49, 500.0, np.float32), np.zeros(49, bool))
    assert cells.whole is None
    assert cells.levels == ()


def test_cells_do_not_depend_on_the_size_of_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, stack = tracked(tmp_path, SNOW_DB * SNOW)
    whole = read_cells(stack, None, windows())
    monkeypatch.setattr("landslidectl.detection.levels.BLOCK_CELLS", 7)
    parts = read_cells(stack, None, windows())
    assert whole.whole == parts.whole
    assert np.array_equal(np.sort(whole.changes), np.sort(parts.changes))


def test_layover_water_and_dark_ground_are_left_out(tmp_path: Path) -> None:
    _, stack = tracked(tmp_path, SNOW_DB * SNOW)
    bits = np.full(GRID.shape, int(Quality.TESTED), dtype=np.uint8)
    bits[:, 120:] |= int(Quality.LAYOVER)
    write_raster(stack.quality_path, GRID, [bits], RasterLayout(("quality",), "uint8"))
    assert Shifts.measure([stack], None, NOBODY).found == ()
    cells = read_cells(stack, None, NOBODY)
    assert cells.changes.shape == (2, 22 * 12)


def test_what_only_followed_the_snow_is_no_detection(tmp_path: Path) -> None:
    found = detected(tmp_path, SNOW_DB * SNOW, (90, 190), Ramp())
    assert found.items == ()
    (item,) = found.explained
    assert item.outline == "window"
    assert len(found.shifts) == 1


def test_what_straddles_the_snow_line_is_no_detection(tmp_path: Path) -> None:
    found = detected(tmp_path, SNOW_DB * SNOW, (90, 120), Ramp())
    assert found.items == ()
    assert len(found.explained) == 1


@pytest.mark.parametrize("change_db", [-5.0, 5.0])
@pytest.mark.parametrize("place", [(90, 190), (90, 120)])
def test_a_slide_that_stands_out_of_the_snow_stays(
    tmp_path: Path, change_db: float, place: tuple[int, int]
) -> None:
    found = detected(tmp_path, SNOW_DB * SNOW + change_db * slide(*place), place, Ramp())
    (item,) = found.items
    assert found.explained == ()
    assert item.outline == "delineated"
    assert overlap(pixels_inside(item.polygon, GRID), slide(*place)) > 0.5


def test_a_region_below_the_snow_is_not_explained_by_it(tmp_path: Path) -> None:
    found = detected(tmp_path, SNOW_DB * SNOW, (90, 45), Ramp())
    (item,) = found.items
    assert item.outline == "window"
    assert found.explained == ()


def test_rain_explains_a_region_and_leaves_a_slide(tmp_path: Path) -> None:
    rain = np.full((2, 1, 1), 2.7)
    assert len(detected(tmp_path / "rain", rain, (90, 110)).explained) == 1
    found = detected(tmp_path / "slide", rain + 5.0 * slide(), (90, 110))
    assert len(found.items) == 1
    assert found.explained == ()


def test_a_change_against_the_shift_is_not_explained_by_it(tmp_path: Path) -> None:
    brighter = np.where(windows(90, 190), 0.5 - SNOW_DB, 0.0)
    found = detected(tmp_path, SNOW_DB * SNOW + brighter, (90, 190), Ramp())
    assert found.explained == ()


def test_a_shift_that_one_of_two_tracks_saw_explains_what_neither_sees_stand_out(
    tmp_path: Path,
) -> None:
    score = np.where(windows(90, 190), 0.9, 0.1).astype(np.float32)
    snowy = tracked(tmp_path, SNOW_DB * SNOW, score)
    dry = tracked(tmp_path, np.zeros((2, 1, 1)), track=ASCENDING)
    rasters, stacks = zip(snowy, dry, strict=True)
    fused = fuse_scores(rasters, stacks, tmp_path / "fused.tif")
    found = find_detections(fused, stacks, DetectOptions(0.6, dem=Ramp()))
    assert [shift.track for shift in found.shifts] == [DESCENDING]
    assert len(found.explained) == 1


def test_outlines_without_a_shift_do_not_know_of_it(tmp_path: Path) -> None:
    found = detected(tmp_path, 5.0 * slide() * np.ones((2, 1, 1)), (90, 110), Ramp())
    assert found.shifts == ()
    same = replace(found.items[0])
    (again,) = detected(tmp_path / "flat", 5.0 * slide() * np.ones((2, 1, 1)), (90, 110)).items
    assert again.polygon.equals(same.polygon)


def test_a_shift_is_more_than_usual() -> None:
    assert 1.62 < SHIFT_DB < 3.0, "the most of a quiet level, the least of wet snow"
