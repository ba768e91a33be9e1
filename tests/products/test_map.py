import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from landslidectl.grid import Grid
from landslidectl.products.ink import Picture
from landslidectl.products.map_frame import BADGE_RADIUS, free_place
from landslidectl.products.map_layers import hillshade, score_alpha, score_colours
from landslidectl.products.map_page import FRAME, FURNITURE_TOP, PAGE, PANEL, lay_out, write_map
from landslidectl.products.map_view import MapView, angle_label, position_label, round_length
from landslidectl.products.paint_png import paint_png
from landslidectl.products.previews import Previews, read_previews
from landslidectl.products.request import ProductRequest
from landslidectl.products.wording import time_between
from tests.detection.fakes import GRID
from tests.products.samples import make_dem, make_request


def previews_of(request: ProductRequest) -> Previews:
    return read_previews(request, request.fused.path, request.fused.quality_path)


def page_of(request: ProductRequest) -> np.ndarray:
    return np.asarray(paint_png(lay_out(request, previews_of(request)), PAGE))


def words_of(request: ProductRequest) -> str:
    return " ".join(line.text for line in lay_out(request, previews_of(request)).words)


def place_of(row: int, col: int) -> tuple[int, int]:
    """Return where a pixel of the grid lies on the page."""
    view = MapView(GRID, FRAME.width, FRAME.height)
    place = [[GRID.left + (col + 0.5) * 10.0, GRID.top - (row + 0.5) * 10.0]]
    right, down = np.rint(view.pixels(np.array(place))[0]).astype(int)
    return FRAME.left + right, FRAME.top + down


def colour_at(page: np.ndarray, row: int, col: int) -> np.ndarray:
    """Return the mean colour of a few page pixels around a pixel of the grid."""
    x, y = place_of(row, col)
    return page[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1))


def test_page_shows_score_mask_and_what_was_not_observed(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    request = replace(request, dem=make_dem(tmp_path, GRID))
    page = page_of(request)
    assert page.shape == (PAGE[1], PAGE[0], 3)
    red, green, blue = colour_at(page, 20, 35)
    assert red > green + 60 > blue
    red, _, blue = colour_at(page, 75, 30)
    assert blue > red + 10
    unobserved, ground = colour_at(page, 40, 124), colour_at(page, 40, 10)
    assert np.ptp(unobserved) < 2.0
    assert np.ptp(ground) < 2.0


def test_page_without_relief_shows_the_radar(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    page = page_of(request)
    part = page[FRAME.top + 400 : FRAME.top + 700, FRAME.left + 700 : FRAME.left + 900]
    assert part.std() > 10


def test_empty_result_still_gives_a_page(tmp_path: Path) -> None:
    page = page_of(make_request(tmp_path, threshold=0.99))
    assert (page < 250).mean() > 0.3


def test_png_has_its_resolution_and_pdf_the_size_of_a4(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    png, pdf = tmp_path / "map.png", tmp_path / "map.pdf"
    write_map(png, pdf, request, previews_of(request))
    with Image.open(png) as picture:
        assert picture.size == PAGE
        assert picture.info["dpi"] == pytest.approx((200, 200), rel=1e-3)
    (box,) = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\]", pdf.read_bytes())
    assert [float(side) for side in box] == pytest.approx([841.9, 595.3], abs=0.5)


def test_page_says_what_a_briefing_needs(tmp_path: Path) -> None:
    text = words_of(make_request(tmp_path))
    for words in (
        "Hokkaido Eastern Iburi earthquake, Atsuma",
        "Event 2018-09-05 18:07 UTC",
        "2018-09-11 20:41 UTC (6 days later; 6 h old when processed)",
        "2 detections",
        "threshold 0.60",
        "D046: orbit 46 descending, VV+VH",
        "resnet 1.0.0",
        "not a probability",
        "Contains modified Copernicus Sentinel data 2018",
        "landslidectl 0.1.0",
        "Grey: VV backscatter after the event",
        "42\N{DEGREE SIGN}48' N, 141\N{DEGREE SIGN}44' E",
        "on A4",
    ):
        assert words in text, words
    assert "SIMULATED" not in text


def test_a_long_name_is_set_in_two_lines_and_keeps_its_end(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    name = "Magnitude 7.8 earthquake sequence of the southern provinces" + ", aftershocks" * 5
    provenance = replace(request.provenance, event_name=name, aoi_name="Hatay and the Amanos range")
    request = replace(request, provenance=provenance)
    lines = [line for line in lay_out(request, previews_of(request)).words if line.y < 80]
    assert " ".join(line.text for line in lines).endswith("Hatay and the Amanos range")
    assert len(lines) == 2


def test_page_without_any_ground_to_show_still_comes(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    request.stacks[0].values_path.write_bytes(b"no raster")
    previews = previews_of(request)
    assert previews.tracks == ()
    assert previews.left_out == ("D046",)
    assert "Plain ground" in words_of(request)


def test_nothing_on_the_page_covers_a_number(tmp_path: Path) -> None:
    """The north arrow once stood in the map's corner, over the number of a detection there."""
    request = make_request(tmp_path)
    corner = shapely.box(GRID.left + 1200, GRID.top - 60, GRID.left + 1270, GRID.top - 10)
    items = (replace(request.detections.items[0], polygon=corner),)
    request = replace(request, detections=replace(request.detections, items=items))
    page = lay_out(request, previews_of(request))
    (number,) = [line for line in page.words if line.text == "1" and line.x < PANEL.left]
    inside = [
        mark
        for mark in page.marks
        if not isinstance(mark, Picture)
        and mark.fill is not None
        and mark.fill != (64, 0, 32)
        and all(
            FRAME.left < x < FRAME.right and FRAME.top < y < FRAME.bottom for x, y in mark.points
        )
    ]
    assert len(inside) == 1, "only the white rim of the badge"
    assert FRAME.left < number.x < FRAME.right < PANEL.left
    assert number.y < FRAME.bottom < FURNITURE_TOP


@settings(deadline=None)
@given(
    bounds=st.lists(
        st.tuples(st.floats(0, 1300), st.floats(0, 1200), st.floats(1, 90), st.floats(1, 90)),
        min_size=1, max_size=10,
    )
)  # fmt: skip
def test_numbers_stand_inside_the_frame_and_clear_of_each_other(bounds) -> None:
    size, taken = (1424, 1300), []
    for left, top, width, height in bounds:
        place, _ = free_place((left, top, left + width, top + height), size, taken)
        assert BADGE_RADIUS <= place[0] <= size[0] - BADGE_RADIUS
        assert BADGE_RADIUS <= place[1] <= size[1] - BADGE_RADIUS
        assert all(np.hypot(*np.subtract(place, other)) > 2 * BADGE_RADIUS for other in taken)
        taken.append(place)


def test_masked_and_not_observed_differ_without_colour(tmp_path: Path) -> None:
    """Their lines cross: what is constant along one diagonal varies along the other."""
    request = make_request(tmp_path)
    request = replace(request, dem=make_dem(tmp_path, GRID))
    grey = page_of(request).astype(float).mean(axis=2)
    slopes = {}
    for name, (row, col) in {"masked": (75, 45), "unobserved": (40, 123)}.items():
        x, y = place_of(row, col)
        part = grey[y - 20 : y + 20, x - 20 : x + 20]
        rising = np.abs(part[1:, :-1] - part[:-1, 1:]).mean()
        falling = np.abs(part[1:, 1:] - part[:-1, :-1]).mean()
        slopes[name] = rising / falling
    assert slopes["unobserved"] < 0.5
    assert slopes["masked"] > 2.0


def test_low_confidence_is_told_by_dashes(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    shown = request.detections.items
    strong = [replace(item, confidence="high") for item in shown]
    items = (replace(shown[0], confidence="low"), *strong[1:])
    request = replace(request, detections=replace(request.detections, items=items))
    page = lay_out(request, previews_of(request))
    dashed = [m for m in page.marks if not isinstance(m, Picture) and m.pen and m.pen.dash]
    assert any(mark.closed and mark.points[0][0] < FRAME.right for mark in dashed)
    assert f"{len(shown) - 1} of high confidence, 1 of low" in words_of(request)
    request = replace(request, detections=replace(request.detections, items=tuple(strong)))
    marks = lay_out(request, previews_of(request)).marks
    dashed = [m for m in marks if not isinstance(m, Picture) and m.pen and m.pen.dash]
    assert not any(mark.closed and mark.points[0][0] < FRAME.right for mark in dashed)


def test_instants_apart_are_told_in_the_finest_unit_that_fits() -> None:
    begin = datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
    told = {
        timedelta(minutes=90): "90 min",
        timedelta(hours=30): "30 h",
        timedelta(days=6, hours=2): "6 days",
        timedelta(days=1119.6): "1,120 days",
    }
    for gap, words in told.items():
        assert time_between(begin, begin + gap) == words


def test_nothing_is_coloured_below_half_the_threshold() -> None:
    scores = np.array([0.0, 0.29, 0.45, 0.6, 1.0, np.nan], dtype="float32")
    alpha = score_alpha(scores, 0.6)
    assert alpha[:2].tolist() == [0.0, 0.0]
    assert 0 < alpha[2] < alpha[3] == alpha[4]
    assert alpha[5] == 0.0
    green = score_colours(scores)[:5, 1]
    assert (np.diff(green) < 0).all()


def test_slopes_towards_the_northwest_are_bright() -> None:
    row, col = np.indices((20, 20)).astype("float32")
    towards_northwest = hillshade((row + col) * 10.0, 10.0)
    towards_southeast = hillshade(-(row + col) * 10.0, 10.0)
    assert towards_northwest.mean() > 0.8
    assert towards_southeast.mean() < 0.3


@given(longest=st.floats(1.0, 1e6))
def test_scale_bar_is_round_and_fits(longest: float) -> None:
    length = round_length(longest)
    assert longest / 2.5 <= length * (1 + 1e-9)
    assert length <= longest * (1 + 1e-9)
    assert f"{length:.0e}"[0] in "125"


@pytest.mark.parametrize(
    ("value", "is_longitude", "label"),
    [
        (142.0, True, "142\N{DEGREE SIGN} E"),
        (-70.25, True, "70\N{DEGREE SIGN}15' W"),
        (181.0, True, "179\N{DEGREE SIGN} W"),
        (-3.5 - 10 / 3600, False, "3\N{DEGREE SIGN}30'10\" S"),
        (0.0, False, "0\N{DEGREE SIGN}"),
    ],
)
def test_angles_are_written_for_people(value: float, is_longitude: bool, label: str) -> None:
    assert angle_label(value, is_longitude) == label


@pytest.mark.parametrize("epsg", [32654, 32760])
@pytest.mark.parametrize("shape", [(40, 40), (3000, 1200), (17_000, 25_000)])
def test_graticule_has_a_few_lines_at_any_scale(epsg: int, shape: tuple[int, int]) -> None:
    view = MapView(Grid(epsg, 400_000.0, 5_100_000.0, 10.0, *shape), 1500, 1300)
    box = view.grid_box
    assert 0 <= box.left < box.right <= 1500
    assert 0 <= box.top < box.bottom <= 1300
    for lines, length in ((view.meridians(), 1500), (view.parallels(), 1300)):
        assert 1 <= len(lines) <= 7
        assert all(0 <= place <= length for line in lines for place in (line.start, line.end))


def test_north_leans_with_the_convergence_of_meridians() -> None:
    east = MapView(Grid(32654, 700_000.0, 5_100_000.0, 10.0, 100, 100), 900, 900)
    # grid convergence (lambda - lambda0) sin(phi): true north lies to the left east of the axis
    assert east.north_deg() == pytest.approx(-2.59 * np.sin(np.radians(46.0)), abs=0.1)


def test_a_position_is_told_to_the_minute() -> None:
    assert position_label(-15.9999, 181.5) == "16\N{DEGREE SIGN} S, 178\N{DEGREE SIGN}30' W"
