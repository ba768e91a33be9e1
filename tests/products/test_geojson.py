import json
from pathlib import Path

import pyogrio
import shapely
from shapely.geometry import shape

from landslidectl.products.contract.attributes import DETECTION_FIELDS
from landslidectl.products.geojson import geojson_geometry, write_geojson
from tests.products.samples import make_contents, make_request


def test_features_follow_rfc_7946(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "detections.geojson"
    write_geojson(final, make_contents(request))
    collection = json.loads(final.read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    assert len(collection["features"]) == 2
    for feature, item in zip(collection["features"], request.detections.items, strict=True):
        assert feature["id"] == feature["properties"]["det_id"] == item.det_id
        assert list(feature["properties"]) == [field.name for field in DETECTION_FIELDS]
        outline = shape(feature["geometry"])
        assert outline.is_valid
        assert outline.exterior.is_ccw
        assert shapely.hausdorff_distance(outline, item.polygon_wgs84) < 1e-7
        for lon, lat in feature["geometry"]["coordinates"][0]:
            assert (round(lon, 7), round(lat, 7)) == (lon, lat)
    properties = collection["features"][0]["properties"]
    assert properties["post_start"] == "2018-09-11T20:41:57Z"
    assert properties["slope_mean"] is None
    assert pyogrio.read_info(final)["crs"] == "EPSG:4326"


def test_empty_result_is_a_valid_collection(tmp_path: Path) -> None:
    final = tmp_path / "detections.geojson"
    write_geojson(final, make_contents(make_request(tmp_path, threshold=0.99)))
    collection = json.loads(final.read_text(encoding="utf-8"))
    assert collection["features"] == []
    assert pyogrio.read_info(final)["features"] == 0


def test_rings_turn_by_the_right_hand_rule() -> None:
    ring = shapely.box(10, 40, 13, 43).difference(shapely.box(11, 41, 12, 42))
    exterior, hole = geojson_geometry(ring.reverse())["coordinates"]
    assert shapely.LinearRing(exterior).is_ccw
    assert not shapely.LinearRing(hole).is_ccw
    assert exterior[0] == exterior[-1]


def test_outline_across_the_antimeridian_is_cut_there() -> None:
    geometry = geojson_geometry(shapely.box(179.0, -17.0, 182.0, -16.0))
    assert geometry["type"] == "MultiPolygon"
    east, west = sorted((shape(geometry).geoms), key=lambda part: -part.bounds[0])
    assert east.bounds == (179.0, -17.0, 180.0, -16.0)
    assert west.bounds == (-180.0, -17.0, -178.0, -16.0)
    assert all(part.exterior.is_ccw for part in (east, west))
