import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.products import report as module
from landslidectl.products import report_text
from landslidectl.products.contract.attributes import FieldSpec, FieldType
from landslidectl.products.previews import read_previews
from landslidectl.products.report import report_page
from landslidectl.products.report_chips import SIDE, chip_window
from landslidectl.products.report_layers import change_colours
from landslidectl.products.request import ProductRequest, RefusedScene
from landslidectl.stack import shrink
from landslidectl.terms import BandSet, Quality
from tests.detection.fakes import ASCENDING, GRID, make_track, two_slides
from tests.products.samples import make_request

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{policy}}"


class Page(HTMLParser):
    """Elements, attributes, texts and the data of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def page_of(request: ProductRequest) -> str:
    previews = read_previews(request, request.fused.path, request.fused.quality_path)
    return report_page(request, previews)


def data_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    data: dict[str, Any] = json.loads(text)
    return data


def picture(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1])))


def test_report_says_what_was_found_and_how(tmp_path: Path) -> None:
    page = Page(page_of(make_request(tmp_path)))
    for words in (
        "Probable landslides: Hokkaido Eastern Iburi earthquake, Atsuma",
        "2 detections",
        "6 days later",
        "not a probability",
        "1 scene was refused.",
        "S1A_IW_SLC__1SDV_20180830.zip: SLC, expected GRD",
        "S1A_IW_GRDH_1SDV_20180911T204157",
        "landslidectl detect scenes/ --model resnet",
        "resnet 1.0.0 (vv_vh), SHA-256 " + "ab" * 32,
        "Contains modified Copernicus Sentinel data 2018. Made with landslidectl 0.1.0.",
    ):
        assert words in page.text, words
    assert all(image.get("alt") is not None for image in page.all("img"))
    rows = [row for row in page.all("tr") if "data-n" in row]
    assert [row["data-n"] for row in rows] == ["1", "2"]


def test_report_can_fetch_nothing_and_run_nothing_else(tmp_path: Path) -> None:
    text = page_of(make_request(tmp_path))
    page = Page(text)
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for rule, element in (("script-src", "script"), ("style-src", "style")):
        (code,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    for name, attributes in page.elements:
        for key, value in attributes.items():
            assert not key.startswith("on") and key != "style", name
            if key in {"src", "href"}:
                assert str(value).startswith(("data:", "#")), name
    assert not re.findall(r"(?:url\(|@import|https?://(?!www\.w3\.org/2000/svg))", text)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    harmless = Page(page_of(request))
    scene = replace(request.provenance.scenes[0], scene_id=HOSTILE)
    provenance = replace(
        request.provenance,
        event_id=HOSTILE,
        event_name=HOSTILE,
        aoi_name=HOSTILE,
        command=HOSTILE,
        scenes=(scene,),
        refused=(RefusedScene(HOSTILE, HOSTILE),),
        warnings=(HOSTILE,),
        software={HOSTILE: HOSTILE},
    )
    items = tuple(replace(item, review=HOSTILE, model=HOSTILE) for item in request.detections.items)
    detections = replace(request.detections, items=items)
    hostile = Page(page_of(replace(request, provenance=provenance, detections=detections)))
    assert sorted({name for name, _ in hostile.elements}) == sorted(
        {name for name, _ in harmless.elements}
    )
    assert len(hostile.all("script")) == 2
    assert hostile.text.count("onerror=alert(2)>\"'&{{policy}}") >= 8


def test_data_of_the_map_lie_where_the_detections_are(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    data = data_of(page_of(request))
    assert (data["width"], data["height"]) == (GRID.cols, GRID.rows)
    assert data["metres"] == pytest.approx(10.0)
    first = request.detections.items[0]
    left, top, right, bottom = data["detections"][0]["box"]
    bounds = first.polygon.bounds
    assert left * 10 + GRID.left == pytest.approx(bounds[0], abs=0.1)
    assert GRID.top - bottom * 10 == pytest.approx(bounds[1], abs=0.1)
    side = len(data["lattice"]) - 1
    x, y = (left + right) / 2 / GRID.cols * side, (top + bottom) / 2 / GRID.rows * side
    near = data["lattice"][round(y)][round(x)]
    assert near[0] == pytest.approx(first.centroid_lon, abs=2e-3)
    assert near[1] == pytest.approx(first.centroid_lat, abs=2e-3)
    score = np.asarray(picture(data["score"]).convert("RGBA"))
    assert score[20, 35, 3] > 180
    assert score[40, 70, 3] == 0
    quality = np.asarray(picture(data["quality"]).convert("RGBA"))
    assert quality[75, 40, 3] > 0
    assert quality[40, -3, 3] > 200
    assert quality[40, 70, 3] == 0


def test_before_and_after_are_those_of_the_stack(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    path = request.stacks[0].values_path
    bands = read_bands(path)
    half = GRID.cols // 2
    bands[2:, :, :half] -= 3.0  # the west got darker, the east brighter
    bands[2:, :, half:] += 3.0
    layout = RasterLayout(BandSet.VV_VH.band_names, nodata=float("nan"))
    write_raster(path, GRID, list(bands), layout)
    previews = read_previews(request, request.fused.path, request.fused.quality_path)
    (track,) = previews.tracks
    seen = np.isfinite(track.post_db)
    assert seen.mean() == track.observed_share == pytest.approx(120 / 128)
    assert np.allclose((track.post_db - track.pre_db)[seen], track.change_db[seen], atol=1e-4)
    layers = data_of(page_of(request))["tracks"][0]
    before, after = (np.asarray(picture(layers[name])).astype(int) for name in ("pre", "post"))
    assert before[:, :half].mean() > after[:, :half].mean() + 10
    assert before[:, half:110].mean() < after[:, half:110].mean() - 10


def test_the_track_that_observes_most_comes_first_and_all_can_be_chosen(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    _, wide = make_track(tmp_path / "work", ASCENDING, np.full(GRID.shape, 0.1, "float32"))
    request = replace(request, stacks=(*request.stacks, wide))
    text = page_of(request)
    assert [track["name"] for track in data_of(text)["tracks"]] == ["A068", "D046"]
    assert '<option value="1">D046</option>' in text


def test_tracks_without_room_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAYERS_MOST_BYTES", 1000)
    request = make_request(tmp_path)
    _, wide = make_track(tmp_path / "work", ASCENDING, np.full(GRID.shape, 0.1, "float32"))
    text = page_of(replace(request, stacks=(*request.stacks, wide)))
    assert [track["name"] for track in data_of(text)["tracks"]] == ["A068"]
    assert "Not shown: D046." in text


def test_many_detections_are_cut_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = make_request(tmp_path)
    items = request.detections.items * 30
    request = replace(request, detections=replace(request.detections, items=items))
    monkeypatch.setattr(report_text, "ROWS_MOST", 40)
    monkeypatch.setattr(module, "CHIPS_MOST", 5)
    page = Page(page_of(request))
    assert len([row for row in page.all("tr") if "data-n" in row]) == 40
    assert len(page.all("article")) == 5
    assert "The 40 strongest of 60 detections" in page.text
    assert "The 5 strongest of 60 are shown." in page.text


def test_outlines_that_the_map_does_not_show_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = make_request(tmp_path)
    assert "strongest of 2 detections" not in page_of(request)
    monkeypatch.setattr(module, "OUTLINES_MOST", 1)
    page = page_of(request)
    assert "The map shows the 1 strongest of 2 detections." in page
    assert page.count('"low":') == 1


def test_an_empty_result_says_so(tmp_path: Path) -> None:
    text = page_of(make_request(tmp_path, threshold=0.99))
    page = Page(text)
    assert "No detection" in page.text
    assert "This is a result only for the area analysed." in page.text
    assert data_of(text)["detections"] == []
    assert page.all("article") == []


def test_a_stack_that_can_not_be_read_costs_the_ground_alone(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    request.stacks[0].values_path.unlink()
    text = page_of(request)
    assert data_of(text)["tracks"] == []
    assert "Not shown: D046." in text
    assert "2 detections" in Page(text).text


def test_chips_show_the_outline_on_before_after_and_change(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    page = Page(page_of(request))
    chips = [image for image in page.all("img") if str(image["alt"]).startswith("Detection")]
    assert len(chips) == 2
    shown = np.asarray(picture(str(chips[0]["src"])).convert("RGB")).astype(int)
    assert shown.shape[0] == SIDE
    assert shown.shape[1] > 3 * SIDE
    yellow = (shown[:, :, 0] > 180) & (shown[:, :, 1] > 150) & (shown[:, :, 2] < 120)
    for start in (0, SIDE + 4, 2 * (SIDE + 4)):
        assert yellow[:, start : start + SIDE].sum() > 50


def test_chip_windows_lie_in_the_grid_and_hold_the_outline() -> None:
    for left, top, right, bottom in ((0, 0, 100, 100), (0, 0, 900, 300), (1100, 800, 1280, 960)):
        box = (GRID.left + left, GRID.top - bottom, GRID.left + right, GRID.top - top)
        window = chip_window(box, GRID)
        assert window.row >= 0 and window.row + window.rows <= GRID.rows
        assert window.col >= 0 and window.col + window.cols <= GRID.cols
        assert window.col * 10 <= left and (window.col + window.cols) * 10 >= right


def test_change_is_blue_where_darker_and_red_where_brighter() -> None:
    blue, white, red, unknown = change_colours(np.array([-6.0, 0.0, 6.0, np.nan], "float32"))
    assert blue[2] > blue[0] + 100
    assert red[0] > red[2] + 100
    assert white.min() > 240
    assert np.ptp(unknown) == 0


def test_attributes_of_the_contract_become_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = (
        FieldSpec("score_max", FieldType.REAL, "0..1", "score", 3),
        FieldSpec("confidence", FieldType.TEXT, "", "low or high"),
    )
    monkeypatch.setattr(report_text, "DETECTION_FIELDS", fields)
    monkeypatch.setattr(
        report_text, "detection_row", lambda item, _: {"score_max": 0.9, "confidence": "high"}
    )
    page = page_of(make_request(tmp_path))
    assert '<button type="button">confidence</button>' in page
    assert '<td data-v="high">high</td>' in page


def test_simulated_scenes_are_told_at_the_top(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    scenes = tuple(replace(scene, is_simulated=True) for scene in request.provenance.scenes)
    text = page_of(replace(request, provenance=replace(request.provenance, scenes=scenes)))
    assert '<p class="tag">SIMULATED</p>' in text
    assert "<title>Probable landslides: SIMULATED" in text
    assert "Contains modified Copernicus" not in text


def test_large_rasters_are_shown_smaller_from_the_copy_made_with_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = make_request(tmp_path)
    whole = read_previews(request, request.fused.path, request.fused.quality_path)
    assert whole.shape == GRID.shape
    monkeypatch.setattr(shrink, "LONGEST_SIDE", 50)
    small = read_previews(request, request.fused.path, request.fused.quality_path)
    assert small.shape == small.tracks[0].post_db.shape == (38, 50)
    assert (small.quality & int(Quality.LAYOVER)).any()
    assert np.nanmax(two_slides()) == pytest.approx(np.nanmax(small.score), abs=0.01)
    copy = np.full((2, 38, 50), -7.0, dtype="float32")
    np.save(request.stacks[0].shown_path, copy)
    small = read_previews(request, request.fused.path, request.fused.quality_path)
    assert (small.tracks[0].post_db == -7.0).all()
    np.save(request.stacks[0].shown_path, copy[:, 1:])
    small = read_previews(request, request.fused.path, request.fused.quality_path)
    assert np.nanmean(small.tracks[0].post_db) == pytest.approx(-11.0, abs=0.3)
