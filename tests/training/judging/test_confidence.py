"""The high threshold: chosen on some events, measured on others, kept in a model folder."""

import json
import shutil

import pytest

from landslidectl.errors import InputError, ModelError
from landslidectl.files.resources import resource_dir
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.training.__main__ import main
from landslidectl.training.judging.confidence import (
    Events,
    Mapped,
    choose_high_threshold,
    confidence_record,
    curve,
    keep_confidence,
    map_events,
    total,
)
from landslidectl.training.networks.card import card_text
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population
from tests.inference.tiny import Head, write_model

EVENT = Mapped(
    slides=((30_000.0, 0.97), (25_000.0, 0.0), (6_000.0, 0.85), (3_000.0, 0.97)),
    regions=((0.97, True), (0.85, True), (0.82, False)),
    quiet=((0.91, 4.0), (0.83, 1.0)),
    quiet_km2=100.0,
)


def test_a_tally_counts_what_reaches_the_high_threshold():
    low, high = EVENT.tally(0.8), EVENT.tally(0.9)
    assert (low.large, low.medium, low.small) == ((2, 1), (1, 1), (1, 1))
    assert (low.regions, low.false_regions, low.quiet_regions) == (3, 1, 2)
    assert (high.large, high.medium, high.small) == ((2, 1), (1, 0), (1, 1))
    assert (high.regions, high.false_regions, high.quiet_regions) == (1, 0, 1)
    assert high.quiet_region_km2 == pytest.approx(0.04)
    assert total([EVENT, EVENT], 0.9).quiet_km2 == 200.0


def test_the_lowest_quiet_threshold_is_chosen():
    assert choose_high_threshold([EVENT], 0.8) == 0.92
    calm = Mapped((), (), (), 100.0)
    assert choose_high_threshold([calm], 0.8) == 0.8, "quiet enough from the low one on"
    assert choose_high_threshold([EVENT, calm], 0.8) == 0.84, "one in 200 km2 is few"
    loud = Mapped((), (), ((0.999, 1.0),), 100.0)
    assert choose_high_threshold([loud], 0.8) == 0.99
    steps = [item.threshold for item in curve([EVENT], 0.975)]
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


def test_folder_and_card_tell_both_classes(tmp_path):
    folder = tmp_path / "cnn"
    shutil.copytree(resource_dir("models") / "cnn", folder)
    low = read_manifest(folder / MANIFEST_NAME).threshold
    record = confidence_record(low, ([601], [901]), [EVENT], [EVENT])
    model = keep_confidence(folder, record)
    assert model.threshold_high == record["threshold_high"] == 0.92
    keys = list(json.loads((folder / MANIFEST_NAME).read_text()))
    assert keys.index("threshold_high") == keys.index("threshold") + 1
    card = card_text(model.raw)
    assert "## Low and high confidence (simulated)" in card
    assert "from 0.92 on" in card
    assert keep_confidence(folder, record).raw == model.raw
    with pytest.raises(ModelError, match=r"measured at 0\.5"):
        keep_confidence(folder, {**record, "threshold": 0.5})


def test_a_small_event_is_mapped_once_and_taken_up(tmp_path, monkeypatch):
    model = read_manifest(write_model(tmp_path, Head(), threshold=0.3) / MANIFEST_NAME)
    events = Events((3,), Landscapes(uniform_population(64)), size_km=1.4)
    (mapped,) = map_events([model], events, tmp_path / "work")["tiny"]
    assert mapped.quiet_km2 == pytest.approx(1.96, rel=0.1)
    assert all(0.3 <= score <= 1.0 for score, _ in mapped.regions)
    assert all(area >= 2_000.0 for area, _ in mapped.slides)

    def never(*_: object) -> None:
        raise AssertionError("simulated again")

    monkeypatch.setattr("landslidectl.training.judging.confidence.simulate_stacks", never)
    assert map_events([model], events, tmp_path / "work")["tiny"] == [mapped]
    with pytest.raises(InputError, match="made with"):
        map_events([model], Events((3,), events.land, 1.6), tmp_path / "work")


def test_the_step_writes_what_the_kept_events_say(tmp_path, capsys):
    folder = tmp_path / "cnn"
    shutil.copytree(resource_dir("models") / "cnn", folder)
    model = read_manifest(folder / MANIFEST_NAME)
    for part, seed in (("validation", 601), ("test", 901)):
        home = tmp_path / "work" / part
        home.mkdir(parents=True)
        content = {
            "slides": EVENT.slides,
            "regions": EVENT.regions,
            "quiet": EVENT.quiet,
            "quiet_km2": EVENT.quiet_km2,
        }
        name = f"cnn-{model.sha256[:8]}-{model.threshold:g}-{seed}.json"
        (home / name).write_text(json.dumps(content))
    command = ["confidence", "--model", str(folder), "--plain", "--work", str(tmp_path / "work")]
    command += ["--threshold-seeds", "601", "--test-seeds", "901"]
    assert main(command) == 0
    assert "from 0.92" in capsys.readouterr().out
    assert read_manifest(folder / MANIFEST_NAME).threshold_high == 0.92
    assert "from 0.92 on" in (folder / "card.md").read_text()
