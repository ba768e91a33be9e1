"""The dark rim of old products is found in the co-polarised band and taken out of both."""

import numpy as np
import pytest

from landslidectl.grid import Window
from landslidectl.sentinel1.border import BLOCK_SAMPLES, BorderFinder, has_border_noise
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.radiometry import RadiometryOptions, read_sigma_nought
from tests.sentinel1.builders import Product, product_files, write_folder

LINES, SAMPLES = 100, 2600


def rimmed():
    """Return speckle of mean power 100^2 with a rim of small numbers, wider at the bottom."""
    rng = np.random.default_rng(3)
    numbers = np.sqrt(rng.gamma(4.4, 100.0**2 / 4.4, (LINES, SAMPLES))).astype(np.uint16) + 1
    for line in range(LINES):
        near, far = (60, 140) if line < 50 else (110, 140)
        numbers[line, :near] = rng.integers(0, 12, near)
        numbers[line, SAMPLES - far :] = rng.integers(0, 12, far)
    return numbers


def finder(numbers):
    return BorderFinder(lambda window: numbers[window.slices], *numbers.shape)


def test_the_rim_is_covered_and_little_more():
    numbers = rimmed()
    rim = finder(numbers).mask(Window(0, 0, LINES, SAMPLES))
    assert rim[:, :60].all()
    assert rim[50:, :110].all()
    assert rim[:, SAMPLES - 140 :].all()
    widths = rim[:, : SAMPLES // 2].sum(axis=1)
    assert widths[:20].max() <= 60 + 2 * BLOCK_SAMPLES
    assert widths.max() <= 110 + 2 * BLOCK_SAMPLES
    assert not rim[:, 500:-500].any()


def test_the_rim_does_not_depend_on_the_window():
    numbers = rimmed()
    whole = finder(numbers).mask(Window(0, 0, LINES, SAMPLES))
    for window in (Window(37, 5, 30, 300), Window(99, 2300, 1, 300), Window(48, 0, 3, SAMPLES)):
        np.testing.assert_array_equal(finder(numbers).mask(window), whole[window.slices])
    assert finder(numbers).mask(Window(0, 1100, 50, 300)) is None


def test_without_any_signal_the_whole_zone_is_rim():
    rim = finder(np.zeros((40, SAMPLES), dtype=np.uint16)).mask(Window(0, 0, 40, SAMPLES))
    assert rim[:, :1000].all()
    assert not rim[:, 1000:1600].any()


@pytest.mark.parametrize(
    ("ipf", "expected"),
    [("2.36", True), ("2.84", True), ("2.90", False), ("3.71", False), ("", False)],
)
def test_only_old_versions_have_a_rim(ipf, expected):
    assert has_border_noise(ipf) is expected


@pytest.mark.parametrize(("ipf", "lost"), [("002.84", True), ("003.40", False)])
def test_both_polarisations_lose_the_rim_of_vv(tmp_path, ipf, lost):
    numbers = np.maximum(rimmed(), 1)
    product = Product(ipf=ipf, lines=LINES, samples=SAMPLES, numbers=numbers)
    scene = open_scene(write_folder(product_files(product, tmp_path), tmp_path / "a.SAFE"))
    for polarisation in scene.polarisations:
        window = Window(10, -5, 20, 400)
        sigma = read_sigma_nought(scene, polarisation, window)
        assert np.isnan(sigma[:, 5:65]).all() == lost
        assert not np.isnan(sigma[:, 150:]).any()
        options = RadiometryOptions(remove_border_noise=False)
        assert not np.isnan(read_sigma_nought(scene, polarisation, window, options)[:, 5:]).any()
