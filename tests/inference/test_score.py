import numpy as np
import pytest

from landslidectl.errors import ModelError, StackError
from landslidectl.events import StepAdvanced, StepFinished, StepStarted
from landslidectl.files.rasters import open_raster, read_bands
from landslidectl.inference.blocks import ONE_BY_ONE, SHARED
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.inference.manifest import load_model
from landslidectl.inference.score import score_stack
from landslidectl.inference.score_options import ScoreOptions, estimate_memory_mb
from landslidectl.inference.windows import bell, window_origins
from landslidectl.terms import BandSet
from tests.inference.convolutional import convolutional_bytes
from tests.inference.tiny import Head, write_model, write_stack

HEAD = Head()


@pytest.fixture
def model(tmp_path):
    write_model(tmp_path / "models", HEAD)
    return load_model("tiny", BandSet.VV_VH, tmp_path / "models")


def _values(rows, cols, bands=4, seed=5):
    rng = np.random.default_rng(seed)
    slow = rng.normal(0, 4, size=(bands, rows // 40 + 2, cols // 40 + 2))
    slow = slow.repeat(40, axis=1).repeat(40, axis=2)[:, :rows, :cols]
    return (slow + rng.normal(0, 1, size=(bands, rows, cols))).astype(np.float32)


def _blended_directly(values, stride):
    """The stated rule, written out pixel sums and all."""
    sums, weights = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    pixel = np.outer(bell(64), bell(64))
    for row in window_origins(values.shape[1], 64, stride):
        for col in window_origins(values.shape[2], 64, stride):
            window = values[:, row : row + 64, col : col + 64].transpose(1, 2, 0)
            score = HEAD.score(window[np.newaxis])[0]
            sums[row : row + 64, col : col + 64] += pixel * score
            weights[row : row + 64, col : col + 64] += pixel
    return sums / weights


@pytest.mark.parametrize("stride", [32, 20])
def test_scores_follow_the_stated_rule_up_to_the_last_row_and_column(tmp_path, model, stride):
    values = _values(171, 145)
    stack = write_stack(tmp_path, values)
    options = ScoreOptions(stride=stride, threads=1)
    raster = score_stack(stack, model, tmp_path / "score.tif", options)
    scores = read_bands(raster.path)[0]
    assert scores.dtype == np.float32
    assert not np.isnan(scores).any()
    assert np.allclose(scores, _blended_directly(values, stride), atol=1e-5)
    expected = len(window_origins(171, 64, stride)) * len(window_origins(145, 64, stride))
    assert raster.windows_scored == expected
    assert (raster.device_used, raster.model) == ("cpu", "tiny")
    assert raster.grid == stack.grid


def test_blocks_and_threads_do_not_change_a_bit(tmp_path, model):
    values = _values(230, 150)
    values[:, 100:140, 20:60] = np.nan
    values[2, ::17, ::13] = np.nan
    stack = write_stack(tmp_path, values)
    results = []
    for index, (rows, threads) in enumerate([(256, 1), (64, 2), (37, 1), (1000, 2)]):
        options = ScoreOptions(threads=threads, block_rows=rows)
        raster = score_stack(stack, model, tmp_path / f"{index}.tif", options)
        results.append((read_bands(raster.path)[0], raster.windows_scored))
    for scores, count in results[1:]:
        assert np.array_equal(scores, results[0][0], equal_nan=True)
        assert count == results[0][1]


def test_shared_features_do_not_change_a_bit_of_the_raster(tmp_path):
    write_model(tmp_path / "models", convolutional_bytes())
    model = load_model("tiny", BandSet.VV_VH, tmp_path / "models")
    values = _values(301, 177)
    values[:, 100:140, 20:60] = np.nan
    values[2, ::57, ::43] = np.nan
    stack = write_stack(tmp_path, values)
    results = []
    for index, (rows, threads, stride) in enumerate(
        [(256, 1, 32), (64, 2, 32), (37, 1, 32), (1000, 3, 32), (256, 1, 31)]
    ):
        options = ScoreOptions(stride=stride, threads=threads, block_rows=rows)
        raster = score_stack(stack, model, tmp_path / f"{index}.tif", options)
        results.append((raster.path.read_bytes(), raster.windows_scored, raster.way))
    assert [way for _, _, way in results] == [SHARED] * 4 + [ONE_BY_ONE]
    scores = [read_bands(tmp_path / f"{index}.tif")[0] for index in range(5)]
    for other in scores[1:4]:
        assert np.array_equal(other, scores[0], equal_nan=True)
    assert len({count for _, count, _ in results[:4]}) == 1
    with open_raster(tmp_path / "0.tif") as first, open_raster(tmp_path / "4.tif") as last:
        assert first.tags()["way"] == SHARED
        assert "one_by_one_because" not in first.tags()
        assert "every 2 pixels" in last.tags()["one_by_one_because"]


def test_an_interrupted_run_leaves_no_raster_and_the_next_one_works(tmp_path, model):
    stack = write_stack(tmp_path, _values(400, 100))

    def interrupt(event):
        if isinstance(event, StepAdvanced):
            raise KeyboardInterrupt

    options = ScoreOptions(block_rows=64)
    with pytest.raises(KeyboardInterrupt):
        score_stack(stack, model, tmp_path / "score.tif", options, interrupt)
    assert not list(tmp_path.glob("*score*"))
    score_stack(stack, model, tmp_path / "score.tif", options)
    assert np.isfinite(read_bands(tmp_path / "score.tif")).all()


def test_a_stack_that_cannot_be_read_leaves_no_raster(tmp_path, model):
    stack = write_stack(tmp_path, _values(600, 100))
    content = bytearray(stack.values_path.read_bytes())
    content[len(content) // 2 :] = b"\0" * (len(content) - len(content) // 2)
    stack.values_path.write_bytes(content)
    with pytest.raises(StackError, match=r"stack\.tif: cannot be read"):
        score_stack(stack, model, tmp_path / "score.tif")
    assert not (tmp_path / "score.tif").exists()


def test_pixels_without_values_have_no_score_and_sparse_gaps_change_little(tmp_path, model):
    values = _values(128, 128)
    whole = score_stack(write_stack(tmp_path, values), model, tmp_path / "whole.tif")
    values[:, 5::11, 3::7] = np.nan
    gapped = score_stack(write_stack(tmp_path, values), model, tmp_path / "gapped.tif")
    scores, reference = read_bands(gapped.path)[0], read_bands(whole.path)[0]
    assert np.array_equal(np.isnan(scores), np.isnan(values[0]))
    assert np.nanmax(np.abs(scores - reference)) < 0.05
    assert gapped.windows_scored == whole.windows_scored


def test_windows_with_too_many_gaps_are_not_scored(tmp_path, model):
    values = _values(128, 192)
    values[:, :, :100] = np.nan
    stack = write_stack(tmp_path, values)
    raster = score_stack(stack, model, tmp_path / "score.tif", ScoreOptions(max_missing=0.25))
    scores = read_bands(raster.path)[0]
    assert raster.windows_scored == 3 * 2, "those that start at columns 96 and 128"
    assert np.isnan(scores[:, :100]).all()
    assert not np.isnan(scores[:, 100:]).any()


def test_an_empty_stack_is_not_observed_anywhere(tmp_path, model):
    stack = write_stack(tmp_path, np.full((4, 100, 100), np.nan, np.float32))
    raster = score_stack(stack, model, tmp_path / "score.tif")
    assert raster.windows_scored == 0
    assert np.isnan(read_bands(raster.path)).all()


@pytest.mark.parametrize(("rows", "cols"), [(40, 200), (200, 30), (20, 20), (1, 1), (64, 64)])
def test_grids_smaller_than_a_window_are_scored(tmp_path, model, rows, cols):
    values = _values(rows, cols)
    values[:, 0, 0] = values[:, -1, -1] if rows * cols > 1 else values[:, 0, 0]
    raster = score_stack(write_stack(tmp_path, values), model, tmp_path / "score.tif")
    scores = read_bands(raster.path)[0]
    assert scores.shape == (rows, cols)
    assert not np.isnan(scores).any()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_model_for_vv_takes_its_bands_by_name(tmp_path):
    values = _values(64, 64)
    write_model(tmp_path / "models", Head((0.3, -0.2)), BandSet.VV)
    model = load_model("tiny", BandSet.VV, tmp_path / "models")
    raster = score_stack(write_stack(tmp_path, values), model, tmp_path / "score.tif")
    expected = Head((0.3, -0.2)).score(values[[0, 2]].transpose(1, 2, 0)[np.newaxis])[0]
    assert np.allclose(read_bands(raster.path)[0], expected, atol=1e-5)


def test_progress_is_told_in_windows(tmp_path, model):
    told = []
    stack = write_stack(tmp_path, _values(200, 100))
    score_stack(stack, model, tmp_path / "score.tif", ScoreOptions(block_rows=64), told.append)
    started = [event for event in told if isinstance(event, StepStarted)]
    advanced = [event.done for event in told if isinstance(event, StepAdvanced)]
    assert started[0].unit == "windows"
    assert advanced == sorted(advanced)
    assert advanced[-1] == started[0].total
    assert any(isinstance(event, StepFinished) for event in told)


def test_a_rerun_is_identical_and_carries_its_origin(tmp_path, model):
    stack = write_stack(tmp_path, _values(100, 100))
    first = score_stack(stack, model, tmp_path / "a.tif")
    second = score_stack(stack, model, tmp_path / "b.tif")
    assert first.path.read_bytes() == second.path.read_bytes()
    with open_raster(first.path) as dataset:
        assert dataset.tags()["model_sha256"] == model.sha256
        assert dataset.descriptions == ("score",)


def test_a_foreign_stack_is_refused_before_anything_is_written(tmp_path):
    write_model(tmp_path / "models", HEAD, threshold=0.4)
    model = load_model("tiny", BandSet.VV_VH, tmp_path / "models")
    stack = write_stack(tmp_path, _values(64, 64, bands=2), BandSet.VV)
    with pytest.raises(ModelError, match="needs the bands"):
        score_stack(stack, model, tmp_path / "score.tif")
    assert not (tmp_path / "score.tif").exists()


@pytest.fixture
def convolutional(tmp_path):
    write_model(tmp_path / "models", convolutional_bytes())
    return load_model("tiny", BandSet.VV_VH, tmp_path / "models")


def _sea(shape):
    """The east is sea, and a pond of 70 x 70 pixels lies in the west."""
    land = np.ones(shape, dtype=bool)
    land[:, 300:] = False
    land[60:130, 40:110] = False
    return land


def test_what_cannot_be_judged_is_skipped_and_the_rest_keeps_its_bits(tmp_path, convolutional):
    values = _values(301, 600)
    values[:, 100:140, 200:240] = np.nan
    values[2, ::57, ::43] = np.nan
    land = _sea(values.shape[1:])
    stack = write_stack(tmp_path, values)
    whole = score_stack(stack, convolutional, tmp_path / "whole.tif")
    all_land = ScoreOptions(judged=lambda _: None)
    unmasked = score_stack(stack, convolutional, tmp_path / "unmasked.tif", all_land)
    assert unmasked.path.read_bytes() == whole.path.read_bytes()
    assert (whole.windows_skipped, unmasked.windows_skipped) == (0, 0)
    found = []
    for index, (rows, threads, stride) in enumerate(
        [(256, 1, 32), (64, 2, 32), (37, 3, 32), (1000, 2, 32)]
    ):
        options = ScoreOptions(
            stride=stride,
            threads=threads,
            block_rows=rows,
            judged=lambda part: land[part.slices],
        )
        raster = score_stack(stack, convolutional, tmp_path / f"{index}.tif", options)
        found.append((read_bands(raster.path)[0], raster.windows_scored, raster.windows_skipped))
    for scores, scored, skipped in found[1:]:
        assert np.array_equal(scores, found[0][0], equal_nan=True)
        assert (scored, skipped) == found[0][1:]
    scores, before = found[0][0], read_bands(whole.path)[0]
    assert found[0][1] + found[0][2] == whole.windows_scored
    missing = np.isnan(values).any(axis=0)
    assert np.isnan(scores[missing]).all()
    last = 288 + 64  # columns from 288 on: 12 of 64 columns are land, 256 not a pixel more
    assert (scores[:, last:][~missing[:, last:]] == SKIPPED_SCORE).all()
    assert ((scores[:, :last][~missing[:, :last]] >= 0) | ~land[:, :last][~missing[:, :last]]).all()
    assert np.array_equal(scores[:, 110:256], before[:, 110:256], equal_nan=True)
    with open_raster(tmp_path / "0.tif") as dataset:
        assert dataset.tags()["skipped_score"].startswith("-1: not scored")


def test_windows_one_by_one_skip_the_same(tmp_path, convolutional):
    values = _values(200, 500)
    land = _sea(values.shape[1:])
    stack = write_stack(tmp_path, values)
    results = []
    for stride in (31, 32):
        options = ScoreOptions(stride=stride, judged=lambda part: land[part.slices])
        raster = score_stack(stack, convolutional, tmp_path / "score.tif", options)
        results.append((raster.way, (read_bands(raster.path)[0][:, 400:] == SKIPPED_SCORE).all()))
    assert results == [(ONE_BY_ONE, True), (SHARED, True)]


def test_a_raster_that_cannot_be_judged_at_all_is_skipped_at_once(tmp_path, model):
    told = []
    stack = write_stack(tmp_path, _values(200, 100))
    options = ScoreOptions(block_rows=64, judged=lambda part: np.zeros(part.shape, dtype=bool))
    raster = score_stack(stack, model, tmp_path / "score.tif", options, told.append)
    assert (raster.windows_scored, raster.windows_skipped) == (0, 6 * 3)
    assert (read_bands(raster.path) == SKIPPED_SCORE).all()
    advanced = [event for event in told if isinstance(event, StepAdvanced)]
    assert advanced[-1].done == 6 * 3
    assert advanced[-1].left_s == pytest.approx(0.0)


def test_the_time_left_is_told_and_goes_down_to_nothing(tmp_path, model):
    told = []
    stack = write_stack(tmp_path, _values(500, 100))
    options = ScoreOptions(block_rows=64)
    score_stack(stack, model, tmp_path / "score.tif", options, told.append)
    left = [event.left_s for event in told if isinstance(event, StepAdvanced)]
    assert all(seconds is not None and seconds >= 0.0 for seconds in left)
    assert left[-1] == pytest.approx(0.0)


def test_a_ceiling_does_not_change_a_bit(tmp_path, model):
    stack = write_stack(tmp_path, _values(500, 100))
    first = score_stack(stack, model, tmp_path / "a.tif")
    tight = ScoreOptions(threads=2, max_memory_mb=estimate_memory_mb((100, 4), 64, 64, 1))
    second = score_stack(stack, model, tmp_path / "b.tif", tight)
    assert np.array_equal(read_bands(first.path), read_bands(second.path))
