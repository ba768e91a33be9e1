import numpy as np

from landslidectl.evaluation.metrics import roc_auc
from landslidectl.training.judging.evaluate import baseline_scores, paired_response
from tests.training.fakes import patch_set


def test_pairs_are_compared_place_by_place():
    patches = patch_set(30, 1)
    scores = patches.cover + np.random.default_rng(0).random(30).astype(np.float32) * 1e-4
    response = paired_response(scores.astype(np.float32), patches)
    assert response["all"] == 1.0
    assert paired_response(np.zeros(30, np.float32), patches)["all"] == 0.5


def test_rules_without_a_network_see_change():
    patches = patch_set(60, 2)
    for scores in baseline_scores(patches).values():
        assert scores.shape == (60,)
        assert roc_auc(scores, patches.labels) > 0.95
