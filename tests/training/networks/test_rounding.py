"""Rounding that keeps outputs, on inputs whose errors would add up."""

import numpy as np
import pytest

from landslidectl.terms import BandSet
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.quantise import QuantisationLoss, quantise_by_window
from landslidectl.training.networks.rounding import folded, round_kernel, rounded
from landslidectl.training.networks.scoring import score_windows
from tests.training.fakes import patch_set


@pytest.fixture(scope="module")
def windows():
    return patch_set(60, 4).windows.astype(np.float32)


def _trained_like(network, seed=3):
    """Normalisations as training leaves them, not those of a fresh network."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        weights = layer.get_weights()
        if len(weights) == 4:
            ranges = ((0.5, 2.0), (-0.5, 0.5), (-0.5, 0.5), (0.3, 3.0))
            shape = weights[0].shape
            layer.set_weights([rng.uniform(*ends, shape) for ends in ranges])
    return network


@pytest.mark.parametrize("architecture", ["cnn", "resnet", "cbam"])
def test_folding_changes_no_score(keras, windows, architecture):
    network = _trained_like(build_network(architecture, BandSet.VV_VH))
    before = [weight.copy() for weight in network.get_weights()]
    expected = network.predict(windows, verbose=0)
    assert np.abs(folded(network).predict(windows, verbose=0) - expected).max() < 1e-5
    for one, two in zip(before, network.get_weights(), strict=True):
        assert np.array_equal(one, two), "the network given must stay as it was"


def test_a_kernel_lands_on_the_grid_and_keeps_its_outputs():
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(3, 3, 4, 16)).astype(np.float32)
    common = rng.normal(size=(2000, 1))
    inputs = common + 0.3 * rng.normal(size=(2000, 36))
    covariance = np.cov(inputs.T)
    result = round_kernel(kernel, covariance)
    scale = np.abs(kernel).max(axis=(0, 1, 2)) / 127
    steps = result / scale
    assert np.abs(steps - np.rint(steps)).max() < 1e-3
    assert np.array_equal(np.abs(np.rint(steps)).max(axis=(0, 1, 2)), np.full(16, 127))

    def output_error(rounded_kernel):
        return np.sqrt(np.mean((inputs @ (rounded_kernel - kernel).reshape(36, 16)) ** 2))

    nearest = np.rint(kernel / scale) * scale
    assert output_error(result) < 0.5 * output_error(nearest)


def test_a_kernel_of_zeros_stays():
    kernel = np.zeros((1, 1, 3, 2), dtype=np.float32)
    assert not round_kernel(kernel, np.eye(3)).any()
    assert not round_kernel(kernel, np.zeros((3, 3))).any(), "inputs that never vary"


@pytest.mark.parametrize("architecture", ["cnn", "resnet", "cbam"])
def test_scores_by_window_are_close_and_alone(keras, windows, tmp_path, architecture):
    network = _trained_like(build_network(architecture, BandSet.VV_VH))
    eight_bit = rounded(network, windows[:30])
    file = quantise_by_window(eight_bit, tmp_path / "a.tflite")
    again = quantise_by_window(rounded(network, windows[:30]), tmp_path / "b.tflite")
    assert file.read_bytes() == again.read_bytes()
    scores = score_windows(file, windows, BandSet.VV_VH)
    assert np.abs(scores - network.predict(windows, verbose=0)[:, 0]).max() < 0.02
    alone = [score_windows(file, windows[[index]], BandSet.VV_VH)[0] for index in (0, 7, 59)]
    assert np.array_equal(alone, scores[[0, 7, 59]]), "neighbours in a batch must not matter"


@pytest.mark.parametrize(
    ("auc", "p99", "within"), [(0.9, 0.019, True), (0.9, 0.021, False), (0.896, 0.01, False)]
)
def test_the_bounds(auc, p99, within):
    assert QuantisationLoss(0.9, auc, 0.001, p99, 0.1, 100).within_bounds is within
