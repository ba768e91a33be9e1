from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from landslidectl.detection.fuse import MASKED, fuse_block, fuse_scores, was_seen
from landslidectl.detection.pool import ALONE, POOL, counting
from landslidectl.errors import StackError
from landslidectl.files.rasters import RasterLayout, open_raster, read_bands, write_raster
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import Quality
from tests.detection.fakes import (
    ASCENDING,
    DESCENDING,
    GRID,
    NAN,
    FakeScore,
    FakeStack,
    make_track,
    two_slides,
)

T, LAYOVER, SHADOW, FEW = (
    int(bit) for bit in (Quality.TESTED, Quality.LAYOVER, Quality.SHADOW, Quality.TOO_FEW_IMAGES)
)


def fuse(
    scores: list[float], bits: list[int], weights: list[int] | None = None
) -> tuple[float, int]:
    fused, quality = fuse_block(
        np.array(scores, dtype="float32").reshape(-1, 1, 1),
        np.array(bits, dtype="uint8").reshape(-1, 1, 1),
        np.array(weights or [1] * len(scores)).reshape(-1, 1, 1),
    )
    return float(fused[0, 0]), int(quality[0, 0])


def test_roots_of_odds_of_tracks_that_see_clearly_are_averaged() -> None:
    score, quality = fuse([0.5, 0.9], [T, T])
    assert score == pytest.approx(0.8)  # odds of 1 and 9, roots of 1 and 3, odds of 4
    assert quality == T


def test_a_track_that_sees_better_weighs_more() -> None:
    assert fuse([0.5, 0.9], [T, T], [1, 3])[0] == pytest.approx(6.25 / 7.25)


def test_a_slide_that_one_track_shows_is_not_averaged_away() -> None:
    score, _ = fuse([0.99, 0.1], [T, T])
    assert score > 0.96
    assert fuse([0.4, 0.3], [T, T])[0] < 0.4, "two that doubt stay doubtful"


def test_track_in_layover_does_not_count_where_another_sees() -> None:
    assert fuse([0.25, 1.0], [T, T | LAYOVER]) == (0.25, T)


def test_track_in_shadow_counts_where_no_other_observes() -> None:
    assert fuse([NAN, 0.75], [0, T | SHADOW]) == (0.75, T | SHADOW)


def test_distorted_in_all_tracks_keeps_both_bits() -> None:
    score, quality = fuse([0.5, 0.9], [T | LAYOVER, T | SHADOW])
    assert (score, quality) == (pytest.approx(0.8), T | LAYOVER | SHADOW)


def test_not_observed_only_where_none_observes() -> None:
    score, quality = fuse([NAN, NAN], [FEW, T | LAYOVER])
    assert np.isnan(score)
    assert quality == FEW | T | LAYOVER


def test_a_track_that_says_nothing_leaves_it_to_the_other() -> None:
    assert fuse([-1.0, 0.75], [T, T]) == (0.75, T)
    assert fuse([-1.0, 0.75], [T, T | LAYOVER]) == (0.75, T | LAYOVER)
    score, quality = fuse([-1.0, NAN], [T, 0])
    assert np.isnan(score)
    assert quality == T | Quality.SKIPPED, "observed by one, judged by none"
    assert quality & MASKED
    assert was_seen(np.array([score]), np.array([quality], dtype=np.uint8)).all()
    assert not was_seen(np.array([NAN]), np.array([T], dtype=np.uint8)).any()


def test_one_good_track_lifts_too_few_images() -> None:
    assert fuse([0.5, 0.5], [T | FEW, T]) == (0.5, T)
    assert fuse([0.5, 0.5], [T | FEW, T | FEW]) == (0.5, T | FEW)


SHAPE = (3, 2, 4)
SCORES = arrays.arrays(
    "float32", SHAPE, elements=st.one_of(st.just(NAN), st.just(-1.0), st.floats(0, 1, width=32))
)
BITS = arrays.arrays(
    "uint8", SHAPE, elements=st.sampled_from([0, T, T | LAYOVER, T | SHADOW, T | FEW])
)
WEIGHTS = arrays.arrays("int64", SHAPE, elements=st.integers(0, 255 * 65**2))


@given(SCORES, BITS, WEIGHTS)
def test_fused_score_lies_between_the_tracks_that_count(
    scores: np.ndarray, bits: np.ndarray, weights: np.ndarray
) -> None:
    fused, kept = fuse_block(scores, bits, weights)
    observed = np.isfinite(scores)
    assert np.array_equal(was_seen(fused, kept), observed.any(axis=0))
    used = counting(scores, bits)
    some = used.any(axis=0)
    assert np.array_equal(np.isfinite(fused), some)
    assert (fused[some] >= np.where(used, scores, np.inf).min(axis=0)[some]).all()
    assert (fused[some] <= np.where(used, scores, -np.inf).max(axis=0)[some]).all()
    assert ((kept & Quality.SKIPPED) != 0).tolist() == (~some & observed.any(axis=0)).tolist()


@given(SCORES, BITS, WEIGHTS, st.permutations(range(3)))
def test_the_order_of_tracks_says_nothing(
    scores: np.ndarray, bits: np.ndarray, weights: np.ndarray, order: list[int]
) -> None:
    fused, quality = fuse_block(scores, bits, weights)
    again, kept = fuse_block(scores[order], bits[order], weights[order])
    np.testing.assert_allclose(again, fused, rtol=1e-6)
    np.testing.assert_array_equal(kept, quality)


@given(SCORES, BITS, WEIGHTS)
def test_one_track_alone_is_unchanged_to_the_bit(
    scores: np.ndarray, bits: np.ndarray, weights: np.ndarray
) -> None:
    for one in range(3):
        part = slice(one, one + 1)
        fused, quality = fuse_block(scores[part], bits[part], weights[part])
        skipped = scores[one] < 0.0
        np.testing.assert_array_equal(fused, np.where(skipped, NAN, scores[one]))
        np.testing.assert_array_equal(quality[~skipped], bits[one][~skipped])


def test_one_track_passes_through(tmp_path: Path) -> None:
    score = two_slides()
    raster, stack = make_track(tmp_path, DESCENDING, score)
    fused = fuse_scores([raster], [stack], tmp_path / "fused.tif")
    np.testing.assert_array_equal(read_bands(fused.path)[0], score)
    np.testing.assert_array_equal(
        read_bands(fused.quality_path)[0], read_bands(stack.quality_path)[0]
    )
    assert fused.tracks == (DESCENDING,)


def tilted(stack: FakeStack, facing_deg: float) -> None:
    """Let a track see the left half of the grid at another angle than the right."""
    angles = np.full((4, *GRID.shape), 40.0)
    angles[0, :, : GRID.cols // 2] = facing_deg
    write_raster(stack.incidence_path, GRID, angles, RasterLayout(INCIDENCE_BANDS, nodata=NAN))


def two_tracks(folder: Path) -> tuple[list[FakeScore], list[FakeStack]]:
    rng = np.random.default_rng(7)
    made = []
    for track, angle in ((DESCENDING, 5.0), (ASCENDING, 75.0)):
        score = rng.random(GRID.shape, dtype="float32")
        score[:, :3] = NAN
        bits = np.where(rng.random(GRID.shape) < 0.1, T | LAYOVER, T).astype("uint8")
        raster, stack = make_track(folder, track, score, bits)
        tilted(stack, angle)
        made.append((raster, stack))
    return [raster for raster, _ in made], [stack for _, stack in made]


def test_neither_the_order_of_tracks_nor_the_size_of_blocks_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasters, stacks = two_tracks(tmp_path)
    one = fuse_scores(rasters, stacks, tmp_path / "one.tif")
    monkeypatch.setattr("landslidectl.detection.fuse.FUSING_SIDE", 50)
    two = fuse_scores(rasters[::-1], stacks, tmp_path / "two.tif")
    np.testing.assert_array_equal(read_bands(one.path), read_bands(two.path))
    np.testing.assert_array_equal(read_bands(one.quality_path), read_bands(two.quality_path))
    assert one.tracks == two.tracks == tuple(sorted((ASCENDING, DESCENDING)))


def test_the_track_whose_slopes_are_not_squeezed_leads(tmp_path: Path) -> None:
    low, high = np.full(GRID.shape, 0.2, "float32"), np.full(GRID.shape, 0.8, "float32")
    rasters, stacks = zip(
        make_track(tmp_path, DESCENDING, low), make_track(tmp_path, ASCENDING, high), strict=True
    )
    tilted(stacks[0], 5.0)
    tilted(stacks[1], 75.0)
    fused = read_bands(fuse_scores(rasters, stacks, tmp_path / "fused.tif").path)[0]
    assert fused[50, 5] > fused[50, -5], "where descending looks at slopes that face it"
    # roots of odds of 2 and 1/2, weighed by the sines of 75 and 5 degrees; then evenly
    good, poor = np.sin(np.radians(75)), np.sin(np.radians(5))
    odds = ((good * 2 + poor / 2) / (good + poor)) ** 2
    assert fused[50, 5] == pytest.approx(odds / (1 + odds), abs=1e-3)
    assert fused[50, -5] == pytest.approx(1.25**2 / (1 + 1.25**2), abs=1e-3)


def test_a_fused_raster_says_how_it_was_fused(tmp_path: Path) -> None:
    rasters, stacks = two_tracks(tmp_path)
    both = fuse_scores(rasters, stacks, tmp_path / "both.tif")
    alone = fuse_scores(rasters[:1], stacks[:1], tmp_path / "alone.tif")
    with open_raster(both.path) as two, open_raster(alone.path) as one:
        assert two.tags()["fusion"] == POOL
        assert one.tags()["fusion"] == ALONE


def test_grids_that_differ_are_refused(tmp_path: Path) -> None:
    raster, stack = make_track(tmp_path, DESCENDING, two_slides())
    shifted = replace(raster, grid=replace(GRID, left=GRID.left + 10.0))
    with pytest.raises(StackError, match="does not lie on the grid"):
        fuse_scores([shifted], [stack], tmp_path / "fused.tif")
    with pytest.raises(StackError, match="nothing to fuse"):
        fuse_scores([], [stack], tmp_path / "fused.tif")
