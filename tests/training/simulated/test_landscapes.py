"""The land of whole events: drawn by the seed from fitted places, or the simulator's own."""

import pytest

from landslidectl.errors import InputError
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.__main__ import main
from landslidectl.training.simulated import landscapes
from landslidectl.training.simulated.landscapes import Landscapes, chosen_landscapes, keep_record
from landslidectl.training.simulated.population import save_population, uniform_population
from landslidectl.training.splits import Split


@pytest.fixture
def file(tmp_path):
    return save_population(uniform_population(64), tmp_path / "places.csv.gz")


def test_every_seed_has_a_land_of_its_own(file):
    land = chosen_landscapes(file).part(Split.TEST)
    specs = [EventSpec(seed, size_km=2.0, tracks=2) for seed in range(901, 911)]
    drawn = [land.over(spec) for spec in specs]
    assert [land.over(spec) for spec in specs] == drawn
    assert len({spec.relief.slope_deg for spec in drawn}) == len(drawn)
    assert len({spec.character.level_db for spec in drawn}) == len(drawn)
    for before, after in zip(specs, drawn, strict=True):
        assert (after.seed, after.place, after.tracks) == (before.seed, None, before.tracks)
        assert after.character.sea == 0.0, "slides are planted on land"


def test_the_record_says_which_places(file):
    source = chosen_landscapes(file).part(Split.TEST).source
    assert source["file"] == "places.csv.gz"
    assert source["split"] == "test"
    assert len(source["sha256"]) == 64
    plain = chosen_landscapes(None, plain=True).part(Split.TEST)
    assert plain.source == {"from": "the simulator's defaults"}
    spec = EventSpec(1)
    assert plain.over(spec) is spec
    assert Landscapes().over(spec) is spec


@pytest.mark.parametrize("command", ["dataset --seeds 1", "scenes --run r", "sites --files 1"])
def test_a_missing_population_is_an_error_that_names_the_option(
    command, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(landscapes, "asset", tmp_path.joinpath)
    more = {
        "dataset": ["--out", str(tmp_path / "out")],
        "sites": ["--split", "test", "--out", str(tmp_path / "out")],
        "scenes": ["--threshold-seeds", "1", "--test-seeds", "2"],
    }
    words = command.split()
    assert main([*words, *more[words[0]]]) == InputError("").exit_code
    assert "--population FILE" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_record_that_is_none_is_named(tmp_path):
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(InputError, match=r"dataset\.json"):
        keep_record(tmp_path, {"size_km": 8.0})
