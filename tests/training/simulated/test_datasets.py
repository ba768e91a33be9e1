import json
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.events import StepFinished
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.cutting import CutOptions
from landslidectl.training.patches import read_patches
from landslidectl.training.simulated import datasets
from landslidectl.training.simulated.datasets import (
    SimulationOptions,
    draw_spec,
    number_pairs,
    simulate_dataset,
)
from landslidectl.training.simulated.landscapes import Landscapes
from landslidectl.training.simulated.population import uniform_population
from landslidectl.training.splits import Split
from tests.training.fakes import patch_set

SMALL = SimulationOptions(size_km=1.6, cut=CutOptions(positives=6, small=4, empty=6))


def test_only_places_with_slides_are_paired():
    pair = number_pairs(np.array([0.0, 0.2, 0.0, 0.01]), 5)
    assert pair.tolist() == [-1, 5, -1, 6]


@pytest.mark.parametrize("seed", range(8))
def test_events_are_drawn_within_what_the_windows_hold(seed):
    spec = draw_spec(seed, SMALL)
    assert spec == draw_spec(seed, SMALL)
    assert len(spec.passes) == 2
    assert spec.n_pre * spec.repeat_days <= 60
    assert spec.n_post * spec.repeat_days <= 12
    assert 0.4 <= spec.slide_options.per_km2 <= 4.0


def test_a_seed_that_stands_is_skipped_and_nothing_else_is_left(tmp_path, monkeypatch):
    made = []

    def simulate(seed: int, work: Path, options: SimulationOptions):
        (work / "scene").write_text("large")
        made.append(seed)
        return patch_set(6, seed)

    monkeypatch.setattr(datasets, "simulate_patches", simulate)
    options = SimulationOptions(work=tmp_path / "work")
    simulate_dataset([1, 2], tmp_path / "out", options)
    told = []
    files = simulate_dataset([1, 2, 3], tmp_path / "out", options, told.append)
    assert made == [1, 2, 3]
    assert [event.skipped for event in told if isinstance(event, StepFinished)] == [
        True,
        True,
        False,
    ]
    assert [file.name for file in files] == [f"seed-0000{n}.npz" for n in (1, 2, 3)]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.npz")) == [f.name for f in files]
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_holds_events_of_one_making(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "simulate_patches", lambda seed, *_: patch_set(6, seed))
    land = Landscapes(uniform_population(64), {"from": "a population", "sha256": "ab"})
    fitted = SimulationOptions(landscapes=land.part(Split.TEST))
    simulate_dataset([1], tmp_path, fitted)
    record = json.loads((tmp_path / "dataset.json").read_text())
    assert record["landscapes"] == {"from": "a population", "sha256": "ab", "split": "test"}
    simulate_dataset([2], tmp_path, fitted)
    with pytest.raises(InputError, match="made with"):
        simulate_dataset([3], tmp_path, SimulationOptions())


def test_a_simulated_event_gives_pairs_that_differ_in_the_slides_alone(tmp_path, monkeypatch):
    spec = EventSpec(11, size_km=1.6, n_pre=2, zip_every=0, slide_options=SlideOptions(8.0, 3.0))
    monkeypatch.setattr(datasets, "draw_spec", lambda seed, options: spec)
    (file,) = simulate_dataset([11], tmp_path, SMALL)
    patches = read_patches(file)
    assert not np.isnan(patches.windows).any()
    assert patches.labels.any()
    assert not patches.labels[patches.twin].any()
    with_slides = {int(patches.pair[i]): i for i in np.flatnonzero(~patches.twin)}
    for index in np.flatnonzero(patches.twin):
        other = with_slides[int(patches.pair[index])]
        assert (patches.row[index], patches.col[index]) == (patches.row[other], patches.col[other])
        change = np.abs(patches.windows[index].astype(float) - patches.windows[other]).max(axis=-1)
        assert patches.strength_db[index] == patches.strength_db[other] > 0.3
        assert patches.facing_deg[index] == patches.facing_deg[other]
        touched = (change > 0.05).mean()
        assert touched > 0.5 * patches.cover[other]
        assert touched < 0.25 + 2.5 * patches.cover[other]
