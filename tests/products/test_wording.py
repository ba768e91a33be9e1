"""What a product says of the ground that was judged, of its model, and of what was left out."""

from dataclasses import replace
from pathlib import Path

from landslidectl.products.readme import readme_text
from landslidectl.products.request import ProductRequest
from landslidectl.products.wording import (
    ground_in_words,
    ha_in_words,
    km2_in_words,
    limitations,
    model_in_words,
)
from tests.detection.fakes import GRID, FakeModel
from tests.products.samples import make_dem, make_request

GROUND = {
    "min_slope_deg": 5.0,
    "max_slope_deg": 90.0,
    "min_steepness_deg": 10.0,
    "slope": "of the elevation model",
    "land_cover": {"title": "ESA WorldCover", "credit": "Land cover: ESA, CC BY 4.0"},
}


def on_ground(folder: Path, **changes: object) -> ProductRequest:
    request = make_request(folder, dem=make_dem(folder, GRID))
    return replace(request, provenance=replace(request.provenance, ground=GROUND | changes))


def test_the_limits_of_slope_are_told_with_what_they_hide(tmp_path: Path) -> None:
    request = on_ground(tmp_path)
    assert "Palu in 2018" in limitations(request)[-1]
    assert limitations(request)[-1].startswith("Left out: ground flatter than 5 degrees and")
    words = ground_in_words(request)
    assert words.startswith("slope 5 to 90 degrees; no water nor towns of ESA WorldCover")
    without = on_ground(tmp_path, min_slope_deg=0.0, min_steepness_deg=0.0, land_cover=None)
    assert not any("Palu" in sentence for sentence in limitations(without))
    assert ground_in_words(without) == "slope 0 to 90 degrees"


def test_without_heights_no_limit_of_slope_is_claimed(tmp_path: Path) -> None:
    request = replace(on_ground(tmp_path), dem=None)
    assert not any("Palu" in sentence for sentence in limitations(request))
    assert ground_in_words(request).startswith("any slope, as none is known")


def test_a_rule_is_called_a_rule(tmp_path: Path) -> None:
    rule = FakeModel(name="logratio", version="1", architecture="rule")
    assert model_in_words(rule) == "rule logratio 1"
    assert model_in_words(FakeModel()) == "resnet 1.0.0"
    request = replace(make_request(tmp_path), models=(rule,))
    assert any("rule without a network" in sentence for sentence in limitations(request))


def test_what_was_left_out_and_flagged_is_told(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    found = request.detections
    first = replace(found.items[0], flag="river_bed")
    told = readme_text(
        replace(request, detections=replace(found, items=(first, *found.items[1:]), left_out=3))
    )
    assert "1 flagged as doubtful" in told
    assert "3 regions are left out, steep nowhere" in told
    assert "left out" not in readme_text(request)


def test_small_areas_have_one_more_decimal_than_large_ones() -> None:
    assert km2_in_words(0.034, 8.9) == "0.03"
    assert km2_in_words(2434.12, 2871.6) == "2,434.1"
    assert ha_in_words(0.34) == "0.3"
    assert ha_in_words(4983.2) == "4,983"
