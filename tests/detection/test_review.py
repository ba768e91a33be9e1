"""The last word on a detection, and to which detections of another product it applies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import shapely
from hypothesis import given
from hypothesis import strategies as st

from landslidectl.detection.review import (
    DRAWN_PREFIX,
    Verdict,
    assign,
    drawn_id,
    is_same_place,
    standing_verdicts,
)
from landslidectl.detection.reviewed import Place
from landslidectl.terms import Decision

SIDE = 0.01
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def box(lon: float, width: float = SIDE) -> shapely.Polygon:
    return shapely.box(lon, 40.0, lon + width, 40.0 + SIDE)


def said(name: str, decision: Decision = Decision.ACCEPTED, lon: float = 1.0, **more) -> Verdict:
    values = {"reviewer": "anna", "note": "", "time": NOON} | more
    return Verdict(name, decision, box(lon), **values)


def test_the_last_word_counts_and_drawings_stay() -> None:
    redrawn = said("a", outline=box(1.0, 2 * SIDE))
    rejected = said("a", Decision.REJECTED, lon=7.0)
    last = standing_verdicts([said("a"), redrawn, rejected])["a"]
    assert (last.decision, last.outline, last.seen) == (
        Decision.REJECTED,
        redrawn.outline,
        box(1.0),
    )
    drawn = said("RV-1", is_drawn=True, outline=box(1.0))
    assert standing_verdicts([drawn, said("RV-1", Decision.REJECTED)])["RV-1"].is_drawn


def test_what_is_taken_back_takes_the_drawing_along() -> None:
    redrawn = said("a", outline=box(1.0, 2 * SIDE))
    back = said("a", Decision.UNREVIEWED)
    last = standing_verdicts([redrawn, back])["a"]
    assert (last.decision, last.outline) == (Decision.UNREVIEWED, None)
    assert last.drawing == box(1.0)
    again = standing_verdicts([redrawn, back, said("a")])["a"]
    assert (again.decision, again.outline) == (Decision.ACCEPTED, None)


def test_the_same_name_takes_it_wherever_it_lies() -> None:
    assigned = assign([said("a", lon=1.0)], [Place("a", box(5.0)), Place("b", box(1.0))])
    assert set(assigned.by_id) == {"a"}


def test_another_name_in_the_same_place_takes_it_and_a_large_slide_does_not() -> None:
    rejected = said("old", Decision.REJECTED)
    near = Place("new", box(1.0 + 0.2 * SIDE))
    assert assign([rejected], [near]).by_id["new"].decision is Decision.REJECTED
    large = Place("large", box(1.0 - SIDE, 4 * SIDE))
    assert assign([rejected], [large]).by_id == {}, "it holds the rejected one whole"


def test_words_that_contradict_each_other_have_to_be_looked_at_again() -> None:
    items = [Place("new", box(1.0))]
    accepted, rejected = said("a"), said("b", Decision.REJECTED)
    assert assign([accepted, rejected], items).by_id == {}
    later = replace(accepted, det_id="c", note="later", time=NOON + timedelta(days=1))
    assert assign([later, accepted], items).by_id["new"].note == "later"


def test_what_was_taken_back_silences_what_was_said_of_the_place_before() -> None:
    items = [Place("new", box(1.0))]
    back = said("old", Decision.UNREVIEWED)
    assert assign([back], items).by_id == {}
    assert assign([back, said("older", time=NOON - timedelta(hours=1))], items).by_id == {}
    after = said("later", time=NOON + timedelta(hours=1))
    assert assign([back, after], items).by_id == {"new": after}


def test_drawn_outlines_are_added_where_nothing_was_detected() -> None:
    drawn = said("RV-1", is_drawn=True)
    assert assign([drawn], []).drawn == (drawn,)
    found = assign([drawn], [Place("new", box(1.0))])
    assert (found.drawn, set(found.by_id)) == ((), {"new"}), "detected since"
    assert assign([replace(drawn, decision=Decision.REJECTED)], []).drawn == ()


@given(st.floats(0.0, 1.0))
def test_the_same_place_is_half_of_the_larger(shift: float) -> None:
    shared = is_same_place(box(0.0), box(shift * SIDE))
    assert shared == (1.0 - shift >= 0.5) or abs(shift - 0.5) < 1e-9
    assert is_same_place(box(shift * SIDE), box(0.0)) == shared


def test_a_drawn_outline_is_named_by_its_place_alone() -> None:
    one = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
    turned = shapely.Polygon([(1, 1), (0, 1), (0, 0), (1, 0)])
    assert drawn_id(one) == drawn_id(turned)
    assert drawn_id(one).startswith(DRAWN_PREFIX)
    assert drawn_id(one) != drawn_id(shapely.box(0, 0, 1, 2))
