import numpy as np
import pytest
import shapely

from landslidectl.simulation.debris import apply_slides
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.landcover import Cover, build_ground
from landslidectl.simulation.slide import Lattice, cells_in
from landslidectl.simulation.slides import SlideOptions, draw_slides
from landslidectl.simulation.terrain import Relief, build_terrain

AOI = Box(1000.0, 1000.0, 5000.0, 5000.0)
BOX = AOI.grown(1000.0)


@pytest.fixture(scope="module")
def terrain():
    return build_terrain(np.random.default_rng(7), BOX, BOX.grown(1000.0), Relief(slope_deg=30.0))


@pytest.fixture(scope="module")
def slides(terrain):
    return draw_slides(np.random.default_rng(8), terrain, AOI, SlideOptions(2.0, 0.4))


def test_slides_are_valid_apart_and_inside(slides):
    polygons = [shapely.Polygon(slide.outline) for slide in slides]
    assert len(slides) > 10
    assert all(polygon.is_valid and polygon.exterior.is_ccw for polygon in polygons)
    assert all(shapely.box(1000, 1000, 5000, 5000).contains(polygon) for polygon in polygons)
    tree = shapely.STRtree(polygons)
    first, second = tree.query(polygons, predicate="intersects")
    assert np.array_equal(first, second)


def test_areas_follow_the_options(slides):
    areas = np.array([slide.area_m2 for slide in slides])
    exact = [shapely.Polygon(slide.outline).area for slide in slides]
    assert np.allclose(areas, exact, rtol=1e-6)
    assert (areas > 20_000.0 * 0.999).sum() >= 4
    assert areas.min() > 900.0
    assert np.all(np.diff(areas) <= 1e-6)


def test_slides_run_downhill(slides, terrain):
    top = terrain.coarse_box
    for slide in slides:
        ends = []
        for share in (0.1, 0.9):
            x = slide.origin[0] + share * slide.length_m * slide.downhill[0]
            y = slide.origin[1] + share * slide.length_m * slide.downhill[1]
            ends.append(terrain.coarse[round((top.top - y) / 20), round((x - top.left) / 20)])
        assert ends[0] > ends[1]


def test_masks_hold_the_area_and_agree_with_the_outline(slides):
    lattice = Lattice(BOX, 10.0, (600, 600))
    for slide in slides:
        window, inside = cells_in(slide, lattice)
        assert inside.sum() * 100.0 == pytest.approx(slide.area_m2, rel=0.1, abs=600.0)
        x, y = np.broadcast_arrays(*lattice.positions(window))
        exact = shapely.contains_xy(shapely.Polygon(slide.outline), x, y)
        assert (exact != inside).mean() < 0.01


def test_a_lattice_elsewhere_gets_nothing(slides):
    for shift in (-50_000.0, 50_000.0):
        away = Box(shift, shift, shift + 1000.0, shift + 1000.0)
        window, inside = cells_in(slides[0], Lattice(away, 10.0, (100, 100)))
        assert inside.size == 0 or not inside.any()
        assert np.zeros((100, 100))[window].shape == inside.shape


def test_only_the_ground_of_slides_changes(slides, terrain):
    scenery = build_ground(np.random.default_rng(9), terrain).scenery
    after = apply_slides(np.random.default_rng(10), scenery, slides, BOX)
    mask = np.zeros(terrain.cells, bool)
    for slide in slides:
        window, inside = cells_in(slide, Lattice(BOX, 10.0, terrain.cells))
        mask[window] |= inside
    changed = after.vv_db != scenery.vv_db
    assert np.array_equal(changed, mask)
    assert np.all(after.classes[mask] == Cover.DEBRIS)
    moved = (after.fine != scenery.fine)[:-1, :-1].reshape(600, 2, 600, 2).any(axis=(1, 3))
    near = mask | np.roll(mask, 1, 0) | np.roll(mask, -1, 0)
    near |= np.roll(near, 1, 1) | np.roll(near, -1, 1)
    assert moved.any()
    assert (moved & ~near).sum() < 0.001 * moved.sum()  # tips narrower than a cell
