import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.terrain.voids import VOID_REACH_PX, fill_narrow_voids, opened


def ramp(side: int = 90) -> np.ndarray:
    rows, cols = np.mgrid[:side, :side]
    return (3.0 * rows + 2.0 * cols).astype(np.float32)


def test_nothing_void_is_returned_as_it_is() -> None:
    heights = ramp()
    assert fill_narrow_voids(heights) is heights


def test_twenty_pixels_are_bridged_and_twenty_one_are_not() -> None:
    heights = ramp()
    heights[5:25, 5:25] = np.nan
    heights[50:71, 50:71] = np.nan
    filled = fill_narrow_voids(heights)
    assert np.abs(filled - ramp())[5:25, 5:25].max() < 20.0  # of 97 across
    assert np.isnan(filled[50:71, 50:71]).all()
    assert np.isnan(filled).sum() == 21 * 21
    assert np.isnan(heights[10, 10]), "the input is not changed"


def test_long_narrow_void_is_bridged() -> None:
    heights = ramp()
    heights[30:42, :] = np.nan
    assert not np.isnan(fill_narrow_voids(heights)).any()


def test_all_void_stays_void() -> None:
    assert np.isnan(fill_narrow_voids(np.full((50, 50), np.nan, np.float32))).all()
    assert np.isnan(fill_narrow_voids(np.full((5, 5), np.nan, np.float32))).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 60), st.integers(0, 60))
def test_a_window_sees_what_the_whole_sees(seed: int, row: int, col: int) -> None:
    rng = np.random.default_rng(seed)
    heights = ramp(150)
    for _ in range(6):
        r, c, h, w = rng.integers((0, 0, 1, 1), (140, 140, 45, 45))
        heights[r : r + h, c : c + w] = np.nan
    whole = fill_narrow_voids(heights)
    reach = VOID_REACH_PX
    top, left = max(row - reach, 0), max(col - reach, 0)
    part = fill_narrow_voids(heights[top : row + 20 + reach, left : col + 20 + reach])
    seen = part[row - top : row - top + 20, col - left : col - left + 20]
    np.testing.assert_allclose(seen, whole[row : row + 20, col : col + 20], atol=1e-3)


def test_opening_keeps_squares_and_drops_strips() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:8, 2:9] = True
    mask[4, :] = True
    kept = opened(mask, 3)
    assert kept[2:8, 2:9].all()
    assert kept.sum() == 42
    assert not opened(mask[:2], 3).any()
