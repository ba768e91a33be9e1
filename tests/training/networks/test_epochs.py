import numpy as np
import pytest

from landslidectl.training.networks.epochs import epoch_order, flipped, learning_rate
from landslidectl.training.networks.fit_settings import FitSettings
from tests.training.fakes import patch_set

SETTINGS = FitSettings("cnn", epochs=2, batch=32)


@pytest.fixture(scope="module")
def patches():
    return patch_set(66, 1)


def test_an_epoch_is_balanced_and_prefers_twins(patches):
    order = epoch_order(patches, SETTINGS, 1)
    assert np.array_equal(order, epoch_order(patches, SETTINGS, 1))
    assert not np.array_equal(order, epoch_order(patches, SETTINGS, 2))
    assert patches.labels[order].sum() == 22
    assert np.unique(order).size == order.size == 66
    even = epoch_order(patches, FitSettings("cnn", negatives_per_positive=1.0), 1)
    assert patches.labels[even].sum() == 22
    assert even.size == 44
    assert patches.twin[even].sum() == 11, "half twins, half other places"


def test_an_imbalance_beyond_the_sets_own_leaves_positives_out(patches):
    settings = FitSettings("cnn", negatives_per_positive=11.0)
    order = epoch_order(patches, settings, 1)
    assert patches.labels[order].sum() == 4
    assert (~patches.labels[order]).sum() == 44
    seen = np.concatenate([epoch_order(patches, settings, epoch) for epoch in range(1, 30)])
    assert patches.labels[np.unique(seen)].sum() == 22, "other ones every epoch"


def test_flips_mirror_and_keep_the_bands():
    windows = np.random.default_rng(1).normal(size=(40, 8, 8, 2)).astype(np.float32)
    out = flipped(windows.copy(), np.random.default_rng(2))
    kinds = set()
    for before, after in zip(windows, out, strict=True):
        mirrored = {
            "none": before,
            "rows": before[::-1],
            "columns": before[:, ::-1],
            "both": before[::-1, ::-1],
        }
        kinds |= {name for name, value in mirrored.items() if np.array_equal(value, after)}
    assert kinds == {"none", "rows", "columns", "both"}


def test_the_rate_falls_along_a_cosine():
    settings = FitSettings("cnn", epochs=11, learning_rate=1e-3)
    rates = [learning_rate(settings, epoch) for epoch in range(1, 12)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-5)
    assert rates == sorted(rates, reverse=True)
