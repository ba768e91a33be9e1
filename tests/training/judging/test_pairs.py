"""Pairs: matched by number, judged by class, held against the oracle."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.terms import BandSet
from landslidectl.training.judging.pairs import judge_pairs, matched_pairs
from landslidectl.training.patches import PatchSet, joined
from tests.training.fakes import patch_set


@pytest.fixture(scope="module")
def patches() -> PatchSet:
    return joined([patch_set(36, seed) for seed in (1, 2, 3)])


def row(record, by, low):
    return next(item for item in record["classes"] if (item["by"], item["from"]) == (by, low))


def test_each_patch_meets_its_own_twin(patches):
    shuffled = patches.taken(np.random.default_rng(1).permutation(len(patches)))
    slid, bare = matched_pairs(shuffled)
    assert slid.size == 36
    np.testing.assert_array_equal(shuffled.pair[slid], shuffled.pair[bare])
    np.testing.assert_array_equal(shuffled.seed[slid], shuffled.seed[bare])
    assert shuffled.twin[bare].all()
    assert not shuffled.twin[slid].any()


@pytest.mark.parametrize("bands", list(BandSet))
def test_a_seeing_score_closes_the_way_and_a_blind_one_does_not(patches, bands):
    seeing = judge_pairs(patches.cover, patches, bands)
    assert row(seeing, "all", 0.05)["higher"] == 1.0
    assert row(seeing, "all", 0.05)["closed"] == 1.0
    assert max(seeing["oracle_rules"].values()) == seeing["oracle_rules"][seeing["oracle"]] == 1.0
    blind = judge_pairs(np.zeros(len(patches), np.float32), patches, bands)
    assert row(blind, "all", 0.05)["higher"] == 0.5
    assert row(blind, "all", 0.05)["closed"] == 0.0
    assert row(blind, "all", 0.05)["gain"] == 0.0


def test_classes_hold_the_pairs_they_name(patches):
    slid, _ = matched_pairs(patches)
    cover = patches.cover[slid]
    record = judge_pairs(patches.cover, patches, BandSet.VV_VH)
    counts = {(item["by"], item["from"], item["to"]): item["pairs"] for item in record["classes"]}
    assert counts["all", 0.05, 1.0] == record["pairs"] == (cover > 0.05).sum()
    assert counts["cover", 0.10, 1.0] == (cover > 0.10).sum()
    assert counts["strength_db", 4.0, 6.0] == record["pairs"], "all are of 6 dB"
    assert sum(item["pairs"] for item in record["response"]["area_m2"]) == slid.size
    assert record["response"]["facing_deg"] == [], "unknown directions make no curve"


def test_intervals_hold_the_figure_and_say_that_few_pairs_are_few(patches):
    noise = np.random.default_rng(5).random(len(patches)).astype(np.float32)
    record = judge_pairs(noise, patches, BandSet.VV_VH)
    for item in record["classes"]:
        for name in ("higher", "oracle_higher", "score_with", "gain"):
            low, high = item[f"{name}_interval"]
            assert low <= item[name] <= high
    assert row(record, "all", 0.05)["oracle_higher_interval"][0] < 0.95


def test_pairs_in_radar_shadow_do_not_count(patches):
    hidden = replace(patches, footprint=np.where(patches.seed[:, None] == 1, 0, patches.footprint))
    assert judge_pairs(patches.cover, hidden, BandSet.VV_VH)["events"] == 2


def test_a_set_without_twins_is_refused(patches):
    alone = patches.taken(~patches.twin)
    with pytest.raises(InputError, match="with slides and without"):
        judge_pairs(alone.cover, alone, BandSet.VV_VH)
