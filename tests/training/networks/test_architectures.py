from collections import Counter

import numpy as np
import pytest

from landslidectl.terms import BandSet
from landslidectl.training.networks.architectures import build_network, multiply_adds
from tests.training.fakes import LEVEL, SPREAD

ARCHITECTURES = ("cnn", "resnet", "cbam")


def _layers(network):
    return Counter(type(layer).__name__ for layer in network.layers)


@pytest.fixture
def windows():
    rng = np.random.default_rng(1)
    return rng.normal(LEVEL, SPREAD, size=(6, 64, 64, 4)).astype(np.float32)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("bands", list(BandSet))
def test_windows_in_decibel_give_scores(keras, windows, architecture, bands):
    keras.utils.set_random_seed(1)
    network = build_network(architecture, bands)
    taken = windows if bands is BandSet.VV_VH else windows[..., [0, 2]]
    scores = network(taken).numpy()
    assert scores.shape == (6, 1)
    assert ((scores > 0) & (scores < 1)).all()
    assert np.ptp(scores) > 0


@pytest.mark.parametrize(("architecture", "million"), [("cnn", 55), ("cbam", 55), ("resnet", 250)])
def test_networks_keep_the_budget_and_one_kind_of_ending(keras, architecture, million):
    network = build_network(architecture, BandSet.VV_VH, dropout=0.3)
    assert 10e6 < multiply_adds(network) < million * 1e6
    names = [layer.name for layer in network.layers]
    assert names[-2:] == ["logit", "score"]
    assert network.get_layer("dropout").rate == 0.3
    assert network.get_layer("score").activation is keras.activations.sigmoid
    assert "Flatten" not in _layers(network)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_convolution_of_the_trunk_is_normalised(keras, architecture):
    network = build_network(architecture, BandSet.VV_VH)
    trunk = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D) and not layer.use_bias
    ]
    assert len(trunk) == _layers(network)["BatchNormalization"]
    assert all(layer.padding == "valid" for layer in trunk), "no false edge round a window"


def test_the_resnet_adds_its_input_to_two_convolutions(keras):
    network = build_network("resnet", BandSet.VV_VH)
    sums = [layer for layer in network.layers if isinstance(layer, keras.layers.Add)]
    assert len(sums) == 3
    assert _layers(network)["MaxPooling2D"] == 2
    following = [node.operation for layer in sums for node in layer._outbound_nodes]
    assert {type(layer).__name__ for layer in following} == {"ReLU"}


def test_the_cbam_attends_to_channels_then_places(keras, windows):
    network = build_network("cbam", BandSet.VV_VH)
    names = [layer.name for layer in network.layers]
    assert names.index("channel_attention") < names.index("place_attention")
    assert network.get_layer("place_convolution").kernel_size == (7, 7)
    channels = network.get_layer("channel_dense_2").output.shape
    assert channels[1:3] == (1, 1)
    assert channels[3] == network.get_layer("scales").output.shape[3]
    assert network.get_layer("place_convolution").output.shape[3] == 1
    assert _layers(network)["AveragePooling2D"] == 1
    assert _layers(network)["Cropping2D"] == 2


def test_bands_are_brought_to_one_range_and_clipped(keras, windows):
    network = build_network("cnn", BandSet.VV_VH)
    units = network.get_layer("to_units")
    assert not units.trainable_weights
    levels = np.array([[-10.0, -16.0, 0.0, 0.0], [-48.5, -48.5, -30.0, 30.0]], np.float32)
    out = units(levels.reshape(2, 1, 1, 4)).numpy().reshape(2, 4)
    assert np.allclose(out[0], 3.0)
    assert np.allclose(out[1], [0, 0, 0, 6])


@pytest.mark.parametrize("architecture", ["cnn", "resnet", "cbam"])
def test_features_of_a_window_are_those_of_the_tile_around_it(keras, architecture):
    """What lets neighbouring windows share their convolutions."""
    keras.utils.set_random_seed(2)
    network = build_network(architecture, BandSet.VV_VH)
    shared = "channel_average" if architecture == "cbam" else "average"
    trunk = keras.Model(network.input, network.get_layer(shared).input)
    wide = keras.models.clone_model(trunk, input_tensors=keras.Input((128, 128, 4)))
    wide.set_weights(trunk.get_weights())
    tile = np.random.default_rng(3).normal(LEVEL, SPREAD, size=(1, 128, 128, 4)).astype(np.float32)
    features = wide(tile).numpy()
    stride = 8 if architecture == "cnn" else 4
    for row, col in ((0, 0), (32, 32), (64, 24)):
        alone = trunk(tile[:, row : row + 64, col : col + 64]).numpy()
        side = alone.shape[1]
        part = features[:, row // stride :, col // stride :][:, :side, :side]
        assert np.allclose(part, alone, atol=1e-5)


def test_the_same_seed_gives_the_same_weights(keras):
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(9)
        weights.append(build_network("cbam", BandSet.VV_VH).get_weights())
    assert all(np.array_equal(one, two) for one, two in zip(*weights, strict=True))


def test_an_unknown_architecture_is_refused(keras):
    with pytest.raises(ValueError, match="cbam"):
        build_network("transformer", BandSet.VV_VH)
