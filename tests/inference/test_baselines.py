"""Rules in the place of a network: same windows, same range, no file."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.inference.baselines import (
    FULL_SCALE_DB,
    RULES,
    RuleScorer,
    open_scorer,
    rule_db,
    rule_model,
)
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet


def rule(name, bands=BandSet.VV_VH):
    return rule_model(name, bands, 0.2, StackContract(), Path("rules"))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("bands", list(BandSet))
def test_scores_are_decibels_over_ten(name, bands):
    windows = np.random.default_rng(1).normal(0, 2, (5, 64, 64, len(bands.band_names)))
    with open_scorer(rule(name, bands)) as scorer:
        scores = scorer.score(windows)
    np.testing.assert_allclose(scores * FULL_SCALE_DB, rule_db(name, windows), rtol=1e-5)
    assert scores.dtype == np.float32


def test_the_rules_see_change_and_nothing_else():
    windows = np.zeros((3, 64, 64, 4), np.float32)
    windows[:, ..., :2] = np.random.default_rng(2).normal(-10, 5, (3, 64, 64, 2))
    windows[1, :20, :20, 2:] = 5.0
    windows[2, ..., 2:] = 1.0
    for name in RULES:
        assert rule_db(name, windows)[0] == 0.0
        assert rule_db(name, windows)[1] > 0.4
    assert rule_db("logratio", windows)[2] == pytest.approx(1.0)
    assert rule_db("spread", windows)[2] == 0.0, "the same change everywhere has no spread"


def test_scores_end_at_one_and_nothing_is_scored_as_nothing():
    scorer = RuleScorer(rule("logratio"))
    assert scorer.score(np.full((1, 64, 64, 4), 80.0, np.float32)) == [1.0]
    assert scorer.score(np.empty((0, 64, 64, 4), np.float32)).shape == (0,)
    with pytest.raises(ValueError, match="takes"):
        scorer.score(np.zeros((1, 64, 64, 2), np.float32))


def test_rules_have_names_that_tell_them_apart():
    digests = {rule(name, bands).sha256 for name in RULES for bands in BandSet}
    assert len(digests) == 4
    with pytest.raises(ValueError, match="no rule"):
        RuleScorer(rule("coherence"))
