import numpy as np
import pytest

from landslidectl.inference.overlap import ahead
from landslidectl.inference.strips import read_strips
from landslidectl.terms import BandSet
from tests.inference.tiny import write_stack


@pytest.mark.parametrize("rows", [20, 64, 70, 256, 1000])
@pytest.mark.parametrize("reading", [lambda strips: strips, ahead])
def test_strips_hold_their_rows_and_what_windows_reach_while_the_next_is_read(
    tmp_path, rows, reading
):
    values = np.random.default_rng(4).normal(size=(4, 700, 30)).astype(np.float32)
    values[1, 100:300, 7] = np.nan
    values[3, ::50] = np.nan
    stack = write_stack(tmp_path, values)
    names = BandSet.VV.band_names
    expected, row = values[[0, 2]], 0
    for strip in reading(read_strips(stack, names, rows, 63)):
        assert (strip.block.row, strip.block.cols) == (row, 30)
        assert strip.block.rows == min(rows, 700 - row)
        reached = expected[:, row : min(row + rows + 63, 700)]
        assert np.array_equal(strip.bands, reached, equal_nan=True)
        assert np.array_equal(strip.missing, np.isnan(reached).any(axis=0))
        row += rows
    assert row >= 700


def test_a_strip_may_be_used_until_the_next_but_one_is_asked_for(tmp_path):
    values = np.arange(2 * 640 * 8, dtype=np.float32).reshape(2, 640, 8)
    stack = write_stack(tmp_path, values, BandSet.VV)
    strips = read_strips(stack, BandSet.VV.band_names, 64, 63)
    before = next(strips)
    for strip in strips:
        assert before.bands[0, 0, 0] == before.block.row * 8
        before = strip
