"""Sums over events, and the choice of a threshold that stays quiet."""

import pytest

from landslidectl.training.judging.tally import (
    Tally,
    as_quiet_as,
    choose_scene_threshold,
    scene_record,
)


def quiet(threshold, regions, **counts):
    return Tally(threshold, quiet_regions=regions, quiet_km2=200.0, **counts)


def test_tallies_add_up():
    one = Tally(0.5, (4, 3), (2, 1), (7, 0), 5, 1, 2, 64.0, 0.5)
    total = one.plus(Tally(0.5, (6, 2), (0, 0), (1, 1), 3, 2, 0, 36.0, 0.25))
    assert total == Tally(0.5, (10, 5), (2, 1), (8, 1), 8, 3, 2, 100.0, 0.75)
    rates = total.as_dict()
    assert rates["recall_large"] == 0.5
    assert rates["recall"] == 7 / 20
    assert rates["precision"] == 5 / 8
    assert rates["false_per_100_km2"] == 2.0


def test_rates_of_nothing_are_unknown_not_zero():
    rates = Tally(0.5).as_dict()
    assert rates["recall_large"] is rates["recall"] is rates["precision"] is None


def test_the_lowest_quiet_threshold_is_chosen():
    tallies = [quiet(0.3, 40), quiet(0.4, 8), quiet(0.5, 6), quiet(0.6, 0)]
    assert choose_scene_threshold(tallies) == 0.5
    assert choose_scene_threshold(tallies[:2]) == 0.4, "none is quiet enough: the highest"


def test_a_scene_that_is_one_region_is_not_quiet():
    tallies = [quiet(0.1, 1), quiet(0.3, 40), quiet(0.5, 2)]
    assert choose_scene_threshold(tallies) == 0.5
    assert as_quiet_as(tallies, 1.0).threshold == 0.5
    assert as_quiet_as(tallies, 20.0).threshold == 0.1


def test_the_record_takes_its_figures_from_the_test_events():
    chosen_on = [quiet(0.4, 18), quiet(0.6, 0, large=(2, 2))]
    tested_on = [Tally(0.4, (8, 8)), Tally(0.6, (8, 5))]
    rule = [quiet(0.2, 0)], [Tally(0.2, (8, 1))]
    record = scene_record(([1], [2]), chosen_on, tested_on, {"spread": rule})
    assert record["threshold"] == 0.6
    assert record["on_test_events"]["large"] == (8, 5)
    assert record["baselines"]["spread"]["threshold"] == 0.2
    assert record["baselines"]["spread"]["on_test_events"]["recall_large"] == pytest.approx(1 / 8)
