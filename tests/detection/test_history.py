"""Detections followed through fake releases."""

from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.detection.history import Acquisition, Release, Sighting, is_shared, trace
from landslidectl.terms import Standing

FIRST, PROVISIONAL, CONFIRMED = Standing
DAY = datetime(2018, 9, 6, tzinfo=UTC)
SCENES = [Acquisition(track, f"S1A/{number}") for number in range(4) for track in ("A068", "D046")]
DOWN = [scene for scene in SCENES if scene.track == "D046"]
UP = [scene for scene in SCENES if scene.track == "A068"]


def box(left: float, width: float = 1.0) -> shapely.Polygon:
    return shapely.box(left, 0.0, left + width, 1.0)


def seen(name: str, outline: shapely.Polygon, *scenes: Acquisition, by: str = "") -> Sighting:
    views = frozenset(by.split()) or frozenset(scene.track for scene in scenes)
    return Sighting(name, outline, frozenset(scenes), views, DAY + timedelta(days=len(scenes)))


def test_three_sets_of_acquisitions_confirm():
    releases = [Release(n, (seen(f"LS-{n}", box(0.1 * n), *DOWN[:n]),)) for n in range(1, 5)]
    found = [trace(releases[:n]).pasts[f"LS-{n}"] for n in range(1, 5)]
    assert [past.standing for past in found] == [FIRST, PROVISIONAL, CONFIRMED, CONFIRMED]
    assert [past.releases_text for past in found] == ["r1", "r1+r2", "r1+r2+r3", "r1+r2+r3+r4"]
    assert {past.first_seen for past in found} == {DAY + timedelta(days=1)}


def test_another_track_confirms_at_once_where_it_sees_by_itself():
    before = Release(1, (seen("a", box(0), DOWN[0]),))
    by_itself = Release(2, (seen("b", box(0), DOWN[0], UP[0]),))
    by_the_other_alone = Release(2, (seen("b", box(0), DOWN[0], UP[0], by="D046"),))
    assert trace([before, by_itself]).pasts["b"].standing is CONFIRMED
    assert trace([before, by_the_other_alone]).pasts["b"].standing is PROVISIONAL
    both_at_once = Release(1, (seen("a", box(0), DOWN[0], UP[0]),))
    again = Release(2, (seen("b", box(0), DOWN[0], UP[0], UP[1]),))
    assert trace([both_at_once, again]).pasts["b"].standing is PROVISIONAL


def test_without_a_new_acquisition_over_it_nothing_moves():
    """Another scene before the event, or one after it elsewhere, or fewer, make a release too."""
    releases = [
        Release(1, (seen("a", box(0), DOWN[0]), seen("x", box(9), UP[0]))),
        Release(2, (seen("b", box(0), DOWN[0]), seen("y", box(9), UP[0], UP[1]))),
        Release(3, (seen("c", box(0), DOWN[0], DOWN[1]),)),
        Release(4, (seen("d", box(0), DOWN[1]),)),
        Release(5, (seen("e", box(0), DOWN[0], DOWN[1]),)),
    ]
    past = trace(releases[:2]).pasts
    assert (past["b"].standing, past["b"].releases) == (FIRST, (1,))
    assert (past["y"].standing, past["y"].releases) == (PROVISIONAL, (1, 2))
    assert trace(releases).pasts["e"].releases == (1, 3)


def test_what_nothing_goes_on_from_is_dropped_once_and_comes_back_as_first():
    releases = [
        Release(1, (seen("a", box(0), DOWN[0]), seen("b", box(5), DOWN[0]))),
        Release(2, (seen("c", box(0), *DOWN[:2]),)),
        Release(3, (seen("d", box(0), *DOWN[:3]), seen("e", box(5), *DOWN[:3]))),
    ]
    ((sighting, past),) = trace(releases[:2]).dropped
    assert (sighting.det_id, past.standing, past.releases) == ("b", FIRST, (1,))
    last = trace(releases)
    assert last.dropped == ()
    assert (last.pasts["e"].standing, last.pasts["e"].releases) == (FIRST, (3,))
    assert last.pasts["d"].standing is CONFIRMED


def test_what_merges_takes_the_most_advanced_and_so_do_parts_that_split():
    apart = [
        Release(1, (seen("a", box(0), DOWN[0]),)),
        Release(2, (seen("a2", box(0), *DOWN[:2]), seen("b", box(2), *DOWN[:2]))),
    ]
    merged = Release(3, (seen("m", box(0, 3.0), *DOWN[:3]),))
    past = trace([*apart, merged]).pasts["m"]
    assert (past.standing, past.releases) == (CONFIRMED, (1, 2, 3))
    split = Release(4, (seen("s", box(0), *DOWN[:3]), seen("t", box(2), *DOWN[:3])))
    last = trace([*apart, merged, split])
    assert {name: item.standing for name, item in last.pasts.items()} == {
        "s": CONFIRMED,
        "t": CONFIRMED,
    }
    assert last.dropped == ()


def test_a_quarter_of_the_smaller_area_is_shared():
    assert is_shared(box(0), box(0.75))
    assert not is_shared(box(0), box(0.76))
    assert is_shared(box(0, 100.0), box(3)), "a slide drawn inside the windows that held it"
    assert not is_shared(box(0), box(1)), "neighbours that touch"
    assert not is_shared(box(0), shapely.Polygon())


def test_the_same_name_is_the_same_windows_whatever_is_drawn_in_them():
    releases = [
        Release(1, (seen("a", box(0), DOWN[0]),)),
        Release(2, (seen("a", box(5), *DOWN[:2]),)),
    ]
    last = trace(releases)
    assert last.pasts["a"].standing is PROVISIONAL
    assert last.dropped == ()


SIGHTINGS = st.builds(
    lambda left, width, scenes: (box(left, width), frozenset(scenes)),
    st.integers(0, 12),
    st.integers(1, 4),
    st.sets(st.sampled_from(SCENES), min_size=1),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Release]:
    releases = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        found = draw(st.lists(SIGHTINGS, max_size=4))
        releases.append(
            Release(
                number,
                tuple(
                    seen(f"LS-{number}-{index}", outline, *sorted(scenes))
                    for index, (outline, scenes) in enumerate(found)
                ),
            )
        )
    return releases


@settings(deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_history_is_of_the_releases_alone_not_of_their_order(releases, random):
    shuffled = list(releases)
    random.shuffle(shuffled)
    turned = [Release(item.number, item.sightings[::-1]) for item in shuffled]
    one, other = trace(releases), trace(turned)
    assert one.pasts == other.pasts
    assert [item.det_id for item, _ in one.dropped] == [item.det_id for item, _ in other.dropped]


@settings(deadline=None)
@given(histories())
def test_the_same_again_changes_nothing_and_nothing_ever_goes_back(releases):
    last = releases[-1]
    again = Release(last.number + 1, last.sightings)
    before, after = trace(releases), trace([*releases, again])
    assert after.dropped == ()
    for name, past in before.pasts.items():
        # overlapping detections of one release share what is most advanced among them
        assert list(Standing).index(after.pasts[name].standing) >= list(Standing).index(
            past.standing
        )
        assert last.number + 1 not in after.pasts[name].releases


@settings(deadline=None)
@given(histories())
def test_a_standing_says_how_often_it_was_seen(releases):
    for past in trace(releases).pasts.values():
        assert (past.standing is FIRST) == (len(past.releases) == 1)
        assert len(past.releases) < 3 or past.standing is CONFIRMED
        assert list(past.releases) == sorted(set(past.releases))


def test_nothing_recorded_is_no_history():
    assert trace([]).pasts == {}
    assert trace([Release(1, ())]).dropped == ()
    with pytest.raises(KeyError):
        trace([Release(1, (seen("a", box(0), DOWN[0]),)), Release(2, ())]).pasts["a"]
