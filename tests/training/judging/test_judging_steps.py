"""The steps that judge, as they are typed."""

import json
import shutil

import pytest

from landslidectl.files.resources import resource_dir
from landslidectl.training.__main__ import main
from landslidectl.training.patches import save_patches
from landslidectl.training.simulated.real_statistics import (
    BANDS,
    FIRST_BAND,
    STATISTICS,
    statistics_of,
)
from tests.training.fakes import patch_set


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, seed in (("test", 811), ("validation", 511), ("other", 812)):
        save_patches(patch_set(60, seed), folder / name / "seed.npz")
    return folder


def test_a_judgement_is_kept_in_folder_and_card(data, tmp_path, capsys):
    model = tmp_path / "cnn"
    shutil.copytree(resource_dir("models") / "cnn", model)
    sets = ["--patches", "test", "--validation", "validation", "--pairs", "test"]
    given = [str(data / word) if not word.startswith("--") else word for word in sets]
    out = tmp_path / "judged"
    assert main(["judge", "--model", str(model), *given, "--out", str(out), "--keep"]) == 0
    assert "evaluation.md" in capsys.readouterr().out
    manifest = json.loads((model / "model.json").read_text())
    assert manifest["metrics"]["judged"]["patches"]["all"]["positives"] == 20
    assert manifest["calibration"]["set"] == "validation"
    assert "Does it see the change?" in (model / "card.md").read_text()


def test_patches_are_held_against_a_table(data, tmp_path, capsys):
    pytest.importorskip("sklearn", reason="the extra [train] is not installed")
    patches = patch_set(120, 5)
    plain = patches.taken(~patches.twin)
    values = statistics_of(plain.windows)
    table = tmp_path / "table.csv"
    heads = [
        f"band{first + band}_{name}"
        for first in FIRST_BAND.values()
        for band in range(len(BANDS))
        for name in STATISTICS
    ]
    lines = [",".join(["label", *heads])]
    for label, row in zip(plain.labels, values, strict=True):
        lines.append(",".join(str(value) for value in [int(label), *row, *row]))
    table.write_text("\n".join(lines))
    command = ["transfer", "--patches", str(data / "test"), "--statistics", str(table)]
    command += ["--against", str(data / "other"), "--out", str(tmp_path / "transfer.json")]
    assert main(command) == 0
    record = json.loads((tmp_path / "transfer.json").read_text())
    assert json.loads(capsys.readouterr().out) == record
    assert record["ascending"]["patches"] == 20
    assert set(record["c2st_against"]) == {"ascending", "descending"}


def test_a_run_that_is_none_is_an_error_with_a_hint(data, tmp_path, capsys):
    command = ["table", "--run", str(tmp_path), "--test", str(data / "test")]
    command += ["--validation", str(data / "validation"), "--out", str(tmp_path / "table.json")]
    assert main(command) != 0
    assert "Run the earlier training steps first" in capsys.readouterr().err
