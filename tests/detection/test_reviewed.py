"""Reviews applied to what the program found: nothing is lost, and drawings get their evidence."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detections
from landslidectl.detection.evidence import EvidenceReader
from landslidectl.detection.geodesy import to_wgs84
from landslidectl.detection.review import Verdict
from landslidectl.detection.reviewed import apply_verdicts, holds_pixel
from landslidectl.products.contract.files import FileKind
from landslidectl.products.request import ProductRequest
from landslidectl.products.write import write_product
from landslidectl.stack.footprints import wrapped
from landslidectl.terms import Decision
from tests.detection.fakes import GRID, FakeModel
from tests.products.samples import make_request

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
UNOBSERVED = shapely.box(561_230, 4_739_300, 561_270, 4_739_500)
QUIET = shapely.box(560_600, 4_739_700, 560_700, 4_739_800)


def verdict(name: str, decision: Decision, shape: shapely.Geometry, **more) -> Verdict:
    outline = wrapped(to_wgs84(shape, GRID.epsg))
    return Verdict(name, decision, outline, "anna", "why", NOON, **more)


def applied(request: ProductRequest, *verdicts: Verdict) -> Detections:
    options = DetectOptions(0.6, models=(FakeModel(),), threshold_high=0.8)
    with EvidenceReader(request.fused, request.stacks) as reader:
        return apply_verdicts(request.detections, verdicts, reader, options)


@pytest.fixture
def request_(tmp_path: Path) -> ProductRequest:
    return make_request(tmp_path)


def test_without_reviews_nothing_changes(request_: ProductRequest) -> None:
    assert applied(request_) == request_.detections


def test_rejected_ones_are_set_apart_and_none_is_lost(request_: ProductRequest) -> None:
    first, second = request_.detections.items
    found = applied(
        request_,
        verdict(first.det_id, Decision.REJECTED, first.polygon),
        verdict(second.det_id, Decision.UNREVIEWED, second.polygon),
    )
    assert [item.det_id for item in found.items] == [second.det_id]
    (rejected,) = found.rejected
    assert (rejected.det_id, rejected.reviewer, rejected.rev_note) == (first.det_id, "anna", "why")
    assert [item.det_id for item in found.everything] == [first.det_id, second.det_id]
    assert found.reviews == {Decision.UNREVIEWED: 1, Decision.ACCEPTED: 0, Decision.REJECTED: 1}


def test_a_redrawn_outline_keeps_name_and_scores(request_: ProductRequest) -> None:
    first, _ = request_.detections.items
    wider = first.polygon.buffer(50.0)
    outline = wrapped(to_wgs84(wider, GRID.epsg))
    found = applied(
        request_, verdict(first.det_id, Decision.ACCEPTED, first.polygon, outline=outline)
    )
    item = next(one for one in found.items if one.det_id == first.det_id)
    assert (item.outline, item.score_max) == ("reviewer", first.score_max)
    assert item.area_ha == pytest.approx(wider.area / 1e4, rel=0.01)


def test_drawings_are_measured_and_those_off_the_map_left_out(request_: ProductRequest) -> None:
    far = shapely.box(0, 0, 1000, 1000)
    assert not holds_pixel(far, GRID)
    found = applied(
        request_,
        verdict("RV-quiet", Decision.ACCEPTED, QUIET, is_drawn=True),
        verdict("RV-far", Decision.ACCEPTED, far, is_drawn=True),
    )
    (drawn,) = [item for item in found.items if item.det_id.startswith("RV-")]
    assert drawn.det_id == "RV-quiet"
    assert drawn.score_max < 0.6
    assert drawn.area_ha == pytest.approx(1.0, rel=0.01)


def test_a_drawing_where_nothing_was_observed_comes_last_in_every_file(
    request_: ProductRequest, tmp_path: Path
) -> None:
    found = applied(request_, verdict("RV-hole", Decision.ACCEPTED, UNOBSERVED, is_drawn=True))
    assert math.isnan(found.items[-1].score_max)
    product = write_product(replace(request_, detections=found, folder=tmp_path / "reviewed"))
    features = json.loads(product.files[FileKind.GEOJSON].read_text())["features"]
    last = features[-1]["properties"]
    assert (last["det_id"], last["score_max"]) == ("RV-hole", None)
    assert last["det_method"] == "Photo-interpretation"
    for kind in (FileKind.CSV, FileKind.README, FileKind.REPORT, FileKind.METADATA):
        assert "nan" not in product.files[kind].read_text(encoding="utf-8").lower().split(",")
