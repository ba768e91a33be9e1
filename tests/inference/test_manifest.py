import json
from types import SimpleNamespace

import pytest

from landslidectl.errors import ModelError
from landslidectl.inference.manifest import (
    check_contract,
    list_models,
    load_model,
    read_manifest,
)
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from tests.inference.tiny import Head, write_model


def test_a_model_is_found_by_name_and_bands(tmp_path):
    write_model(tmp_path, Head())
    write_model(tmp_path, Head((0.1, 0.2)), BandSet.VV)
    both = load_model("tiny", BandSet.VV_VH, tmp_path)
    single = load_model("tiny", BandSet.VV, tmp_path)
    assert both.input_shape == (64, 64, 4)
    assert single.input_shape == (64, 64, 2)
    assert single.folder.name == "tiny_vv"
    assert both.contract == StackContract()
    assert [model.bands for model in list_models(tmp_path)] == [BandSet.VV_VH, BandSet.VV]


def test_an_unknown_model_names_those_present(tmp_path):
    write_model(tmp_path, Head())
    with pytest.raises(ModelError, match="present: tiny") as caught:
        load_model("resnet", BandSet.VV_VH, tmp_path)
    assert caught.value.hint
    with pytest.raises(ModelError, match="present: none"):
        load_model("resnet", BandSet.VV_VH, tmp_path / "absent")
    assert list_models(tmp_path / "absent") == ()


def test_a_name_cannot_lead_out_of_the_folder(tmp_path):
    write_model(tmp_path / "elsewhere", Head())
    (tmp_path / "models").mkdir()
    with pytest.raises(ModelError, match="no model"):
        load_model("../elsewhere/tiny", BandSet.VV_VH, tmp_path / "models")


def test_an_exchanged_network_is_refused(tmp_path):
    folder = write_model(tmp_path, Head())
    content = bytearray((folder / "model.tflite").read_bytes())
    content[-20] ^= 1
    (folder / "model.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        load_model("tiny", BandSet.VV_VH, tmp_path)


def test_a_missing_network_is_refused(tmp_path):
    (write_model(tmp_path, Head()) / "model.tflite").unlink()
    with pytest.raises(ModelError, match="missing"):
        load_model("tiny", BandSet.VV_VH, tmp_path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"schema": 2}, "schema 2"),
        ({"name": None}, "'name' must be str, found nothing"),
        ({"window": 0}, "'window' must be positive"),
        ({"window": True}, "'window' must be int"),
        ({"threshold": 1.5}, "'threshold' must be between"),
        ({"threshold": "high"}, "'threshold' must be between"),
        ({"threshold_high": 0.4}, "'threshold_high' must be between the threshold 0.5 and 1"),
        ({"threshold_high": "often"}, "'threshold_high' must be between"),
        ({"bands": "hh"}, "known are vv_vh, vv"),
        ({"band_names": ["post_VV"]}, "'band_names'"),
        ({"units": "linear"}, "stacks are in dB"),
        ({"file": "../model.tflite"}, "a name in this folder"),
        ({"contract": None}, "'contract' must be an object"),
        ({"contract": {"version": 1}}, "'contract' cannot be used"),
    ],
)
def test_each_wrong_field_is_named(tmp_path, change, word):
    folder = write_model(tmp_path, Head())
    manifest = json.loads((folder / "model.json").read_text()) | change
    kept = {key: value for key, value in manifest.items() if value is not None}
    (folder / "model.json").write_text(json.dumps(kept))
    with pytest.raises(ModelError, match=word) as caught:
        read_manifest(folder / "model.json")
    assert "model.json" in caught.value.message


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000])
def test_a_damaged_manifest_is_refused(tmp_path, text):
    folder = write_model(tmp_path, Head())
    (folder / "model.json").write_text(text)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_model("tiny", BandSet.VV_VH, tmp_path)


def test_a_folder_under_another_name_is_refused(tmp_path):
    folder = write_model(tmp_path, Head())
    folder.rename(tmp_path / "resnet")
    with pytest.raises(ModelError, match="manifest says 'tiny'"):
        load_model("resnet", BandSet.VV_VH, tmp_path)


def _stack(bands=BandSet.VV_VH, **contract):
    return SimpleNamespace(folder="stack", bands=bands, contract=StackContract(**contract))


def test_a_stack_of_the_same_contract_is_taken(tmp_path):
    write_model(tmp_path, Head())
    check_contract(load_model("tiny", BandSet.VV_VH, tmp_path), _stack())


def test_differences_in_the_contract_are_all_named(tmp_path):
    write_model(tmp_path, Head())
    model = load_model("tiny", BandSet.VV_VH, tmp_path)
    with pytest.raises(ModelError) as caught:
        check_contract(model, _stack(noise_floor_db=-40.0, speckle_filter="lee"))
    assert "noise_floor_db" in caught.value.message
    assert "speckle_filter" in caught.value.message


def test_a_model_for_vv_takes_a_stack_of_both_but_not_the_reverse(tmp_path):
    write_model(tmp_path, Head())
    write_model(tmp_path, Head((0.1, 0.2)), BandSet.VV)
    check_contract(load_model("tiny", BandSet.VV, tmp_path), _stack())
    with pytest.raises(ModelError, match="post_VH, diff_VH"):
        check_contract(load_model("tiny", BandSet.VV_VH, tmp_path), _stack(BandSet.VV))
