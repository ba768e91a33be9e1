"""Both thresholds of a model folder: chosen, measured elsewhere, kept with what they gave."""

import json
import shutil
from dataclasses import replace

import pytest

from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.terms import BandSet
from landslidectl.training.__main__ import main
from landslidectl.training.judging import thresholds as thresholds_module
from landslidectl.training.judging.event_maps import Mapped
from landslidectl.training.judging.scenes import rule_subjects
from tests.training.judging.mapped_sample import EVENT


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(resource_dir("models") / "cnn", tmp_path / "cnn")
    return tmp_path / "cnn"


@pytest.fixture
def mapped(monkeypatch):
    """Every subject maps an event in which all that is found scores 0.82 and more."""
    asked = []

    def map_events(subjects, events, work, reporter):
        asked.append((sorted(subjects), events.seeds, None if work is None else work.name))
        calm = replace(EVENT, quiet=EVENT.quiet[:1])
        nothing = Mapped(tuple((area, 0.0) for area, _ in EVENT.slides), (), (), 100.0)
        loud = replace(EVENT, quiet=EVENT.quiet * 3)
        by_low = {
            name: {
                low: loud if low < 0.5 else calm if low <= 0.82 else nothing
                for low in subject.thresholds
            }
            for name, subject in subjects.items()
        }
        return {name: [maps] for name, maps in by_low.items()}

    monkeypatch.setattr(thresholds_module, "map_events", map_events)
    return asked


def test_the_step_writes_both_thresholds_and_their_figures(folder, mapped, tmp_path, capsys):
    command = ["thresholds", "--model", str(folder), "--version", "9.0.0", "--plain"]
    command += ["--threshold-seeds", "601", "--test-seeds", "901", "--work", str(tmp_path / "w")]
    before = read_manifest(folder / MANIFEST_NAME)
    assert main(command) == 0
    assert "thresholds 0.5 and 0.92" in capsys.readouterr().out
    model = read_manifest(folder / MANIFEST_NAME)
    assert (model.threshold, model.threshold_high, model.version) == (0.5, 0.92, "9.0.0")
    assert model.sha256 == before.sha256, "the network stays what it was"
    keys = list(json.loads((folder / MANIFEST_NAME).read_text()))
    assert keys.index("threshold_high") == keys.index("threshold") + 1
    scenes = model.raw["metrics"]["scenes"]
    assert scenes["limits"]["min_slope_deg"] == 5.0
    assert scenes["on_test_events"]["false_regions"] == 1
    assert set(scenes["baselines"]) == set(rule_subjects(BandSet.VV_VH))
    figures = model.raw["metrics"]["confidence"]["on_test_events"]
    assert figures["high"]["precision"] == figures["high"]["recall_medium"] + 1.0 == 1.0
    card = (folder / "card.md").read_text()
    assert "from 0.92 on is of high" in card
    assert "below 5 degrees is not judged" in card
    assert "Low and high confidence (simulated)" in card
    assert [seeds for _, seeds, _ in mapped] == [(601,), (901,)]
    assert [place for _, _, place in mapped] == ["validation", "test"]
