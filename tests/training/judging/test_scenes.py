"""Whole scenes: one small event through the chain, by a network and by the rules."""

import pytest

from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.inference.naming import RULES
from landslidectl.terms import BandSet
from landslidectl.training.judging.scenes import THRESHOLDS, Subject, map_scenes, rule_subjects
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population
from tests.inference.tiny import Head, write_model


def test_the_rules_look_at_the_bands_of_the_network():
    for bands in BandSet:
        subjects = rule_subjects(bands)
        assert tuple(subjects) == RULES
        for subject in subjects.values():
            assert subject.model.bands is bands
            assert list(subject.thresholds) == sorted(subject.thresholds)
            assert 0.1 < subject.thresholds[0] < subject.thresholds[-1] < 1.0


def test_a_small_event_goes_through_the_whole_chain(tmp_path):
    rules = {
        name: Subject(subject.model, subject.thresholds[::8])
        for name, subject in rule_subjects(BandSet.VV_VH).items()
    }
    network = read_manifest(write_model(tmp_path, Head()) / MANIFEST_NAME)
    subjects = {"network": Subject(network), **rules}
    landscapes = Landscapes(uniform_population(64))
    found = map_scenes(subjects, [3], size_km=1.4, landscapes=landscapes)
    assert [item.threshold for item in found["network"]] == list(THRESHOLDS)
    planted = {
        (item.large[0], item.medium[0], item.small[0]) for items in found.values() for item in items
    }
    assert len(planted) == 1, "all are held against the same slides"
    for items in found.values():
        assert items[0].quiet_km2 == pytest.approx(1.96, rel=0.1)
        assert items[0].quiet_region_km2 >= items[-1].quiet_region_km2
