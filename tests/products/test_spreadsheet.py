import csv
from dataclasses import replace
from pathlib import Path

import pyogrio

from landslidectl.products.contract.attributes import DETECTION_FIELDS
from landslidectl.products.spreadsheet import write_csv
from tests.products.samples import make_contents, make_request


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_line_a_detection_with_plain_values(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "detections.csv"
    write_csv(final, make_contents(request))
    first, second = rows_of(final)
    assert list(first) == [field.name for field in DETECTION_FIELDS]
    assert first["post_start"] == "2018-09-11T20:41:57Z"
    assert first["slope_mean"] == ""
    assert (first["score_max"], second["score_max"]) == ("0.900", "0.700")
    lon, lat = float(first["centroid_lon"]), float(first["centroid_lat"])
    assert (lon, lat) == (
        round(request.detections.items[0].centroid_lon, 6),
        round(request.detections.items[0].centroid_lat, 6),
    )
    assert pyogrio.read_info(final)["features"] == 2


def test_no_detection_leaves_the_line_of_names(tmp_path: Path) -> None:
    final = tmp_path / "detections.csv"
    write_csv(final, make_contents(make_request(tmp_path, threshold=0.99)))
    assert final.read_text().count("\n") == 1


def test_texts_of_the_user_are_no_formulas(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    facts = replace(request.provenance, aoi_name="=cmd|' /C calc'!A0", event_id='厚真,\n"x"')
    final = tmp_path / "detections.csv"
    write_csv(final, make_contents(replace(request, provenance=facts)))
    row = rows_of(final)[0]
    assert row["aoi_name"] == "'=cmd|' /C calc'!A0"
    assert row["event_id"] == '厚真, "x"'
    assert len(final.read_text(encoding="utf-8").splitlines()) == 3
