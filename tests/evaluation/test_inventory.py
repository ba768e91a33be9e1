"""Reading inventories: systems, layers, damage, and what is no inventory at all."""

import json
import math
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.errors import ProductError
from landslidectl.evaluation.inventory import Burner, burn, inventory_digest, read_inventory
from landslidectl.grid import Window
from tests.evaluation.world import GRID, rectangle, write_inventory, write_layer


@pytest.mark.parametrize("epsg", [GRID.epsg, 4326])
def test_slides_come_in_the_system_asked_for(tmp_path: Path, epsg: int):
    shape = rectangle(10, 10, 20, 20)
    found = read_inventory(write_inventory(tmp_path / "a.gpkg", [shape], epsg), GRID.epsg)
    assert len(found.slides) == 1
    assert found.slides[0].symmetric_difference(shape).area < 1.0
    assert found.areas_m2[0] == pytest.approx(40_000.0, rel=1e-4)
    assert len(found.sha256) == 64


def test_an_empty_inventory_is_a_valid_one(tmp_path: Path):
    assert read_inventory(write_inventory(tmp_path / "a.gpkg", []), GRID.epsg).slides == ()
    plain = tmp_path / "a.geojson"
    plain.write_text('{"type": "FeatureCollection", "features": []}')
    assert read_inventory(plain, GRID.epsg).slides == ()


def test_broken_polygons_are_repaired_and_points_left_out(tmp_path: Path):
    bow_tie = shapely.Polygon([(141.7, 42.7), (141.8, 42.8), (141.8, 42.7), (141.7, 42.8)])
    box = shapely.box(141.7, 42.7, 141.71, 42.71)
    mixed = shapely.GeometryCollection([box, shapely.LineString([(141.7, 42.7), (141.8, 42.7)])])
    shapes = [bow_tie, shapely.Point(141.7, 42.7), mixed]
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in shapes
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_inventory(path, GRID.epsg)
    assert len(found.slides) == 2
    assert (found.repaired, found.skipped) == (1, 1)
    assert all(slide.is_valid and slide.area > 0 for slide in found.slides)
    assert found.slides[0].geom_type == "MultiPolygon"


def test_a_ring_of_two_points_is_left_out(tmp_path: Path):
    ring = {"type": "Polygon", "coordinates": [[[141.7, 42.7], [141.8, 42.7], [141.7, 42.7]]]}
    box = shapely.geometry.mapping(shapely.box(141.7, 42.7, 141.71, 42.71))
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in (ring, box)]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_inventory(path, GRID.epsg)
    assert (len(found.slides), found.skipped) == (1, 1)


def test_a_hole_without_end_is_left_out(tmp_path: Path):
    shell, hole = (
        [list(point) for point in shapely.box(*bounds).exterior.coords]
        for bounds in ((141.7, 42.7, 141.8, 42.8), (141.72, 42.72, 141.74, 42.74))
    )
    hole[2][1] = math.inf
    box = shapely.geometry.mapping(shapely.box(141.7, 42.7, 141.71, 42.71))
    shapes = ({"type": "Polygon", "coordinates": [shell, hole]}, box)
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in shapes]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_inventory(path, GRID.epsg)
    assert (len(found.slides), found.skipped) == (1, 1)


def test_points_alone_are_refused(tmp_path: Path):
    path = tmp_path / "a.geojson"
    point = {"type": "Point", "coordinates": [141.7, 42.7]}
    feature = {"type": "Feature", "properties": {}, "geometry": point}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(ProductError, match="none of the 1 features"):
        read_inventory(path, GRID.epsg)


def test_a_shapefile_without_prj_is_refused_with_what_to_do(tmp_path: Path):
    path = tmp_path / "a.shp"
    wkb = np.array([shapely.to_wkb(rectangle(1, 1, 9, 9))], dtype=object)
    options = {"geometry_type": "Polygon", "driver": "ESRI Shapefile"}
    pyogrio.raw.write(str(path), wkb, [np.array([1])], ["id"], crs=f"EPSG:{GRID.epsg}", **options)
    whole = read_inventory(path, GRID.epsg)
    assert len(whole.slides) == 1
    path.with_suffix(".prj").unlink()
    with pytest.raises(ProductError, match="coordinate system") as caught:
        read_inventory(path, GRID.epsg)
    assert ".prj" in caught.value.hint


def test_other_files_are_refused(tmp_path: Path):
    with pytest.raises(ProductError, match="is not there"):
        read_inventory(tmp_path / "none.gpkg", GRID.epsg)
    junk = tmp_path / "junk.gpkg"
    junk.write_bytes(b"no geopackage")
    with pytest.raises(ProductError, match="cannot be read") as caught:
        read_inventory(junk, GRID.epsg)
    assert "driver" not in caught.value.message, "what GDAL would do is nothing to do here"
    with pytest.raises(ProductError, match="is a folder, expected a file"):
        read_inventory(tmp_path, GRID.epsg)
    two = write_inventory(tmp_path / "two.gpkg", [rectangle(1, 1, 5, 5)])
    write_layer(two, "other", [rectangle(1, 1, 5, 5)], f"EPSG:{GRID.epsg}", append=True)
    with pytest.raises(ProductError, match="slides, other") as caught:
        read_inventory(two, GRID.epsg)
    assert "--layer slides" in caught.value.hint


def test_a_layer_is_read_by_its_name(tmp_path: Path):
    path = write_inventory(tmp_path / "two.gpkg", [rectangle(1, 1, 5, 5)])
    both = [rectangle(1, 1, 5, 5), rectangle(20, 20, 5, 5)]
    write_layer(path, "other", both, f"EPSG:{GRID.epsg}", append=True)
    for name, count in (("slides", 1), ("other", 2)):
        found = read_inventory(path, GRID.epsg, name)
        assert (len(found.slides), found.layer) == (count, name)
    with pytest.raises(ProductError, match="no layer 'slide', found slides, other"):
        read_inventory(path, GRID.epsg, "slide")


def test_metres_that_are_read_as_degrees_are_told_of(tmp_path: Path):
    path = tmp_path / "metres.geojson"
    shape = shapely.geometry.mapping(rectangle(1, 1, 9, 9))
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(ProductError, match="EPSG:4326, is valid; the first is at") as caught:
        read_inventory(path, GRID.epsg)
    assert "longitude and latitude" in caught.value.hint


def test_the_digest_of_a_shapefile_is_that_of_all_its_files(tmp_path: Path):
    for suffix in ("shp", "prj"):
        (tmp_path / f"a.{suffix}").write_text(suffix)
    before = inventory_digest(tmp_path / "a.shp")
    (tmp_path / "a.prj").write_text("another system")
    assert inventory_digest(tmp_path / "a.shp") != before


def test_windows_are_burnt_as_the_whole_grid_is():
    shapes = [rectangle(10, 10, 20, 20), rectangle(60, 60, 30, 3), rectangle(25, 25, 70, 40)]
    whole = burn(shapes, GRID)
    assert whole.sum() == 400 + 90 + 2800 - 25 - 90
    burner, parts = Burner(shapes, GRID), np.zeros(GRID.shape, dtype=bool)
    for window in GRID.blocks(50):
        parts[window.slices] = burner.window(window)
    np.testing.assert_array_equal(parts, whole)
    assert not Burner([], GRID).window(Window(0, 0, 5, 5)).any()


def test_what_the_system_cannot_place_is_left_out(tmp_path: Path):
    near = shapely.box(141.7, 42.7, 141.71, 42.71)
    beyond = shapely.box(231.0, -0.5, 232.0, 0.5)
    path = tmp_path / "a.gpkg"
    write_layer(path, "slides", [beyond, near], "EPSG:4326", append=False)
    found = read_inventory(path, GRID.epsg)
    assert (len(found.slides), found.skipped) == (1, 1)
    assert found.areas_m2[0] == pytest.approx(9.1e5, rel=0.05)


def test_polygons_with_heights_are_the_inventory_beside_other_layers(tmp_path: Path):
    path = tmp_path / "a.gpkg"
    solid = shapely.force_3d(rectangle(1, 1, 9, 9), 30.0)
    kinds = {"slides": (solid, "Polygon Z"), "tracks": (shapely.Point(5e5, 4.7e6), "Point")}
    for name, (shape, kind) in kinds.items():
        wkb = np.array([shapely.to_wkb(shape, output_dimension=3)], dtype=object)
        options = {"layer": name, "geometry_type": kind, "append": name != "slides"}
        pyogrio.raw.write(path, wkb, [], [], crs=f"EPSG:{GRID.epsg}", **options)
    (slide,) = read_inventory(path, GRID.epsg).slides
    assert not slide.has_z
    assert slide.equals(rectangle(1, 1, 9, 9))
