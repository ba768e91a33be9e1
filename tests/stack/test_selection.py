"""Scenes go to the right side of the event, duplicates go once, everything has a reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import StackError
from landslidectl.stack.footprints import footprint
from landslidectl.stack.selection import (
    WindowOptions,
    covered_area,
    drop_duplicates,
    plans_over,
    select_scenes,
)
from landslidectl.terms import BandSet, EventTime, Pass, Polarisation, Track

from .scenes import EVENT, SQUARE, TRACK, make_scene

EXAMPLE_SECONDS = 25.0


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


def test_duplicates_newest_processor_then_archive_then_plain() -> None:
    first = make_scene(-12.0)
    newer = replace(first, scene_id=first.scene_id + "_NEW", ipf="3.10")
    shifted = replace(
        first, scene_id=first.scene_id + "_SHIFT", start=first.start + timedelta(seconds=3)
    )
    quick = replace(newer, scene_id=first.scene_id + "_A", timeliness="NRT-3h")
    cog = replace(newer, scene_id=first.scene_id + "_AA_COG")
    kept, unused = drop_duplicates([cog, quick, first, newer, shifted])
    assert kept == (newer,)
    assert {item.reason for item in unused} == {f"duplicate of {newer.scene_id}"}
    assert len(unused) == 4


def test_slices_and_other_platforms_are_no_duplicates() -> None:
    first = make_scene(-12.0)
    # reprocessed slices overlap their neighbours by a quarter of a second
    following = replace(
        first,
        scene_id="S1A_next",
        start=first.stop - timedelta(seconds=0.25),
        stop=first.stop + timedelta(seconds=25),
    )
    twin = replace(first, scene_id="S1B_twin", platform="S1B")
    kept, unused = drop_duplicates([first, following, twin])
    assert set(kept) == {first, following, twin}
    assert not unused


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


def test_covered_area_needs_both_sides() -> None:
    east = ((142.0, 42.0), (144.0, 42.0), (144.0, 43.0), (142.0, 43.0))
    plans = select_scenes([make_scene(-6.0), make_scene(6.0, footprint=east)], EVENT).tracks
    assert covered_area(plans).equals(shapely.box(142.0, 42.0, 143.0, 43.0))
    assert covered_area([]).is_empty


def test_plans_over_an_area() -> None:
    far = tuple((lon + 10.0, lat) for lon, lat in SQUARE)
    near, away, post = make_scene(-6.0), make_scene(-12.0, footprint=far), make_scene(6.0)
    plans = select_scenes([near, away, post], EVENT).tracks
    selection = plans_over(shapely.box(142.0, 42.5, 142.1, 42.6), plans)
    assert selection.tracks[0].pre == (near,)
    assert [(item.scene, item.reason) for item in selection.unused] == [
        (away, "outside the area of interest")
    ]
    # just outside the rough footprint still counts
    assert plans_over(shapely.box(143.05, 42.5, 143.1, 42.6), plans).tracks
    with pytest.raises(StackError, match="1 pre-event scene on orbit 46 descending, no post-event"):
        plans_over(shapely.box(152.0, 42.5, 152.1, 42.6), plans)


def test_footprint_across_the_antimeridian() -> None:
    scene = make_scene(footprint=((178.0, 50.0), (-179.0, 50.0), (-179.0, 51.0), (178.0, 51.0)))
    shape = footprint(scene)
    assert shape.area == pytest.approx(3.0)
    assert shape.contains(shapely.Point(179.5, 50.5))
    assert shape.contains(shapely.Point(-179.5, 50.5))
    assert not shape.intersects(shapely.Point(0.0, 50.5))
