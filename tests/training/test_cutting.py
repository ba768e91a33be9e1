import json
from types import SimpleNamespace

import numpy as np
import pytest

from landslidectl.errors import ProductError
from landslidectl.grid import Window
from landslidectl.terms import BandSet
from landslidectl.training.cutting import (
    CutOptions,
    Places,
    Source,
    choose_places,
    cut,
    read_slides,
    window_share,
)
from landslidectl.training.patches import as_input, footprints
from tests.training.fakes import stack


@pytest.fixture
def source(tmp_path):
    built = stack(tmp_path)
    slides = np.zeros(built.grid.shape, bool)
    slides[100:130, 100:130] = True
    slides[250:258, 20:28] = True
    slides[20:80, 200:230] = True
    return Source(built, slides, seed=7)


def test_share_of_a_window_is_counted():
    mask = np.random.default_rng(1).random((150, 200)) < 0.1
    row, col = np.array([0, 40, 86]), np.array([136, 3, 0])
    direct = [mask[r : r + 64, c : c + 64].mean() for r, c in zip(row, col, strict=True)]
    assert np.allclose(window_share(mask, row, col), direct)


def test_places_are_of_every_kind_and_count_only_what_is_seen(source):
    options = CutOptions(positives=40, small=20, empty=30)
    places = choose_places(source, options, np.random.default_rng(1))
    positive, small = places.cover > 0.05, (places.cover > 0) & (places.cover <= 0.05)
    assert positive.sum() == 40
    assert 0 < small.sum() <= 20
    assert (places.cover == 0).sum() >= 30
    hidden = np.zeros_like(source.slides)
    hidden[:, 200:230] = True
    mapped = window_share(source.slides, places.row, places.col)
    visible = window_share(source.slides & ~hidden, places.row, places.col)
    assert (places.cover <= visible + 1e-12).all(), "a slide in layover is not seen"
    assert not ((mapped > 0.05) & (places.cover <= 0.05)).any(), "nor is it a negative"


def test_places_depend_on_the_seed_alone(source):
    options = CutOptions(80, 30, 80)
    one = choose_places(source, options, np.random.default_rng(4))
    two = choose_places(source, options, np.random.default_rng(4))
    assert np.array_equal(one.row, two.row)
    assert np.array_equal(one.col, two.col)


def test_patches_are_the_pixels_of_the_stack_without_gaps(source):
    from landslidectl.files.rasters import read_bands

    places = choose_places(source, CutOptions(5, 5, 5), np.random.default_rng(2))
    pair = np.arange(len(places.row), dtype=np.int32)
    patches = cut(source, places, pair, twin=False)
    values = read_bands(source.stack.values_path)
    assert not np.isnan(patches.windows).any()
    for index, (row, col) in enumerate(zip(patches.row, patches.col, strict=True)):
        window = values[:, row : row + 64, col : col + 64].transpose(1, 2, 0)
        known = ~np.isnan(window)
        assert np.abs(patches.windows[index][known] - window[known]).max() < 0.02
    assert set(patches.seed) == {7}
    assert not patches.ascending.any()
    twins = cut(source, places, pair, twin=True)
    assert twins.cover.max() == 0
    assert twins.twin.all()


def test_a_part_of_a_stack_gives_the_patches_of_the_whole(source):
    window = Window(40, 60, 200, 220)
    part = Source(source.stack, source.slides[window.slices], 7, window)
    assert part.grid == source.stack.grid.subgrid(window)
    places = choose_places(part, CutOptions(4, 2, 4), np.random.default_rng(3))
    moved = Places(places.row + 40, places.col + 60, places.cover)
    pair = np.full(len(places.row), -1, np.int32)
    here, whole = cut(part, places, pair, False), cut(source, moved, pair, False)
    for name in ("windows", "cover", "footprint"):
        assert np.array_equal(getattr(here, name), getattr(whole, name)), name
    assert np.allclose(footprints(here).mean(axis=(1, 2)), here.cover)


def test_a_stack_of_one_polarisation_leaves_the_other_empty(source, tmp_path):
    from landslidectl.files.rasters import RasterLayout, read_bands, write_raster

    values = read_bands(source.stack.values_path)[[0, 2]]
    layout = RasterLayout(BandSet.VV.band_names, nodata=float("nan"))
    write_raster(tmp_path / "vv.tif", source.stack.grid, list(values), layout)
    stack = SimpleNamespace(**vars(source.stack))
    stack.values_path, stack.bands = tmp_path / "vv.tif", BandSet.VV
    places = choose_places(source, CutOptions(3, 1, 3), np.random.default_rng(2))
    pair = np.full(len(places.row), -1, np.int32)
    alone = cut(Source(stack, source.slides, 7), places, pair, twin=False)
    both = cut(source, places, pair, twin=False)
    assert np.array_equal(as_input(alone.windows, BandSet.VV), as_input(both.windows, BandSet.VV))
    assert not alone.windows[..., [1, 3]].any()


def test_a_stack_smaller_than_a_window_has_no_patches(tmp_path):
    built = stack(tmp_path, side=50)
    source = Source(built, np.zeros((50, 50), bool), 1)
    places = choose_places(source, CutOptions(), np.random.default_rng(0))
    patches = cut(source, places, np.empty(0, np.int32), twin=False)
    assert len(patches) == 0


def _inventory(path, ring, crs="urn:ogc:def:crs:EPSG::32654"):
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    collection = {"type": "FeatureCollection", "features": [feature] if ring else []}
    collection["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(collection))
    return path


def test_polygons_are_burnt_where_they_are(tmp_path):
    built = stack(tmp_path)
    left, top = 501000.0, 4_699_000.0
    ring = [[left, top], [left + 300, top], [left + 300, top - 200], [left, top - 200], [left, top]]
    slides = read_slides(_inventory(tmp_path / "a.geojson", ring), built.grid)
    expected = np.zeros(built.grid.shape, bool)
    expected[100:120, 100:130] = True
    assert np.array_equal(slides, expected)


def test_an_empty_inventory_has_no_slides_and_a_broken_one_is_named(tmp_path):
    built = stack(tmp_path)
    assert not read_slides(_inventory(tmp_path / "none.geojson", []), built.grid).any()
    (tmp_path / "bad.geojson").write_text("{")
    with pytest.raises(ProductError, match=r"bad\.geojson"):
        read_slides(tmp_path / "bad.geojson", built.grid)
