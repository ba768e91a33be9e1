"""The rolling buffer reads every line once and holds what was asked for."""

import numpy as np

from landslidectl.grid import Window
from landslidectl.stack.source import SourceLines


class CountingSource:
    """Values encode line and sample; remembers which lines were read."""

    def __init__(self) -> None:
        self.lines: list[int] = []

    def read(self, window: Window) -> np.ndarray:
        self.lines += range(window.row, window.row + window.rows)
        line = np.arange(window.row, window.row + window.rows)[:, None]
        return (line * 1000 + np.arange(window.col, window.col + window.cols)).astype(np.float32)


def test_lines_are_read_once_in_order() -> None:
    sources = [CountingSource(), CountingSource()]
    buffer = SourceLines(sources, 100, 7, 5)
    for first, last in ((100, 180), (150, 260), (149, 250), (240, 300), (500, 520)):
        buffer.cover(first, last)
        assert buffer.first_line <= first
        assert buffer.end_line >= last
        held = buffer.values[:, first - buffer.first_line : last - buffer.first_line]
        expected = np.arange(first, last)[:, None] * 1000 + np.arange(7, 12)
        np.testing.assert_array_equal(held, np.stack([expected, expected]))
    for source in sources:
        assert source.lines == sorted(set(source.lines))
        assert not set(range(310, 490)) & set(source.lines)
