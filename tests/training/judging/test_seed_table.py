"""The table over seeds: what is summed up, what is kept apart, and what is refused."""

import json

import pytest

from landslidectl.errors import InputError
from landslidectl.files.resources import resource_dir
from landslidectl.training.judging.patch_figures import FIGURES
from landslidectl.training.judging.seed_table import (
    RunFigures,
    measure_runs,
    summarise,
    table_text,
    with_known,
    write_table,
)
from tests.training.fakes import patch_set


def run(seed, f1, architecture="cnn", negatives=2.0, bands="vv_vh"):
    settings = {
        "architecture": architecture,
        "bands": bands,
        "seed": seed,
        "negatives_per_positive": negatives,
    }
    figures = dict.fromkeys(FIGURES, 0.5) | {"f1": f1}
    return RunFigures(f"{architecture}-{seed}", settings, 0.4, figures)


def test_runs_that_differ_in_their_seed_are_one_row():
    rows = summarise([run(seed, 0.7 + 0.01 * seed) for seed in (1, 2, 3)])
    assert len(rows) == 1
    assert rows[0]["seeds"] == [1, 2, 3]
    assert rows[0]["figures"]["f1"] == {"median": 0.72, "std": 0.01, "runs": 3}
    assert rows[0]["variant"] == ""


def test_runs_of_other_settings_are_other_rows_that_say_so():
    rows = summarise([run(1, 0.7), run(2, 0.7), run(1, 0.6, negatives=8.0), run(1, 0.8, "cbam")])
    assert [(row["architecture"], row["variant"], len(row["seeds"])) for row in rows] == [
        ("cnn", "negatives_per_positive 2", 2),
        ("cnn", "negatives_per_positive 8", 1),
        ("cbam", "", 1),
    ]


def test_the_table_gives_per_cent_and_no_spread_of_one(tmp_path):
    rows = summarise([run(1, 0.70), run(2, 0.80), run(1, 0.8, "cbam")])
    text = table_text(rows)
    assert "75.00 +/- 7.07" in text
    assert text.count("+/-") == len(FIGURES), "one run has no spread"
    record = write_table(rows, patch_set(30, 9), tmp_path / "table.json")
    assert record["test_events"] == [9]
    page = (tmp_path / "table.md").read_text()
    assert page.startswith("Simulated data.")
    assert text in page


def test_thresholds_are_not_chosen_on_test_events():
    with pytest.raises(InputError, match="validation and in the test"):
        measure_runs([], patch_set(30, 1), patch_set(30, 1))
    assert measure_runs([], patch_set(30, 1), patch_set(30, 2)) == []
    assert summarise([]) == []


def test_runs_are_added_to_those_measured_before_on_the_same_patches(tmp_path):
    test, validation, other = patch_set(30, 1), patch_set(30, 2), patch_set(30, 3)
    file = tmp_path / "known.json"
    assert with_known([run(1, 0.7)], test, validation, file) == [run(1, 0.7)]
    together = with_known([run(2, 0.8)], test, validation, file)
    assert together == [run(1, 0.7), run(2, 0.8)]
    assert with_known([], test, validation, file) == together, "asked again without new runs"
    assert with_known([run(1, 0.6)], test, validation, file)[0] == run(1, 0.6), "measured anew"
    assert with_known([run(1, 0.5)], other, validation, file) == [run(1, 0.5)], "other patches"
    assert len(json.loads(file.read_text())["sets"]) == 2


def test_a_file_that_is_no_record_of_runs_is_an_error(tmp_path):
    file = tmp_path / "known.json"
    file.write_text("[]")
    with pytest.raises(InputError, match="no record of measured runs"):
        with_known([], patch_set(30, 1), patch_set(30, 2), file)


def test_a_model_folder_is_a_run(tmp_path):
    [found] = measure_runs([resource_dir("models") / "cnn"], patch_set(60, 1), patch_set(60, 2))
    assert found.run == "cnn"
    assert found.settings["architecture"] == "cnn"
    assert 0.5 < found.figures["roc_auc"] <= 1.0
