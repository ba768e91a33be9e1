from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landslidectl.inference import sharing
from landslidectl.inference.baselines import RuleScorer, rule_model
from landslidectl.inference.blocks import ONE_BY_ONE, SHARED, BlockScorer, WindowBlock
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import load_model
from landslidectl.inference.windows import window_origins
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device
from tests.inference.convolutional import convolutional_bytes
from tests.inference.tiny import Head, write_model

SHIPPED = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_model(folder, convolutional_bytes())
    return load_model("tiny", BandSet.VV_VH, folder)


def _block(rows, cols, stride=32, gaps=0.0, **changes):
    bands, seed = changes.get("bands", 4), changes.get("seed", 3)
    rng = np.random.default_rng(seed)
    slow = rng.normal(-4, 5, (bands, rows // 40 + 1, cols // 40 + 1))
    slow = slow.repeat(40, axis=1).repeat(40, axis=2)[:, :rows, :cols]
    pixels = (slow + rng.normal(0, 3, (bands, rows, cols))).astype(np.float32)
    holes = rng.random((rows, cols)) < gaps
    pixels[:, holes] = np.nan
    if gaps:
        pixels[1, 70:90, 40:160] = np.nan
    origins = (window_origins(length, 64, stride) for length in (rows, cols))
    return WindowBlock(pixels, np.isnan(pixels).any(axis=0), *origins, 64)


def _scores(model, block, stride=32, threads=1, **settings):
    with (
        Scorer(model, Device.CPU, threads) as scorer,
        BlockScorer(scorer, stride, 0.25, **settings) as blocks,
    ):
        return blocks.score(block), blocks.way, blocks.reason


@pytest.mark.parametrize("gaps", [0.0, 1e-4])
@pytest.mark.parametrize(("rows", "cols", "stride"), [(150, 301, 32), (129, 210, 16), (64, 64, 8)])
def test_shared_features_give_the_bits_of_windows_one_by_one(model, rows, cols, stride, gaps):
    block = _block(rows, cols, stride, gaps)
    reference, way, reason = _scores(model, block, stride, may_share=False)
    assert (way, reason) == (ONE_BY_ONE, "it was asked for")
    for tile_side, threads in ((384, 1), (128, 2), (96, 3), (64, 1)):
        scores, way, reason = _scores(model, block, stride, threads, tile_side=tile_side)
        assert (way, reason) == (SHARED, "")
        assert np.array_equal(scores, reference, equal_nan=True)
    assert np.nanstd(reference) > 0.01 or reference.size == 1


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    size=st.tuples(st.integers(64, 180), st.integers(64, 220)),
    stride=st.sampled_from([8, 24, 32, 64]),
    tile_side=st.sampled_from([64, 130, 384]),
    seed=st.integers(0, 999),
)
def test_any_size_stride_and_tile_gives_the_same_bits(model, size, stride, tile_side, seed):
    block = _block(*size, stride, 2e-4, seed=seed)
    reference, _, _ = _scores(model, block, stride, may_share=False)
    scores, way, _ = _scores(model, block, stride, tile_side=tile_side)
    assert way == SHARED
    assert np.array_equal(scores, reference, equal_nan=True)


def test_shipped_models_give_the_same_bits_both_ways():
    block = _block(160, 333, gaps=1e-4)
    shared = []
    for folder in ("cnn", "cbam", "resnet"):
        model = load_model(folder, BandSet.VV_VH, SHIPPED)
        reference, _, _ = _scores(model, block, may_share=False)
        scores, way, _ = _scores(model, block, threads=2)
        assert np.array_equal(scores, reference, equal_nan=True)
        shared.append(way)
    assert SHARED in shared


def test_a_network_that_fails_the_check_is_run_one_by_one(model, monkeypatch):
    monkeypatch.setattr(sharing, "_parts_agree", lambda *_: False)
    block = _block(128, 160)
    scores, way, reason = _scores(model, block)
    assert way == ONE_BY_ONE
    assert "other scores" in reason
    assert np.isfinite(scores).all()


def test_the_check_sees_a_head_of_another_network(model):
    whole = sharing.Network(convolutional_bytes())
    network = sharing.share(convolutional_bytes(), whole)
    assert sharing._parts_agree(network, whole)
    assert not sharing._parts_agree(network, sharing.Network(convolutional_bytes(seed=8)))


@pytest.mark.parametrize(
    ("content", "stride", "reason"),
    [(Head(), 32, "nothing stands before"), (convolutional_bytes(), 31, "every 2 pixels")],
)
def test_what_cannot_be_shared_says_why(tmp_path, content, stride, reason):
    write_model(tmp_path, content)
    model = load_model("tiny", BandSet.VV_VH, tmp_path)
    scores, way, said = _scores(model, _block(128, 128, stride), stride)
    assert way == ONE_BY_ONE
    assert reason in said
    assert np.isfinite(scores).all()


def test_rules_are_scored_one_by_one():
    rule = rule_model("logratio", BandSet.VV, 0.2, StackContract(), Path("rules"))
    with RuleScorer(rule) as scorer, BlockScorer(scorer, 32, 0.25) as blocks:
        scores = blocks.score(_block(100, 130, bands=2))
    assert blocks.way == ONE_BY_ONE
    assert scores.shape == (3, 4)
    assert np.isfinite(scores).all()


def test_windows_with_too_few_pixels_have_no_score(model):
    block = _block(128, 256)
    block.bands[:, :, :80] = np.nan
    block.missing[:, :80] = True
    scores, way, _ = _scores(model, block)
    assert way == SHARED
    assert np.isnan(scores[:, :2]).all(), "columns 0 and 32 lack 100 and 75 %"
    assert np.isfinite(scores[:, 2:]).all(), "the one at column 64 lacks a quarter"
