from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from landslidectl.files.rasters import RasterLayout, read_bands, write_raster
from landslidectl.grid import Grid
from landslidectl.products.ink import printable
from landslidectl.products.map_frame import dashes, draw_outlines
from landslidectl.products.map_layers import MapRasters, hillshade, score_alpha, score_colours
from landslidectl.products.map_png import FRAME, PAGE, draw_page, write_map
from landslidectl.products.map_view import MapView, angle_label, round_length
from landslidectl.products.request import ProductRequest
from landslidectl.terms import Confidence, Quality
from tests.detection.fakes import GRID
from tests.products.samples import make_dem, make_request


def page_of(request: ProductRequest) -> np.ndarray:
    rasters = MapRasters(request.fused.path, request.fused.quality_path)
    return np.asarray(draw_page(request, rasters))


def colour_at(page: np.ndarray, row: int, col: int) -> np.ndarray:
    """Return the mean colour of a few page pixels around a pixel of the grid."""
    view = MapView(GRID, FRAME.width, FRAME.height)
    place = [[GRID.left + (col + 0.5) * 10.0, GRID.top - (row + 0.5) * 10.0]]
    right, down = np.rint(view.pixels(np.array(place))[0]).astype(int)
    x, y = FRAME.left + right, FRAME.top + down
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


def test_outlines_of_low_confidence_are_dashed(tmp_path: Path) -> None:
    weak = make_request(tmp_path).detections.items[1]
    view = MapView(GRID, FRAME.width, FRAME.height)
    left, _, right, top = weak.polygon.bounds
    (x0, y), (x1, _) = np.rint(view.pixels(np.array([[left, top], [right, top]]))).astype(int)
    shares = {}
    for confidence in Confidence:
        picture = Image.new("RGB", (view.width, view.height), (255, 255, 255))
        draw_outlines(picture, view, [replace(weak, confidence=confidence.value)], None)
        edge = np.asarray(picture)[y - 2 : y + 3, x0 + 5 : x1 - 5]
        shares[confidence] = (edge.sum(axis=2) < 250).any(axis=0).mean()
    assert weak.confidence == "low"
    assert shares[Confidence.HIGH] == 1.0
    assert 0.4 < shares[Confidence.LOW] < 0.8


def test_dashes_leave_no_line_out_and_none_whole() -> None:
    square = [(0.0, 0.0), (60.0, 0.0), (60.0, 60.0), (0.0, 60.0), (0.0, 0.0)]
    parts = dashes(square)
    drawn = sum(shapely.LineString(part).length for part in parts)
    assert len(parts) == 16
    assert drawn == pytest.approx(240.0 * 9.0 / 15.0)
    (short,) = dashes([(0.0, 0.0), (1.0, 0.0)])
    assert shapely.LineString(short).length == pytest.approx(0.6)


def test_page_without_relief_shows_the_radar(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    page = page_of(request)
    part = page[FRAME.top + 400 : FRAME.top + 700, FRAME.left + 700 : FRAME.left + 900]
    assert part.std() > 10


def test_empty_result_still_gives_a_page(tmp_path: Path) -> None:
    page = page_of(make_request(tmp_path, threshold=0.99))
    assert (page < 250).mean() > 0.3


def test_png_is_written_with_its_resolution(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    final = tmp_path / "map.png"
    write_map(final, request, MapRasters(request.fused.path, request.fused.quality_path))
    with Image.open(final) as picture:
        assert picture.size == PAGE
        assert picture.info["dpi"] == pytest.approx((200, 200), rel=1e-3)


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


def test_letters_the_font_does_not_know_lose_their_accents() -> None:
    assert printable("São Tomé 10\N{DEGREE SIGN}") == "Sao Tome 10\N{DEGREE SIGN}"
    assert printable("北") == "?"


def test_skipped_ground_looks_masked_and_not_unobserved(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    request = replace(request, dem=make_dem(tmp_path, GRID))
    (score,), (quality,) = (
        read_bands(path) for path in (request.fused.path, request.fused.quality_path)
    )
    score[40:60, 5:25] = np.nan
    quality[40:60, 5:25] |= int(Quality.SKIPPED)
    write_raster(request.fused.path, GRID, [score], RasterLayout(("score",), nodata=float("nan")))
    write_raster(request.fused.quality_path, GRID, [quality], RasterLayout(("quality",), "uint8"))
    red, _, blue = colour_at(page_of(request), 50, 15)
    assert blue > red + 10
