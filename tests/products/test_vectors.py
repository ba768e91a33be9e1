from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.products.contract.attributes import DETECTION_FIELDS
from landslidectl.products.contract.layers import LAYERS
from landslidectl.products.vectors import STYLE_TABLE, write_geopackage
from tests.products.samples import make_contents, make_request


def rows_of(path: Path, layer: str) -> list[dict[str, object]]:
    meta, _, _, columns = pyogrio.raw.read(path, layer=layer)
    return [dict(zip(meta["fields"], row, strict=True)) for row in zip(*columns, strict=True)]


def test_layers_have_the_columns_and_systems_of_the_contract(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "detections.gpkg"
    write_geopackage(final, make_contents(request))
    names = [spec.name.value for spec in LAYERS]
    assert [name for name, _ in pyogrio.list_layers(final)] == [*names, STYLE_TABLE]
    for spec in LAYERS:
        info = pyogrio.read_info(final, layer=spec.name.value)
        assert list(info["fields"]) == [field.name for field in spec.fields]
        assert (info["geometry_type"] is not None) == spec.has_geometry
    assert pyogrio.read_info(final, layer="detections")["crs"] == "EPSG:32654"
    assert pyogrio.read_info(final, layer="area_of_interest")["crs"] == "EPSG:4326"
    assert pyogrio.read_info(final, layer="image_footprint")["features"] == 3
    assert pyogrio.read_info(final, layer="source")["features"] == 3


def test_attributes_come_back(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "detections.gpkg"
    write_geopackage(final, make_contents(request))
    first, second = rows_of(final, "detections")
    assert first["det_id"] == request.detections.items[0].det_id
    assert first["area_ha"] == round(request.detections.items[0].area_ha, 2)
    assert (first["event_type"], first["obj_desc"]) == ("Mass movement", "Landslide")
    assert np.isnan(first["slope_mean"])
    assert second["score_max"] == 0.7
    assert first["post_start"] == np.datetime64("2018-09-11T20:41:57.000")
    assert first["review"] == "unreviewed"
    assert (first["confidence"], second["confidence"]) == ("high", "low")
    assert (first["status"], first["releases"], first["n_seen"]) == ("first", "r1", 1)
    assert first["first_seen"] == first["post_end"]
    _, _, geometry, _ = pyogrio.raw.read(final, layer="detections")
    outline = shapely.from_wkb(geometry[0])
    assert outline.equals(request.detections.items[0].polygon)
    facts = {row["key"]: row["value"] for row in rows_of(final, "run")}
    assert facts["status"] == "succeeded"
    assert (facts["high"], facts["low"], facts["first"]) == ("1", "1", "2")
    assert (facts["threshold_high"], facts["dropped"]) == ("0.800", "0")
    assert facts["model_sha256"] == "ab" * 32
    (area,) = rows_of(final, "area_of_interest")
    parts = [area[f"{kind}_km2"] for kind in ("tested", "masked", "unobserved")]
    assert sum(parts) == pytest.approx(area["area_km2"], rel=0.01)


def test_empty_result_keeps_layers_columns_and_system(tmp_path: Path) -> None:
    final = tmp_path / "detections.gpkg"
    write_geopackage(final, make_contents(make_request(tmp_path, threshold=0.99)))
    info = pyogrio.read_info(final, layer="detections")
    assert info["features"] == 0
    assert info["crs"] == "EPSG:32654"
    assert info["geometry_type"] == "MultiPolygon"
    assert list(info["fields"]) == [field.name for field in DETECTION_FIELDS]
    assert info["dtypes"][list(info["fields"]).index("n_pre")] == "int32"


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    write_geopackage(folder / "detections.gpkg", make_contents(make_request(tmp_path)))
    assert [path.name for path in folder.iterdir()] == ["detections.gpkg"]
