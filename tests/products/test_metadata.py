"""The metadata have the form that their schema states, and the schema states all of it."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from landslidectl.detection.pool import ALONE
from landslidectl.detection.shift import Shift
from landslidectl.files.resources import asset
from landslidectl.products.contract import SCHEMA_VERSION
from landslidectl.products.contract.files import FileKind
from landslidectl.products.metadata import describe_product
from landslidectl.products.rasters import provenance_tags
from landslidectl.products.write import write_product
from landslidectl.terms import JobStatus, Polarisation
from tests.detection.fakes import DESCENDING, GRID
from tests.products.samples import make_dem, make_request

SCHEMA = json.loads(asset("schemas", "metadata.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
SNOW = Shift(DESCENDING, 2300.0, np.inf, (-4.1, -3.6), 12.5, (Polarisation.VV, Polarisation.VH))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    product = write_product(make_request(tmp_path_factory.mktemp("product")))
    content: dict[str, Any] = json.loads(product.files[FileKind.METADATA].read_text())
    return content


def test_the_schema_is_a_schema_of_this_version() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    statuses = set(SCHEMA["properties"]["status"]["enum"])
    assert statuses == set(JobStatus) - {JobStatus.RUNNING, JobStatus.INTERRUPTED}


def test_metadata_have_the_form_of_the_schema(facts: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(facts)] == []
    assert set(facts) == set(SCHEMA["properties"]), "describe what is new in the schema"


def test_every_kind_of_product_has_that_form(tmp_path: Path) -> None:
    empty = make_request(tmp_path / "a", threshold=0.99)
    relief = replace(make_request(tmp_path / "b"), dem=make_dem(tmp_path, GRID))
    partial = make_request(tmp_path / "c")
    partial = replace(partial, provenance=replace(partial.provenance, status=JobStatus.PARTIAL))
    hostile = make_request(tmp_path / "d")
    hostile = replace(
        hostile, provenance=replace(hostile.provenance, aoi_name="\x00\udcff\n", event_name="<b>")
    )
    statuses = []
    for request in (empty, relief, partial, hostile):
        path = write_product(request).files[FileKind.METADATA]
        content = json.loads(path.read_text(encoding="utf-8"))
        assert [error.message for error in VALIDATOR.iter_errors(content)] == []
        statuses.append(content["status"])
    assert statuses == ["succeeded_empty", "succeeded", "partial", "succeeded"]


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_nothing_may_be_missing(facts: dict[str, Any], name: str) -> None:
    broken = copy.deepcopy(facts)
    del broken[name]
    assert not VALIDATOR.is_valid(broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status",), "running"),
        (("product",), "LSD_x"),
        (("processed",), "2018-09-12 03:04"),
        (("result", "tested_km2"), -1.0),
        (("models", 0, "sha256"), "ab"),
        (("files", 0, "name"), "../x"),
        (("limitations",), []),
        (("surprise",), 1),
    ],
)
def test_wrong_values_are_told(facts: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    broken = copy.deepcopy(facts)
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not VALIDATOR.is_valid(broken)


def test_how_tracks_were_fused_is_said(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    assert describe_product(request)["fusion"] == ALONE
    assert provenance_tags(request)["FUSION"] == ALONE


def test_shifts_and_what_they_explain_are_in_the_metadata(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    plain = describe_product(request)
    assert (plain["shifts"], plain["result"]["explained_by_shift"]) == ([], 0)
    found = request.detections
    snowy = replace(found, items=found.items[:1], shifts=(SNOW,), explained=found.items[1:])
    told = describe_product(replace(request, detections=snowy))
    assert told["result"]["explained_by_shift"] == 1
    assert told["shifts"] == [
        {
            "track": "D046",
            "above_m": 2300.0,
            "below_m": None,
            "change_db": {"VV": -4.1, "VH": -3.6},
            "area_km2": 12.5,
        }
    ]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
