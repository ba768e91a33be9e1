"""Whole scenes: the sums, the choice of the threshold, and one small event through the chain."""

import pytest

from landslidectl.training.fit import FitSettings, fit
from landslidectl.training.register import quantise_run
from landslidectl.training.scenes import (
    THRESHOLDS,
    Tally,
    choose_scene_threshold,
    evaluate_scenes,
    scene_record,
)
from tests.training.fakes import patch_set


def test_tallies_add_up():
    one = Tally(0.5, (4, 3), (2, 1), (7, 0), 5, 1, 2, 64.0)
    total = one.plus(Tally(0.5, (6, 2), (0, 0), (1, 1), 3, 2, 0, 36.0))
    assert total == Tally(0.5, (10, 5), (2, 1), (8, 1), 8, 3, 2, 100.0)
    rates = total.as_dict()
    assert rates["recall_large"] == 0.5
    assert rates["precision"] == 5 / 8
    assert rates["false_per_100_km2"] == 2.0


def test_rates_of_nothing_are_unknown_not_zero():
    rates = Tally(0.5).as_dict()
    assert rates["recall_large"] is None
    assert rates["precision"] is None


def test_the_lowest_quiet_threshold_is_chosen():
    false = {0.3: 40, 0.4: 8, 0.5: 6, 0.6: 0}
    tallies = [Tally(key, quiet_regions=count, quiet_km2=200.0) for key, count in false.items()]
    assert choose_scene_threshold(tallies) == 0.5
    assert choose_scene_threshold(tallies[:2]) == 0.4, "none is quiet enough: the highest"


def test_the_record_takes_its_figures_from_the_test_events():
    chosen_on = [Tally(0.4, quiet_regions=9, quiet_km2=100.0), Tally(0.6, (2, 2), quiet_km2=100.0)]
    tested_on = [Tally(0.4, (8, 8)), Tally(0.6, (8, 5))]
    record = scene_record(([1], [2]), chosen_on, tested_on)
    assert record["threshold"] == 0.6
    assert record["on_test_events"]["large"] == (8, 5)


def test_a_small_event_goes_through_the_whole_chain(keras, tmp_path):
    sets = patch_set(48, 1), patch_set(24, 2)
    fit(FitSettings("cnn", epochs=1, batch=16), *sets, tmp_path)
    quantise_run(tmp_path, *sets)
    tallies = evaluate_scenes([tmp_path], [3], size_km=2.0)[tmp_path]
    assert [item.threshold for item in tallies] == list(THRESHOLDS)
    assert len({item.large[0] + item.medium[0] + item.small[0] for item in tallies}) == 1
    assert tallies[0].quiet_km2 == pytest.approx(4.0, rel=0.1)
