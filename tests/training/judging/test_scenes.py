"""Whole scenes: what is mapped on them."""

from landslidectl.inference.naming import RULES
from landslidectl.terms import BandSet
from landslidectl.training.judging.scenes import rule_subjects


def test_the_rules_look_at_the_bands_of_the_network():
    for bands in BandSet:
        subjects = rule_subjects(bands)
        assert tuple(subjects) == RULES
        for subject in subjects.values():
            assert subject.model.bands is bands
            assert list(subject.thresholds) == sorted(subject.thresholds)
            assert 0.1 < subject.thresholds[0] < subject.thresholds[-1] < 1.0
