"""The report in a real browser: it works, asks for nothing and is silent on the console."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from landslidectl.products.previews import read_previews
from landslidectl.products.report import write_report
from tests.detection.fakes import ASCENDING, GRID, make_track, two_slides
from tests.products.browser import CHROMIUM, DRIVER, MISSING, Browser, browser
from tests.products.samples import make_request

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)

SCALE = "return document.getElementById('world').style.transform"
SHOWN = (
    "return [...document.querySelectorAll('#world img')].filter(i => !i.hidden)"
    ".map(i => i.dataset.layer).sort()"
)
COLUMN = (
    "return [...document.querySelectorAll('tbody tr')].map(r => r.cells[arguments[0]].dataset.v)"
)
MIDDLE = (
    "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
    "return [b.x + b.width / 2, b.y + b.height / 2]"
)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two tracks under a name with blanks and umlauts."""
    folder = tmp_path_factory.mktemp("report")
    request = make_request(folder)
    _, second = make_track(folder / "work", ASCENDING, two_slides())
    provenance = replace(request.provenance, event_name='<b>Émile\'s</b> "event"')
    request = replace(request, stacks=(*request.stacks, second), provenance=provenance)
    path = folder / "Übung 1" / "größe & 50%.html"
    path.parent.mkdir()
    previews = read_previews(request, request.fused.path, request.fused.quality_path)
    write_report(path, request, previews)
    return path


@pytest.fixture(autouse=True)
def opened(window: Browser, page: Path) -> Iterator[Browser]:
    """Open the page anew, and hold afterwards that it was quiet."""
    window.call("POST", "url", {"url": "about:blank"})
    window.log("browser")
    window.requests()
    window.resize(1300, 900)
    window.open(page)
    yield window
    assert window.log("browser") == []
    asked = [
        address
        for address in window.requests()
        if not address.startswith(("data:", "chrome://", "about:"))
    ]
    assert {address.split("#")[0] for address in asked} == {page.resolve().as_uri()}


def test_layers_can_be_switched(window: Browser) -> None:
    assert window.run(SHOWN) == ["post", "quality", "score"]
    loaded = "return [...document.images].every(i => i.complete && (!i.src || i.naturalWidth > 0))"
    assert window.run(loaded)
    for ground, shown in (("pre", ["pre"]), ("change", ["change"]), ("none", [])):
        window.run(f"document.querySelector('input[value={ground}]').click()")
        assert window.run(SHOWN) == sorted([*shown, "quality", "score"])
    for layer in ("score", "quality", "outlines"):
        window.run(f"document.querySelector('input[data-layer={layer}]').click()")
    assert window.run(SHOWN) == []
    assert window.run("return document.getElementById('overlay').hasAttribute('hidden')")


def test_tracks_can_be_switched(window: Browser) -> None:
    source = "return document.querySelector('img[data-layer=post]').src.slice(-60)"
    before = window.run(source)
    window.run(
        "const s = document.getElementById('track'); s.value = '1';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    assert window.run(source) != before


def test_swipe_moves_the_edge_between_before_and_after(window: Browser) -> None:
    cut = "return document.querySelector('img[data-layer=post]').style.clipPath"
    window.run("document.querySelector('input[value=swipe]').click()")
    assert window.run(SHOWN) == ["post", "pre", "quality", "score"]
    middle = window.run(cut)
    place = window.run(MIDDLE, "#divider")
    window.drag((place[0], place[1]), (place[0] + 200, place[1]))
    moved = window.run(cut)
    assert middle != moved
    assert int(window.run("return document.getElementById('swipe').value")) > 50
    window.run("document.querySelector('input[value=post]').click()")
    assert "0px 0px 0px 0px" in window.run(cut) or window.run(cut) in {"inset(0px)", "inset(0)"}


def test_table_sorts_by_area_and_score(window: Browser) -> None:
    heading = "[...document.querySelectorAll('th')].find(t => t.textContent === arguments[0])"
    for name in ("score", "ha"):
        index = window.run(f"return {heading}.cellIndex", name)
        for order in ("descending", "ascending"):
            window.run(f"{heading}.querySelector('button').click()", name)
            values = [float(value) for value in window.run(COLUMN, index)]
            assert values == sorted(values, reverse=order == "descending")
            assert window.run(f"return {heading}.getAttribute('aria-sort')", name) == order


def test_a_number_in_the_table_goes_to_the_detection(window: Browser) -> None:
    before = window.run(SCALE)
    window.run("document.querySelector('button.go[data-go=\"2\"]').click()")
    assert window.run(SCALE) != before
    assert window.run("return document.querySelector('tr.chosen').dataset.n") == "2"
    outline = window.run(
        "const b = document.querySelector('path.chosen').getBoundingClientRect(),"
        "m = document.getElementById('map').getBoundingClientRect();"
        "return [b.x + b.width / 2 - m.x - m.width / 2, b.y + b.height / 2 - m.y - m.height / 2]"
    )
    assert outline == pytest.approx([0.0, 0.0], abs=3.0)


def test_a_click_on_an_outline_chooses_it(window: Browser) -> None:
    place = window.run(MIDDLE, "path.outline")
    window.click((place[0], place[1]))
    assert window.run("return document.querySelector('tr.chosen').dataset.n") == "1"


def test_map_moves_with_pointer_and_keys(window: Browser) -> None:
    start = window.run(SCALE)
    place = window.run(MIDDLE, "#map")
    window.drag((place[0], place[1] + 200), (place[0] + 60, place[1] + 220))
    dragged = window.run(SCALE)
    assert dragged != start
    window.run("document.getElementById('map').focus()")
    seen = [start, dragged]
    for key in ("\ue014", "\ue015", "+"):
        window.keys(key)
        now = window.run(SCALE)
        assert now not in seen, key
        seen.append(now)
    window.keys("-")
    assert window.run(SCALE) == seen[-2]
    window.keys("0")
    assert window.run(SCALE) == start


def test_position_under_the_pointer_is_that_of_the_outline(window: Browser, page: Path) -> None:
    del page
    place = window.run(MIDDLE, "path.outline")
    move = {"type": "pointerMove", "duration": 0, "x": round(place[0]), "y": round(place[1])}
    source = {"type": "pointer", "id": "mouse", "actions": [move]}
    window.call("POST", "actions", {"actions": [source]})
    lat, lon = window.run("return document.getElementById('readout').textContent").split(", ")
    cells = "return [...document.querySelector('{}').cells].map(c => {})"
    heads = window.run(cells.format("thead tr", "c.textContent.trim()"))
    values = window.run(cells.format("tbody tr", "c.dataset.v"))
    known = [float(values[heads.index(name)]) for name in ("latitude", "longitude")]
    assert [float(lat), float(lon)] == pytest.approx(known, abs=3e-4)


def test_a_fragment_opens_at_a_detection(window: Browser, page: Path) -> None:
    window.call("POST", "url", {"url": "about:blank"})
    window.open(page, "#2")
    assert window.run("return document.querySelector('tr.chosen').dataset.n") == "2"


def test_names_with_markup_are_shown_as_they_are(window: Browser) -> None:
    assert '<b>Émile\'s</b> "event"' in window.run(
        "return document.querySelector('h1').textContent"
    )
    assert window.run("return document.querySelectorAll('h1 b').length") == 0


@pytest.mark.parametrize("size", [(1300, 900), (390, 844)])
def test_page_fits_desktop_and_phone(window: Browser, page: Path, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.open(page)
    width, inner = window.run(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width <= inner
    world = window.run(
        "const b = document.getElementById('world').getBoundingClientRect(),"
        "m = document.getElementById('map').getBoundingClientRect();"
        "return [b.left - m.left, m.right - b.right, b.top - m.top, m.bottom - b.bottom]"
    )
    assert min(world) >= 0
    assert GRID.cols > GRID.rows


def test_on_paper_the_outline_lies_on_its_place(window: Browser) -> None:
    """The map has another size on paper; outlines and layers must be fitted to it together."""
    window.run("document.querySelector('button.go').click()")
    window.run("window.dispatchEvent(new Event('beforeprint'))")
    gap = (
        "const b = document.querySelector('path.chosen').getBoundingClientRect(),"
        "w = document.getElementById('world').getBoundingClientRect(),"
        "d = JSON.parse(document.getElementById('data').textContent),"
        "k = w.width / d.width, m = document.getElementById('map').getBoundingClientRect();"
        "return [m.width, b.x - w.x - d.detections[0].box[0] * k,"
        "b.y - w.y - d.detections[0].box[1] * k]"
    )
    width, right, down = window.run(gap)
    assert width == 680
    assert [right, down] == pytest.approx([0.0, 0.0], abs=4.0)
    window.run("window.dispatchEvent(new Event('afterprint'))")
    assert window.run(gap)[0] > 1000


def test_all_buttons_have_names(window: Browser) -> None:
    nameless = (
        "return [...document.querySelectorAll('button, select, input')].filter(e =>"
        "!(e.getAttribute('aria-label') || e.textContent.trim() ||"
        "(e.labels && e.labels.length))).length"
    )
    assert window.run(nameless) == 0
