import json

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.events import StepFinished
from landslidectl.training.networks.fit import best_epoch, fit, load_network
from landslidectl.training.networks.fit_settings import FitSettings
from tests.training.fakes import patch_set

SETTINGS = FitSettings("cnn", epochs=2, batch=32)


@pytest.fixture(scope="module")
def sets():
    return patch_set(66, 1), patch_set(33, 2)


def _weights(path):
    return load_network(path).get_weights()


def test_a_run_stops_resumes_and_repeats(keras, tmp_path, sets):
    told = []
    result = fit(SETTINGS, *sets, tmp_path / "whole", told.append)
    assert len(result.history) == 2
    assert np.isfinite([record["loss"] for record in result.history]).all()
    assert len([event for event in told if isinstance(event, StepFinished)]) == 2

    class Stopped(Exception):
        pass

    def stop_after_one(event):
        if isinstance(event, StepFinished):
            raise Stopped

    with pytest.raises(Stopped):
        fit(SETTINGS, *sets, tmp_path / "halves", stop_after_one)
    resumed = fit(SETTINGS, *sets, tmp_path / "halves")
    assert resumed.best_epoch == result.best_epoch
    for one, two in zip(_weights(result.network), _weights(resumed.network), strict=True):
        assert np.array_equal(one, two)
    assert sorted(path.name for path in (tmp_path / "halves").iterdir()) == [
        "best.keras",
        "epoch-002.keras",
        "history.json",
    ]
    with pytest.raises(InputError, match="other settings"):
        fit(FitSettings("cnn", epochs=3, batch=32), *sets, tmp_path / "whole")


def test_an_event_in_both_sets_is_refused(tmp_path, sets):
    with pytest.raises(InputError, match=r"\[1\]"):
        fit(SETTINGS, sets[0], sets[0], tmp_path)


def test_a_set_of_one_kind_is_refused(tmp_path, sets):
    with pytest.raises(InputError, match="0 landslide patches"):
        fit(SETTINGS, sets[0].taken(~sets[0].labels), sets[1], tmp_path)


def test_the_first_of_equal_epochs_is_best():
    history = [{"epoch": e, "average_precision": ap} for e, ap in ((1, 0.5), (2, 0.7), (3, 0.7))]
    assert best_epoch(history) == 2


def test_a_missing_network_is_named(tmp_path):
    with pytest.raises(InputError, match=r"best\.keras"):
        load_network(tmp_path / "best.keras")


def test_history_is_json(keras, tmp_path, sets):
    fit(FitSettings("cnn", epochs=1, batch=64), *sets, tmp_path)
    content = json.loads((tmp_path / "history.json").read_text())
    assert content["settings"]["bands"] == "vv_vh"
    assert set(content["epochs"][0]) >= {"loss", "roc_auc", "average_precision"}
