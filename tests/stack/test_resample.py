"""Bilinear sampling: exact for planes, NaN wherever one of the four neighbours is missing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.stack.resample import bilinear


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 1000))
def test_planes_are_reproduced(height, width, seed) -> None:
    rng = np.random.default_rng(seed)
    row, col = rng.uniform(0, height - 1, (50, 7)), rng.uniform(0, width - 1, (50, 7))
    row[0, 0], col[0, 0] = height - 1, width - 1
    full_row, full_col = np.mgrid[0:height, 0:width]
    source = np.stack([1 + 2 * full_row - full_col, full_row * 0.5]).astype(np.float32)
    found = bilinear(source, row, col)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], 1 + 2 * row - col, atol=1e-4)
    np.testing.assert_allclose(found[1], row * 0.5, atol=1e-4)


def test_outside_and_unknown_coordinates_give_nan() -> None:
    source = np.ones((1, 4, 5), np.float32)
    row = np.array([[0.0, 3.0, 3.001, -0.001, np.nan, 1.0, 1.0]])
    col = np.array([[0.0, 4.0, 1.0, 1.0, 1.0, 4.01, -0.01]])
    assert np.isnan(bilinear(source, row, col)[0, 0]).tolist() == [False] * 2 + [True] * 5


def test_missing_values_spread_to_what_they_touch() -> None:
    source = np.ones((2, 5, 5), np.float32)
    source[0, 2, 2] = np.nan
    axis = np.linspace(0.0, 4.0, 41)
    row, col = np.meshgrid(axis, axis, indexing="ij")
    found = bilinear(source, row, col)
    touches = (np.abs(row - 2) < 1) & (np.abs(col - 2) < 1)
    assert np.isnan(found[0][touches]).all()
    assert np.isfinite(found[0][(np.abs(row - 2) > 1) | (np.abs(col - 2) > 1)]).all()
    assert np.isfinite(found[1]).all()


def test_negative_values_survive() -> None:
    source = np.array([[[-0.01, -0.03], [0.01, 0.03]]], np.float32)
    assert bilinear(source, np.array([[0.0]]), np.array([[0.5]]))[0, 0, 0] < 0
