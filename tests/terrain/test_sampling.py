"""Node grids, their interpolation, and picking values from rasters."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.terrain.sampling import (
    Spread,
    bilinear,
    nearest,
    node_coordinates,
    node_positions,
    strips,
    transform_points,
)


@given(st.integers(1, 400))
def test_first_and_last_pixel_are_nodes(count: int) -> None:
    positions = node_positions(count)
    assert positions[0] == 0.0
    assert positions[-1] == count - 1
    assert np.all(np.diff(positions) <= 32.0)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 100) | st.sampled_from((32, 33, 65, 97)),
    st.integers(1, 100) | st.sampled_from((32, 33, 65, 97)),
    st.floats(-500, 500),
)
@example(33, 65, 0.0)
@example(1, 97, 0.0)
def test_spread_is_exact_for_what_is_linear_along_both_axes(
    rows: int, cols: int, origin: float
) -> None:
    def value(row: np.ndarray, col: np.ndarray) -> np.ndarray:
        return 7.0 + 0.3 * row - 0.2 * col + 0.001 * row * col

    nodes = value(node_positions(rows)[:, None], node_positions(cols)[None, :])
    spread = Spread(nodes, Window(5, 6, rows, cols), origin)
    truth = value(np.arange(rows)[:, None], np.arange(cols)[None, :]) - origin
    assert spread.whole().dtype == np.float32
    np.testing.assert_allclose(spread.whole(), truth, atol=1e-3)
    for strip in strips(rows):
        assert np.array_equal(spread.rows(strip), spread.whole()[strip])


@pytest.mark.parametrize("epsg", [32633, 32601, 32724])
def test_positions_between_nodes_are_within_a_thousandth_of_a_source_pixel(epsg: int) -> None:
    grid = Grid(epsg, 250_000.0, 7_200_000.0, 10.0, 700, 1000)
    window = Window(0, 0, 700, 1000)
    lon, lat = node_coordinates(grid, window, "EPSG:4326")
    x, y = np.meshgrid(250_005.0 + 10.0 * np.arange(1000), 7_199_995.0 - 10.0 * np.arange(700))
    exact = transform_points(f"EPSG:{epsg}", "EPSG:4326", (x, y))
    for nodes, truth in zip((lon, lat), exact, strict=True):
        origin = float(nodes.mean())
        found = Spread((nodes - origin) * 3600.0, window).whole()
        assert np.abs(found - (truth - origin) * 3600.0).max() < 1e-3


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))
def test_bilinear_against_the_definition(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(height, width)).astype(np.float32)
    rows, cols = rng.uniform(-1.0, height, 50), rng.uniform(-1.0, width, 50)
    r, c = np.clip(rows, 0, height - 1), np.clip(cols, 0, width - 1)
    truth = np.zeros(50)
    for i in range(height):
        for j in range(width):
            weight = np.clip(1 - abs(r - i), 0, 1) * np.clip(1 - abs(c - j), 0, 1)
            truth += weight * values[i, j]
    np.testing.assert_allclose(bilinear(values, rows, cols), truth, atol=1e-5)


def test_void_spoils_its_neighbours_only() -> None:
    values = np.ones((4, 4), np.float32)
    values[1, 1] = np.nan
    found = bilinear(values, np.array([0.5, 2.0, 2.5]), np.array([0.5, 2.0, 2.5]))
    assert np.isnan(found).tolist() == [True, False, False]


def test_nearest_picks_and_keeps_to_the_rim() -> None:
    values = np.arange(12).reshape(3, 4)
    rows, cols = np.float32([0.4, 0.6, -3.0, 9.0]), np.float32([0.4, 2.6, -3.0, 9.0])
    assert nearest(values, rows, cols).tolist() == [0, 7, 0, 11]
