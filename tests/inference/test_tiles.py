import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.inference.tiles import on_grid, plan, runs
from landslidectl.inference.windows import window_origins

SIDE = 64


@given(count=st.integers(0, 200), most=st.integers(1, 40))
def test_runs_cover_every_window_once_and_are_equally_long(count, most):
    found = runs(count, most)
    taken = [
        index for run in found for index in range(run.first + run.repeated, run.first + run.count)
    ]
    assert taken == list(range(count))
    assert len({run.count for run in found}) == min(count, 1)
    assert all(run.count <= most for run in found)
    assert len(found) == -(-count // most), "no more than needed"


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
