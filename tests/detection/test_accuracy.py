import pytest
from shapely import box

from landslidectl.detection.accuracy import match_inventory


def test_a_slide_is_found_by_touch_and_a_region_without_slide_is_false():
    slides = [box(0, 0, 10, 10), box(100, 100, 110, 110), box(200, 0, 210, 10)]
    detected = [box(5, 5, 50, 50), box(300, 300, 310, 310), box(195, -5, 205, 5)]
    matches = match_inventory(detected, slides)
    assert matches.found == (True, False, True)
    assert matches.holds_slide == (True, False, True)
    assert matches.false_regions == 1


def test_one_region_may_hold_several_slides():
    matches = match_inventory([box(0, 0, 100, 100)], [box(1, 1, 2, 2), box(50, 50, 60, 60)])
    assert matches.found == (True, True) and matches.false_regions == 0


@pytest.mark.parametrize(("detected", "slides"), [([], [box(0, 0, 1, 1)]), ([box(0, 0, 1, 1)], [])])
def test_nothing_to_match(detected, slides):
    matches = match_inventory(detected, slides)
    assert matches.found == (False,) * len(slides)
    assert matches.false_regions == len(detected)
