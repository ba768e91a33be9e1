"""The published network: its shapes, the exact removal of its copies, and its weights read."""

import json

import numpy as np
import pytest

from landslidectl.errors import InputError, OutputError, UsageError
from landslidectl.inference.manifest import load_model
from landslidectl.terms import BandSet, Pass, Radiometry
from landslidectl.training.networks.convert import ImportRequest, import_sar_lra
from landslidectl.training.networks.hdf5 import read_weights
from landslidectl.training.networks.sar_lra import build_published, without_copies
from landslidectl.training.networks.scoring import score_windows
from tests.training.published import randomise, write_hdf5

PARAMETERS = {Pass.DESCENDING: 6_369_473, Pass.ASCENDING: 1_593_441}


def windows(count):
    rng = np.random.default_rng(5)
    level = rng.normal((-9.0, -15.0, 0.0, 0.0), (5.0, 5.0, 1.0, 1.0), (count, 1, 1, 4))
    return (level + rng.normal(0, 3, (count, 64, 64, 4))).astype(np.float32)


@pytest.fixture(scope="module")
def ascending(keras):
    return randomise(build_published(Pass.ASCENDING), 1)


@pytest.fixture(scope="module")
def weights(ascending, tmp_path_factory):
    return write_hdf5(ascending, tmp_path_factory.mktemp("weights") / "asc.hdf5")


@pytest.fixture(scope="module")
def imported(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("imported")
    return import_sar_lra(ImportRequest(weights, Pass.ASCENDING, "lra", folder))


@pytest.mark.parametrize("direction", list(Pass))
def test_one_copy_scores_as_three_do(keras, direction):
    published = randomise(build_published(direction), 2)
    assert published.count_params() == PARAMETERS[direction]
    single = without_copies(published)
    assert single.count_params() < 0.36 * published.count_params()
    given = windows(12)
    expected = published.predict(given, verbose=0)[:, 0]
    assert expected.std() > 0.01, "the scores must differ for the comparison to mean something"
    assert np.abs(single.predict(given, verbose=0)[:, 0, 0, 0] - expected).max() < 1e-6


@pytest.mark.parametrize("whole", [False, True])
def test_weights_come_back_in_order(ascending, tmp_path, whole):
    path = write_hdf5(ascending, tmp_path / "w.h5", whole)
    found = read_weights(path)
    assert sum(weight.values.size for weight in found) == PARAMETERS[Pass.ASCENDING]
    for weight, expected in zip(found, _in_order(ascending), strict=True):
        assert np.array_equal(weight.values, expected)


def _in_order(network):
    return [values for layer in network.layers for values in layer.get_weights()]


def test_an_imported_model_is_what_detect_loads(ascending, weights, imported, tmp_path):
    models = import_sar_lra(ImportRequest(weights, Pass.ASCENDING, "lra", tmp_path))
    assert [model.folder.name for model in models] == ["lra", "lra-float32"]
    given = windows(8)
    expected = ascending.predict(given, verbose=0)[:, 0]
    for model, most in zip(models, (0.02, 1e-5), strict=True):
        loaded = load_model(model.name, BandSet.VV_VH, tmp_path)
        assert loaded.input_shape == (64, 64, 4)
        assert loaded.contract.radiometry is Radiometry.GEE
        loaded.contract.check_supported()
        assert loaded.threshold == 0.6
        assert loaded.licence == "unconfirmed"
        scores = score_windows(loaded.file, given, BandSet.VV_VH)
        assert np.abs(scores - expected).max() < most
    eight_bit, exact = (model.file.stat().st_size for model in models)
    assert eight_bit < 0.3 * exact
    for model, again in zip(models, imported, strict=True):
        for name in ("model.tflite", "model.json", "card.md"):
            assert (model.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_manifest_and_card_keep_the_origin(imported):
    model, _ = imported
    manifest = json.loads((model.folder / "model.json").read_text())
    assert manifest["origin"]["file"] == "asc.hdf5"
    assert manifest["origin"]["licence"] == "unconfirmed"
    assert manifest["passes"] == ["ascending"]
    assert manifest["metrics"]["fold_difference_max"] < 1e-6
    assert manifest["parameters"] == PARAMETERS[Pass.ASCENDING]
    card = (model.folder / "card.md").read_text()
    assert "Licence of the weights: unconfirmed" in card
    assert "not one chosen on stacks of this program" in card
    assert "**ascending** tracks alone" in card


def test_the_other_pass_is_named_by_its_shape(keras, weights, tmp_path):
    with pytest.raises(InputError, match=r"expected the shape \(3, 3, 4, 64\).*\(3, 3, 4, 32\)"):
        import_sar_lra(ImportRequest(weights, Pass.DESCENDING, "lra", tmp_path))
    assert not list(tmp_path.iterdir())


def test_files_that_hold_no_such_weights(keras, ascending, tmp_path):
    import h5py

    cases = {
        "absent.h5": "no such file",
        "text.h5": "expected an HDF5 file",
        "empty.h5": "'layer_names'",
        "few.h5": r"expected 22 weights, found 0",
        "broken.h5": "no numbers",
    }
    (tmp_path / "text.h5").write_text("weights")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with h5py.File(tmp_path / "few.h5", "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file.create_group("a").attrs["weight_names"] = np.array([], dtype="S1")
    with h5py.File(write_hdf5(ascending, tmp_path / "broken.h5"), "r+") as file:
        file["score/score/bias:0"][0] = np.nan
    for name, words in cases.items():
        with pytest.raises(InputError, match=words):
            import_sar_lra(ImportRequest(tmp_path / name, Pass.ASCENDING, "x", tmp_path / "out"))


def test_names_and_folders_in_use(weights, imported, tmp_path):
    for name in ("../lra", "", "a_vv"):
        with pytest.raises(UsageError, match="--name"):
            import_sar_lra(ImportRequest(weights, Pass.ASCENDING, name, tmp_path))
    manifest = json.loads((imported[0].folder / "model.json").read_text())
    manifest["origin"]["sha256"] = "0" * 64
    (tmp_path / "lra").mkdir()
    (tmp_path / "lra" / "model.json").write_text(json.dumps(manifest))
    with pytest.raises(OutputError, match="holds another model"):
        import_sar_lra(ImportRequest(weights, Pass.ASCENDING, "lra", tmp_path))
