"""The high threshold: chosen on some events, measured on others."""

from landslidectl.training.judging.confidence import (
    choose_high_threshold,
    confidence_record,
    high_curve,
)
from landslidectl.training.judging.event_maps import Mapped
from tests.training.judging.mapped_sample import EVENT


def test_the_lowest_quiet_threshold_is_chosen():
    assert choose_high_threshold([EVENT], 0.8) == 0.92
    calm = Mapped((), (), (), 100.0)
    assert choose_high_threshold([calm], 0.8) == 0.8, "quiet enough from the low one on"
    assert choose_high_threshold([EVENT, calm], 0.8) == 0.84, "one in 200 km2 is few"
    loud = Mapped((), (), ((0.999, 1.0),), 100.0)
    assert choose_high_threshold([loud], 0.8) == 0.99
    steps = [item.threshold for item in high_curve([EVENT], 0.975)]
    assert steps == [0.975, 0.98, 0.99]


def test_figures_of_both_classes_come_from_other_events():
    test = Mapped(((30_000.0, 0.95),), ((0.95, True), (0.9, False)), ((0.81, 1.0),), 100.0)
    record = confidence_record(0.8, ([601], [901]), [EVENT], [test])
    assert (record["threshold"], record["threshold_high"]) == (0.8, 0.92)
    figures = record["on_test_events"]
    assert figures["all"]["precision"] == 0.5
    assert figures["high"]["precision"] == figures["high"]["recall_large"] == 1.0
    assert figures["low"] == {
        "regions": 1,
        "false_regions": 1,
        "precision": 0.0,
        "quiet_regions": 1,
    }
    assert record["curve_on_threshold_events"][0]["quiet_regions"] == 2
