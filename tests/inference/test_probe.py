"""The probe makes shipped networks answer high and low, so that wrong scores show."""

from pathlib import Path

import numpy as np
import pytest

from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import read_manifest
from landslidectl.inference.network import BATCH
from landslidectl.inference.probe import largest_difference, probe_pixels, probe_windows
from landslidectl.terms import Device

SHIPPED = Path(__file__).parents[2] / "models"


@pytest.mark.parametrize("name", ["cnn", "cbam", "resnet", "cnn_vv", "cbam_vv", "resnet_vv"])
def test_networks_tell_the_windows_of_a_batch_apart(name: str) -> None:
    model = read_manifest(SHIPPED / name / "model.json")
    with Scorer(model, Device.CPU, threads=1) as scorer:
        scores = scorer.score(probe_windows(model.input_shape, BATCH))
    assert scores.min() < 0.1
    assert scores.max() > 0.9


def test_the_same_pixels_every_time() -> None:
    assert np.array_equal(probe_pixels(4, 70, 90), probe_pixels(4, 70, 90))
    assert probe_windows((64, 64, 2), 3).shape == (3, 64, 64, 2)
    assert np.isfinite(probe_pixels(4, 70, 90)).all()


def test_what_is_no_score_differs_from_everything() -> None:
    score, nothing = np.array([0.25], np.float32), np.array([np.nan], np.float32)
    assert largest_difference(score, score + 0.5) == 0.5
    assert largest_difference(nothing, score) == largest_difference(nothing, nothing) == np.inf
