"""The styles that ship and travel in the GeoPackage fit the layers they draw."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest

from landslidectl.files.resources import asset
from landslidectl.products.contract.colours import SCORE_RAMP
from landslidectl.products.contract.layers import STYLES, LayerName, StyleSpec, layer_spec
from landslidectl.products.contract.rasters import CONFIDENCE_RGB
from landslidectl.products.map_layers import score_colours
from landslidectl.products.vectors import STYLE_COLUMNS, STYLE_TABLE, write_geopackage
from tests.products.samples import make_contents, make_request


def qml(spec: StyleSpec) -> ElementTree.Element:
    return ElementTree.parse(asset("styles", spec.file)).getroot()


@pytest.mark.parametrize("spec", STYLES, ids=lambda spec: spec.file)
def test_a_style_draws_polygons_by_the_attribute_the_contract_names(spec: StyleSpec) -> None:
    root = qml(spec)
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert spec.attribute in str(renderer.get("attr", ""))
    assert bool(renderer.get("attr")) == bool(spec.attribute)
    assert root.findtext("layerGeometryType") == "2"
    names = {field.name for field in layer_spec(spec.layer).fields}
    assert {item.get("name") for item in root.iterfind("fieldConfiguration/field")} <= names
    drawn = {item.get("symbol") for item in renderer.iter() if item.get("symbol")}
    symbols = {item.get("name") for item in renderer.iterfind("symbols/symbol")}
    assert drawn <= symbols
    assert len(spec.name) <= 30


def test_colours_of_scores_are_those_of_the_map() -> None:
    (spec,) = [spec for spec in STYLES if spec.attribute == "score_max"]
    root = qml(spec)
    fills = {
        symbol.get("name"): [
            int(part)
            for item in symbol.iterfind("layer/prop")
            if item.get("k") == "color"
            for part in str(item.get("v")).split(",")[:3]
        ]
        for symbol in root.iterfind("renderer-v2/symbols/symbol")
    }
    ranges = list(root.iterfind("renderer-v2/ranges/range"))
    edges = [(float(str(item.get("lower"))), float(str(item.get("upper")))) for item in ranges]
    assert edges[0][0] == SCORE_RAMP[0][0] and edges[-1][1] == SCORE_RAMP[-1][0]
    assert all(low[1] == high[0] for low, high in pairwise(edges))
    for item, (low, high) in zip(ranges, edges, strict=True):
        wanted = np.rint(score_colours(np.float32([(low + high) / 2]))[0])
        assert fills[item.get("symbol")] == pytest.approx(wanted, abs=1)


def test_colours_of_confidence_are_those_of_the_classes_and_rejected_is_hollow() -> None:
    (spec,) = [spec for spec in STYLES if spec.attribute == "confidence"]
    root = qml(spec)
    symbols = {
        symbol.get("name"): {str(item.get("k")): str(item.get("v")) for item in symbol.iter("prop")}
        for symbol in root.iterfind("renderer-v2/symbols/symbol")
    }
    drawn = {
        item.get("value"): symbols[item.get("symbol")]
        for item in root.iterfind("renderer-v2/categories/category")
    }
    for confidence, colour in CONFIDENCE_RGB.items():
        assert drawn[confidence]["color"].startswith(",".join(map(str, colour)))
    assert drawn["rejected"]["style"] == "no"


def test_styles_travel_where_qgis_looks_for_them(tmp_path: Path) -> None:
    final = tmp_path / "detections.gpkg"
    contents = make_contents(make_request(tmp_path))
    write_geopackage(final, contents)
    info = pyogrio.read_info(final, layer=STYLE_TABLE)
    assert (list(info["fields"]), info["fid_column"]) == (list(STYLE_COLUMNS), "id")
    assert pyogrio.read_info(final, layer="detections")["geometry_name"] == "geom"
    _, _, _, columns = pyogrio.raw.read(final, layer=STYLE_TABLE)
    rows = [dict(zip(STYLE_COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]
    there = {field.name for field in contents.detections.fields} | {""}
    expected = [spec.name for spec in STYLES if spec.attribute in there]
    assert [row["styleName"] for row in rows] == expected
    for row in rows:
        assert (row["f_table_catalog"], row["f_table_schema"]) == ("", "")
        assert row["f_geometry_column"] == "geom"
        assert row["styleQML"].startswith("<!DOCTYPE qgis")
        assert row["update_time"] == np.datetime64("2018-09-12T03:04:05.000")
    for layer in (LayerName.DETECTIONS, LayerName.AREA, LayerName.FOOTPRINT):
        defaults = [row["useAsDefault"] for row in rows if row["f_table_name"] == layer.value]
        assert defaults == [False] * (len(defaults) - 1) + [True]
