"""A model judged on what is at hand: parts, page, plots, and what stays in its folder."""

import json

import numpy as np
import pytest

from landslidectl.errors import InputError, ModelError
from landslidectl.events import Warned
from landslidectl.inference.calibration import Calibration
from landslidectl.inference.manifest import MANIFEST_NAME, read_manifest
from landslidectl.terms import BandSet
from landslidectl.training.judging import judged_scenes
from landslidectl.training.judging.event_maps import Mapped
from landslidectl.training.judging.judge import JudgeSources, judge_model
from landslidectl.training.judging.scenes import THRESHOLDS
from landslidectl.training.networks.judged_card import judged_sections, keep_judgement
from landslidectl.training.patches import save_patches
from tests.inference.tiny import Head, write_model
from tests.training.fakes import patch_set
from tests.training.judging.test_no_change import write_dates


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, seeds in (("test", (11, 12)), ("validation", (21, 22))):
        for seed in seeds:
            save_patches(patch_set(30, seed), folder / name / f"seed-{seed}.npz")
    (folder / "quiet").mkdir()
    write_dates(folder / "quiet", [1, 13, 25])
    np.save(folder / "patch.npy", np.zeros((64, 64, 12)))
    return folder


@pytest.fixture
def folder(tmp_path):
    sets = {"train": {"events": [1, 2]}, "validation": {"events": [21, 22]}}
    return write_model(
        tmp_path / "models", Head(), training={"simulated": True, "sets": sets}, threshold=0.4
    )


def sources(data, **more):
    known = {
        "patches": data / "test",
        "validation": data / "validation",
        "pairs": data / "test",
        "real_patch": data / "patch.npy",
        "no_change": data / "quiet",
    }
    return JudgeSources(**(known | more))


def test_every_part_with_a_source_is_judged_and_shown(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    record = judge_model(model, sources(data), tmp_path / "out")
    assert set(record) == {"schema", "model", "patches", "pairs", "real_patch", "no_change"}
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == record
    page = (tmp_path / "out" / "evaluation.md").read_text()
    for plot in ("precision_recall", "reliability", "pairs", "response", "no_change"):
        picture = tmp_path / "out" / f"{plot}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert f"]({picture.name})" in page
    assert "(simulated)" in page
    assert "spread of the log-ratio" in page


def test_the_same_judgement_gives_the_same_bytes(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    for name in ("one", "two"):
        judge_model(model, sources(data), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 7
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_network_of_one_polarisation_is_judged_too(data, tmp_path):
    head = Head(weights=(0.1, 0.3))
    folder = write_model(tmp_path / "models", head, BandSet.VV)
    record = judge_model(read_manifest(folder / MANIFEST_NAME), sources(data), tmp_path / "out")
    assert record["model"]["bands"] == "vv"
    assert record["pairs"]["pairs"] == 20


def test_nothing_given_is_nothing_judged(folder, tmp_path):
    record = judge_model(read_manifest(folder / MANIFEST_NAME), JudgeSources(), tmp_path)
    assert set(record) == {"schema", "model"}


def test_thresholds_are_not_chosen_where_figures_are_taken(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    with pytest.raises(InputError, match="validation and in the test"):
        judge_model(model, JudgeSources(data / "test", data / "test"), tmp_path)
    without = judge_model(model, JudgeSources(data / "test"), tmp_path)["patches"]
    assert without["threshold_from"] == "the manifest: that of whole scenes"
    assert without["all"]["threshold"] == 0.4
    assert "rules" not in without


def test_events_the_model_was_trained_on_are_named(data, folder, tmp_path):
    told = []
    model = read_manifest(folder / MANIFEST_NAME)
    record = judge_model(model, JudgeSources(data / "validation"), tmp_path, told.append)
    assert record["patches"]["events_also_in_training"] == [21, 22]
    assert any(isinstance(event, Warned) for event in told)
    assert "was trained on the events [21, 22]" in (tmp_path / "evaluation.md").read_text()


def test_statistics_need_patches(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    table = tmp_path / "table.csv"
    table.write_text("label\n")
    with pytest.raises(InputError, match="none are given"):
        judge_model(model, JudgeSources(statistics=table), tmp_path / "out")


def _came_to(low):
    """Return six slides of which three are found, and fewer false ones the higher the threshold."""
    slides = [(area, best) for best in (0.999, 0.0) for area in (30_000.0, 30_000.0, 6_000.0)]
    quiet = ((0.999, 1.0),) * round(10 * (1 - low))
    return Mapped(tuple(slides), ((0.999, True), (0.999, False)), quiet, 200.0)


def test_rules_on_scenes_are_as_quiet_as_the_model(folder, tmp_path, monkeypatch):
    def mapped(subjects, events, work, reporter):
        assert events.land.population is None
        return {
            name: [{low: _came_to(low) for low in subject.thresholds}]
            for name, subject in subjects.items()
        }

    monkeypatch.setattr(judged_scenes, "map_events", mapped)
    model = read_manifest(folder / MANIFEST_NAME)
    part = judge_model(model, JudgeSources(scenes=(901, 902), plain=True), tmp_path)["scenes"]
    assert {point["threshold"] for point in part["curve"]} == {*THRESHOLDS, 0.4}
    for rule in part["baselines"].values():
        quiet = part["at_threshold"]["false_per_100_km2"]
        assert rule["at_threshold"]["false_per_100_km2"] <= quiet
        assert "in favour of the rule" in rule["threshold_from"]
    assert part["landscapes"] == {"from": "the simulator's defaults"}
    assert (tmp_path / "scenes.png").is_file()
    assert "1 of 2 (50%)" in (tmp_path / "evaluation.md").read_text()


def test_what_was_judged_stays_in_the_manifest(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    assert judged_sections(model.raw) == ""
    record = judge_model(model, sources(data), tmp_path / "out")
    kept = keep_judgement(folder, record)
    judged = kept.raw["metrics"]["judged"]
    assert "curve" not in judged["patches"]
    assert judged["patches"]["reliability"]["calibrated"]["bins"], "the curve asked for stays"
    assert "histogram" not in judged["no_change"]["speckled"]
    assert Calibration.of(kept.raw).set_name == "validation"
    sections = judged_sections(kept.raw)
    for words in ("Does it see the change?", "nothing slid", "expected calibration error"):
        assert words in sections
    again = judge_model(kept, sources(data), tmp_path / "again")
    assert again["patches"]["calibration"] == kept.raw["calibration"]


def test_another_network_is_not_given_these_figures(data, folder, tmp_path):
    model = read_manifest(folder / MANIFEST_NAME)
    record = dict(judge_model(model, JudgeSources(data / "test"), tmp_path / "out"))
    record["model"] = record["model"] | {"sha256": "0" * 64}
    with pytest.raises(ModelError, match="not the one"):
        keep_judgement(folder, record)
