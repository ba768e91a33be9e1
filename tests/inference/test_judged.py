import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.inference.judged import LEAST_SHARE, JudgedGround
from landslidectl.inference.windows import pad_to_window, window_origins

SIDE = 64
LEAST = LEAST_SHARE * SIDE**2


def _grid(rows, cols):
    return Grid(32654, 500000.0, 4_700_000.0, 10.0, rows, cols)


def _asked(mask, parts=None):
    def judged(part: Window):
        if parts is not None:
            parts.append(part)
        assert part.row + part.rows <= mask.shape[0]
        assert part.col + part.cols <= mask.shape[1]
        return mask[part.slices].copy()

    return judged


def _patches(rng, shape, share):
    coarse = rng.random((shape[0] // 24 + 1, shape[1] // 24 + 1)) < share
    return coarse.repeat(24, 0).repeat(24, 1)[: shape[0], : shape[1]]


def _count(pixels, row, col):
    return int(pad_to_window(pixels[None], SIDE)[0][row : row + SIDE, col : col + SIDE].sum())


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 600),
    cols=st.integers(1, 300),
    stride=st.sampled_from([16, 32, 50, 64]),
    seed=st.integers(0, 999),
)
def test_windows_hold_enough_exactly_when_more_than_a_twentieth_is_seen_and_judged(
    rows, cols, stride, seed
):
    rng = np.random.default_rng(seed)
    mask = _patches(rng, (rows, cols), 0.1)
    missing = _patches(rng, (rows, cols), 0.2)
    ground = JudgedGround(_grid(rows, cols), SIDE, stride, _asked(mask))
    down, across = window_origins(rows, SIDE, stride), window_origins(cols, SIDE, stride)
    assert ground.counts.tolist() == [[_count(mask, row, col) for col in across] for row in down]
    first = len(down) // 2
    gaps = np.array([[_count(missing, row, col) for col in across] for row in down[first:]])
    padded = pad_to_window(missing[None], SIDE)[0][down[first] :]
    found = ground.enough(first, gaps, padded)
    expected = [
        [_count(mask & ~missing, row, col) > LEAST for col in across] for row in down[first:]
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize(("pixels", "enough"), [(204, False), (205, True)])
def test_five_per_cent_is_not_enough_and_one_pixel_more_is(pixels, enough):
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask.flat[:pixels] = True
    ground = JudgedGround(_grid(SIDE, SIDE), SIDE, 32, _asked(mask))
    assert ground.possible.tolist() == [[enough]]


def test_no_answer_means_that_all_may_be_judged():
    ground = JudgedGround(_grid(100, 90), SIDE, 32, lambda _: None)
    assert (ground.counts == SIDE**2).all()


def test_the_raster_is_asked_for_once_and_windows_only_where_gaps_could_decide():
    mask = np.ones((700, 200), dtype=bool)
    parts: list[Window] = []
    ground = JudgedGround(_grid(700, 200), SIDE, 32, _asked(mask, parts))
    assert [(part.row, part.rows) for part in parts] == [(0, 256), (256, 256), (512, 188)]
    missing = np.zeros((SIDE, 200), dtype=bool)
    missing[:, :10] = True
    gaps = np.zeros((1, ground.counts.shape[1]), dtype=np.int64)
    gaps[0, 0] = 640
    del parts[:]
    assert ground.enough(0, gaps, missing).all()
    assert parts == []
