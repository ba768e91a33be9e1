import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from landslidectl.detection.pool import ALONE
from landslidectl.detection.shift import Shift
from landslidectl.products.metadata import describe_product
from landslidectl.products.rasters import provenance_tags
from landslidectl.terms import Polarisation
from tests.detection.fakes import DESCENDING
from tests.products.samples import make_request

SNOW = Shift(DESCENDING, 2300.0, np.inf, (-4.1, -3.6), 12.5, (Polarisation.VV, Polarisation.VH))


def test_how_tracks_were_fused_is_said(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    assert describe_product(request, {})["fusion"] == ALONE
    assert provenance_tags(request)["FUSION"] == ALONE


def test_shifts_and_what_they_explain_are_in_the_metadata(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    plain = describe_product(request, {})
    assert (plain["shifts"], plain["result"]["explained_by_shift"]) == ([], 0)
    found = request.detections
    snowy = replace(found, items=found.items[:1], shifts=(SNOW,), explained=found.items[1:])
    told = describe_product(replace(request, detections=snowy), {})
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
