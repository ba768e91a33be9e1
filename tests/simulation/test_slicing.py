"""Slices are the overflight again: same lines, same tables, same geometry."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from landslidectl.simulation.acquire import acquire, calm
from landslidectl.simulation.identity import Acquisition
from landslidectl.simulation.slicing import cut_slices
from landslidectl.terms import Phase

CUTS = (97, 150)


@pytest.fixture(scope="module")
def whole(flat_view):
    part = flat_view.phases[Phase.PRE]
    numbers = acquire(np.random.default_rng(0), part.projected, part.levels(), calm(), part.extras)
    acquisition = Acquisition(
        "S1A",
        datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC),
        flat_view.track,
        43210,
        0x50000,
        270,
        part.frame,
        part.fields,
        part.luts,
    )
    return acquisition, numbers, cut_slices(acquisition, numbers, CUTS)


def test_lines_follow_without_gap_or_overlap(whole):
    acquisition, numbers, slices = whole
    assert [part.frame.lines for part, _ in slices] == [97, 53, acquisition.frame.lines - 150]
    assert np.array_equal(np.concatenate([part for _, part in slices], axis=1), numbers)
    assert [part.slice_number for part, _ in slices] == [1, 2, 3]
    assert {part.slices for part, _ in slices} == {3}
    assert len({part.name for part, _ in slices}) == 3
    for (before, _), (after, _) in pairwise(slices):
        gap = (after.start - before.stop).total_seconds()
        assert gap == pytest.approx(acquisition.frame.line_interval_s, abs=2e-6)


def test_tables_stay_the_same_functions(whole):
    acquisition, _, slices = whole
    shape = acquisition.frame.shape
    for index, table in enumerate(acquisition.luts):
        for name in ("amplitude", "noise_power"):
            full = getattr(table, name)(shape)
            parts = [getattr(part.luts[index], name)(part.frame.shape) for part, _ in slices]
            assert np.allclose(np.concatenate(parts), full, rtol=1e-6)


def test_places_are_those_of_the_whole(whole):
    acquisition, _, slices = whole
    rng = np.random.default_rng(1)
    first = 0
    for part, _ in slices:
        line = rng.uniform(0, part.frame.lines, 20)
        pixel = rng.uniform(0, part.frame.samples, 20)
        time, slant = part.frame.time_range(line, pixel)
        assert np.allclose(acquisition.frame.line(time, slant), line + first, atol=1e-6)
        assert np.allclose(acquisition.frame.pixel(time, slant), pixel, atol=1e-6)
        times = [record.time_s for record in part.frame.records]
        assert times[0] < part.frame.first_line_s
        assert times[-1] > part.frame.first_line_s + part.frame.lines * part.frame.line_interval_s
        first += part.frame.lines
