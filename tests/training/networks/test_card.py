"""The card: says how the simulator came by its numbers, and what is known of the scores."""

import json

import pytest

from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import list_models
from landslidectl.training.judging.tally import Tally, scene_record
from landslidectl.training.networks.card import card_text

CALIBRATION = {
    "kind": "platt",
    "slope": 1.0,
    "intercept": 0.0,
    "set": "validation",
    "prevalence": 0.105,
}


@pytest.fixture
def manifest():
    known = list_models(resource_dir("models"))[0].raw
    return json.loads(json.dumps(dict(known)))


def test_by_eye_and_calibrated_are_told_apart(manifest):
    manifest["training"].pop("simulator", None)
    assert "set by eye to the statistics" in card_text(manifest)
    manifest["training"]["simulator"] = "calibrated"
    assert "calibrated to the statistics" in card_text(manifest)
    assert "by eye" not in card_text(manifest)


def test_scores_are_scores_unless_calibrated(manifest):
    manifest.pop("calibration", None)
    assert "scores, not probabilities" in card_text(manifest)
    manifest["calibration"] = CALIBRATION
    assert "scores, not probabilities" not in card_text(manifest)


def test_rules_on_scenes_stand_beside_the_network(manifest):
    tallies = [Tally(0.5, (10, 8), (5, 2), (4, 1), 12, 3, 2, 64.0)]
    rules = {"spread": ([Tally(0.2)], [Tally(0.2, (10, 1), (5, 0), (4, 0), 4, 3, 2, 64.0)])}
    record = scene_record(([1], [2]), tallies, tallies, rules)
    manifest["metrics"]["scenes"] = json.loads(json.dumps(record))
    card = card_text(manifest)
    assert "| slides of 20,000 m2 and more found | 8 of 10 (80%) | 1 of 10 (10%) |" in card
    assert "2 dB" in card
    manifest["metrics"]["scenes"]["baselines"] = {}
    assert "| 20,000 m2 and more | 10 | 8 (80%) |" in card_text(manifest)
