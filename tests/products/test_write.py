import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest

from landslidectl.errors import OutputError, ResourceError
from landslidectl.events import ArtefactWritten, ProgressEvent
from landslidectl.files.rasters import open_raster
from landslidectl.products.contract.attributes import DETECTION_FIELDS
from landslidectl.products.contract.files import DEFAULT_FILES, FileKind
from landslidectl.products.contract.layers import LAYERS
from landslidectl.products.naming import parse_product_name
from landslidectl.products.request import DroppedDetection, RefusedScene
from landslidectl.products.write import write_product
from landslidectl.terms import JobStatus
from tests.detection.fakes import GRID
from tests.products.samples import make_dem, make_request


def test_product_is_complete_and_its_checksums_hold(tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    request = make_request(tmp_path)
    product = write_product(request, events.append)
    assert set(product.files) == set(DEFAULT_FILES)
    assert {path.name for path in product.folder.iterdir()} == {
        path.name for path in product.files.values()
    }
    assert parse_product_name(product.folder.name) == request.name
    assert [path.name for path in request.folder.iterdir()] == [product.folder.name]
    lines = product.files[FileKind.CHECKSUMS].read_text().splitlines()
    assert len(lines) == len(DEFAULT_FILES) - 1
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((product.folder / name).read_bytes()).hexdigest() == digest
    written = [event for event in events if isinstance(event, ArtefactWritten)]
    assert {event.kind for event in written} == {kind.value for kind in DEFAULT_FILES}
    assert all(Path(event.path).is_file() for event in written)


def test_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        write_product(replace(make_request(tmp_path / name), extra=tuple(FileKind)))
        for name in ("a", "b")
    )
    assert set(first.files) == set(FileKind)
    for kind, path in first.files.items():
        assert path.read_bytes() == second.files[kind].read_bytes(), kind


def test_complete_product_is_not_overwritten_unasked(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    product = write_product(request)
    mark = product.folder / "mark"
    mark.touch()
    with pytest.raises(OutputError, match="is there already") as caught:
        write_product(request)
    assert caught.value.exit_code == 8
    assert mark.exists()
    again = write_product(replace(request, overwrite=True))
    assert not mark.exists()
    assert [path.name for path in request.folder.iterdir()] == [again.folder.name]


def test_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    request = make_request(tmp_path)
    monkeypatch.setattr("landslidectl.products.write.write_readme", fail)
    with pytest.raises(ResourceError, match="the disk is full"):
        write_product(request)
    assert list(request.folder.iterdir()) == []


def test_empty_result_is_a_success_that_states_its_areas(tmp_path: Path) -> None:
    request = make_request(tmp_path, threshold=0.99)
    assert request.status is JobStatus.SUCCEEDED_EMPTY
    product = write_product(request)
    facts = json.loads(product.files[FileKind.METADATA].read_text())
    assert facts["status"] == "succeeded_empty"
    assert facts["result"]["detections"] == 0
    assert facts["result"]["tested_km2"] == pytest.approx(0.95, rel=0.01)
    assert facts["result"]["masked_km2"] == pytest.approx(0.04, rel=0.01)
    text = product.files[FileKind.README].read_text()
    assert "No detection. This is a result only for the area analysed" in text


def test_metadata_say_what_is_needed_to_defend_the_result(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    product = write_product(request)
    facts = json.loads(product.files[FileKind.METADATA].read_text())
    assert facts["dem"]["summary"] == "none (--no-dem)"
    assert facts["models"][0]["sha256"] == "ab" * 32
    assert [scene["phase"] for scene in facts["scenes"]] == ["pre", "pre", "post"]
    assert facts["refused"][0]["reason"] == "SLC, expected GRD"
    assert facts["settings"] == {"threshold": 0.6, "scenes": ["scenes"], "land_cover": []}
    assert facts["credit"] == "Contains modified Copernicus Sentinel data 2018"
    assert facts["grid"]["epsg"] == GRID.epsg
    assert facts["result"]["threshold_high"] == 0.8
    assert facts["result"]["confidence"] == {"low": 1, "high": 1}
    assert facts["result"]["status"] == {"first": 2, "provisional": 0, "confirmed": 0}
    assert facts["models"][0]["threshold_high"] == 0.8
    classes = next(layer for layer in facts["layers"] if layer["name"] == "class")["classes"]
    assert classes["254"].startswith("masked")
    assert facts["processed"] == "2018-09-12T03:04:05Z"
    named = {item["name"]: item["sha256"] for item in facts["files"]}
    score = product.files[FileKind.SCORE]
    assert named[score.name] == hashlib.sha256(score.read_bytes()).hexdigest()
    areas = facts["result"]
    total = areas["tested_km2"] + areas["masked_km2"] + areas["unobserved_km2"]
    assert total == pytest.approx(facts["area_of_interest"]["area_km2"], rel=0.01)


def test_readme_decodes_this_product(tmp_path: Path) -> None:
    flat, relief = make_request(tmp_path / "a"), make_request(tmp_path / "b")
    relief = replace(relief, dem=make_dem(tmp_path, GRID))
    without = write_product(flat).files[FileKind.README].read_text()
    with_dem = write_product(relief).files[FileKind.README].read_text()
    assert "Processed without a height model" in without
    assert "Processed without a height model" not in with_dem
    assert "Copernicus_DSM_COG_10_N42_00_E141_00_DEM.tif (egm2008)" in with_dem
    for sentence in ("it is not a\n  probability", "does not mean 'no landslide'"):
        assert sentence in without
    assert "orbit 46 descending" in without
    for part in flat.name.folder.split("_"):
        assert f"\n  {part} " in without, "every part of the name is decoded"
    for spec in LAYERS:
        assert f"\n  {spec.name} " in without
    for field in DETECTION_FIELDS:
        assert f"\n  {field.name} " in without
    for kind in DEFAULT_FILES:
        assert flat.name.file(kind) in without
    assert max(len(line) for line in without.splitlines() if "LSD_" not in line) <= 110


def test_what_the_last_release_showed_and_this_one_does_not_is_told(tmp_path: Path) -> None:
    dropped = DroppedDetection("LS-0123456789ab", "provisional", "r1+r2", 141.9, 42.7)
    product = write_product(replace(make_request(tmp_path), dropped=(dropped,), release=3))
    facts = json.loads(product.files[FileKind.METADATA].read_text())
    assert facts["result"]["dropped"] == 1
    assert facts["dropped"] == [
        {
            "det_id": "LS-0123456789ab",
            "status": "provisional",
            "releases": "r1+r2",
            "lon": 141.9,
            "lat": 42.7,
        }
    ]
    text = product.files[FileKind.README].read_text()
    assert "2 first, 0 provisional, 0 confirmed; 1 dropped since the last release." in text
    assert "1 of high confidence, 1 of low (highest score from 0.800 on)." in text


def test_texts_of_others_act_in_no_file(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    evil = "=1+1\x00\x1b[2J\r\n\t<img src=x onerror=y>\u202e\udcff"
    inert = "=1+1  [2J   <img src=x onerror=y>\N{REPLACEMENT CHARACTER}"
    first, *others = request.provenance.scenes
    facts = replace(
        request.provenance,
        event_id=evil,
        event_name=evil,
        aoi_name=evil,
        command=evil,
        scenes=(replace(first, scene_id=evil), *others),
        refused=(RefusedScene(evil, evil),),
        warnings=(evil,),
        settings={evil: evil},
    )
    product = write_product(replace(request, provenance=facts, extra=tuple(FileKind)))
    for kind in (FileKind.README, FileKind.METADATA, FileKind.STAC, FileKind.GEOJSON, FileKind.CSV):
        text = product.files[kind].read_text(encoding="utf-8")
        assert not {*text} & {"\x00", "\x1b", "\r", "\t", "\u202e"}, kind
    assert inert in product.files[FileKind.README].read_text(encoding="utf-8")
    told = json.loads(product.files[FileKind.METADATA].read_text(encoding="utf-8"))
    assert told["area_of_interest"]["name"] == inert
    assert told["refused"] == [{"name": inert, "reason": inert}]
    for layer, name in (("detections", "aoi_name"), ("source", "scene_id"), ("run", "value")):
        meta, _, _, columns = pyogrio.raw.read(product.files[FileKind.GEOPACKAGE], layer=layer)
        assert inert in dict(zip(meta["fields"], columns, strict=True))[name], layer
    with open_raster(product.files[FileKind.SCORE]) as dataset:
        assert inert in dataset.tags()["PRE_SCENES"]


def test_a_product_of_simulated_scenes_can_not_pass_for_a_real_one(tmp_path):
    request = make_request(tmp_path)
    scenes = tuple(replace(scene, is_simulated=True) for scene in request.provenance.scenes)
    provenance = replace(request.provenance, scenes=scenes)
    product = write_product(replace(request, provenance=provenance))
    told = product.files[FileKind.README].read_text(encoding="utf-8")
    assert "SIMULATED" in told.splitlines()[0]
    assert "Contains modified Copernicus Sentinel data" not in told
    facts = json.loads(product.files[FileKind.METADATA].read_text(encoding="utf-8"))
    assert facts["simulated"] is True
    assert "SIMULATED" in facts["limitations"][0]
