import numpy as np
import pytest

from landslidectl.simulation.fields import fractal, refine, smooth_noise
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.landcover import Cover, build_ground, change_without_slides
from landslidectl.simulation.terrain import Relief, build_terrain


@pytest.fixture(scope="module")
def terrain():
    box = Box(0.0, 0.0, 5000.0, 6000.0)
    return build_terrain(np.random.default_rng(4), box, box.grown(3000.0), Relief())


def test_mountains_are_steep_and_valleys_flat(terrain):
    down, right = np.gradient(terrain.coarse, 20.0)
    slope = np.degrees(np.arctan(np.hypot(down, right)))
    assert 17.0 < np.median(slope) < 34.0
    assert 250.0 < np.ptp(terrain.coarse) < 2500.0
    rows, cols = terrain.cells
    fine = np.hypot(*np.gradient(terrain.fine[::2, ::2], 10.0))[:rows, :cols]
    assert np.median(fine[terrain.valley < 0.7]) < 0.5 * np.median(fine)
    assert terrain.fine.shape == (1201, 1001)


def test_fine_heights_are_the_coarse_ones_with_micro_relief(terrain):
    difference = terrain.fine[::4, ::4] - terrain.coarse[150:-150, 150:-150]
    assert abs(float(difference.mean())) < 0.1
    assert float(difference.std()) == pytest.approx(Relief().rough_m, rel=0.2)


def test_refining_keeps_nodes_and_planes():
    row, col = np.indices((8, 9)).astype(np.float32)
    fine = refine(2.0 * row - col, 4)
    assert fine.shape == (21, 25)
    assert np.allclose(fine[::4, ::4], (2.0 * row - col)[1:-1, 1:-1], atol=1e-5)
    assert np.allclose(np.diff(fine, axis=1), -0.25, atol=1e-5)


def test_random_fields_are_standard_and_repeatable():
    one, two = (fractal(np.random.default_rng(1), (100, 120), 2.0) for _ in range(2))
    assert np.array_equal(one, two)
    assert one.shape == (100, 120)
    assert one.std() == pytest.approx(1.0, abs=1e-3)
    smooth = smooth_noise(np.random.default_rng(2), (300, 300), 20.0)
    assert np.abs(np.diff(smooth, axis=0)).max() < 0.8
    assert 0.6 < smooth.std() < 1.4


def test_nothing_shifts_the_scene_where_no_slide_passed(terrain):
    ground = build_ground(np.random.default_rng(5), terrain)
    after = change_without_slides(np.random.default_rng(6), ground)
    change = after.vv_db - ground.scenery.vv_db
    assert abs(float(np.median(change))) < 0.4
    forest = ground.scenery.classes == Cover.FOREST
    assert float(np.percentile(np.abs(change[forest]), 90)) < 1.0
    assert np.array_equal(after.fine, ground.scenery.fine)
    ratio = (ground.scenery.vv_db - ground.scenery.vh_db)[forest]
    assert float(np.median(ratio)) == pytest.approx(6.1, abs=0.4)
