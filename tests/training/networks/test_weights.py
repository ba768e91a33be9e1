"""Weights as an archive: what goes in comes out, byte by byte the same."""

import numpy as np
import pytest

from landslidectl.errors import ModelError, UsageError
from landslidectl.terms import BandSet
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.finetune import Start, begin_from
from landslidectl.training.networks.weights import (
    load_weights,
    save_weights,
    weights_of,
    with_weights,
)


@pytest.mark.parametrize("architecture", ["cnn", "resnet", "cbam"])
def test_weights_come_back_whatever_was_built_before(keras, tmp_path, architecture):
    keras.utils.set_random_seed(3)
    network = build_network(architecture, BandSet.VV)
    first = save_weights(weights_of(network), tmp_path / "a.npz")
    build_network("cnn", BandSet.VV_VH)
    other = build_network(architecture, BandSet.VV)
    load_weights(first, other)
    for one, two in zip(network.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(one, two)
    second = save_weights(weights_of(other), tmp_path / "b.npz")
    assert first.read_bytes() == second.read_bytes()


def test_half_kernels_are_half_the_size_and_near(keras, tmp_path):
    network = build_network("cnn", BandSet.VV_VH)
    whole, half = weights_of(network), weights_of(network, half=True)
    files = [save_weights(w, tmp_path / f"{n}.npz") for n, w in enumerate((whole, half))]
    assert files[1].stat().st_size < 0.6 * files[0].stat().st_size
    copy = with_weights(network, half)
    windows = np.random.default_rng(1).normal(-8, 4, (4, 64, 64, 4)).astype(np.float32)
    difference = np.abs(copy(windows).numpy() - network(windows).numpy())
    assert 0 < difference.max() < 1e-3
    stored = dict(np.load(files[1]))
    assert {values.dtype.name for values in stored.values()} == {"float16", "float32"}
    assert all(values.size >= 4096 for values in stored.values() if values.dtype == np.float16)


def test_weights_of_another_network_are_refused(keras, tmp_path):
    file = save_weights(weights_of(build_network("cnn", BandSet.VV)), tmp_path / "w.npz")
    with pytest.raises(ModelError, match=r"expected \(4,\), found \(2,\)"):
        load_weights(file, build_network("cnn", BandSet.VV_VH))
    with pytest.raises(ModelError, match="not of this network"):
        load_weights(file, build_network("resnet", BandSet.VV))
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04 no")
    for name in ("no.npz", "absent.npz"):
        with pytest.raises(ModelError, match=name):
            load_weights(tmp_path / name, build_network("cnn", BandSet.VV))


def test_frozen_convolutions_stay_and_the_others_learn(keras, tmp_path):
    network = build_network("cnn", BandSet.VV)
    file = save_weights(weights_of(network), tmp_path / "w.npz")
    start = Start("cnn", "1", file, "0")
    tuned = build_network("cnn", BandSet.VV)
    begin_from(start, tuned, frozen=2)
    tuned.compile(optimizer="sgd", loss="binary_crossentropy")
    rng = np.random.default_rng(1)
    windows = rng.normal(-8, 4, (8, 64, 64, 2)).astype(np.float32)
    tuned.train_on_batch(windows, (np.arange(8) % 2)[:, None])
    before, after = weights_of(network), weights_of(tuned)
    changed = [name for name in before if not np.array_equal(before[name], after[name])]
    kernels = [name for name in before if name.endswith("_conv2d_kernel")]
    assert [name in changed for name in kernels] == [False, False, True, True]
    normalised = [name for name in before if name.endswith("moving_mean")]
    assert [name in changed for name in normalised] == [False, False, True, True]
    with pytest.raises(UsageError, match="4 convolutions"):
        begin_from(start, build_network("cnn", BandSet.VV), frozen=4)
