"""``landslidectl train`` from end to end on simulated scenes: the one-minute miniature of training.

Two small events are simulated, stacked as real scenes are, and their planted slides taken for an
inventory. Their figures mean nothing; that every step is taken, and taken honestly, does.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.inference.manifest import load_model
from landslidectl.inference.score import score_stack
from landslidectl.jobs.lock import folder_lock
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec
from landslidectl.stack.record import open_stack
from landslidectl.terms import BandSet
from landslidectl.training.patches import read_patches, save_patches
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.splits import REAL_EVENT, windows_overlap
from tests.training.fakes import patch_set

FEW = ["--epochs", "2", "--most-patches", "40"]
SPECS = {
    "east": EventSpec(5, 3.6, tracks=2, n_pre=2, zip_every=0, slide_options=SlideOptions(1.6, 0.8)),
    "west": EventSpec(6, 3.2, tracks=1, n_pre=2, zip_every=0, slide_options=SlideOptions(1.6, 0.8)),
}


@dataclass
class Mapped:
    stacks: Path
    truth: Path

    def options(self, name):
        return ["--event", name, str(self.stacks), str(self.truth)]


@pytest.fixture(scope="session")
def events(tmp_path_factory):
    """Two events: one of two tracks, one of a single track."""
    made = {}
    for name, spec in SPECS.items():
        folder = tmp_path_factory.mktemp(name)
        event = simulate_event(spec, folder)
        Chain(folder, event.event).stacks(event.scenes, event.dem, event.aoi, "stacks")
        made[name] = Mapped(folder / "stacks", event.truth)
    return made


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(autouse=True)
def few_representatives(monkeypatch):
    monkeypatch.setattr("landslidectl.training.networks.register.REPRESENTATIVES", 24)


def run(*arguments):
    return CliRunner().invoke(app, ["train", *[str(one) for one in arguments]])


@pytest.fixture(scope="session")
def trained(keras, events, models):
    """The folder of a model trained on one event, and what the command said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landslidectl.training.networks.register.REPRESENTATIVES", 24)
        done = run(*events["east"].options("east"), "--architecture", "cnn", "--name", "mine",
                   "-o", models, *FEW)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return models / "mine", done


def manifest_of(folder):
    return json.loads((folder / "model.json").read_text())


def test_a_trained_model_is_one_that_detect_takes(trained, events, models, tmp_path):
    _, done = trained
    model = load_model("mine", BandSet.VV_VH, models)
    stack = open_stack(sorted(events["east"].stacks.glob("D*"))[0])
    scores = score_stack(stack, model, tmp_path / "score.tif")
    assert scores.windows_scored > 50
    assert "detect SCENES --model mine --models-dir" in done.stderr
    assert "test patches" in done.stdout
    assert "event east" not in done.stdout, "one event needs no row of its own"
    assert "the scenes of 'east' are simulated" in done.stderr
    listed = CliRunner().invoke(app, ["models", "list", "--models-dir", str(models), "--json"])
    assert "mine" in [one["name"] for one in json.loads(listed.stdout)]
    verified = CliRunner().invoke(app, ["models", "verify", "--models-dir", str(models)])
    assert verified.exit_code == 0


def test_the_manifest_says_what_the_model_was_made_of(trained):
    manifest = manifest_of(trained[0])
    training = manifest["training"]
    assert training["simulated"] is False
    assert training["simulated_share"] == 0.0
    assert training["passes"] == ["ascending", "descending"]
    (event,) = training["events"]
    assert event["name"] == "east"
    assert event["number"] == REAL_EVENT
    assert len(event["tracks"]) == 2
    assert set(manifest["twins"]) == {"float16", "weights"}
    assert set(manifest["metrics"]["test_by_event"]) == {"east"}
    assert 0 < manifest["threshold"] < 1
    card = (trained[0] / "card.md").read_text()
    assert "Trained on inventories" in card
    assert "simulation only" not in card
    assert "**Made by a program**" in card
    assert "(simulated)" in card
    assert event["simulated"]
    told = (
        CliRunner()
        .invoke(app, ["models", "info", "mine", "--models-dir", str(trained[0].parent)])
        .stdout
    )
    facts = told.partition("# mine")[0]
    assert max(map(len, facts.splitlines())) <= 80
    assert "The scenes of east are simulated." in facts


def test_sets_share_no_ground_and_hold_both_kinds(trained, models):
    folder = models / ".work" / "mine" / "patches"
    sets = {name: read_patches(folder / f"{name}.npz") for name in ("train", "validation", "test")}
    for patches in sets.values():
        assert 5 <= patches.labels.sum() < len(patches)
        assert (patches.labels == (patches.cover > 0.05)).all()
        assert patches.footprint.any(axis=1)[patches.labels].all()
    names = list(sets)
    for index, name in enumerate(names):
        for other in names[index + 1 :]:
            one, two = sets[name], sets[other]
            assert not windows_overlap((one.row, one.col), (two.row, two.col))
    assert sets["train"].ascending.any()
    assert not sets["train"].ascending.all()


def test_the_same_command_goes_on_and_repeats_to_the_byte(trained, events, models, tmp_path):
    folder = trained[0]
    names = sorted(path.name for path in folder.iterdir())
    before = {name: (folder / name).read_bytes() for name in names}
    shutil.copytree(models, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "mine")
    done = run(*events["east"].options("east"), "--architecture", "cnn", "--name", "mine",
               "-o", tmp_path / "copy", *FEW)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "already done" in done.stderr
    assert "Converting" in done.stderr
    again = run(*events["east"].options("east"), "--architecture", "cnn", "--name", "mine",
                "-o", tmp_path / "copy", *FEW)  # fmt: skip
    assert again.exit_code == 0, again.stderr
    assert "Model mine: already done" in again.stderr
    assert "Converting" not in again.stderr, "a finished model is not made again"
    assert again.stdout == done.stdout
    assert {name: (tmp_path / "copy" / "mine" / name).read_bytes() for name in names} == before


def test_other_inputs_neither_mix_with_a_run_nor_replace_a_model(trained, events, models, tmp_path):
    same = [*events["east"].options("east"), "--architecture", "cnn", "--name", "mine"]
    done = run(*same, "-o", models, *FEW, "--seed", "2")
    assert done.exit_code == 8
    assert "holds another model" in done.stderr
    work = ["--work", models / ".work" / "mine"]
    done = run(*same, "-o", tmp_path, *FEW, "--seed", "2", *work)
    assert done.exit_code == 4
    assert "begun with other inputs or options" in done.stderr


def test_a_request_that_failed_before_its_patches_can_be_put_right(keras, events, tmp_path):
    """A better inventory under the same name is what the message asked for."""
    options = ["--architecture", "cnn", "--name", "x", "-o", tmp_path / "out", *FEW]
    truth = json.loads(events["west"].truth.read_text())
    for count, words in ((1, "too few patches"), (2, "too few patches")):
        few = {**truth, "features": truth["features"][:count]}
        (tmp_path / "slides.geojson").write_text(json.dumps(few))
        where = ["--event", "a", events["west"].stacks, tmp_path / "slides.geojson"]
        done = run(*where, *options)
        assert done.exit_code == 4
        assert words in done.stderr


def test_two_runs_of_one_model_exclude_each_other(keras, events, tmp_path):
    run_folder = tmp_path / ".work" / "x"
    run_folder.mkdir(parents=True)
    with folder_lock(run_folder / "lock"):
        done = run(*events["west"].options("a"), "--architecture", "cnn", "--name", "x",
                   "-o", tmp_path, *FEW)  # fmt: skip
    assert done.exit_code == 9


def test_ctrl_c_says_that_the_same_command_goes_on(keras, events, tmp_path, monkeypatch):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("landslidectl.training.mapped.train.fit", pressed)
    done = run(*events["east"].options("a"), "--architecture", "cnn", "--name", "x",
               "-o", tmp_path, *FEW)  # fmt: skip
    assert done.exit_code == 130
    assert "goes on where it stopped" in done.stderr
    assert not list(tmp_path.rglob("lock"))


def test_fine_tuning_goes_on_from_a_model_with_an_event_left_out_and_simulation_mixed_in(
    trained, events, models, tmp_path
):
    save_patches(patch_set(60, 1), tmp_path / "simulated" / "seed-1.npz")
    done = run(
        *events["east"].options("east"), *events["west"].options("west"), "--leave-out", "west",
        "--from", trained[0], "--freeze", "1", "--mix", tmp_path / "simulated",
        "--mix-share", "0.3", "--name", "tuned", "-o", models, *FEW, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["folder"] == str(models / "tuned")
    manifest = manifest_of(models / "tuned")
    training = manifest["training"]
    assert manifest["architecture"] == "cnn"
    assert training["settings"]["start"]["name"] == "mine"
    assert training["settings"]["frozen"] == 1
    assert training["settings"]["learning_rate"] == 1e-4
    assert 0 < training["simulated_share"] <= 0.3
    west = next(event for event in training["events"] if event["name"] == "west")
    assert west["left_out"]
    assert (
        west["patches"]["train"] == west["patches"]["validation"] == {"landslide": 0, "others": 0}
    )
    assert training["sets"]["test"]["events"] == f"{REAL_EVENT}-{REAL_EVENT + 1}"
    assert "test_before" in manifest["metrics"]
    assert manifest["metrics"]["test_by_event"]["west"]["model"]["positives"] >= 5
    card = (models / "tuned" / "card.md").read_text()
    assert "Fine-tuned from mine" in card
    assert "| west (left out) |" in card


def test_fine_tuning_keeps_to_the_ground_that_its_model_was_tested_on(trained, models):
    """Both know the event *east*: what one had for its test the other did not train on."""
    tuned = models / ".work" / "tuned" / "patches" / "train.npz"
    if not tuned.is_file():
        pytest.skip("the test of fine-tuning did not run")
    test = read_patches(models / ".work" / "mine" / "patches" / "test.npz")
    train = read_patches(tuned)
    assert len(train) > 20
    assert not windows_overlap((test.row, test.col), (train.row, train.col))


def test_an_event_that_the_model_has_seen_cannot_be_left_out(trained, events, models, tmp_path):
    done = run(
        *events["east"].options("east"), *events["west"].options("west"), "--leave-out", "east",
        "--from", trained[0], "--name", "x", "-o", tmp_path, *FEW,
    )  # fmt: skip
    assert done.exit_code == 4
    assert "trained on before" in done.stderr


def test_a_model_that_does_not_fit_is_refused(trained, events, models, tmp_path):
    base = [*events["east"].options("east"), "--name", "x", "-o", tmp_path, *FEW]
    cases = {
        2: (["--from", trained[0], "--architecture", "resnet"], "mine is a cnn"),
        5: (["--from", trained[0], "--bands", "vv"], "takes vv_vh, the training is for vv"),
    }
    for code, (options, words) in cases.items():
        done = run(*base, *options)
        assert done.exit_code == code, done.stderr
        assert words in done.stderr
    bare = tmp_path / "bare"
    shutil.copytree(trained[0], bare)
    manifest = manifest_of(bare)
    del manifest["twins"]
    (bare / "model.json").write_text(json.dumps(manifest))
    done = run(*base, "--from", bare)
    assert done.exit_code == 5
    assert "holds no weights to go on from" in done.stderr
    assert "Shipped models that hold them:" in done.stderr
    done = run(*base, "--from", "mine")
    assert done.exit_code == 5
    assert "A model of your own is given by its folder." in done.stderr
    (trained_copy := tmp_path / "damaged").mkdir()
    for file in trained[0].iterdir():
        shutil.copy(file, trained_copy)
    (trained_copy / "places.json").write_text("{}")
    done = run(*base, "--from", trained_copy)
    assert done.exit_code == 5
    assert "places.json" in done.stderr


@dataclass
class Bad:
    """One thing that is wrong, the code it ends with, and what the message says."""

    options: list
    code: int
    words: str


def _broken_record(stacks, target, change):
    """Copy a stack folder with one value of its record changed."""
    shutil.copytree(sorted(stacks.glob("D*"))[0], target)
    record = json.loads((target / "stack.json").read_text())
    change(record)
    (target / "stack.json").write_text(json.dumps(record))
    return target


def _polygon(path, left, bottom, side=0.01):
    ring = [[0, 0], [side, 0], [side, side], [0, side], [0, 0]]
    shape = [[[left + x, bottom + y] for x, y in ring]]
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": shape},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_every_bad_input_ends_in_a_message_with_a_hint(keras, events, tmp_path):
    east, west = events["east"], events["west"]
    (tmp_path / "empty").mkdir()
    far = _polygon(tmp_path / "far.geojson", 10.0, 10.0)
    truth = json.loads(east.truth.read_text())
    truth["features"] = truth["features"][:1]
    (tmp_path / "one.geojson").write_text(json.dumps(truth))

    def floor(record):
        record["contract"]["noise_floor_db"] = -40.0

    other = _broken_record(west.stacks, tmp_path / "other", floor)
    whole = east.options("east")
    cases = [
        Bad(["--event", "a", tmp_path / "empty", east.truth], 4, "found no stack.json"),
        Bad(["--event", "a", east.stacks, tmp_path / "no.gpkg"], 4, "no such file"),
        Bad(["--event", "a", east.stacks, far], 4, "none of its 1 polygons lies on"),
        Bad(["--event", "a", east.stacks], 2, "1 event needs 2 paths, found 1"),
        Bad([*whole, *whole], 2, "a name of its own"),
        Bad([*whole, *west.options("west"), "--leave-out", "wst"], 2, "no such event"),
        Bad([*whole, "--leave-out", "east"], 2, "every event is left out"),
        Bad(["--event", "a", other, west.truth], 4, "its contract is"),
        Bad(["--event", "a", east.stacks, tmp_path / "one.geojson"], 4, "too few patches: "),
        Bad([*west.options("west"), "--pass", "ascending"], 4, "none is of a ascending track"),
        Bad([*whole, "--mix", tmp_path / "empty"], 4, "holds no patches"),
    ]
    for number, bad in enumerate(cases):
        done = run(*bad.options, "--architecture", "cnn", "--name", "x", *FEW,
                   "-o", tmp_path / f"out-{number}")  # fmt: skip
        assert done.exit_code == bad.code, (bad, done.stderr, done.exception)
        assert bad.words in " ".join(done.stderr.split())
        assert len(done.stderr.strip().splitlines()) >= 2, "a hint follows the message"
    done = run(*whole, "--name", "x", "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "--architecture is missing" in done.stderr
    done = run(*whole, "--architecture", "cnn", "--freeze", "1", "--name", "x", "-o", tmp_path)
    assert done.exit_code == 2
    assert "without --from" in done.stderr
    done = run(*whole, "--architecture", "cnn", "--name", "x_vv", "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert not np.any([path.name == "x_vv" for path in tmp_path.rglob("*")])
    done = run("--event", "a", tmp_path / "empty", east.truth, "--architecture", "cnn",
               "--name", "x", "-o", tmp_path / "nothing")  # fmt: skip
    assert not (tmp_path / "nothing").exists(), "what failed at once leaves nothing behind"


def test_without_tensorflow_the_extra_is_named(events, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", None)
    done = run(*events["east"].options("east"), "--architecture", "cnn", "--name", "x",
               "-o", tmp_path)  # fmt: skip
    assert done.exit_code == 7
    assert "landslidectl[train]" in done.stderr
