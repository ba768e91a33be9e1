"""Events are mapped once, as users map them, and taken up at every threshold."""

from dataclasses import asdict

import pytest

from landslidectl.errors import InputError
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.terms import BandSet
from landslidectl.training.judging.event_maps import Events, Mapped, curve, map_events, total
from landslidectl.training.judging.scenes import THRESHOLDS, Subject, rule_subjects
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population
from tests.inference.tiny import Head, write_model
from tests.training.judging.mapped_sample import EVENT


def test_a_tally_counts_what_reaches_the_high_threshold():
    low, high = EVENT.tally(0.8), EVENT.tally(0.9)
    assert (low.large, low.medium, low.small) == ((2, 1), (1, 1), (1, 1))
    assert (low.regions, low.false_regions, low.quiet_regions) == (3, 1, 2)
    assert (high.large, high.medium, high.small) == ((2, 1), (1, 0), (1, 1))
    assert (high.regions, high.false_regions, high.quiet_regions) == (1, 0, 1)
    assert high.quiet_region_km2 == pytest.approx(0.04)
    assert total([EVENT, EVENT], 0.9).quiet_km2 == 200.0
    assert Mapped.from_dict(asdict(EVENT)) == EVENT


@pytest.fixture(scope="module")
def events():
    return Events((3,), Landscapes(uniform_population(64)), size_km=1.4)


def test_a_small_event_goes_through_the_whole_chain(tmp_path, events):
    rules = {
        name: Subject(subject.model, subject.thresholds[::6])
        for name, subject in rule_subjects(BandSet.VV_VH).items()
    }
    network = read_manifest(write_model(tmp_path, Head()) / MANIFEST_NAME)
    subjects = {"network": Subject(network), **rules}
    maps = map_events(subjects, events)
    found = {name: curve(maps[name], subject.thresholds) for name, subject in subjects.items()}
    assert [item.threshold for item in found["network"]] == list(THRESHOLDS)
    planted = {
        (item.large[0], item.medium[0], item.small[0]) for items in found.values() for item in items
    }
    assert len(planted) == 1, "all are held against the same slides"
    for items in found.values():
        assert 0.5 < items[0].quiet_km2 <= 1.96 * 1.1
        assert items[0].quiet_region_km2 >= items[-1].quiet_region_km2
    for low, mapped in maps["network"][0].items():
        assert all(low <= score <= 1.0 for score, _ in mapped.regions)
        assert all(area >= 2_000.0 for area, _ in mapped.slides)


def test_a_kept_event_is_taken_up(tmp_path, events, monkeypatch):
    model = read_manifest(write_model(tmp_path, Head()) / MANIFEST_NAME)
    subjects = {"tiny": Subject(model, (0.3, 0.5))}
    first = map_events(subjects, events, tmp_path / "work")

    def never(*_: object) -> None:
        raise AssertionError("simulated again")

    monkeypatch.setattr("landslidectl.training.judging.event_maps.simulate_stacks", never)
    assert map_events(subjects, events, tmp_path / "work") == first
    with pytest.raises(AssertionError, match="again"):
        map_events({"tiny": Subject(model, (0.3, 0.6))}, events, tmp_path / "work")
    with pytest.raises(InputError, match="made with"):
        map_events(subjects, Events((3,), events.land, 1.6), tmp_path / "work")
