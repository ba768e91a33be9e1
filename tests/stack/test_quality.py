"""Quality bits: borders and thin composites from counts, layover and shadow from the terrain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.stack import quality
from landslidectl.stack.quality import count_bits, eroded, visibility_of
from landslidectl.terms import Pass, Quality

from .scenes import LevelDem, circular_geometry, grid_at, make_scene

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 40, 50)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_erosion_against_the_definition(seed, pixels) -> None:
    mask = np.random.default_rng(seed).random((9, 11)) > 0.1
    expected = [
        [
            mask[
                max(row - pixels, 0) : row + pixels + 1, max(col - pixels, 0) : col + pixels + 1
            ].all()
            for col in range(11)
        ]
        for row in range(9)
    ]
    np.testing.assert_array_equal(eroded(mask, pixels), expected)


def bits_of(counts: np.ndarray, block: Window, enough: tuple[int, int] = (1, 1)) -> np.ndarray:
    return count_bits(lambda window: counts[:, *window.slices], GRID, block, enough)


def test_border_does_not_depend_on_blocks() -> None:
    counts = np.ones((2, *GRID.shape), np.uint8)
    counts[1, 10:14, 20] = 0
    whole = bits_of(counts, Window(0, 0, 40, 50))
    for block in GRID.blocks(13):
        np.testing.assert_array_equal(bits_of(counts, block), whole[block.slices])
    border = whole & Quality.BORDER > 0
    assert border.sum() == 10 * 7 - 4
    assert not border[10:14, 20].any()
    assert not border[0].any()


def test_too_few_images() -> None:
    counts = np.full((2, *GRID.shape), 3, np.uint8)
    counts[0, 0, 0], counts[1, 5, 5] = 1, 0
    few = bits_of(counts, Window(0, 0, 40, 50), (2, 1)) & Quality.TOO_FEW_IMAGES > 0
    assert few[0, 0]
    assert few.sum() == 1


class Ridge(LevelDem):
    """A steep north-south ridge in the middle columns."""

    def heights(self, window: Window) -> np.ndarray:
        col = np.arange(window.col, window.col + window.cols)
        profile = np.maximum(0.0, 400.0 - 25.0 * np.abs(col - self.grid.cols // 2))
        return np.broadcast_to(profile, window.shape).astype(np.float32)


@pytest.mark.parametrize("direction", list(Pass))
def test_layover_lies_on_the_side_of_the_sensor(monkeypatch, direction) -> None:
    geometry, centre = circular_geometry(42.0, direction)
    grid = grid_at(*centre, 60, 200)
    monkeypatch.setattr(quality, "read_annotation", lambda scene, polarisation: None)
    monkeypatch.setattr(quality, "scene_geometry", lambda annotation: geometry)
    dem = Ridge(grid.buffered(500.0))
    test = visibility_of(dem, grid, make_scene())
    bits = test(Window(0, 0, 60, 200))
    assert (bits & Quality.TESTED).all()
    layover = np.flatnonzero(bits[30] & Quality.LAYOVER)
    assert layover.size
    sensor_is_west = direction is Pass.ASCENDING
    assert (layover.mean() < 100) == sensor_is_west
    part = Window(20, 90, 30, 40)
    np.testing.assert_array_equal(test(part), bits[part.slices])


def test_flat_dem_is_not_tested() -> None:
    bits = visibility_of(LevelDem(GRID, is_flat=True), GRID, make_scene())(Window(0, 0, 3, 4))
    assert bits.shape == (3, 4)
    assert not bits.any()
