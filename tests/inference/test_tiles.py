import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.inference.tiles import even_length, on_grid, plan, starts
from landslidectl.inference.windows import window_origins

SIDE = 64


@given(wanted=st.lists(st.booleans(), min_size=1, max_size=120), most=st.integers(1, 40))
def test_tiles_along_an_axis_hold_every_wanted_window_and_no_more_tiles_than_needed(wanted, most):
    wanted = np.array(wanted)
    length = even_length(wanted.size, most)
    assert 1 <= length <= most
    found = starts(wanted, length)
    held = np.zeros(wanted.size, dtype=bool)
    for start in found:
        assert 0 <= start <= wanted.size - length
        assert wanted[start : start + length].any()
        held[start : start + length] = True
    assert held[wanted].all()
    assert len(found) <= -(-wanted.size // most), "no more than if all were wanted"


@given(length=st.integers(1, 900), stride=st.integers(1, 64))
def test_all_windows_but_one_flush_with_the_edge_are_on_the_grid(length, stride):
    origins = window_origins(length, SIDE, stride)
    regular = on_grid(origins, stride)
    assert regular >= len(origins) - 1
    assert all(origin == index * stride for index, origin in enumerate(origins[:regular]))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(64, 400),
    cols=st.integers(64, 500),
    stride=st.sampled_from([8, 16, 24, 32, 64]),
    largest=st.sampled_from([64, 100, 128, 384]),
    seed=st.integers(0, 2**16),
)
def test_every_scorable_window_is_scored_once_inside_its_tile(rows, cols, stride, largest, seed):
    origins = (window_origins(rows, SIDE, stride), window_origins(cols, SIDE, stride))
    rng = np.random.default_rng(seed)
    shape = tuple(len(one) for one in origins)
    scorable, whole = rng.random(shape) < 0.8, rng.random(shape) < 0.7
    found = plan(origins, scorable, whole, SIDE, (stride, largest))
    times = np.zeros(shape, dtype=int)
    for tile in found.tiles:
        assert tile.wanted.any()
        assert tile.row + found.shape[0] <= rows
        assert tile.col + found.shape[1] <= cols
        for row, col in np.argwhere(tile.wanted):
            index = row + tile.first[0], col + tile.first[1]
            assert whole[index]
            assert origins[0][index[0]] == tile.row + row * stride
            assert origins[1][index[1]] == tile.col + col * stride
            times[index] += 1
    np.add.at(times, tuple(found.alone.T), 1)
    assert np.array_equal(times, scorable.astype(int))
    assert max(found.shape) <= max(largest, SIDE)


def test_windows_without_gaps_are_alone_only_at_the_edge():
    origins = (window_origins(300, SIDE, 32), window_origins(330, SIDE, 32))
    shape = tuple(len(one) for one in origins)
    every = np.ones(shape, dtype=bool)
    found = plan(origins, every, every, SIDE, (32, 128))
    assert {tuple(place) for place in found.alone.tolist()} == {
        (row, col)
        for row in range(shape[0])
        for col in range(shape[1])
        if shape[0] - 1 == row or shape[1] - 1 == col
    }


def test_tiles_follow_the_windows_that_are_wanted():
    origins = (window_origins(288, SIDE, 32), window_origins(64 + 39 * 32, SIDE, 32))
    every = np.ones((8, 40), dtype=bool)
    wanted = np.zeros((8, 40), dtype=bool)
    wanted[:, 5:11] = wanted[:, 30:36] = True
    found = plan(origins, wanted, every, SIDE, (32, 384))
    assert [tile.first for tile in found.tiles] == [(0, 5), (0, 30)]
    assert found.shape == (288, SIDE + 9 * 32), "40 windows in 4 tiles of 10, all wanted or not"
    assert found.alone.size == 0


def test_a_window_or_two_are_scored_by_themselves_rather_than_in_a_tile():
    origins = (window_origins(384, SIDE, 32), window_origins(384, SIDE, 32))
    every = np.ones((11, 11), dtype=bool)
    wanted = np.zeros((11, 11), dtype=bool)
    wanted[2, 3] = wanted[9, 9] = True
    found = plan(origins, wanted, every, SIDE, (32, 384))
    assert found.tiles == ()
    assert found.alone.tolist() == [[2, 3], [9, 9]]
