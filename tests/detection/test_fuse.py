from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from landslidectl.detection.fuse import MASKED, fuse_block, fuse_scores, was_seen
from landslidectl.errors import StackError
from landslidectl.files.rasters import read_bands
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.terms import Quality
from tests.detection.fakes import ASCENDING, DESCENDING, GRID, NAN, make_track, two_slides

T, LAYOVER, SHADOW, FEW = (
    int(bit) for bit in (Quality.TESTED, Quality.LAYOVER, Quality.SHADOW, Quality.TOO_FEW_IMAGES)
)


def fuse(scores: list[float], bits: list[int]) -> tuple[float, int]:
    fused, quality = fuse_block(
        np.array(scores, dtype="float32").reshape(-1, 1, 1),
        np.array(bits, dtype="uint8").reshape(-1, 1, 1),
    )
    return float(fused[0, 0]), int(quality[0, 0])


def test_mean_of_tracks_that_see_clearly() -> None:
    assert fuse([0.25, 0.75], [T, T]) == (0.5, T)


def test_track_in_layover_does_not_count_where_another_sees() -> None:
    assert fuse([0.25, 1.0], [T, T | LAYOVER]) == (0.25, T)


def test_track_in_shadow_counts_where_no_other_observes() -> None:
    assert fuse([NAN, 0.75], [0, T | SHADOW]) == (0.75, T | SHADOW)


def test_distorted_in_all_tracks_keeps_both_bits() -> None:
    assert fuse([0.5, 1.0], [T | LAYOVER, T | SHADOW]) == (0.75, T | LAYOVER | SHADOW)


def test_not_observed_only_where_none_observes() -> None:
    score, quality = fuse([NAN, NAN], [FEW, T | LAYOVER])
    assert np.isnan(score)
    assert quality == FEW | T | LAYOVER


def test_one_good_track_lifts_too_few_images() -> None:
    assert fuse([0.5, 0.5], [T | FEW, T]) == (0.5, T)
    assert fuse([0.5, 0.5], [T | FEW, T | FEW]) == (0.5, T | FEW)


@given(
    scores=arrays.arrays(
        "float32", (3, 2, 4), elements=st.one_of(st.just(NAN), st.floats(0, 1, width=32))
    ),
    bits=arrays.arrays(
        "uint8", (3, 2, 4), elements=st.sampled_from([0, T, T | LAYOVER, T | SHADOW])
    ),
)
def test_fused_score_lies_between_the_tracks(scores: np.ndarray, bits: np.ndarray) -> None:
    fused, _ = fuse_block(scores, bits)
    observed = np.isfinite(scores)
    assert np.array_equal(np.isfinite(fused), observed.any(axis=0))
    low = np.where(observed, scores, np.inf).min(axis=0)
    high = np.where(observed, scores, -np.inf).max(axis=0)
    seen = observed.any(axis=0)
    assert (fused[seen] >= low[seen] - 1e-6).all()
    assert (fused[seen] <= high[seen] + 1e-6).all()
    again, _ = fuse_block(scores[::-1], bits[::-1])
    np.testing.assert_allclose(again, fused, rtol=1e-6)


def test_one_track_passes_through(tmp_path: Path) -> None:
    score = two_slides()
    raster, stack = make_track(tmp_path, DESCENDING, score)
    fused = fuse_scores([raster], [stack], tmp_path / "fused.tif")
    np.testing.assert_array_equal(read_bands(fused.path)[0], score)
    np.testing.assert_array_equal(
        read_bands(fused.quality_path)[0], read_bands(stack.quality_path)[0]
    )
    assert fused.tracks == (DESCENDING,)


def test_order_of_tracks_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landslidectl.detection.fuse.BLOCK_SIDE", 50)
    rng = np.random.default_rng(7)
    made = [
        make_track(tmp_path, track, rng.random(GRID.shape, dtype="float32"))
        for track in (DESCENDING, ASCENDING)
    ]
    rasters, stacks = zip(*made, strict=True)
    one = fuse_scores(rasters, stacks, tmp_path / "one.tif")
    two = fuse_scores(rasters[::-1], stacks, tmp_path / "two.tif")
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.tracks == two.tracks == tuple(sorted((ASCENDING, DESCENDING)))
    mean = (read_bands(rasters[0].path)[0] + read_bands(rasters[1].path)[0]) / 2
    np.testing.assert_allclose(read_bands(one.path)[0], mean, rtol=1e-6)


def test_grids_that_differ_are_refused(tmp_path: Path) -> None:
    raster, stack = make_track(tmp_path, DESCENDING, two_slides())
    shifted = replace(raster, grid=replace(GRID, left=GRID.left + 10.0))
    with pytest.raises(StackError, match="does not lie on the grid"):
        fuse_scores([shifted], [stack], tmp_path / "fused.tif")
    with pytest.raises(StackError, match="nothing to fuse"):
        fuse_scores([], [stack], tmp_path / "fused.tif")


def test_a_track_that_skipped_says_nothing() -> None:
    assert fuse([SKIPPED_SCORE, 0.75], [T, T | SHADOW]) == (0.75, T | SHADOW)
    assert fuse([SKIPPED_SCORE, 0.25, 0.75], [T, T, T]) == (0.5, T)


@pytest.mark.parametrize("other", [NAN, SKIPPED_SCORE])
def test_what_all_that_observe_skipped_is_masked_and_not_unobserved(other: float) -> None:
    score, quality = fuse([SKIPPED_SCORE, other], [T | int(Quality.WATER), T | FEW])
    assert np.isnan(score)
    assert quality == T | FEW | int(Quality.WATER | Quality.SKIPPED)
    assert quality & int(MASKED)
    assert was_seen(np.array([score]), np.array([quality], dtype=np.uint8)).all()


def test_what_nobody_observes_is_not_skipped() -> None:
    score, quality = fuse([NAN, NAN], [T, T])
    assert quality == T
    assert not was_seen(np.array([score]), np.array([quality], dtype=np.uint8)).any()
