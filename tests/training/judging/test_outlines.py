"""Outlines against planted slides: what counts, and one small event through the whole chain."""

import pytest
import shapely

from landslidectl.inference.baselines import rule_model
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from landslidectl.training.judging.outlines import (
    DELINEATED,
    WINDOW,
    Overlaps,
    Question,
    best_rule,
    compare_outlines,
    lead,
    overlaps_of,
    rule_name,
    summary,
    table_text,
)
from landslidectl.training.judging.scenes import Slides
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population

RULE = rule_name(2.0, 1.2)


def slides() -> Slides:
    outlines = (
        shapely.box(0, 0, 200, 150),
        shapely.box(1000, 0, 1200, 150),
        shapely.box(2000, 0, 2200, 150),
        shapely.box(0, 160, 50, 200),
    )
    areas = tuple(outline.area for outline in outlines)
    return Slides(outlines, areas, (True, True, False, True))


def test_slides_found_by_windows_are_held_against_the_parts_that_touch_them() -> None:
    window = shapely.box(-200, -200, 440, 440)
    two_parts = shapely.MultiPolygon([shapely.box(0, 0, 100, 150), shapely.box(400, 0, 430, 30)])
    found = overlaps_of({WINDOW: [window], DELINEATED: [two_parts], RULE: [window]}, slides())
    assert found[WINDOW].sought == 2, "hidden slides and small ones are not sought"
    assert found[WINDOW].ious == pytest.approx((30_000 / 640**2,))
    assert found[DELINEATED].ious == pytest.approx((0.5,)), "the far part does not touch the slide"
    assert found[DELINEATED].slid_m2 == pytest.approx(15_000)
    assert found[DELINEATED].outlined_m2 == pytest.approx(15_900)


def test_a_slide_that_an_outline_misses_counts_as_nothing_in_common() -> None:
    window = shapely.box(-200, -200, 440, 440)
    aside = shapely.box(300, 300, 350, 350)
    found = overlaps_of({WINDOW: [window], DELINEATED: [aside]}, slides())
    assert found[DELINEATED].ious == (0.0,)
    assert (found[WINDOW].as_dict()["recall"], found[DELINEATED].as_dict()["recall"]) == (0.5, 0.0)


def test_the_best_rule_is_the_one_with_the_highest_median() -> None:
    other = rule_name(3.0, 0.8)
    found = {
        WINDOW: Overlaps((0.9,), 1),
        other: Overlaps((0.2,), 1),
        RULE: Overlaps((0.3,), 1),
    }
    assert best_rule(found) == RULE
    text = table_text(summary(found, RULE))
    assert f"| {RULE} | 1 of 1 | 1.00 | 0.30 | 0.30 | 0.00 |" in text
    assert other not in text


def test_the_lead_is_taken_slide_by_slide() -> None:
    drawn = Overlaps((0.6, 0.5, 0.2, 0.4), 4)
    found = lead({DELINEATED: drawn, RULE: Overlaps((0.4, 0.3, 0.3, 0.4), 4)}, RULE)
    assert (found["better"], found["worse"]) == (2, 1)
    assert found["mean"] == pytest.approx(0.075)
    low, high = found["interval"]
    assert -0.1 <= low < found["mean"] < high <= 0.2
    assert lead({DELINEATED: Overlaps(), RULE: Overlaps()}, RULE)["interval"] is None


def test_a_small_event_goes_through_the_whole_chain(tmp_path) -> None:
    model = rule_model("spread", BandSet.VV_VH, 0.2, StackContract(), tmp_path)
    landscapes = Landscapes(uniform_population(64))
    found = compare_outlines(Question(model, 0.2, size_km=1.4), ([3], landscapes), (RULE,))
    assert set(found) >= {WINDOW, DELINEATED}
    assert len({item.sought for item in found.values()}) == 1
    assert len({len(item.ious) for item in found.values()}) == 1
