"""Rules of fusing two tracks: what each makes of scores, and one small event held against all."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.inference.baselines import rule_model
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Pass
from landslidectl.training.judging.fusion import (
    THRESHOLDS,
    alone,
    compare_rules,
)
from landslidectl.training.judging.fusion_events import EventSource
from landslidectl.training.judging.fusion_figures import table_text
from landslidectl.training.judging.fusion_rules import (
    LOGISTIC,
    PRODUCT,
    Layers,
    features,
    fitted_rule,
    rules,
)
from landslidectl.training.judging.fusion_samples import window_samples
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population


def layers(scores: list[float], weights: list[int], used: list[bool] | None = None) -> Layers:
    shape = (-1, 1, 1)
    return Layers(
        np.array(scores, np.float32).reshape(shape),
        np.array(used or [True] * len(scores)).reshape(shape),
        np.array(weights).reshape(shape),
    )


@pytest.mark.parametrize("name", rules())
def test_every_rule_lets_one_track_through(name):
    both = layers([0.3, np.nan], [40, 7], [True, False])
    assert float(rules()[name](both)[0, 0]) == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize("name", rules())
def test_no_rule_knows_the_order_of_tracks(name):
    one, two = layers([0.3, 0.9], [40, 7]), layers([0.9, 0.3], [7, 40])
    assert rules()[name](one) == pytest.approx(rules()[name](two))


def test_rules_lean_to_the_higher_score_in_their_order():
    both = layers([0.2, 0.9], [1, 1])
    order = ("log-odds", PRODUCT, "odds, weighted", "squared odds, weighted", "highest")
    found = [float(rules()[name](both)[0, 0]) for name in order]
    assert found == sorted(found)
    assert float(rules()["mean"](both)[0, 0]) == pytest.approx(0.55)


def test_weights_count_where_a_rule_says_so():
    uneven = layers([0.2, 0.9], [1, 9])
    for name, rule in rules().items():
        changed = rule(uneven) != pytest.approx(rule(uneven.even))
        assert changed == ("weighted" in name), name


def test_a_sharpened_pool_takes_agreement_as_more_evidence():
    both = layers([0.8, 0.8], [1, 1])
    assert rules()["log-odds, weighted, sharpened"](both) > 0.85
    assert rules()["log-odds, weighted"](both) == pytest.approx(0.8)


def test_a_regression_is_fitted_on_what_both_tracks_say():
    rng = np.random.default_rng(3)
    rows = rng.normal(0.0, 2.0, (4000, 3))
    labels = rng.random(4000) < 1.0 / (1.0 + np.exp(-(rows @ [1.0, 0.0, 0.5] - 1.0)))
    rule, fit = fitted_rule(rows, labels)
    assert fit == pytest.approx([1.0, 0.0, 0.5, -1.0], abs=0.15)
    both = layers([0.9, 0.6], [1, 1])
    assert rule(both) == pytest.approx(rule(layers([0.6, 0.9], [1, 1])))
    assert features(both).shape == (3, 1, 1)


def test_windows_are_labelled_by_what_slid_in_them():
    score = np.zeros((96, 96), np.float32)
    score[28:36, 28:36] = 0.75
    slid = np.zeros((96, 96), bool)
    slid[:16, :16] = True
    values, labels = window_samples(score, slid)
    assert values.size == 9
    assert values[0] == pytest.approx(0.75), "the middle of the first window"
    assert labels.tolist() == [True] + [False] * 8


def test_a_small_event_is_held_against_every_rule(tmp_path):
    model = replace(
        rule_model("spread", BandSet.VV_VH, 0.3, StackContract(), tmp_path), sha256="ab"
    )
    land = Landscapes(uniform_population(64))
    source = EventSource((7,), land, tmp_path / "cache", model, size_km=1.4)
    record = compare_rules(source, source)
    assert set(record["rules"]) == {alone(way) for way in Pass} | set(rules()) | {LOGISTIC}
    for row in record["rules"].values():
        assert row["quiet_threshold"] in {*THRESHOLDS, model.threshold}
        assert row["quiet_slides"] == row["shipped_slides"]
    text = table_text(record["rules"])
    assert text.count("\n") == 2 + len(record["rules"])
    kept = sorted((tmp_path / "cache").rglob("stack.tif"))
    assert len(kept) == 4, "two tracks, with slides and without"
    before = [path.stat().st_mtime_ns for path in kept]
    again = compare_rules(source, source)
    assert again == record
    assert [path.stat().st_mtime_ns for path in kept] == before
    with pytest.raises(InputError, match="were made with"):
        next(replace(source, size_km=2.0).events())
