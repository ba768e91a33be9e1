"""From an area of interest to a grid."""

import json
import math
from pathlib import Path

import pyogrio
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import AoiError
from landslidectl.jobs.area import (
    WGS84,
    bbox_area,
    checked_area,
    grid_for,
    read_aoi,
    transformed,
)
from landslidectl.stack.footprints import continuous

BOX = shapely.box(12.0, 42.0, 12.1, 42.05)
FIJI = shapely.MultiPolygon(
    [shapely.box(179.5, -17.5, 180.0, -16.5), shapely.box(-180.0, -17.5, -179.5, -16.5)]
)


def write(path: Path, geometry: shapely.Geometry, driver: str, crs: str | None = WGS84) -> Path:
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb([geometry]),
        field_data=[],
        fields=[],
        geometry_type=geometry.geom_type,
        driver=driver,
        crs=crs,
    )
    return path


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.geojson", "GeoJSON"),
        ("a b.gpkg", "GPKG"),
        ("ä.kml", "KML"),
        ("a.shp", "ESRI Shapefile"),
    ],
)
def test_every_format_gives_the_same_area(tmp_path: Path, name: str, driver: str) -> None:
    area = read_aoi(write(tmp_path / name, BOX, driver))
    assert area.symmetric_difference(BOX).area < 1e-9


def test_projected_files_are_brought_to_degrees(tmp_path: Path) -> None:
    projected = shapely.transform(BOX, lambda points: transformed(points, WGS84, "EPSG:32633"))
    area = read_aoi(write(tmp_path / "utm.gpkg", projected, "GPKG", "EPSG:32633"))
    assert area.symmetric_difference(BOX).area < 1e-7


def test_several_features_are_joined(tmp_path: Path) -> None:
    far = shapely.box(12.2, 42.0, 12.3, 42.1)
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in (BOX, far, shapely.Point(0, 0))
    ]
    path = tmp_path / "two.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_aoi(path).area == pytest.approx(BOX.area + far.area)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ('{"type": "Point", "coordinates": [12, 42]}', "no polygon"),
        ('{"type": "FeatureCollection", "features": []}', "no polygon"),
        (json.dumps(shapely.geometry.mapping(shapely.box(4e5, 4e6, 5e5, 5e6))), "no degrees"),
        (json.dumps(shapely.geometry.mapping(shapely.box(12, 85, 13, 86))), "UTM"),
        (json.dumps(shapely.geometry.mapping(shapely.box(0, 0, 50, 1))), "wide"),
        (json.dumps(shapely.geometry.mapping(shapely.box(-180, -60, 180, 60))), "wide"),
        (json.dumps(shapely.geometry.mapping(shapely.box(170, -60, 190, 60))), "20.0 degrees wide"),
        (
            '{"type": "Polygon", "coordinates": [[[12, 42], [13, 42], [13, 43], [12, 43]]]}',
            "closed",
        ),
        (
            '{"type": "Polygon", "coordinates": [[[12, 42], [1e400, 42], [13, 43], [12, 42]]]}',
            "area of interest|no places",
        ),
        (
            '{"type": "Polygon", "coordinates": [[[12, 42], [1e308, 42], [13, 43], [12, 42]]]}',
            "no degrees",
        ),
    ],
)
def test_unusable_files_are_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "aoi.geojson"
    path.write_text(content)
    with pytest.raises(AoiError, match=words) as caught:
        read_aoi(path)
    assert str(path) in caught.value.message


def test_shapefile_without_projection_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", BOX, "ESRI Shapefile")
    path.with_suffix(".prj").unlink()
    with pytest.raises(AoiError, match="coordinate system"):
        read_aoi(path)
    with pytest.raises(AoiError, match="does not exist"):
        read_aoi(tmp_path / "missing.gpkg")


@pytest.mark.parametrize(
    "bbox",
    [(13, 42, 12, 43), (12, 43, 13, 42), (12, 42, 12, 43), (179, 1, -179, 0), (170, 0, -177, 1)],
)
def test_reversed_and_empty_boxes_are_refused(bbox: tuple[float, float, float, float]) -> None:
    with pytest.raises(AoiError, match="west must be below east"):
        bbox_area(bbox)


@given(lon=st.floats(-179, 178), lat=st.floats(-79, 83), width=st.floats(0.01, 0.8))
@settings(max_examples=25, deadline=None)
def test_grid_covers_the_area_and_is_snapped(lon: float, lat: float, width: float) -> None:
    area = bbox_area((lon, lat, lon + width, lat + 0.2))
    grid = grid_for(area)
    assert grid.epsg == (32600 if lat + 0.1 >= 0 else 32700) + min(
        math.floor((lon + width / 2 + 180) / 6) + 1, 60
    )
    assert grid.left % 10 == 0
    assert grid.top % 10 == 0
    outline = shapely.segmentize(area, 0.013)
    x, y = transformed(shapely.get_coordinates(outline), WGS84, f"EPSG:{grid.epsg}").T
    bounds = grid.bounds
    # between the points that are projected, the curve may stand out by a fraction of a metre
    assert x.min() > bounds.left - 1
    assert x.max() < bounds.right + 1
    assert y.min() > bounds.bottom - 1
    assert y.max() < bounds.top + 1


def test_too_large_an_area_is_refused() -> None:
    with pytest.raises(AoiError, match="km"):
        grid_for(bbox_area((0, 0, 10, 10)))


def fiji_ring(*corners: tuple[float, float]) -> str:
    """Return GeoJSON of one ring that closes."""
    return json.dumps({"type": "Polygon", "coordinates": [[*corners, corners[0]]]})


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(shapely.geometry.mapping(FIJI)),
        json.dumps(shapely.geometry.mapping(shapely.box(179.5, -17.5, 180.5, -16.5))),
        json.dumps(shapely.geometry.mapping(shapely.box(-180.5, -17.5, -179.5, -16.5))),
        fiji_ring((179.5, -17.5), (-179.5, -17.5), (-179.5, -16.5), (179.5, -16.5)),
        json.dumps(
            {
                "type": "GeometryCollection",
                "geometries": [
                    shapely.geometry.mapping(shapely.box(179.5, -17.5, 180.2, -16.5)),
                    shapely.geometry.mapping(shapely.box(-180.0, -17.5, -179.5, -16.5)),
                ],
            }
        ),
    ],
    ids=["cut", "beyond 180", "beyond -180", "jump", "both ways"],
)
def test_every_way_to_write_an_area_across_the_antimeridian(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fiji.geojson"
    path.write_text(content)
    area = read_aoi(path)
    assert area.geom_type == "MultiPolygon"
    assert (area.bounds[0], area.bounds[2]) == (-180.0, 180.0)
    assert area.symmetric_difference(FIJI).area < 1e-9


def test_projected_file_across_the_antimeridian(tmp_path: Path) -> None:
    whole = shapely.box(179.5, -17.5, 180.5, -16.5)
    projected = shapely.transform(whole, lambda points: transformed(points, WGS84, "EPSG:32760"))
    area = read_aoi(write(tmp_path / "utm.gpkg", projected, "GPKG", "EPSG:32760"))
    assert area.symmetric_difference(FIJI).area < 1e-7


def test_areas_given_from_0_to_360_degrees() -> None:
    assert checked_area(shapely.box(350.0, 0, 351.0, 1), "x").equals(shapely.box(-10, 0, -9, 1))
    around = checked_area(shapely.box(359.5, 0, 360.0, 1).union(shapely.box(0, 0, 0.5, 1)), "x")
    assert around.equals(shapely.box(-0.5, 0, 0.5, 1))


def test_box_with_west_above_east_crosses_the_antimeridian() -> None:
    area = bbox_area((179.5, -17.5, -179.5, -16.5))
    assert area.equals(FIJI)
    assert area.equals(bbox_area((179.5, -17.5, 180.5, -16.5)))
    assert bbox_area((179.5, -17.5, 180.0, -16.5)).equals(FIJI.geoms[0])


@pytest.mark.parametrize(
    ("bbox", "epsg"),
    [
        ((179.5, -17.5, -179.7, -16.5), 32760),
        ((179.7, -17.5, -179.5, -16.5), 32701),
        ((179.5, 51.0, -179.7, 52.0), 32660),
        ((177.0, -17.5, 180.0, -16.5), 32760),
        ((-180.0, -17.5, -177.0, -16.5), 32701),
    ],
)
def test_grid_across_the_antimeridian(bbox: tuple[float, float, float, float], epsg: int) -> None:
    area = bbox_area(bbox)
    grid = grid_for(area)
    assert grid.epsg == epsg
    # thirty zones further west the same box lies away from the antimeridian
    moved = shapely.affinity.translate(continuous(area), xoff=-180.0)
    assert grid.shape == pytest.approx(grid_for(moved).shape, abs=1)
    points = shapely.get_coordinates(shapely.segmentize(area, 0.05))
    x, y = transformed(points, WGS84, f"EPSG:{epsg}").T
    assert x.min() >= grid.bounds.left - 1 and x.max() <= grid.bounds.right + 1
    assert y.min() >= grid.bounds.bottom - 1 and y.max() <= grid.bounds.top + 1


def test_one_zone_for_an_area_across_zones_by_its_centre() -> None:
    assert grid_for(bbox_area((11.0, 42.0, 12.8, 42.5))).epsg == 32632
    assert grid_for(bbox_area((11.5, 42.0, 13.5, 42.5))).epsg == 32633
    assert grid_for(bbox_area((11.5, -0.6, 12.7, 0.5))).epsg == 32733
    parts = shapely.union_all([shapely.box(11.0, 42, 11.2, 43), shapely.box(13.5, 42, 14.0, 43)])
    assert grid_for(checked_area(parts, "x")).epsg == 32633
