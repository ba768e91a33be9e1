"""The moving window of lines reads every line once and holds what was asked for."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from landslidectl.grid import Window
from landslidectl.stack.source import CHUNK_LINES, Lines, SourceLines

AREA = Window(100, 7, 3000, 5)


class CountingSource:
    """Values encode line and sample; remembers which lines were read."""

    def __init__(self) -> None:
        self.lines: list[int] = []

    def read_into(self, window: Window, out: np.ndarray) -> None:
        self.lines += range(window.row, window.row + window.rows)
        line = np.arange(window.row, window.row + window.rows)[:, None]
        out[:] = line * 1000 + np.arange(window.col, window.col + window.cols)


def check(lines: Lines, first: int, last: int) -> None:
    assert lines.first_line <= first
    assert lines.end_line >= last
    held = lines.values[:, first - lines.first_line : last - lines.first_line]
    expected = np.arange(first, last)[:, None] * 1000 + np.arange(7, 12)
    np.testing.assert_array_equal(held, np.stack([expected, expected]))


def test_lines_are_read_once_in_order() -> None:
    sources = [CountingSource(), CountingSource()]
    moving = SourceLines(sources, AREA)
    for first, last in ((100, 180), (150, 260), (149, 250), (240, 900), (2500, 2800), (2700, 3100)):
        check(moving.cover(first, last), first, last)
    for source in sources:
        assert source.lines == sorted(set(source.lines))
        assert not set(range(900 + CHUNK_LINES, 2490)) & set(source.lines)
        assert max(source.lines) == AREA.row + AREA.rows - 1


def test_lines_handed_out_stay_as_they_are() -> None:
    moving = SourceLines([CountingSource(), CountingSource()], AREA)
    early = moving.cover(100, 400)
    moving.cover(2000, 2900)
    check(early, 100, 400)


def test_polarisations_can_be_read_side_by_side() -> None:
    with ThreadPoolExecutor(2) as pool:
        moving = SourceLines([CountingSource(), CountingSource()], AREA, pool.map)
        check(moving.cover(300, 1200), 300, 1200)
