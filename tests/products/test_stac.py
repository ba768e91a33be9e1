"""The STAC item is a valid one and says the same as the product."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from pystac.validation import validate_dict

from landslidectl.products.contract.files import DEFAULT_FILES, FileKind
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.stac import EXTENSIONS, stac_item
from landslidectl.products.write import write_product
from tests.detection.fakes import GRID
from tests.products.samples import make_contents, make_request

Rule = Callable[[Any], bool]


def numbers(count: int) -> Rule:
    return lambda value: (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
    )


def matches(pattern: str) -> Rule:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


EXTENSION_FIELDS: dict[str, Rule] = {
    "proj:code": lambda value: value is None or matches(r"EPSG:\d{4,5}")(value),
    "proj:shape": lambda value: numbers(2)(value) and all(isinstance(n, int) for n in value),
    "proj:transform": numbers(6),
    "proj:bbox": numbers(4),
    "file:size": lambda value: isinstance(value, int) and value >= 0,
    "file:checksum": matches(r"1220[a-f0-9]{64}"),
}
"""All that the item says in the words of the extensions, as their specifications have it
(projection 2.0.0 and file 2.1.0, tables of fields). Their schemas lie on the network alone."""
IN_ASSETS_ALONE = ("file:size", "file:checksum")


def strange(item: dict[str, Any]) -> list[str]:
    """Return the fields of extensions that are unknown, misplaced or of a wrong form."""
    found = []
    places = {"properties": item["properties"], **item["assets"]}
    for place, members in places.items():
        for name, value in members.items():
            if not name.startswith(("proj:", "file:")):
                continue
            is_misplaced = place == "properties" and name in IN_ASSETS_ALONE
            if is_misplaced or name not in EXTENSION_FIELDS or not EXTENSION_FIELDS[name](value):
                found.append(f"{place}: {name}")
    return found


def check(item: dict[str, Any]) -> None:
    """Validate against the schema of the core, and fields of the extensions by our own rules."""
    assert validate_dict({**item, "stac_extensions": []})
    assert strange(item) == []


def test_item_is_valid_and_points_at_the_files(tmp_path: Path) -> None:
    product = write_product(make_request(tmp_path))
    item = json.loads(product.files[FileKind.STAC].read_text(encoding="utf-8"))
    check(item)
    assert item["id"] == product.folder.name
    assert item["links"] == []
    itself = {FileKind.STAC, FileKind.CHECKSUMS}
    assert set(item["assets"]) == set(DEFAULT_FILES) - itself
    for asset in item["assets"].values():
        content = (product.folder / asset["href"]).read_bytes()
        assert asset["href"].startswith("./LSD_")
        assert asset["file:size"] == len(content)
        assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
        assert asset["roles"] and "/" in asset["type"]


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("properties", "proj:epsg", 32654),
        ("properties", "proj:code", 32654),
        ("properties", "proj:shape", [96.5, 128]),
        ("properties", "file:size", 1),
        ("score", "proj:transform", [10.0, 0.0, 0.0]),
        ("score", "proj:bbox", ["0", 0, 1, 1]),
        ("kmz", "file:checksum", "1220"),
        ("kmz", "file:size", -1),
    ],
)
def test_a_wrong_field_of_an_extension_is_told(
    tmp_path: Path, place: str, name: str, value: object
) -> None:
    request = make_request(tmp_path)
    paths = {FileKind.SCORE: request.fused.path, FileKind.KMZ: request.fused.quality_path}
    item = stac_item(make_contents(request), paths)
    check(item)
    members = item["properties"] if place == "properties" else item["assets"][place]
    members[name] = value
    assert strange(item) == [f"{place}: {name}"]


def test_properties_say_what_the_metadata_say(tmp_path: Path) -> None:
    product = write_product(make_request(tmp_path))
    item = json.loads(product.files[FileKind.STAC].read_text(encoding="utf-8"))
    properties = item["properties"]
    assert properties["datetime"] == "2018-09-11T20:41:57Z"
    assert properties["start_datetime"] == "2018-08-06T20:41:55Z"
    assert properties["end_datetime"] == "2018-09-11T20:42:22Z"
    assert properties["platform"] == "sentinel-1a"
    assert properties["proj:code"] == f"EPSG:{GRID.epsg}"
    assert properties["proj:shape"] == [96, 128]
    assert properties["proj:transform"] == [10.0, 0.0, 560_000.0, 0.0, -10.0, 4_740_000.0]
    assert properties["landslidectl:status"] == "succeeded"
    assert properties["landslidectl:detections"] == 2
    (score,) = item["assets"]["score"]["bands"]
    assert (score["data_type"], score["nodata"]) == ("float32", "nan")
    west, south, east, north = item["bbox"]
    outline = shapely.geometry.shape(item["geometry"])
    assert outline.bounds == pytest.approx((west, south, east, north), abs=1e-6)
    assert set(item["stac_extensions"]) == set(EXTENSIONS)


def test_bbox_across_the_antimeridian_runs_from_west_to_east(tmp_path: Path) -> None:
    contents = make_contents(make_request(tmp_path))
    two = shapely.union_all([shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -179.5, -16)])
    area = replace(contents.layers[LayerName.AREA], geometries=(two,))
    item = stac_item(replace(contents, layers={**contents.layers, LayerName.AREA: area}), {})
    assert item["bbox"] == [179.0, -17.0, -179.5, -16.0]
    assert item["geometry"]["type"] == "MultiPolygon"
    check(item)


def test_two_satellites_are_a_constellation_without_a_platform(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    first, *others = request.provenance.scenes
    scenes = (replace(first, platform="S1C"), *others)
    mixed = replace(request, provenance=replace(request.provenance, scenes=scenes))
    item = stac_item(make_contents(mixed), {})
    assert "platform" not in item["properties"]
    assert item["properties"]["constellation"] == "sentinel-1"
    check(item)
