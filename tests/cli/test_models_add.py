"""``models add`` as users call it, from a stick to a map."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landslidectl.cli.app import app
from tests.inference.tiny import Head, write_model


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return write_model(tmp_path / "stick", Head(weights=(0.0, 0.0, 1.5, 1.5), bias=-1.0))


def test_an_added_model_is_listed_verified_and_maps(
    runner: CliRunner, event: Path, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANDSLIDECTL_MODELS_DIR")
    done = runner.invoke(app, ["models", "add", str(stick)])
    own = tmp_path / "data" / "landslidectl" / "models" / "tiny"
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{own}: added\n"
    assert "detect SCENES --model tiny" in done.stderr
    again = runner.invoke(app, ["models", "add", str(stick)])
    assert (again.exit_code, again.stdout) == (0, f"{own}: was there already\n")
    shutil.rmtree(stick)
    listed = json.loads(runner.invoke(app, ["models", "list", "--json"]).stdout)
    folders = {model["name"]: model["folder"] for model in listed}
    assert folders["tiny"] == str(own) and {"resnet", "cnn"} < set(folders)
    assert "tiny: intact" in runner.invoke(app, ["models", "verify"]).stdout
    mapped = runner.invoke(app, ["detect", "scenes", "--model", "tiny", "--quiet"])
    assert mapped.exit_code == 0, mapped.stderr


def test_a_named_folder_is_where_it_goes(
    runner: CliRunner, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDSLIDECTL_MODELS_DIR", str(tmp_path / "named"))
    done = runner.invoke(app, ["models", "add", str(stick), "--json"])
    told = json.loads(done.stdout)
    assert (told["folder"], told["is_new"]) == (str(tmp_path / "named" / "tiny"), True)
    assert runner.invoke(app, ["models", "verify", "tiny"]).exit_code == 0
    assert not (tmp_path / "data").exists()


def test_refusals_end_with_their_codes_and_leave_nothing(
    runner: CliRunner, stick: Path, tmp_path: Path
) -> None:
    assert runner.invoke(app, ["models", "add", str(tmp_path)]).exit_code == 5
    (stick / "model.tflite").write_bytes(b"changed")
    done = runner.invoke(app, ["models", "add", str(stick)])
    assert done.exit_code == 5 and "damaged or exchanged" in done.stderr
    assert not (tmp_path / "data").exists()
    shutil.rmtree(stick)
    write_model(tmp_path / "stick", Head())
    assert runner.invoke(app, ["models", "add", str(stick)]).exit_code == 0
    shutil.rmtree(stick)
    write_model(tmp_path / "stick", Head(bias=0.1))
    done = runner.invoke(app, ["models", "add", str(stick)])
    assert done.exit_code == 8 and "--replace" in done.stderr
    done = runner.invoke(app, ["models", "add", str(stick), "--replace"])
    assert done.exit_code == 0 and "added" in done.stdout
