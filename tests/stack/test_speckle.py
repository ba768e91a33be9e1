"""Speckle filters: the mean stays, the speckle goes, targets and edges stand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import StackError
from landslidectl.stack import speckle
from landslidectl.stack.speckle import SpeckleFilter

LOOKS = 4.4
LEE, QUEGAN = SpeckleFilter("lee"), SpeckleFilter("quegan")


def speckled(level, shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (level * rng.gamma(LOOKS, 1.0 / LOOKS, shape)).astype(np.float32)


def looks_of(values: np.ndarray) -> float:
    return float(values.mean(dtype=float) ** 2 / values.astype(float).var())


@pytest.mark.parametrize("speckle_filter", [LEE, QUEGAN])
@pytest.mark.parametrize("level", [0.2, 0.005])
def test_the_mean_of_homogeneous_ground_stays(speckle_filter, level) -> None:
    values = speckled(level, (4, 2, 150, 150))
    filtered = speckle_filter.apply(values)
    assert filtered.dtype == np.float32
    change_db = 10 * np.log10(filtered.mean(axis=(2, 3)) / values.mean(axis=(2, 3)))
    assert np.abs(change_db).max() < 0.05


def test_lee_smooths_homogeneous_ground() -> None:
    values = speckled(0.1, (1, 1, 300, 300))
    gain = looks_of(LEE.apply(values)) / looks_of(values)
    assert 8.0 < gain < 49.0
    wider = looks_of(SpeckleFilter("lee", 11).apply(values)) / looks_of(values)
    assert wider > 1.5 * gain


@pytest.mark.parametrize("count", [3, 12])
def test_quegan_reaches_the_looks_of_the_acquisitions(count) -> None:
    """N acquisitions give nearly N times the looks; the means over 49 pixels cost the rest."""
    filtered = QUEGAN.apply(speckled(0.1, (count, 1, 300, 300)))
    gain = looks_of(filtered[0, 0]) / LOOKS
    assert 0.75 * count < gain < 1.05 * count


def test_quegan_keeps_the_level_of_each_acquisition() -> None:
    levels = np.array([0.05, 0.1, 0.4])[:, None, None, None]
    values = speckled(levels, (3, 2, 200, 200))
    means = QUEGAN.apply(values).mean(axis=(2, 3), dtype=float)
    np.testing.assert_allclose(means, np.broadcast_to(levels[..., 0, 0], (3, 2)), rtol=0.02)


def test_quegan_keeps_detail_that_all_acquisitions_share() -> None:
    level = np.full((60, 60), 0.1)
    level[:, 30:] = 0.4
    level[20, 10] = 20.0
    filtered = QUEGAN.apply(speckled(level, (12, 1, 60, 60))).mean(axis=0)[0]
    assert filtered[20, 10] > 0.6 * 20.0
    assert filtered[:, 30].mean() / filtered[:, 29].mean() > 2.5


def test_lee_keeps_targets_and_edges() -> None:
    level = np.full((80, 80), 0.1)
    level[:, 40:] = 1.0
    values = speckled(level, (1, 1, 80, 80))
    values[0, 0, 20, 20] = 30.0
    filtered = LEE.apply(values)[0, 0]
    assert filtered[20, 20] == pytest.approx(30.0, rel=0.02)
    step = filtered[:, 40].mean() / filtered[:, 39].mean()
    assert step > 4.5
    assert looks_of(filtered[:, 50:]) > 8.0 * LOOKS


def test_more_looks_of_the_input_mean_less_filtering() -> None:
    values = speckled(0.1, (1, 1, 200, 200))
    weak = LEE.apply(values)
    strong = SpeckleFilter("lee", looks=1.0).apply(values)
    assert looks_of(strong) > looks_of(weak)
    np.testing.assert_allclose(
        SpeckleFilter("lee", looks=1e6).apply(values), values, rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("speckle_filter", [LEE, QUEGAN, SpeckleFilter("lee", 5)])
def test_blocks_with_halo_agree_to_the_bit(speckle_filter, monkeypatch) -> None:
    values = speckled(0.1, (3, 2, 120, 90))
    values[1, 0, 40:50, 30:60] = np.nan
    whole = speckle_filter.apply(values)
    halo = speckle_filter.halo_px
    assert halo == speckle_filter.side_px // 2
    block = values[:, :, 31 - halo : 77 + halo, 22 - halo : 65 + halo]
    part = speckle_filter.apply(block)[:, :, halo:-halo, halo:-halo]
    np.testing.assert_array_equal(part, whole[:, :, 31:77, 22:65])
    monkeypatch.setattr(speckle, "STRIP_PIXELS", 1)
    np.testing.assert_array_equal(speckle_filter.apply(values), whole)


@pytest.mark.parametrize("speckle_filter", [LEE, QUEGAN])
def test_nan_stays_where_it_is(speckle_filter) -> None:
    values = speckled(0.1, (5, 1, 60, 60))
    values[2, 0, 10:30, 10:30] = np.nan
    values[0, 0, 50, 50] = np.nan
    values[:, 0, 0, 0] = np.nan
    given = values.copy()
    filtered = speckle_filter.apply(values)
    np.testing.assert_array_equal(values, given)
    np.testing.assert_array_equal(np.isnan(filtered), np.isnan(values))
    assert np.nanmean(filtered) == pytest.approx(np.nanmean(values), rel=0.02)
    beside = filtered[2, 0, 8:32, 8:32]
    assert np.nanmean(beside) == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("speckle_filter", [LEE, QUEGAN])
def test_negatives_and_darkness_stay_finite(speckle_filter) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0.0, 0.002, (3, 1, 60, 60)).astype(np.float32)
    values[:, :, :20] = 0.0
    filtered = speckle_filter.apply(values)
    assert np.isfinite(filtered).all()
    assert (filtered[:, :, :15] == 0.0).all()
    assert (filtered < 0.0).any()
    assert np.abs(filtered).max() <= np.abs(values).max()


def test_polarisations_and_acquisitions_of_lee_are_apart() -> None:
    values = speckled(0.1, (2, 2, 40, 40))
    apart = np.stack([[LEE.apply(band[None, None])[0, 0] for band in row] for row in values])
    np.testing.assert_array_equal(LEE.apply(values), apart)
    single = QUEGAN.apply(values[:, :1])
    np.testing.assert_array_equal(QUEGAN.apply(values)[:, :1], single)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([3, 5, 7, 9, 15]),
    st.floats(0.0, 0.6),
)
def test_local_means_equal_plain_ones(rows, cols, side, void_share) -> None:
    rng = np.random.default_rng(rows * 100 + cols)
    values = rng.uniform(0.01, 1.0, (1, 1, rows, cols)).astype(np.float32)
    values[rng.random(values.shape) < void_share] = np.nan
    # one acquisition: the ratio to its own mean gives the value back
    np.testing.assert_allclose(SpeckleFilter("quegan", side).apply(values), values, rtol=1e-5)
    # with hardly a look, everything is speckle, and Lee returns the local mean
    found = SpeckleFilter("lee", side, looks=1e-6).apply(values)[0, 0]
    half = side // 2
    for row, col in np.argwhere(np.isfinite(values[0, 0])):
        square = values[
            0, 0, max(row - half, 0) : row + half + 1, max(col - half, 0) : col + half + 1
        ]
        assert found[row, col] == pytest.approx(np.nanmean(square), rel=1e-4)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kind": "lee", "side_px": 6}, "odd side"),
        ({"kind": "quegan", "side_px": 1}, "odd side"),
        ({"kind": "median"}, "unknown"),
        ({"kind": "lee", "looks": 0.0}, "positive"),
        ({"kind": "lee", "looks": float("nan")}, "positive"),
    ],
)
def test_refuses_settings_without_sense(settings, reason) -> None:
    with pytest.raises(StackError, match=reason):
        SpeckleFilter(**settings)
