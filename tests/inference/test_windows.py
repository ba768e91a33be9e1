import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.inference.windows import (
    bell,
    cut_windows,
    fill_missing,
    held,
    pad_to_window,
    window_origins,
)


@given(length=st.integers(1, 700), side=st.integers(1, 80), data=st.data())
def test_every_pixel_is_covered_and_no_window_leaves_the_grid(length, side, data):
    stride = data.draw(st.integers(1, side))
    origins = window_origins(length, side, stride)
    covered = np.zeros(max(length, side), dtype=bool)
    for origin in origins:
        covered[origin : origin + side] = True
    assert covered[:length].all()
    assert list(origins) == sorted(set(origins))
    assert origins[-1] == max(length - side, 0)


@given(length=st.integers(64, 2000))
def test_windows_are_regular_but_for_the_last(length):
    origins = window_origins(length, 64, 32)
    steps = np.diff(origins)
    assert (steps[:-1] == 32).all()
    assert steps.size == 0 or 0 < steps[-1] <= 32


@pytest.mark.parametrize(("length", "stride"), [(0, 32), (100, 0), (100, 65)])
def test_windows_that_cannot_cover_are_refused(length, stride):
    with pytest.raises(ValueError, match="no windows"):
        window_origins(length, 64, stride)


def test_bells_at_half_a_window_add_up_to_one():
    weights = bell(64)
    assert np.allclose(weights[:32] + weights[32:], 1.0)
    assert (weights > 0).all()
    assert weights.argmax() in (31, 32)
    assert np.allclose(weights, weights[::-1])


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 20), cols=st.integers(1, 20))
def test_padding_keeps_the_grid_and_mirrors_the_rest(rows, cols):
    bands = np.arange(2 * rows * cols, dtype=np.float32).reshape(2, rows, cols)
    padded = pad_to_window(bands, 16)
    assert padded.shape == (2, max(rows, 16), max(cols, 16))
    assert np.array_equal(padded[:, :rows, :cols], bands)
    assert set(np.unique(padded)) == set(np.unique(bands))
    if rows < 16:
        assert np.array_equal(padded[:, rows, :cols], bands[:, rows - 1])


def test_cut_windows_are_the_pixels_of_the_strip():
    strip = np.random.default_rng(1).normal(size=(4, 8, 30)).astype(np.float32)
    windows = cut_windows(strip, (0, 5, 22), 8)
    assert windows.shape == (3, 8, 8, 4)
    assert np.array_equal(windows[1], strip[:, :, 5:13].transpose(1, 2, 0))
    assert np.array_equal(windows[2], strip[:, :, 22:].transpose(1, 2, 0))


def test_held_counts_pixels_of_each_window():
    missing = np.random.default_rng(2).random((8, 40)) < 0.3
    columns = (0, 3, 32)
    direct = [missing[:, column : column + 8].sum() for column in columns]
    assert held(missing, columns, 8).tolist() == direct


def test_gaps_take_the_median_of_their_own_band_and_window():
    windows = np.random.default_rng(3).normal(size=(3, 8, 8, 2)).astype(np.float32)
    windows[1, 2, 3, 0] = np.nan
    filled = fill_missing(windows)
    assert filled[1, 2, 3, 0] == np.nanmedian(windows[1, :, :, 0])
    assert np.isnan(windows[1, 2, 3, 0]), "the caller's array is left alone"
    assert np.array_equal(filled[0], windows[0])
    known = ~np.isnan(windows)
    assert np.array_equal(filled[known], windows[known])


def test_whole_windows_are_passed_on_without_a_copy():
    windows = np.zeros((2, 4, 4, 1), dtype=np.float32)
    assert fill_missing(windows) is windows
