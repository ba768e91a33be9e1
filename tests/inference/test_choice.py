"""Networks and rules by name: what is found, what collides, and where the thresholds are from."""

from pathlib import Path

import pytest

from landslidectl.errors import ModelError, OutputError
from landslidectl.files.resources import resource_dir
from landslidectl.inference.choice import (
    all_models,
    built_in_models,
    choose_model,
    networks,
)
from landslidectl.inference.manifest import list_models
from landslidectl.inference.naming import RULES, own_models_dir
from landslidectl.terms import BandSet
from tests.inference.tiny import Head, write_model


def test_a_rule_needs_no_folder(tmp_path: Path) -> None:
    model = choose_model("logratio", BandSet.VV, tmp_path / "absent")
    assert model.is_rule and (model.name, model.bands) == ("logratio", BandSet.VV)
    assert model.input_shape == (64, 64, 2)


def test_networks_are_found_beside_the_rules(tmp_path: Path) -> None:
    write_model(tmp_path, Head())
    assert not choose_model("tiny", BandSet.VV_VH, tmp_path).is_rule
    names = [(model.name, model.bands.value) for model in all_models(tmp_path)]
    assert names[0] == ("tiny", "vv_vh")
    assert names[1:] == [(rule, bands) for rule in RULES for bands in ("vv_vh", "vv")]


def test_a_name_that_is_unknown_lists_networks_and_rules(tmp_path: Path) -> None:
    write_model(tmp_path, Head())
    with pytest.raises(ModelError, match=r"tiny, logratio \(built in\), spread \(built in\)"):
        choose_model("resent", BandSet.VV_VH, tmp_path)


def test_a_folder_with_the_name_of_a_rule_is_refused_for_that_name_alone(tmp_path: Path) -> None:
    write_model(tmp_path, Head())
    (tmp_path / "tiny").rename(tmp_path / "spread")
    with pytest.raises(ModelError, match="built-in rule 'spread'"):
        choose_model("spread", BandSet.VV_VH, tmp_path)
    assert choose_model("spread", BandSet.VV, tmp_path).is_rule
    assert choose_model("logratio", BandSet.VV_VH, tmp_path).is_rule


def test_without_a_named_folder_the_users_own_models_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own = own_models_dir()
    assert choose_model("resnet", BandSet.VV_VH, None).folder == resource_dir("models") / "resnet"
    folder = write_model(own, Head())
    write_model(own / "copy", Head(), name="resnet").rename(own / "resnet")
    assert choose_model("tiny", BandSet.VV_VH, None).folder == folder
    assert choose_model("resnet", BandSet.VV_VH, None).folder == own / "resnet"
    found = [model.folder for model in networks(None)]
    assert own / "resnet" in found and resource_dir("models") / "resnet" not in found
    assert resource_dir("models") / "cnn" in found
    with pytest.raises(ModelError, match=r"cnn, .*, tiny, logratio \(built in\)"):
        choose_model("nz", BandSet.VV_VH, None)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: "~/.local/share")
    assert choose_model("resnet", BandSet.VV_VH, None).folder == resource_dir("models") / "resnet"
    with pytest.raises(OutputError, match="no home folder"):
        own_models_dir()


@pytest.mark.parametrize("model", built_in_models(), ids=lambda model: model.folder.name)
def test_thresholds_are_those_that_the_manifests_of_the_networks_tell(model) -> None:
    told = {
        network.raw["metrics"]["scenes"]["baselines"][model.name]["threshold"]
        for network in list_models(resource_dir("models"))
        if network.bands is model.bands
    }
    assert told == {model.threshold}
