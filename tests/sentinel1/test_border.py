"""The dark rim of old products is found in the co-polarised band and taken out of both."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.grid import Window
from landslidectl.sentinel1.border import (
    AZIMUTH_ZONE_LINES,
    BLOCK_LINES,
    BLOCK_SAMPLES,
    FADE_LINES,
    THIN_LINES,
    WIDE_SAMPLES,
    BorderFinder,
    has_border_noise,
)
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.radiometry import (
    RadiometryOptions,
    open_sigma_noughts,
    read_sigma_nought,
)
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import Product, product_files, stem, tiff_bytes, write_folder

LINES, SAMPLES = 100, 2600
TALL = 1601


def speckle(lines, samples, amplitude=100.0):
    """Return numbers of 4.4 looks whose mean power is ``amplitude`` squared."""
    rng = np.random.default_rng(3)
    power = rng.gamma(4.4, amplitude**2 / 4.4, (lines, samples))
    return np.sqrt(power).astype(np.uint16) + 1


def faint(shape):
    """Return the small numbers of border noise."""
    return np.random.default_rng(4).integers(0, 22, shape).astype(np.uint16)


def rimmed():
    """Return speckle of mean power 100^2 with a rim of small numbers, wider at the bottom."""
    numbers = speckle(LINES, SAMPLES)
    for line in range(LINES):
        near, far = (60, 140) if line < 50 else (110, 140)
        numbers[line, :near] = faint(near)
        numbers[line, SAMPLES - far :] = faint(far)
    return numbers


WIDE = 3900
STAIRS = ((0, 1300, 300, 40), (1300, 2600, 37, 261), (2600, WIDE, 170, 0))


def staircase():
    """Return a scene whose three sub-swaths begin and end at lines of their own."""
    numbers = speckle(TALL, WIDE, 90.0)
    for start, stop, first, after in STAIRS:
        numbers[:first, start:stop] = faint((first, stop - start))
        numbers[TALL - after :, start:stop] = faint((after, stop - start))
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


def test_the_rim_at_first_and_last_lines_follows_the_sub_swaths():
    rim = finder(staircase()).mask(Window(0, 0, TALL, WIDE))
    for start, stop, first, after in STAIRS:
        assert rim[:first, start:stop].all()
        assert rim[TALL - after :, start:stop].all()
        inner = slice(start + 2 * WIDE_SAMPLES, stop - 2 * WIDE_SAMPLES)
        slack = FADE_LINES + 2 * THIN_LINES
        assert not rim[first + slack : TALL - after - slack, inner].any()
    valid = np.ones(rim.shape, dtype=bool)
    for start, stop, first, after in STAIRS:
        valid[:first, start:stop] = valid[TALL - after :, start:stop] = False
    assert rim[valid].mean() < 0.05


def test_where_first_and_last_lines_have_signal_no_line_is_lost():
    rim = finder(speckle(TALL, SAMPLES)).mask(Window(0, 0, TALL, SAMPLES))
    assert not rim[:, BLOCK_SAMPLES:-BLOCK_SAMPLES].any()


def test_the_rim_does_not_depend_on_the_window():
    for numbers in (rimmed(), staircase()):
        lines = len(numbers)
        whole = finder(numbers).mask(Window(0, 0, *numbers.shape))
        windows = [
            Window(37, 5, 30, 300),
            Window(lines - 1, 2300, 1, 300),
            Window(48, 0, 3, numbers.shape[1]),
            Window(lines - 60, 700, 60, 500),
        ]
        one = finder(numbers)
        for window in windows + windows[::-1]:
            np.testing.assert_array_equal(finder(numbers).mask(window), whole[window.slices])
            np.testing.assert_array_equal(one.mask(window), whole[window.slices])


def test_far_from_all_sides_nothing_is_read():
    def read(window):
        raise AssertionError(window)

    assert BorderFinder(read, TALL, SAMPLES).mask(Window(600, 1100, 300, 300)) is None


def test_only_rims_are_read_and_only_forward():
    numbers, position, pixels = staircase(), 0, 0

    def read(window):
        nonlocal position, pixels
        assert window.row >= position - 64
        position = max(position, window.row + window.rows)
        pixels += window.rows * window.cols
        return numbers[window.slices]

    one = BorderFinder(read, *numbers.shape)
    for line in range(0, TALL, 80):
        one.mask(Window(line, 0, min(80, TALL - line), WIDE))
    first_and_last = (2 * AZIMUTH_ZONE_LINES + BLOCK_LINES) * WIDE
    assert pixels <= first_and_last + (TALL - 2 * AZIMUTH_ZONE_LINES) * 2 * 1000


def test_dark_water_inside_survives_even_in_the_zone_of_the_rim():
    numbers = staircase()
    numbers[500:900, 400:700] = faint((400, 300))
    numbers[330:420, 1000:1500] = faint((90, 500))
    rim = finder(numbers).mask(Window(0, 0, TALL, WIDE))
    assert not rim[500:900, 400:700].any()
    assert not rim[330:420, 1000:1500].any()


def test_without_any_signal_the_whole_zone_is_rim():
    rim = finder(np.zeros((40, SAMPLES), dtype=np.uint16)).mask(Window(0, 0, 40, SAMPLES))
    assert rim[:, :1000].all()
    rim = finder(np.zeros((TALL, SAMPLES), dtype=np.uint16)).mask(Window(0, 0, TALL, SAMPLES))
    assert rim[:AZIMUTH_ZONE_LINES].all()
    assert rim[-AZIMUTH_ZONE_LINES:].all()
    inner = slice(AZIMUTH_ZONE_LINES, -AZIMUTH_ZONE_LINES - BLOCK_LINES)
    assert not rim[inner, 1000:1600].any()


def test_a_tiny_measurement_has_no_zone():
    numbers = speckle(12, 20)
    assert finder(numbers).mask(Window(0, 0, 12, 20)) is None


@pytest.mark.parametrize(
    ("ipf", "expected"),
    [("2.36", True), ("2.84", True), ("2.90", False), ("3.71", False), ("", False)],
)
def test_only_old_versions_have_a_rim(ipf, expected):
    assert has_border_noise(ipf) is expected


@pytest.mark.parametrize(("ipf", "lost"), [("002.84", True), ("003.40", False)])
def test_both_polarisations_lose_the_rim_of_vv(tmp_path, ipf, lost):
    """VH has signal all over here: only from VV can its rim be known."""
    product = Product(ipf=ipf, lines=LINES, samples=SAMPLES, numbers=np.maximum(rimmed(), 1))
    files = product_files(product, tmp_path)
    bright = replace(product, numbers=speckle(LINES, SAMPLES))
    name = f"measurement/{stem('VH')}.tiff"
    assert len(tiff_bytes(bright, tmp_path)) == len(files[name])
    files[name] = tiff_bytes(bright, tmp_path)
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    window = Window(10, -5, 20, 400)
    for polarisation in scene.polarisations:
        sigma = read_sigma_nought(scene, polarisation, window)
        assert np.isnan(sigma[:, 5:65]).all() == lost
        assert not np.isnan(sigma[:, 150:]).any()
        options = RadiometryOptions(remove_border_noise=False)
        assert not np.isnan(read_sigma_nought(scene, polarisation, window, options)[:, 5:]).any()
    with open_sigma_noughts(scene, (Polarisation.VV, Polarisation.VH)) as (vv, vh):
        np.testing.assert_array_equal(np.isnan(vv.read(window)), np.isnan(vh.read(window)))
