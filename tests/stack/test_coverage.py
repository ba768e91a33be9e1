"""Scenes against an area of interest: which come near it, and what stays unobserved."""

import pytest
import shapely

from landslidectl.stack.coverage import covered_area, scenes_over, uncovered_share
from landslidectl.stack.plans import TrackPlan
from landslidectl.terms import Pass, Track

from .scenes import SQUARE, TRACK, make_scene

ACROSS = ((178.0, -18.0), (-179.0, -18.0), (-179.0, -16.0), (178.0, -16.0))


def ring(west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], ...]:
    return ((west, south), (east, south), (east, north), (west, north))


def plan_of(pre: tuple, post: tuple, track: Track = TRACK) -> TrackPlan:
    return TrackPlan(track, (make_scene(-6.0, footprint=pre),), (make_scene(6.0, footprint=post),))


def test_covered_area_needs_both_sides() -> None:
    plans = [plan_of(SQUARE, ring(142.0, 42.0, 144.0, 43.0))]
    assert covered_area(plans).equals(shapely.box(142.0, 42.0, 143.0, 43.0))
    assert covered_area([]).is_empty


def test_sides_that_only_touch_cover_nothing() -> None:
    plans = [plan_of(ring(10, 40, 11, 41), ring(11, 40, 12, 41))]
    assert covered_area(plans).is_empty


def test_covered_area_across_the_antimeridian() -> None:
    plans = [plan_of(ACROSS, ring(179.0, -17.0, -178.0, -15.0))]
    area = covered_area(plans)
    expected = [shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -179, -16)]
    assert area.equals(shapely.union_all(expected))
    assert len(area.geoms) == 2


@pytest.mark.parametrize(
    ("west", "east", "observed"),
    [
        (179.5, 180.0, True),
        (-180.0, -179.5, True),
        (-178.95, -178.9, True),
        (-178.5, -178.0, False),
    ],
)
def test_scenes_over_an_area_at_the_antimeridian(west: float, east: float, observed: bool) -> None:
    scene = make_scene(footprint=ACROSS)
    over, away = scenes_over(shapely.box(west, -17.5, east, -17.0), [scene])
    assert over == ((scene,) if observed else ())
    assert [item.scene for item in away] == ([] if observed else [scene])


def test_the_margin_reaches_across_the_antimeridian() -> None:
    west_of_it = make_scene(footprint=ring(178.0, -18.0, 179.97, -16.0))
    over, _ = scenes_over(shapely.box(-180.0, -17.5, -179.5, -17.0), [west_of_it])
    assert over == (west_of_it,)


def test_uncovered_share_counts_ground_that_no_track_sees_twice() -> None:
    area = shapely.box(141.0, 42.0, 145.0, 43.0)
    west = plan_of(ring(140, 41, 142, 44), ring(140, 41, 143, 44))
    assert uncovered_share(area, [west]) == pytest.approx(0.75)
    # pre-event on one track and post-event on another make no pair
    other = Track(68, Pass.ASCENDING)
    east = plan_of(ring(143, 41, 146, 44), ring(144, 41, 146, 44), other)
    assert uncovered_share(area, [west, east]) == pytest.approx(0.5)
    assert uncovered_share(area, []) == 1.0
    assert uncovered_share(area, [plan_of(ring(140, 41, 146, 44), ring(140, 41, 146, 44))]) == 0.0


def test_uncovered_share_is_weighted_by_ground_not_by_degrees() -> None:
    area = shapely.box(10.0, 60.0, 11.0, 70.0)
    south = plan_of(ring(9, 59, 12, 65), ring(9, 59, 12, 65))
    assert uncovered_share(area, [south]) == pytest.approx(0.454, abs=0.002)


def test_uncovered_share_across_the_antimeridian() -> None:
    area = shapely.union_all(
        [shapely.box(179.0, -17.0, 180.0, -16.5), shapely.box(-180.0, -17.0, -178.0, -16.5)]
    )
    assert uncovered_share(area, [plan_of(ACROSS, ACROSS)]) == pytest.approx(1 / 3)
