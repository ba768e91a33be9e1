"""From a network to a model folder: quantisation, threshold, manifest, card, scoring."""

import json

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from landslidectl.errors import ModelError, OutputError
from landslidectl.inference.manifest import load_model, verify_model
from landslidectl.terms import BandSet
from landslidectl.training.judging.tally import Tally, scene_record
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.fit import fit, load_network, predict
from landslidectl.training.networks.fit_settings import FitSettings
from landslidectl.training.networks.quantise import convert_float, quantise
from landslidectl.training.networks.register import (
    BY_WINDOW,
    FIXED,
    Release,
    is_of_network,
    quantise_run,
    register,
    representatives,
)
from landslidectl.training.networks.scoring import score_file
from landslidectl.training.networks.twins import write_twins
from landslidectl.training.networks.weights import load_weights
from landslidectl.training.patches import as_input, save_patches
from landslidectl.training.simulated.population import save_population, uniform_population
from tests.training.fakes import patch_set


@pytest.fixture(scope="module")
def sets():
    return {"train": patch_set(96, 1), "validation": patch_set(48, 2), "test": patch_set(48, 3)}


@pytest.fixture(scope="module")
def run(keras, sets, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    fit(FitSettings("cnn", epochs=1, batch=16), sets["train"], sets["validation"], folder)
    quantise_run(folder, sets["train"], sets["validation"])
    tallies = [
        Tally(threshold, large=(4, 3), regions=5, quiet_km2=64.0) for threshold in (0.4, 0.6)
    ]
    record = scene_record(([601], [901, 902]), tallies, tallies)
    (folder / "scenes.json").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize(("architecture", "share"), [("cnn", 0.3), ("resnet", 0.3), ("cbam", 0.55)])
def test_eight_bits_keep_the_scores_and_their_resolution(
    keras, tmp_path, sets, architecture, share
):
    keras.utils.set_random_seed(1)
    network = build_network(architecture, BandSet.VV_VH)
    patches = sets["train"]
    chosen = as_input(patches.taken(representatives(patches, 30)).windows, BandSet.VV_VH)
    file = quantise(network, chosen, tmp_path / "int8.tflite")
    again = quantise(network, chosen, tmp_path / "again.tflite")
    assert file.read_bytes() == again.read_bytes()
    exact = convert_float(network, tmp_path / "float.tflite")
    assert file.stat().st_size < share * exact.stat().st_size, (
        "what pools and weighs stays in float"
    )
    reference = predict(network, as_input(patches.windows, BandSet.VV_VH))
    scores = score_file(file, patches, BandSet.VV_VH)
    assert np.abs(score_file(exact, patches, BandSet.VV_VH) - reference).max() < 1e-5
    assert np.abs(scores - reference).max() < 0.02
    assert np.unique(scores).size > 0.9 * scores.size, "not the 256 steps of eight bits"


@pytest.mark.parametrize("architecture", ["cnn", "resnet", "cbam"])
def test_one_map_of_integers_goes_to_the_pooling_over_the_window(
    keras, tmp_path, sets, architecture
):
    network = build_network(architecture, BandSet.VV)
    chosen = as_input(sets["train"].windows[:4], BandSet.VV)
    content = quantise(network, chosen, tmp_path / "int8.tflite").read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    codes = [model.operatorCodes[step.opcodeIndex].builtinCode for step in graph.operators]
    first = codes.index(schema.BuiltinOperator.MEAN)
    assert codes[0] == schema.BuiltinOperator.DEPTHWISE_CONV_2D
    assert codes[first - 1] == schema.BuiltinOperator.DEQUANTIZE
    kinds = [graph.tensors[step.outputs[0]].type for step in graph.operators]
    assert set(kinds[1 : first - 1]) == {schema.TensorType.INT8}
    assert set(kinds[first - 1 :]) == {schema.TensorType.FLOAT32}


def test_the_converter_is_silent(keras, tmp_path, sets, capfd):
    network = build_network("cnn", BandSet.VV)
    quantise(network, as_input(sets["train"].windows[:4], BandSet.VV), tmp_path / "a.tflite")
    assert capfd.readouterr() == ("", "")


def test_representatives_are_half_landslides(sets):
    patches = sets["train"]
    chosen = representatives(patches, 20)
    assert patches.labels[chosen].sum() == 10
    assert np.unique(chosen).size == 20


def test_a_run_records_what_quantisation_changed(run):
    record = json.loads((run / "quantisation.json").read_text())
    assert 0 < record["threshold"] < 1
    assert record["loss"]["patches"] == 48
    assert record["loss"]["difference_max"] >= record["loss"]["difference_p99"]
    assert record["parameters"] > 10_000


def test_ranges_are_those_of_each_window_where_fixed_ones_are_too_far_off(
    run, sets, tmp_path, monkeypatch
):
    assert json.loads((run / "quantisation.json").read_text())["precision"] in (FIXED, BY_WINDOW)
    for name in ("best.keras", "history.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    monkeypatch.setattr("landslidectl.training.networks.quantise.MOST_DIFFERENCE", 0.0)
    record = quantise_run(tmp_path, sets["train"], sets["validation"])
    assert record["precision"] == BY_WINDOW
    assert record["loss"]["difference_p99"] < 0.02


def test_a_registered_model_is_what_users_load(run, sets, tmp_path):
    release = Release("cnn", "1.0.0", "Simulated for a test.")
    model = register(run, release, sets, tmp_path)
    loaded = load_model("cnn", BandSet.VV_VH, tmp_path)
    assert loaded == model
    assert sorted(path.name for path in model.folder.iterdir()) == [
        "card.md",
        "float16.tflite",
        "model.json",
        "model.tflite",
        "weights.npz",
    ]
    test = model.raw["metrics"]["test"]
    assert set(test) == {"model", "higher_with_slides", "log_ratio", "spread"}
    assert model.raw["training"]["sets"]["test"]["events"] == "3"
    before = (model.folder / "model.json").read_bytes()
    register(run, release, sets, tmp_path)
    assert (model.folder / "model.json").read_bytes() == before
    assert model.threshold == 0.4, "the threshold is the one chosen on whole scenes"
    card = (model.folder / "card.md").read_text()
    assert "| 20,000 m2 and more | 4 | 3 (75%) |" in card
    assert "Trained on simulation only" in card
    assert "Never tested on" in card
    assert f"{test['model']['roc_auc']:.3f}" in card


def test_the_companions_score_as_the_network_did(run, sets, tmp_path):
    model = register(run, Release("cnn", "1.0.0", "Simulated for a test."), sets, tmp_path)
    inputs = as_input(sets["test"].windows, BandSet.VV_VH)
    reference = predict(load_network(run / "best.keras"), inputs)
    twins = model.raw["twins"]
    assert set(twins) == {"float16", "weights"}
    assert twins["weights"]["precision"] == "float16 kernels"
    assert twins["weights"]["difference_p99"] < 1e-3
    assert twins["float16"]["difference_max"] >= twins["float16"]["difference_p99"] > 0
    half = score_file(model.folder / "float16.tflite", sets["test"], BandSet.VV_VH)
    assert np.abs(half - reference).max() < 5e-3
    again = build_network("cnn", BandSet.VV_VH)
    load_weights(model.folder / "weights.npz", again)
    assert np.abs(predict(again, inputs) - reference).max() < 5e-3


def test_a_damaged_companion_is_found(run, sets, tmp_path):
    model = register(run, Release("cnn", "1.0.0", "Simulated for a test."), sets, tmp_path)
    for name in ("float16.tflite", "weights.npz"):
        whole = (model.folder / name).read_bytes()
        (model.folder / name).write_bytes(whole[:-1])
        with pytest.raises(ModelError, match=rf"{name}: damaged"):
            verify_model(model)
        (model.folder / name).unlink()
        with pytest.raises(ModelError, match="missing"):
            verify_model(model)
        (model.folder / name).write_bytes(whole)
    verify_model(model)


def test_where_sixteen_bits_fall_short_the_companions_have_thirty_two(
    run, sets, tmp_path, monkeypatch
):
    monkeypatch.setattr("landslidectl.training.networks.twins.MOST_TWIN_DIFFERENCE", 0.0)
    monkeypatch.setattr("landslidectl.training.networks.twins.MOST_WEIGHTS_DIFFERENCE", 0.0)
    network = load_network(run / "best.keras")
    inputs = as_input(sets["validation"].windows, BandSet.VV_VH)
    checked = inputs, predict(network, inputs)
    twins = write_twins(network, checked, BandSet.VV_VH, tmp_path)
    assert set(twins) == {"float32", "weights"}
    assert twins["float32"]["difference_max"] < 1e-5
    assert twins["float32"]["float16"]["difference_max"] > 0
    assert twins["weights"]["precision"] == "float32"
    assert twins["weights"]["difference_max"] == 0.0


def test_a_model_of_inventories_needs_no_scenes_and_says_what_it_is(run, sets, tmp_path):
    for name in ("best.keras", "history.json", "quantisation.json", "model.tflite"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    for name in ("float16.tflite", "weights.npz"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(OutputError, match=r"scenes\.json"):
        register(tmp_path, Release("cnn", "1", "Simulated."), sets, tmp_path / "models")
    event = {"name": "iburi", "tracks": ["A016"], "polygons": 9, "left_out": True}
    facts = {"events": [event], "passes": ["ascending"], "simulated_share": 0.25}
    figures = {"test_by_event": {"iburi": {"positives": 3, "negatives": 0, "model": None}}}
    release = Release(
        "cnn", "1", "Event: iburi.", "ours", simulated=False, facts=facts, figures=figures
    )
    model = register(tmp_path, release, sets, tmp_path / "models")
    assert model.threshold == model.raw["metrics"]["patch_threshold"]
    assert model.raw["training"]["simulated"] is False
    card = (model.folder / "card.md").read_text()
    assert "Trained on inventories" in card
    assert "simulation only" not in card
    assert "| iburi | A016 | 9 | test only |" in card
    assert "| iburi (left out) | 3 | 0 | | | | | |" in card
    assert "25% of the training patches are simulated" in card
    assert "Licence: ours" in card


def test_another_network_under_the_same_version_is_refused(run, sets, tmp_path):
    release = Release("cnn", "1.0.0", "Simulated for a test.")
    model = register(run, release, sets, tmp_path)
    manifest = json.loads((model.folder / "model.json").read_text())
    manifest["sha256"] = "0" * 64
    (model.folder / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(OutputError, match="with another network"):
        register(run, release, sets, tmp_path)
    register(run, Release("cnn", "1.1.0", "Simulated for a test."), sets, tmp_path)


STEPS = ("quantisation.json", "scenes.json")


def test_the_steps_run_as_commands(keras, tmp_path, sets, capsys):
    from landslidectl.training.__main__ import main

    for name, patches in sets.items():
        save_patches(patches, tmp_path / name / "seed.npz")
    folders = [f"--{name}={tmp_path / name}" for name in ("train", "validation")]
    run = f"--run={tmp_path / 'run'}"
    fitted = ["fit", "--architecture=cbam", "--bands=vv", "--epochs=1", "--batch=48"]
    assert main([*fitted, run, *folders]) == 0
    assert main(["quantise", run, *folders]) == 0
    places = save_population(uniform_population(64), tmp_path / "places.csv.gz")
    scenes = ["scenes", run, "--threshold-seeds=3", "--test-seeds=4", "--size-km=1.5"]
    assert main([*scenes, f"--population={places}"]) == 0
    record = json.loads((tmp_path / "run" / "scenes.json").read_text())
    assert record["threshold_landscapes"]["split"] == "validation"
    assert record["test_landscapes"]["file"] == "places.csv.gz"
    target = [f"--test={tmp_path / 'test'}", f"--models={tmp_path / 'models'}"]
    assert main(["register", run, *folders, *target, "--name=cbam", "--version=0.1"]) == 0
    assert load_model("cbam", BandSet.VV, tmp_path / "models").input_shape == (64, 64, 2)
    assert "best epoch 1 of 1" in capsys.readouterr().out
    written = {name: (tmp_path / "run" / name).stat().st_mtime_ns for name in STEPS}
    whole = ["model", *fitted[1:], run, *folders, *scenes[2:], f"--population={places}", *target]
    assert main([*whole, "--name=cbam", "--version=0.1"]) == 0
    assert {name: (tmp_path / "run" / name).stat().st_mtime_ns for name in STEPS} == written
    (tmp_path / "run" / "quantisation.json").write_text('{"network": "that of another day"}')
    assert not is_of_network(tmp_path / "run" / "quantisation.json")
    assert main(["quantise", f"--run={tmp_path / 'absent'}", *folders]) == 8
    assert "error: " in capsys.readouterr().err


def test_a_network_read_back_gives_the_same_scores(run, sets):
    inputs = as_input(sets["test"].windows, BandSet.VV_VH)
    network = load_network(run / "best.keras")
    assert np.array_equal(predict(network, inputs), predict(network, inputs))
