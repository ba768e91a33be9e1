"""Interpolation from nodes is exactly bilinear, whatever the window."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.stack.nodes import NodeGrid

GRID = Grid(32633, 290_000.0, 4_650_000.0, 10.0, 133, 150)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 132), st.integers(0, 149), st.integers(1, 133), st.integers(1, 150))
def test_bilinear_functions_are_reproduced(row, col, rows, cols) -> None:
    nodes = NodeGrid.over(GRID, 320.0)
    window = Window(row, col, min(rows, 133 - row), min(cols, 150 - col))

    def function(x, y):
        u, v = (x - GRID.left) / 1000.0, (y - GRID.top) / 1000.0
        return 3.0 - 2.0 * u + 0.7 * v + 1.3 * u * v

    x = GRID.left + (window.col + np.arange(window.cols) + 0.5) * GRID.pixel_m
    y = GRID.top - (window.row + np.arange(window.rows) + 0.5) * GRID.pixel_m
    expected = function(*np.meshgrid(x, y))
    found = nodes.interpolate(function(*nodes.coordinates()), window, np.float64)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_nodes_around_enclose_the_window() -> None:
    nodes = NodeGrid.over(GRID, 320.0)
    window = Window(31, 64, 2, 33)
    x, y = (axis[nodes.nodes_around(window)] for axis in nodes.coordinates())
    inner = GRID.subgrid(window).bounds
    assert x.min() <= inner.left + 5 <= inner.right - 5 <= x.max()
    assert y.min() <= inner.bottom + 5 <= inner.top - 5 <= y.max()


def test_pixels_larger_than_the_spacing() -> None:
    nodes = NodeGrid.over(Grid(32633, 0.0, 0.0, 1000.0, 3, 4), 320.0)
    assert nodes.step == 1
    x, _ = nodes.coordinates()
    found = nodes.interpolate(x, Window(0, 0, 3, 4), np.float32)
    np.testing.assert_allclose(found[0], [500.0, 1500.0, 2500.0, 3500.0])
