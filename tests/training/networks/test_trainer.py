import numpy as np
import pytest

from landslidectl.terms import BandSet
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.framework import calm
from landslidectl.training.networks.trainer import Precision, load_trainer, trainer_of

ARCHITECTURES = ("cnn", "cbam", "resnet")


def _batch(count=16, seed=1):
    rng = np.random.default_rng(seed)
    windows = rng.normal(-10.0, 3.0, (count, 64, 64, 4)).astype(np.float32)
    return windows, (np.arange(count) % 2).astype(np.float32)[:, np.newaxis]


def _compiled(keras, network):
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    return network


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_double_takes_the_steps_that_the_network_would(keras, architecture):
    network = build_network(architecture, BandSet.VV_VH, dropout=0.0)
    double = _compiled(keras, trainer_of(network, Precision.FLOAT32))
    _compiled(keras, network)
    for step in range(3):
        windows, labels = _batch(seed=step)
        plain = float(network.train_on_batch(windows, labels))
        assert float(double.train_on_batch(windows, labels)) == pytest.approx(plain, rel=2e-2)
    moving = [w for w in network.weights if w.path.endswith("moving_variance")]
    of_double = [w for w in double.weights if w.path.endswith("moving_variance")]
    for one, two in zip(moving, of_double, strict=True):
        assert np.allclose(one.numpy(), two.numpy(), rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_bfloat16_keeps_weights_and_scores_in_float32(keras, architecture, tmp_path):
    network = build_network(architecture, BandSet.VV_VH)
    double = _compiled(keras, trainer_of(network, Precision.BFLOAT16))
    windows, labels = _batch()
    before = [weights.copy() for weights in network.get_weights()]
    double.train_on_batch(windows, labels)
    assert {weights.dtype for weights in double.get_weights()} == {np.dtype(np.float32)}
    assert np.array_equal(before[0], network.get_weights()[0]), "the network itself does not train"
    network.set_weights(double.get_weights())
    scores = network.predict(windows, verbose=0)
    assert scores.dtype == np.float32
    assert np.abs(scores - double.predict(windows, verbose=0)).max() < 0.02
    with calm():
        double.save(tmp_path / "double.keras")
    again = load_trainer(tmp_path / "double.keras")
    for one, two in zip(double.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, two)
    assert again.optimizer.iterations == 1


def test_what_is_frozen_stays_as_it_was(keras):
    network = build_network("cnn", BandSet.VV_VH)
    frozen = [layer for layer in network.layers if layer.name.startswith(("conv2d", "batch"))][:2]
    for layer in frozen:
        layer.trainable = False
    double = _compiled(keras, trainer_of(network, Precision.FLOAT32))
    before = [weights.copy() for layer in frozen for weights in layer.get_weights()]
    double.train_on_batch(*_batch())
    network.set_weights(double.get_weights())
    after = [weights for layer in frozen for weights in layer.get_weights()]
    assert before
    for one, two in zip(before, after, strict=True):
        assert np.array_equal(one, two)
