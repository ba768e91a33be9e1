"""Scenes go to the right side of the event, duplicates go once, everything has a reason."""

from datetime import timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import StackError
from landslidectl.stack.selection import WindowOptions, select_scenes
from landslidectl.terms import BandSet, EventTime, Pass, Polarisation, Track

from .scenes import EVENT, SQUARE, TRACK, make_scene

EXAMPLE_SECONDS = 25.0
LATE = WindowOptions(extend_post_days=6.0)
AREA = shapely.box(142.0, 42.5, 142.1, 42.6)
FAR = tuple((lon + 10.0, lat) for lon, lat in SQUARE)


def reasons(scenes, event=EVENT, options=None):
    selection = select_scenes(scenes, event, options)
    return {item.scene: item.reason for item in selection.unused}


def test_split_by_exact_times() -> None:
    pre, post = make_scene(-12.0), make_scene(6.0)
    containing = make_scene(-10.0 / 86400)
    selection = select_scenes([post, containing, pre], EVENT)
    (plan,) = selection.tracks
    assert (plan.track, plan.pre, plan.post) == (TRACK, (pre,), (post,))
    assert [(item.scene, item.reason) for item in selection.unused] == [
        (containing, "contains the event instant")
    ]


def test_a_scene_that_ends_at_the_shock_is_before_it() -> None:
    touching = make_scene(-EXAMPLE_SECONDS / 86400, EXAMPLE_SECONDS)
    (plan,) = select_scenes([touching, make_scene(6.0)], EVENT).tracks
    assert plan.pre == (touching,)
    starting = make_scene(0.0)
    assert reasons([make_scene(-6.0), starting, make_scene(6.0)])[starting] == (
        "contains the event instant"
    )


def test_windows_and_their_reasons() -> None:
    scenes = [make_scene(days) for days in (-61.0, -60.0, -1.0, 1.0, 12.0, 13.0)]
    words = reasons(scenes)
    assert words[scenes[0]] == "older than 60 days before the event"
    assert words[scenes[5]] == "later than 12 days after the event"
    assert len(words) == 2
    assert set(reasons(scenes, options=WindowOptions(100.0, 30.0))) == set()


def test_between_two_shocks() -> None:
    event = EventTime(EVENT.first, EVENT.first + timedelta(days=3))
    between, over_last = make_scene(1.0), make_scene(3.0 - 5.0 / 86400)
    words = reasons([make_scene(-6.0), between, over_last, make_scene(6.0)], event)
    assert words[between] == "between the first and the last shock"
    assert words[over_last] == "contains the event instant"


def test_not_iw() -> None:
    stripmap = make_scene(-3.0, track=Track(46, Pass.DESCENDING, "SM"))
    assert reasons([make_scene(-6.0), stripmap, make_scene(6.0)])[stripmap] == "not IW"


def test_tracks_never_mix_and_an_unusable_one_is_reported() -> None:
    other = Track(68, Pass.ASCENDING)
    lonely = make_scene(-2.0, track=other)
    selection = select_scenes([make_scene(-6.0), lonely, make_scene(6.0)], EVENT)
    assert [plan.track for plan in selection.tracks] == [TRACK]
    (item,) = selection.unused
    assert item.reason == "no post-event scene until 2018-09-17T18:07:59Z on this track"


def test_error_names_what_is_there_and_what_is_missing() -> None:
    other = Track(68, Pass.ASCENDING)
    with pytest.raises(StackError) as caught:
        select_scenes([make_scene(-12.0), make_scene(-24.0), make_scene(3.0, track=other)], EVENT)
    words = caught.value.message
    assert (
        "2 pre-event scenes on orbit 46 descending, "
        "no post-event scene until 2018-09-17T18:07:59Z" in words
    )
    assert "1 post-event scene on orbit 68 ascending, no pre-event scene since" in words
    assert "--post-days" in caught.value.hint


def test_no_scene_at_all() -> None:
    with pytest.raises(StackError, match="no Sentinel-1 scene"):
        select_scenes([], EVENT)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-70, 20), min_size=1, max_size=12, unique=True), st.randoms())
def test_every_scene_is_used_or_has_a_reason(days, random) -> None:
    scenes = [make_scene(float(day)) for day in (*days, -1000, -6.5, 6.5)]
    shuffled = list(scenes)
    random.shuffle(shuffled)
    selection = select_scenes(shuffled, EVENT)
    used = [scene for plan in selection.tracks for scene in plan.scenes]
    left = [item.scene for item in selection.unused]
    assert sorted(scene.scene_id for scene in used + left) == sorted(s.scene_id for s in scenes)
    assert selection == select_scenes(scenes, EVENT)
    for plan in selection.tracks:
        assert all(scene.stop <= EVENT.first for scene in plan.pre)
        assert all(scene.start > EVENT.last for scene in plan.post)


def test_bands_of_a_plan() -> None:
    single = make_scene(6.0, polarisations=(Polarisation.VV,))
    assert select_scenes([make_scene(-6.0), single], EVENT).tracks[0].bands is BandSet.VV
    both = select_scenes([make_scene(-6.0), make_scene(6.0)], EVENT)
    assert both.tracks[0].bands is BandSet.VV_VH


def test_same_day_before_the_event_hour_is_before_it() -> None:
    morning, evening = make_scene(-9.0 / 24), make_scene(3.0 / 24)
    assert morning.start.date() == evening.start.date() == EVENT.first.date()
    (plan,) = select_scenes([evening, morning], EVENT).tracks
    assert (plan.pre, plan.post) == ((morning,), (evening,))


def test_no_shock_is_inside_a_scene_and_none_between_two() -> None:
    event = EventTime(EVENT.first, EVENT.first + timedelta(days=3))
    seconds = EXAMPLE_SECONDS / 86400
    before, after = make_scene(-seconds), make_scene(3.0 + 1.0 / 86400)
    on_first, on_last = make_scene(-seconds / 2), make_scene(3.0 - seconds / 2)
    starts_on_last, ends_on_last = make_scene(3.0), make_scene(3.0 - seconds)
    between = make_scene(1e-4)
    over_both = make_scene(-1.0, seconds=5 * 86400.0, datatake="0000FF")
    words = reasons(
        [before, after, on_first, on_last, starts_on_last, ends_on_last, between, over_both], event
    )
    assert before not in words
    assert after not in words
    inside = (on_first, on_last, starts_on_last, ends_on_last, over_both)
    assert {words[scene] for scene in inside} == {"contains the event instant"}
    assert words[between] == "between the first and the last shock"


def test_windows_are_counted_from_the_outer_shocks() -> None:
    event = EventTime(EVENT.first, EVENT.first + timedelta(days=3))
    words = reasons([make_scene(days) for days in (-60.5, -59.5, 14.5, 15.5)], event)
    assert sorted(words.values()) == [
        "later than 12 days after the event",
        "older than 60 days before the event",
    ]


def test_all_satellites_of_a_track_go_together() -> None:
    scenes = [
        make_scene(days, platform=platform, datatake="0000AA")
        for days, platform in ((-12.0, "S1A"), (-6.0, "S1B"), (5.0, "S1C"), (6.0, "S1D"))
    ]
    (plan,) = select_scenes(scenes, EVENT).tracks
    assert (plan.pre, plan.post) == (tuple(scenes[:2]), tuple(scenes[2:]))


def test_orbit_pass_and_mode_keep_tracks_apart() -> None:
    ascending = Track(TRACK.relative_orbit, Pass.ASCENDING)
    next_orbit = Track(TRACK.relative_orbit + 1, TRACK.direction)
    scenes = [
        make_scene(days, track=track, datatake=f"{number:06X}")
        for number, track in enumerate((TRACK, ascending, next_orbit))
        for days in (-6.0, 6.0)
    ]
    plans = select_scenes(scenes, EVENT).tracks
    assert [plan.track for plan in plans] == sorted((TRACK, ascending, next_orbit))
    assert all(len(plan.scenes) == 2 for plan in plans)


def test_late_scene_is_refused_and_the_refusal_tells_the_way_out() -> None:
    with pytest.raises(StackError) as caught:
        select_scenes([make_scene(-6.0), make_scene(20.0), make_scene(13.2)], EVENT)
    assert (
        "no post-event scene until 2018-09-17T18:07:59Z (the first is 13.2 days after the event; "
        "--extend-post 2 would take it)" in caught.value.message
    )
    assert "--extend-post DAYS" in caught.value.hint
    # a wider window that is still too narrow says the same
    with pytest.raises(StackError, match="--extend-post 2 would take it"):
        select_scenes(
            [make_scene(-6.0), make_scene(13.2)], EVENT, WindowOptions(extend_post_days=1.0)
        )
    plan = select_scenes(
        [make_scene(-6.0), make_scene(13.2)], EVENT, WindowOptions(extend_post_days=2.0)
    ).tracks[0]
    assert plan.late_post_days == pytest.approx(13.2)


def test_late_track_beside_a_good_one_is_left_out_with_the_reason() -> None:
    other = Track(68, Pass.ASCENDING)
    late = make_scene(17.0, track=other)
    words = reasons([make_scene(-6.0), make_scene(6.0), make_scene(-5.0, track=other), late])
    assert words[late] == "later than 12 days after the event"
    (without,) = (reason for scene, reason in words.items() if scene is not late)
    assert "the first is 17.0 days after the event; --extend-post 5 would take it" in without


def test_extension_takes_all_slices_of_the_first_late_overflight_alone() -> None:
    first = make_scene(13.0, datatake="0000AA")
    following = make_scene(13.0 + 25.0 / 86400, datatake="0000AA")
    same_day = make_scene(13.0 + 60.0 / 86400, datatake="0000AA", platform="S1C")
    later = make_scene(17.0)
    selection = select_scenes([later, same_day, following, first, make_scene(-6.0)], EVENT, LATE)
    (plan,) = selection.tracks
    assert plan.post == (first, following)
    assert plan.late_post_days == pytest.approx(13.0)
    assert {item.reason for item in selection.unused} == {"later than 12 days after the event"}
    assert [item.scene for item in selection.unused] == [same_day, later]


def test_extension_keeps_a_late_overflight_whole() -> None:
    first = make_scene(18.0 - 10.0 / 86400, datatake="0000AA")
    following = make_scene(18.0 + 15.0 / 86400, datatake="0000AA")
    (plan,) = select_scenes([first, following, make_scene(-6.0)], EVENT, LATE).tracks
    assert plan.post == (first, following)


def test_extension_changes_nothing_where_the_window_has_a_scene() -> None:
    scenes = [make_scene(-6.0), make_scene(11.0), make_scene(13.0)]
    assert select_scenes(scenes, EVENT, LATE) == select_scenes(scenes, EVENT)
    assert select_scenes(scenes, EVENT, LATE).tracks[0].late_post_days == 0.0


def test_extension_is_by_track() -> None:
    other = Track(68, Pass.ASCENDING)
    scenes = [
        make_scene(-6.0),
        make_scene(6.0),
        make_scene(-5.0, track=other),
        make_scene(15.0, track=other),
    ]
    late = [plan.late_post_days for plan in select_scenes(scenes, EVENT, LATE).tracks]
    assert late == [0.0, pytest.approx(15.0)]


def test_a_scene_elsewhere_on_the_track_does_not_keep_the_extension_away() -> None:
    pre, late = make_scene(-6.0), make_scene(15.0)
    elsewhere = make_scene(6.0, footprint=FAR)
    selection = select_scenes([pre, elsewhere, late], EVENT, LATE, AREA)
    assert selection.tracks[0].post == (late,)
    assert selection.tracks[0].late_post_days == pytest.approx(15.0)
    assert [(item.scene, item.reason) for item in selection.unused] == [
        (elsewhere, "outside the area of interest")
    ]
    with pytest.raises(StackError, match="none of the 1 scenes lies over the area"):
        select_scenes([elsewhere], EVENT, LATE, AREA)


def test_slice_next_to_the_area_still_shows_that_a_product_is_a_duplicate() -> None:
    def cut(start_s: float, footprint: tuple = SQUARE, **changes: object):
        return make_scene(6.0 + start_s / 86400, datatake="0000AA", footprint=footprint, **changes)

    over, beside = cut(0.0), cut(25.0, FAR)
    quick = cut(12.0, timeliness="NRT-3h")
    words = reasons([make_scene(-6.0), over, beside, quick])
    assert words[quick].startswith("duplicate of")
    selection = select_scenes([make_scene(-6.0), over, beside, quick], EVENT, area=AREA)
    assert selection.tracks[0].post == (over,)


def test_least_numbers_count_overflights_not_slices() -> None:
    slices = [make_scene(-6.0 + number * 25 / 86400, datatake="0000AA") for number in range(3)]
    options = WindowOptions(min_pre=2)
    with pytest.raises(StackError) as caught:
        select_scenes([*slices, make_scene(6.0)], EVENT, options)
    assert (
        "3 pre-event scenes and 1 post-event scene on orbit 46 descending, "
        "1 pre-event acquisition where 2 are asked for" in caught.value.message
    )
    # the other satellite's numbering has nothing to do with this one's
    twin = make_scene(-7.0, datatake="0000AA", platform="S1B")
    assert select_scenes([*slices, twin, make_scene(6.0)], EVENT, options).tracks


def test_track_with_too_few_is_left_out_and_the_others_go_on() -> None:
    other = Track(68, Pass.ASCENDING)
    poor = [make_scene(-5.0, track=other), make_scene(5.0, track=other)]
    rich = [make_scene(days) for days in (-18.0, -6.0, 6.0, 12.0)]
    selection = select_scenes([*poor, *rich], EVENT, WindowOptions(min_pre=2, min_post=2))
    assert [plan.track for plan in selection.tracks] == [TRACK]
    assert [item.scene for item in selection.unused] == poor
    assert {item.reason for item in selection.unused} == {
        "1 pre-event acquisition where 2 are asked for and 1 post-event acquisition where 2 are "
        "asked for on this track"
    }


def test_least_numbers_hold_over_the_area_and_for_late_scenes() -> None:
    scenes = [make_scene(-18.0, footprint=FAR), make_scene(-6.0), make_scene(6.0)]
    with pytest.raises(StackError, match="1 pre-event acquisition where 2 are asked for"):
        select_scenes(scenes, EVENT, WindowOptions(min_pre=2), AREA)
    options = WindowOptions(extend_post_days=6.0, min_post=2)
    with pytest.raises(StackError, match="1 post-event acquisition where 2 are asked for"):
        select_scenes([make_scene(-6.0), make_scene(13.0), make_scene(14.0)], EVENT, options)
