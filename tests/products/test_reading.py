"""A product read back says the same, and a damaged one is told from a whole one."""

import json
import sqlite3
import struct
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from landslidectl.errors import DifferenceFound, OutputError, ProductError, ResourceError
from landslidectl.evaluation.product import open_product
from landslidectl.products import stored_layers
from landslidectl.products.contract.files import FORMAT_FILES, FileKind, Format
from landslidectl.products.contract.layers import LayerName, layer_spec
from landslidectl.products.export import WRITERS, export_contents
from landslidectl.products.reading import open_stored, read_contents
from landslidectl.products.request import Product
from landslidectl.products.wording import EDITED_LIMIT
from landslidectl.products.write import write_product
from tests.products import tampering
from tests.products.samples import make_contents, make_request

ALL = tuple(Format)


@pytest.fixture
def product(tmp_path: Path) -> Product:
    request = make_request(tmp_path)
    return write_product(replace(request, extra=(FileKind.SHAPEFILE,)))


def review(path: Path) -> None:
    """Reject the first detection and draw another one, as a person does in QGIS."""
    database = sqlite3.connect(path)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(name, 1, lambda _: None)  # the triggers name them
    with database:
        database.execute("UPDATE detections SET review='rejected' WHERE fid=1")
    database.close()
    square = shapely.MultiPolygon([shapely.box(560_100, 4_739_100, 560_200, 4_739_200)])
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(square)], dtype=object),
        [np.array([None], dtype=object)],
        ["det_id"],
        layer="detections",
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs="EPSG:32654",
        append=True,
    )


@pytest.mark.parametrize("threshold", [0.6, 0.99])
def test_every_format_comes_out_as_with_the_product(tmp_path: Path, threshold: float) -> None:
    request = replace(make_request(tmp_path, threshold=threshold), extra=(FileKind.SHAPEFILE,))
    product = write_product(request)
    contents = read_contents(open_stored(product.folder))
    written = export_contents(contents, ALL, tmp_path / "handed")
    assert set(written) == set(Format)
    for kind, path in written.items():
        original = product.files[FORMAT_FILES[kind]]
        assert path.name == original.name
        assert path.read_bytes() == original.read_bytes(), kind


def test_contents_are_those_it_was_written_with(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    product = write_product(request)
    made, read = make_contents(request), read_contents(open_stored(product.folder.parent))
    assert read.facts == made.facts
    for name in LayerName:
        assert read.layers[name].rows == made.layers[name].rows
        assert read.layers[name].epsg == made.layers[name].epsg


def test_changed_and_missing_files_are_told_apart(product: Product) -> None:
    score = product.files[FileKind.SCORE]
    content = score.read_bytes()
    score.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DifferenceFound, match=r"score\.tif: changed since") as changed:
        read_contents(open_stored(product.folder), edited=True)
    assert changed.value.exit_code == 11
    score.unlink()
    with pytest.raises(ProductError, match=r"score\.tif: the file is missing") as missing:
        read_contents(open_stored(product.folder))
    assert missing.value.exit_code == 4


def test_an_edited_geopackage_is_taken_only_when_asked(tmp_path: Path, product: Product) -> None:
    review(product.files[FileKind.GEOPACKAGE])
    stored = open_stored(product.folder)
    with pytest.raises(DifferenceFound, match="changed since") as caught:
        read_contents(stored)
    assert "--edited" in caught.value.hint
    contents = read_contents(stored, edited=True)
    assert contents.facts["limitations"][0] == EDITED_LIMIT
    rows = contents.layers[LayerName.DETECTIONS].rows
    assert [row["review"] for row in rows] == ["rejected", "unreviewed", None]
    assert [row["review"] for row in contents.detections.rows] == ["unreviewed", None]
    contents = replace(contents, with_rejected=True)
    written = export_contents(contents, ALL, tmp_path / "handed")
    features = json.loads(written[Format.GEOJSON].read_text())["features"]
    assert [feature["properties"]["review"] for feature in features] == [
        "rejected",
        "unreviewed",
        None,
    ]
    assert "id" not in features[2]
    assert pyogrio.read_info(written[Format.SHP])["features"] == 3


def test_attributes_an_older_release_did_not_have_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = layer_spec(LayerName.DETECTIONS)
    older = replace(spec, fields=tuple(f for f in spec.fields if f.name != "outline"))
    with monkeypatch.context() as patched:
        patched.setattr(
            "landslidectl.products.contents.layer_spec",
            lambda name: older if name is spec.name else layer_spec(name),
        )
        product = write_product(make_request(tmp_path))
    layer = read_contents(open_stored(product.folder)).detections
    assert "outline" not in {field.name for field in layer.fields}
    written = export_contents(
        read_contents(open_stored(product.folder)), (Format.CSV,), tmp_path / "handed"
    )
    assert "outline" not in written[Format.CSV].read_text().splitlines()[0]


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path: Path, product: Product) -> None:
    contents = read_contents(open_stored(product.folder))
    folder = tmp_path / "handed"
    export_contents(contents, (Format.CSV,), folder)
    with pytest.raises(OutputError, match="is there already"):
        export_contents(contents, (Format.KMZ, Format.CSV), folder)
    assert len(list(folder.iterdir())) == 1, "nothing is written before all is checked"
    export_contents(contents, (Format.KMZ, Format.CSV), folder, overwrite=True)
    assert len(list(folder.iterdir())) == 2


def test_an_outline_that_is_none_is_refused(product: Product) -> None:
    ring_of_two = struct.pack("<BIII4d", 1, 3, 1, 2, 0.0, 0.0, 1.0, 1.0)
    blob = b"GP\0\x01" + struct.pack("<i", 32654) + ring_of_two
    tampering.sql(product.folder, "UPDATE detections SET geom=? WHERE fid=1", (blob,))
    for use in (lambda: read_contents(open_stored(product.folder), edited=True),
                lambda: open_product(product.folder)):  # fmt: skip
        with pytest.raises(ProductError, match="an outline is damaged"):
            use()


def test_outlines_that_are_gone_are_missed(product: Product) -> None:
    tampering.sql(product.folder, "DELETE FROM gpkg_contents")
    with pytest.raises(ProductError, match=r"layer '[a-z_]+' has no outlines"):
        read_contents(open_stored(product.folder), edited=True)


@pytest.mark.parametrize("name", ["../secret", "x" * 300, "x\0.tif", ".."])
def test_sums_cannot_lead_outside_the_product(product: Product, name: str) -> None:
    sums = product.folder / "SHA256SUMS"
    sums.write_text(f"{sums.read_text()}{'0' * 64}  {name}\n")
    with pytest.raises(ProductError, match="no checksum of a file"):
        open_stored(product.folder).checksums()


def test_all_formats_appear_or_none(
    tmp_path: Path, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before the disk was full would be in the way of the same command."""
    contents, folder = read_contents(open_stored(product.folder)), tmp_path / "handed"

    def full(final: Path, contents: object) -> None:
        raise ResourceError(f"{final}: cannot be written: the disk is full")

    with monkeypatch.context() as patched, pytest.raises(ResourceError):
        patched.setitem(WRITERS, FileKind.CSV, full)
        export_contents(contents, (Format.GEOJSON, Format.CSV), folder)
    assert list(folder.iterdir()) == []
    export_contents(contents, (Format.GEOJSON, Format.CSV), folder)
    assert len(list(folder.iterdir())) == 2


def test_an_attribute_without_bounds_is_refused(product: Product) -> None:
    tampering.sql(product.folder, "UPDATE detections SET area_ha=9e999 WHERE fid=1")
    with pytest.raises(ProductError, match="a value in 'area_ha' that it cannot have"):
        read_contents(open_stored(product.folder), edited=True)


@pytest.mark.parametrize(
    ("layer", "name"), [("detections", "area_ha"), ("area_of_interest", "aoi_name")]
)
def test_an_attribute_that_was_renamed_is_missed(product: Product, layer: str, name: str) -> None:
    tampering.sql(product.folder, f"ALTER TABLE {layer} RENAME COLUMN {name} TO other")
    with pytest.raises(ProductError, match=f"layer '{layer}' has no attribute {name}"):
        read_contents(open_stored(product.folder), edited=True)


@pytest.mark.parametrize("name", ["../secret", "x" * 300, "x\0.tif", ".."])
def test_metadata_cannot_lead_outside_the_product(product: Product, name: str) -> None:
    path = product.files[FileKind.METADATA]
    content = json.loads(path.read_text())
    content["files"][0]["name"] = name
    path.write_text(json.dumps(content))
    with pytest.raises(ProductError, match="outside the product"):
        open_stored(product.folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": None}, "cannot be read or is incomplete"),
        ({"files": [{"kind": "score", "name": ["x"], "sha256": ""}]}, "outside the product"),
        ({"files": []}, "files is .*, expected at least 1 items"),
        ({"schema_version": "2.0"}, "has version 2.0, this program knows 1.0"),
        ({"limitations": ...}, "is incomplete, without limitations"),
        ({"product": "x"}, "product is 'x', expected the form"),
        ({"event": {"name": ["Iburi"]}}, "event is without 'id'"),
        ({"limitations": [["none"]]}, "limitations.0 is .*, expected string"),
        ({"warnings": json.loads("[" * 500 + "]" * 500)}, "cannot be read|expected string"),
    ],
)
def test_metadata_of_another_kind_are_refused(
    product: Product, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = product.files[FileKind.METADATA]
    content = json.loads(path.read_text()) | change
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))
    with pytest.raises(ProductError, match=words):
        export_contents(read_contents(open_stored(product.folder)), (Format.CSV,), tmp_path)


@pytest.mark.parametrize(
    "text",
    ["2023/11/05 11:53:02.030+00", "2023-11-05T11:53:02.030Z", "2023-11-05T11:53:02.030"],
)
def test_instants_of_every_gdal_are_read(text: str) -> None:
    """The standalone program holds an older one than the installed package."""
    assert stored_layers._instant(text) == datetime(2023, 11, 5, 11, 53, 2, 30_000, tzinfo=UTC)
