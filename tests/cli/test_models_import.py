"""``models import`` as users call it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from landslidectl.inference.naming import RULES
from landslidectl.terms import Pass

ARGUMENTS = ["--architecture", "sar-lra", "--pass", "ascending", "--name", "lra"]


def test_weights_become_models_that_list_and_verify(runner: CliRunner, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the extra [train] is not installed")
    from landslidectl.training.networks.sar_lra import build_published
    from tests.training.published import randomise, write_hdf5

    weights = write_hdf5(randomise(build_published(Pass.ASCENDING), 1), tmp_path / "w.hdf5")
    folder = str(tmp_path / "models")
    done = runner.invoke(app, ["models", "import", str(weights), *ARGUMENTS, "--output", folder])
    assert done.exit_code == 0, done.stderr
    assert "licence unconfirmed" in done.stdout
    assert "detect --model lra --models-dir" in done.stderr
    there = ["--models-dir", folder]
    listed = json.loads(runner.invoke(app, ["models", "list", *there, "--json"]).stdout)
    imported = [model["name"] for model in listed if model["name"] not in RULES]
    assert imported == ["lra", "lra-float32"]
    assert runner.invoke(app, ["models", "verify", *there]).exit_code == 0
    told = runner.invoke(app, ["models", "info", "lra", *there])
    assert "Licence of the weights: unconfirmed" in told.stdout


def test_a_file_that_is_no_hdf5_ends_with_a_hint(runner: CliRunner, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the extra [train] is not installed")
    (tmp_path / "w.hdf5").write_text("no")
    done = runner.invoke(app, ["models", "import", str(tmp_path / "w.hdf5"), *ARGUMENTS])
    assert done.exit_code == 4
    assert "expected an HDF5 file" in done.stderr


def test_without_tensorflow_the_extra_is_named(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", None)
    done = runner.invoke(app, ["models", "import", str(tmp_path / "w.hdf5"), *ARGUMENTS])
    assert done.exit_code == 7
    assert "landslidectl[train]" in done.stderr
