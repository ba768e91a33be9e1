import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.detection.pool import (
    FULL_SIGHT,
    REACH_PX,
    counting,
    pooled,
    sight,
    weights_around,
)
from landslidectl.terms import Quality

CLEAR = np.full((1, 4), int(Quality.TESTED), dtype=np.uint8)


def test_sight_grows_with_the_sine_of_the_local_incidence() -> None:
    local = np.array([[0.0, 30.0, 90.0, np.nan]], dtype=np.float32)
    angles = np.stack([local, np.full((1, 4), 30.0, dtype=np.float32)])
    seen = sight(CLEAR, angles)[0]
    assert seen[0] == 0
    assert seen[1] == pytest.approx(FULL_SIGHT / 2, abs=1)
    assert seen[2] == FULL_SIGHT
    assert seen[3] == seen[1], "the ellipsoid stands in for unknown terrain"


@pytest.mark.parametrize("bit", [Quality.LAYOVER, Quality.SHADOW])
def test_there_is_no_sight_in_layover_and_shadow(bit: Quality) -> None:
    angles = np.full((2, 1, 4), 40.0, dtype=np.float32)
    assert not sight(CLEAR | np.uint8(bit), angles).any()
    assert sight(CLEAR | np.uint8(Quality.WATER), angles).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90))
def test_weights_are_sums_of_the_sight_around(seed: int, rows: int, cols: int) -> None:
    seeing = np.random.default_rng(seed).integers(0, 256, (rows, cols)).astype(np.uint8)
    row, col = rows // 2, cols // 3
    near = seeing[max(row - REACH_PX, 0) : row + REACH_PX + 1]
    expected = near[:, max(col - REACH_PX, 0) : col + REACH_PX + 1].sum(dtype=np.int64)
    assert weights_around(seeing)[row, col] == expected


def test_a_track_that_counts_weighs_something() -> None:
    scores = np.array([0.3, 0.9], dtype=np.float32).reshape(2, 1, 1)
    used = np.ones((2, 1, 1), dtype=bool)
    blind = pooled(scores, used, np.zeros((2, 1, 1), dtype=np.int64))
    even = pooled(scores, used, np.ones((2, 1, 1), dtype=np.int64))
    assert blind == even


def test_sure_scores_are_pooled_without_infinities() -> None:
    scores = np.array([1.0, 0.0], dtype=np.float32).reshape(2, 1, 1)
    used = np.ones((2, 1, 1), dtype=bool)
    assert 0.99 < float(pooled(scores, used, np.ones((2, 1, 1)))[0, 0]) < 1.0


def test_no_track_counts_where_none_says_anything() -> None:
    scores = np.array([np.nan, -1.0], dtype=np.float32).reshape(2, 1, 1)
    used = counting(scores, np.zeros((2, 1, 1), dtype=np.uint8))
    assert not used.any()
    assert np.isnan(pooled(scores, used, np.ones((2, 1, 1)))).all()
