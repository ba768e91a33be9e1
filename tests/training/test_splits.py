"""The split by place: windows of two sets never share a pixel, whatever is drawn."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import InputError
from landslidectl.training.splits import (
    REAL_EVENT,
    SPLITS,
    Division,
    MapWindows,
    Split,
    assign,
    check_disjoint,
    division_of,
    division_record,
    hold_out,
    splits_of,
    windows_overlap,
)
from tests.training.fakes import patch_set

ZONE = 32654
ORIGIN = (-468_000, 44_000)
SIDE = 64


def windows(seed, count=300, side=900, positive=0.3, **at):
    """Random windows of one track over a square of ground."""
    rng = np.random.default_rng(seed)
    row, col = rng.integers(0, side, (2, count)) + np.reshape(at.get("origin", ORIGIN), (2, 1))
    return MapWindows(at.get("epsg", ZONE), row, col, rng.random(count) < positive)


def share_a_pixel(one, other):
    """Paint the ground of one and look under the other: slow and certain."""
    top = min(one.row.min(), other.row.min()), min(one.col.min(), other.col.min())
    shape = (
        max(one.row.max(), other.row.max()) - top[0] + SIDE,
        max(one.col.max(), other.col.max()) - top[1] + SIDE,
    )
    painted = np.zeros(shape, bool)
    for row, col in zip(one.row - top[0], one.col - top[1], strict=True):
        painted[row : row + SIDE, col : col + SIDE] = True
    return any(
        painted[row : row + SIDE, col : col + SIDE].any()
        for row, col in zip(other.row - top[0], other.col - top[1], strict=True)
    )


def part(given_windows, chosen):
    return MapWindows(
        given_windows.epsg,
        given_windows.row[chosen],
        given_windows.col[chosen],
        given_windows.positive[chosen],
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    side=st.integers(1, 2000),
    density=st.floats(0.0, 1.0),
    shift=st.tuples(st.integers(-700, 700), st.integers(-700, 700)),
)
def test_windows_of_two_sets_never_overlap(seed, side, density, shift):
    """Of one event, of two tracks of it, and of two events that share ground."""
    first = windows(seed, 150, side, density)
    second = windows(seed + 1, 150, side, density, origin=(-468_000 + shift[0], 44_000 + shift[1]))
    division = assign(second, assign(first, Division(), seed), seed)
    sets = [(one, splits_of(one, division)) for one in (first, second)]
    for one, of_one in sets:
        for other, of_other in sets:
            for split in range(len(SPLITS)):
                mine, theirs = of_one == split, (of_other >= 0) & (of_other != split)
                if mine.any() and theirs.any():
                    assert not share_a_pixel(part(one, mine), part(other, theirs))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.integers(-1500, 1500))
def test_no_window_touches_the_ground_of_an_event_left_out(seed, shift):
    held, other = windows(seed, 100), windows(seed + 1, 200, origin=(-468_000, 44_000 + shift))
    division = assign(other, hold_out([held], Division()), seed)
    assert (splits_of(held, division) == SPLITS.index(Split.TEST)).all()
    split = splits_of(other, division)
    seen = (split >= 0) & (split != SPLITS.index(Split.TEST))
    if seen.any():
        assert not share_a_pixel(held, part(other, seen))


@pytest.mark.parametrize("seed", range(8))
def test_every_set_gets_landslides_where_three_blocks_have_some(seed):
    for side in (460, 900, 3000):
        event = windows(seed, 600, side, positive=0.1)
        split = splits_of(event, assign(event, Division(), seed))
        counts = [int((event.positive & (split == index)).sum()) for index in range(3)]
        assert min(counts) > 0, (side, counts)
        assert counts[0] >= max(counts[1:]) or side < 900


def test_shares_are_about_those_wanted_over_many_blocks():
    event = windows(3, 6000, 6000)
    split = splits_of(event, assign(event, Division(), 3))
    kept = [(split == index).sum() / (split >= 0).sum() for index in range(3)]
    assert kept == pytest.approx([0.6, 0.2, 0.2], abs=0.05)


def test_small_events_fill_the_sets_together():
    """One block of landslides each: the first event trains, the next ones fill what is empty."""
    division = Division()
    for number in range(3):
        event = windows(number, 80, 60, 0.5, origin=(-468_096 + 10_240 * number, 44_032))
        division = assign(event, division, 1)
    assert division.filled == frozenset(SPLITS)


def test_a_division_depends_on_the_seed_and_on_nothing_else():
    event = windows(5)
    one = assign(event, Division(), 1)
    mixed = np.random.default_rng(0).permutation(event.row.size)
    assert assign(part(event, mixed), Division(), 1) == one
    assert any(assign(event, Division(), seed).cells != one.cells for seed in range(2, 6))


def test_ground_that_was_divided_stays_so():
    event = windows(5)
    before = assign(event, Division(), 1)
    after = assign(windows(6, origin=(-468_300, 44_200)), before, 2)
    assert before.cells.items() <= after.cells.items()
    with pytest.raises(InputError, match="trained on before"):
        hold_out([event], before)


def test_a_division_is_read_back(tmp_path):
    division = assign(windows(7, epsg=32733), assign(windows(7), Division(), 1), 1)
    again = division_of(json.loads(json.dumps(division_record(division))))
    assert again.cells == division.cells
    with pytest.raises(ValueError, match="cells of 64"):
        division_of({"cell_pixels": 64, "sets": {}})


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), counts=st.tuples(st.integers(0, 30), st.integers(0, 700)))
def test_overlap_is_told_as_painting_tells_it(seed, counts):
    one, other = (windows(seed + n, count, 1200) for n, count in enumerate(counts))
    expected = bool(counts[0] and counts[1]) and share_a_pixel(one, other)
    assert windows_overlap((one.row, one.col), (other.row, other.col)) == expected


def test_sets_that_share_a_place_are_refused():
    one, other = patch_set(6, REAL_EVENT), patch_set(6, REAL_EVENT)
    names = ("training", "test")
    with pytest.raises(InputError, match=r"training set overlap windows of the test set"):
        check_disjoint(one, other, names)
    other.row[:] += 64
    check_disjoint(one, other, names)
    other.row[0] -= 1
    with pytest.raises(InputError):
        check_disjoint(one, other, names)
    simulated = patch_set(6, 1), patch_set(6, 1)
    simulated[1].row[:] += 6400
    with pytest.raises(InputError, match=r"events \[1\]"):
        check_disjoint(*simulated, names)
