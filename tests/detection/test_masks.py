"""Which ground is judged: plains, walls, water and towns are masked, and nothing else is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rasterio import Affine

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detections
from landslidectl.detection.fuse import FusedScore, fuse_scores, was_seen, with_ground
from landslidectl.detection.masks import GroundLimits, GroundMask, JudgedGround
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.grid import Window
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import Quality
from landslidectl.terrain.landcover import LandCover, find_land_cover
from tests.detection.fakes import DESCENDING, GRID, NAN, FakeScore, FakeStack, make_track

WHOLE = Window(0, 0, GRID.rows, GRID.cols)
PLAIN = (slice(0, 96), slice(0, 48))
"""Columns of a plain of one degree; east of it slopes of 25 degrees, and a wall of 70."""
WALL = (slice(0, 96), slice(110, 120))
EXCLUDED, WATER, LAYOVER = (int(bit) for bit in (Quality.EXCLUDED, Quality.WATER, Quality.LAYOVER))
OPTIONS = DetectOptions(threshold=0.6, delineate=False)
LIMITS = GroundLimits()


def slopes() -> np.ndarray:
    slope = np.full(GRID.shape, 25.0, dtype="float32")
    slope[PLAIN] = 1.0
    slope[WALL] = 70.0
    return slope


def track(
    folder: Path, score: np.ndarray, slope: np.ndarray | None = None
) -> tuple[FakeScore, FakeStack]:
    raster, stack = make_track(folder, DESCENDING, score)
    slope = slopes() if slope is None else slope
    bands = [slope * 0 + 35.0, slope * 0 + 38.0, slope, slope * 0]
    write_raster(stack.incidence_path, GRID, bands, RasterLayout(INCIDENCE_BANDS, nodata=NAN))
    return raster, stack


def fuse(
    folder: Path, score: np.ndarray, limits: GroundLimits = LIMITS
) -> tuple[FusedScore, FakeStack]:
    raster, stack = track(folder, score)
    with GroundMask(stack, limits) as ground:
        return fuse_scores([raster], [stack], folder / "fused.tif", ground), stack


def detect(folder: Path, score: np.ndarray, limits: GroundLimits = LIMITS) -> Detections:
    fused, stack = fuse(folder, score, limits)
    return find_detections(fused, [stack], OPTIONS)


def land_cover(folder: Path, codes: np.ndarray) -> LandCover:
    """Write a WorldCover map whose pixels are those of the grid."""
    path = folder / "cover" / "ESA_WorldCover_10m_2020_v100_N42E141_Map.tif"
    profile = {
        "driver": "GTiff",
        "height": GRID.rows,
        "width": GRID.cols,
        "count": 1,
        "dtype": "uint8",
        "crs": f"EPSG:{GRID.epsg}",
        "transform": Affine(*GRID.transform),
    }
    path.parent.mkdir(parents=True)
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(codes, 1)
    return find_land_cover([path.parent], GRID)


def test_the_plain_is_excluded_and_the_slope_is_not(tmp_path: Path) -> None:
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"))
    with GroundMask(stack, GroundLimits(5.0, 60.0)) as ground:
        bits = ground.bits(WHOLE)
        part = ground.bits(Window(10, 40, 20, 30))
    assert (bits[PLAIN] == EXCLUDED).all() and (bits[WALL] == EXCLUDED).all()
    assert (bits[:, 48:110] == 0).all()
    np.testing.assert_array_equal(part, bits[10:30, 40:70])


def test_ground_of_unknown_slope_is_judged(tmp_path: Path) -> None:
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"), np.full(GRID.shape, NAN, "float32"))
    with GroundMask(stack, GroundLimits(5.0, 60.0)) as ground:
        assert not ground.bits(WHOLE).any()


def test_without_an_elevation_model_slopes_mask_nothing(tmp_path: Path) -> None:
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"))
    flat = replace(stack, terrain_corrected=False)
    with GroundMask(flat, GroundLimits(5.0, 60.0)) as ground:
        assert not ground.bits(WHOLE).any()


def test_what_lies_on_the_plain_alone_is_no_detection(tmp_path: Path) -> None:
    score = np.full(GRID.shape, 0.1, "float32")
    score[20:40, 5:35] = 0.9
    assert len(detect(tmp_path / "all", score, GroundLimits(0.0)).items) == 1
    found = detect(tmp_path / "judged", score)
    assert found.items == ()
    share = found.masked_km2 / (found.masked_km2 + found.tested_km2)
    assert share == pytest.approx(48 / 128)
    assert found.unobserved_km2 == 0.0


def test_a_slide_that_runs_out_on_the_plain_keeps_its_outline(tmp_path: Path) -> None:
    score = np.full(GRID.shape, 0.1, "float32")
    score[40:60, 30:70] = 0.7
    score[40:60, 30:40] = 0.95
    (whole,) = detect(tmp_path / "all", score, GroundLimits(0.0)).items
    (item,) = detect(tmp_path / "judged", score).items
    assert item.polygon.equals(whole.polygon)
    assert item.polygon.area == 20 * 40 * 100.0
    assert item.valid_pct == pytest.approx(100.0 * 22 / 40)
    assert whole.score_max == pytest.approx(0.95)
    assert item.score_max == pytest.approx(0.7), "scores on the plain do not count"


def test_a_sliver_of_slope_is_less_than_the_smallest_area(tmp_path: Path) -> None:
    score = np.full(GRID.shape, 0.1, "float32")
    score[40:55, 30:49] = 0.9
    assert detect(tmp_path, score).items == (), "15 pixels on the slope are 1,500 m2"


def test_a_plain_that_was_not_scored_is_masked_not_unobserved(tmp_path: Path) -> None:
    """Windows without ground to judge are skipped; that is no gap in what the radar saw."""
    score = np.full(GRID.shape, 0.1, "float32")
    raster, stack = track(tmp_path, score)
    score[:, :20] = NAN
    score[:, 120:] = NAN
    write_raster(raster.path, GRID, [score], RasterLayout(("score",), nodata=NAN))
    seen = np.ones(GRID.shape, "uint8")
    seen[:10] = 0
    write_raster(stack.counts_path, GRID, [seen] * 2, RasterLayout(("n_pre", "n_post"), "uint8"))
    with GroundMask(stack, GroundLimits()) as ground:
        fused = fuse_scores([raster], [stack], tmp_path / "fused.tif", ground)
    quality = read_bands(fused.quality_path)[0]
    assert (quality[10:, :20] & EXCLUDED).all(), "seen, but flat"
    assert not (quality[:10] & EXCLUDED).any(), "never seen"
    found = find_detections(fused, [stack], OPTIONS)
    total = found.tested_km2 + found.masked_km2 + found.unobserved_km2
    assert found.unobserved_km2 / total == pytest.approx((96 * 8 + 10 * 20) / (96 * 128))


def test_water_and_towns_of_a_land_cover_are_masked_inside_a_region(tmp_path: Path) -> None:
    codes = np.full(GRID.shape, 10, "uint8")
    codes[40:50, 60:70] = 50
    codes[40:50, 70:80] = 80
    codes[50:60, 60:80] = 0  # no class: nothing is known, so it is judged
    limits = GroundLimits(land_cover=land_cover(tmp_path, codes))
    score = np.full(GRID.shape, 0.1, "float32")
    score[40:60, 60:100] = 0.9
    fused, stack = fuse(tmp_path, score, limits)
    quality = read_bands(fused.quality_path)[0]
    assert (quality[40:50, 60:70] & (EXCLUDED | WATER) == EXCLUDED).all()
    assert (quality[40:50, 70:80] & (EXCLUDED | WATER) == WATER).all()
    assert not (quality[50:60, 60:80] & (EXCLUDED | WATER)).any()
    (item,) = find_detections(fused, [stack], OPTIONS).items
    assert item.polygon.area == 80_000.0
    assert item.valid_pct == pytest.approx(75.0)


def test_judged_ground_leaves_out_what_any_mask_hides(tmp_path: Path) -> None:
    _, stack = track(tmp_path, np.zeros(GRID.shape, "float32"))
    quality = np.full(GRID.shape, int(Quality.TESTED | Quality.TOO_FEW_IMAGES), "uint8")
    quality[30:40, 50:90] |= LAYOVER
    write_raster(stack.quality_path, GRID, [quality], RasterLayout(("quality",), "uint8"))
    codes = np.full(GRID.shape, 30, "uint8")
    codes[60:70, 50:90] = 80
    limits = GroundLimits(land_cover=land_cover(tmp_path, codes))
    window = Window(20, 30, 64, 64)
    with JudgedGround(stack, limits) as ground:
        judged = ground.of(window)
    expected = np.ones(GRID.shape, bool)
    expected[PLAIN] = False
    expected[30:40, 50:90] = expected[60:70, 50:90] = False
    np.testing.assert_array_equal(judged, expected[window.slices])


BITS = arrays.arrays("uint8", (3, 5), elements=st.sampled_from([0, 1, 5, 17, 33, 1 | 64]))
YES_NO = arrays.arrays("bool", (3, 5))


@given(
    quality=BITS,
    ground=arrays.arrays("uint8", (3, 5), elements=st.sampled_from([0, EXCLUDED, WATER])),
    observed=YES_NO,
    scored=YES_NO,
)
def test_ground_only_adds_bits_and_unseen_pixels_stay_unseen(
    quality: np.ndarray, ground: np.ndarray, observed: np.ndarray, scored: np.ndarray
) -> None:
    score = np.where(scored & observed, 0.5, NAN).astype("float32")
    bits = with_ground(quality, ground, observed)
    assert (bits & quality == quality).all()
    assert not was_seen(score, bits)[~observed].any()
    assert ((bits & EXCLUDED) != 0)[observed & ((ground & EXCLUDED) != 0)].all()
