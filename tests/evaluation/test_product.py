"""Opening product folders, whole, moved, edited and damaged."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import rasterio

from landslidectl.errors import ProductError
from landslidectl.evaluation.product import open_product
from landslidectl.events import Warned
from landslidectl.files.hashing import file_digest
from landslidectl.products.reading import find_product
from landslidectl.products.write import write_product as write_real_product
from tests.evaluation.conftest import Event
from tests.evaluation.world import GRID, NAME, THRESHOLD, write_inventory
from tests.products.samples import make_request


@pytest.fixture
def copied(event: Event, tmp_path: Path) -> Path:
    return Path(shutil.copytree(event.product, tmp_path / "renamed"))


def test_a_real_product_opens(tmp_path: Path):
    request = make_request(tmp_path)
    written = write_real_product(request)
    found = open_product(written.folder)
    assert found.grid == request.detections.grid
    assert found.threshold == request.detections.threshold
    assert len(found.detections) == len(request.detections.items) == 2
    assert found.event_name == "Hokkaido Eastern Iburi earthquake, 2018-09-05"
    assert found.name == written.folder.name
    outlined = sum(outline.area for outline in found.detections)
    assert outlined == pytest.approx(sum(item.polygon.area for item in request.detections.items))
    assert 0.8 < found.area.area / (found.grid.area_km2 * 1e6) < 1.0


def test_a_product_may_lie_anywhere_under_any_name(event: Event, copied: Path):
    assert open_product(copied).name == open_product(event.product).name == NAME
    assert find_product(copied.parent) == copied
    assert open_product(copied).threshold == THRESHOLD
    assert open_product(copied).grid == GRID


def test_several_products_ask_for_one(copied: Path):
    shutil.copytree(copied, copied.parent / "second")
    with pytest.raises(ProductError, match="2 products") as caught:
        find_product(copied.parent)
    assert str(copied) in caught.value.message


@pytest.mark.parametrize("suffix", ["score.tif", "quality.tif", "detections.gpkg"])
def test_a_missing_file_is_named(copied: Path, suffix: str):
    (copied / f"{NAME}_{suffix}").unlink()
    with pytest.raises(ProductError, match=suffix):
        open_product(copied)


def test_damaged_files_are_refused(copied: Path):
    vectors = copied / f"{NAME}_detections.gpkg"
    vectors.unlink()
    write_inventory(vectors, [])
    with pytest.raises(ProductError, match="layer 'detections'"):
        open_product(copied)
    score = copied / f"{NAME}_score.tif"
    score.write_bytes(score.read_bytes()[:-10])
    with pytest.raises(ProductError, match=r"score\.tif: damaged"):
        open_product(copied)


def test_a_raster_without_a_system_is_refused(copied: Path):
    score = copied / f"{NAME}_score.tif"
    with rasterio.open(score) as source:
        profile, values = source.profile | {"crs": None}, source.read()
    with rasterio.open(score, "w", **profile) as target:
        target.write(values)
    path = copied / f"{NAME}_metadata.json"
    metadata = json.loads(path.read_text())
    for item in metadata["files"]:
        if item["name"] == score.name:
            item["sha256"] = file_digest(score)
    path.write_text(json.dumps(metadata))
    with pytest.raises(ProductError, match="has no EPSG code"):
        open_product(copied)


def test_a_threshold_that_is_no_number_is_refused(copied: Path):
    path = copied / f"{NAME}_metadata.json"
    metadata = json.loads(path.read_text())
    metadata["result"]["threshold"] = "high"
    path.write_text(json.dumps(metadata))
    with pytest.raises(ProductError, match="cannot be read or is incomplete"):
        open_product(copied)


def test_an_edited_geopackage_is_told(copied: Path):
    path = copied / f"{NAME}_metadata.json"
    metadata = json.loads(path.read_text())
    metadata["files"][2]["sha256"] = "0" * 64
    path.write_text(json.dumps(metadata))
    told: list[object] = []
    assert len(open_product(copied, told.append).detections) == 3
    assert [item.code for item in told if isinstance(item, Warned)] == ["geopackage-edited"]


def test_what_is_no_product(copied: Path, tmp_path: Path):
    with pytest.raises(ProductError, match="is not there"):
        find_product(tmp_path / "nowhere")
    with pytest.raises(ProductError, match="is a file"):
        find_product(copied / f"{NAME}_score.tif")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ProductError, match="holds no product"):
        find_product(empty)
    (copied / f"{NAME}_metadata.json").write_text("{}")
    with pytest.raises(ProductError, match="incomplete"):
        open_product(copied)


def test_what_people_rejected_is_not_judged(tmp_path: Path):
    request = make_request(tmp_path)
    first, second = request.detections.items
    rejected = replace(second, review="rejected")
    found = replace(request.detections, items=(first,), rejected=(rejected,))
    product = write_real_product(replace(request, detections=found))
    assert len(open_product(product.folder).detections) == 1
