"""The fast arithmetic gives what the plain formula gives, in any cut and from any thread."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import SwathBounds, read_annotation
from landslidectl.sentinel1.backscatter import STRIP_PIXELS, Radiometry
from landslidectl.sentinel1.calibration import CalibrationLut, read_calibration
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.noise import AzimuthBlock, NoiseLut, read_noise
from landslidectl.sentinel1.radiometry import RadiometryMode, RadiometryOptions, read_radiometry
from landslidectl.terms import Polarisation

VV = Polarisation.VV
LINES, SAMPLES = 700, 300


def vectors(rng, low, high, step):
    """Return vectors at uneven lines with pixel lists of their own."""
    made = []
    for line in range(-20, LINES + step, step):
        pixels = np.unique(np.r_[0.0, rng.integers(1, SAMPLES, rng.integers(2, 9)), SAMPLES])
        made.append(LutVector(line + rng.random(), pixels, rng.uniform(low, high, len(pixels))))
    return LineLut.of(made)


def blocks():
    """Return ten rectangles, as in some real products, with a gap that none of them fills."""
    made = []
    for index in range(10):
        row, column = divmod(index, 2)
        bounds = SwathBounds(
            f"IW{column + 1}", row * 130, row * 130 + 129, column * 150, column * 150 + 139
        )
        lines = np.arange(bounds.first_line, bounds.last_line + 30.0, 10.0)
        made.append(AzimuthBlock(bounds, lines, 1.0 + 0.2 * np.cos(lines / 9.0 + index)))
    return tuple(made)


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(6)
    calibration = CalibrationLut(vectors(rng, 500, 650, 61), vectors(rng, 470, 480, 97), 1.0)
    return calibration, NoiseLut(vectors(rng, 300, 900, 83), blocks())


@pytest.fixture(scope="module")
def numbers():
    values = np.random.default_rng(7).integers(1, 300, (LINES, SAMPLES)).astype(np.uint16)
    values[5, 5], values[400, 250] = 0, 65535
    return values


def plain(calibration, noise, values, line=0, pixel=0):
    """Return the formula as it is written."""
    lines = np.arange(line, line + values.shape[0])
    pixels = np.arange(pixel, pixel + values.shape[1])
    power = values.astype(np.float64) ** 2
    if noise is not None:
        power -= noise.power(lines, pixels)
    power /= calibration.sigma_nought(lines, pixels).astype(np.float64) ** 2
    power[values == 0] = np.nan
    return power


@pytest.mark.parametrize("with_noise", [True, False])
def test_it_equals_the_formula(tables, numbers, with_noise):
    calibration, noise = tables
    noise = noise if with_noise else None
    found = Radiometry.of(calibration, noise, SAMPLES).sigma_nought(numbers, 0, 0)
    expected = plain(calibration, noise, numbers)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-9)


def test_it_equals_the_formula_on_real_tables(shared_data):
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        for polarisation in scene.polarisations:
            annotation = read_annotation(scene, polarisation)
            values = np.random.default_rng(1).integers(1, 400, (90, annotation.samples))
            tables = (
                read_calibration(scene, polarisation),
                read_noise(scene, polarisation, annotation),
            )
            found = read_radiometry(scene, polarisation, annotation).sigma_nought(values, 9970, 0)
            expected = plain(*tables, values, 9970)
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-9)


def test_a_value_does_not_depend_on_its_block(tables, numbers):
    radiometry = Radiometry.of(*tables, SAMPLES)
    whole = radiometry.sigma_nought(numbers, 0, 0)
    for line, pixel, height, width in ((0, 0, 1, 1), (100, 37, 222, 201), (399, 249, 2, 2)):
        part = slice(line, line + height), slice(pixel, pixel + width)
        found = radiometry.sigma_nought(numbers[part], line, pixel)
        np.testing.assert_array_equal(found, whole[part])
    assert LINES * SAMPLES > 3 * STRIP_PIXELS


def test_threads_share_the_tables(tables, numbers):
    radiometry = Radiometry.of(*tables, SAMPLES)
    whole = radiometry.sigma_nought(numbers, 0, 0)
    out = np.empty_like(whole)

    def work(line):
        part = slice(line, line + 20)
        return radiometry.sigma_nought(numbers[part], line, 0, out[part])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(0, LINES, 20)))
    np.testing.assert_array_equal(out, whole)


def test_without_the_floor_what_is_darker_than_the_noise_is_negative(tables):
    dark = np.full((50, SAMPLES), 3, dtype=np.uint16)
    assert (Radiometry.of(*tables, SAMPLES).sigma_nought(dark, 0, 0) < 0.0).all()


def test_the_floor_of_earth_engine_comes_before_calibration(tables, numbers):
    calibration, noise = tables
    found = Radiometry.of(calibration, noise, SAMPLES, 1e-5).sigma_nought(numbers, 0, 0)
    signed = plain(calibration, noise, numbers)
    amplitude = calibration.sigma_nought(np.arange(LINES), np.arange(SAMPLES))
    np.testing.assert_allclose(
        found, np.maximum(signed, 1e-5 / amplitude.astype(np.float64) ** 2), rtol=2e-6, atol=2e-9
    )
    assert np.isnan(found).sum() == 1
    assert (found[numbers > 0] > 0.0).all()
    assert (signed < 0.0).sum() > 1000


def test_the_mode_sets_the_floor(shared_data):
    scene = find_scenes([shared_data / "s1" / "products" / "sarsen"]).scenes[0]
    annotation = read_annotation(scene, VV)
    values = np.array([[0, 1, 500]], dtype=np.uint16)
    accurate = read_radiometry(scene, VV, annotation).sigma_nought(values, 100, 100)
    options = RadiometryOptions(mode=RadiometryMode.GEE)
    floored = read_radiometry(scene, VV, annotation, options).sigma_nought(values, 100, 100)
    assert np.isnan(floored[0, 0])
    assert accurate[0, 1] < 0.0
    assert -120.0 < 10.0 * np.log10(floored[0, 1]) < -70.0
    assert floored[0, 2] == accurate[0, 2]
    assert [mode.value for mode in RadiometryMode] == ["accurate", "gee"]


def test_numbers_of_16_bit_do_not_overflow(tables):
    calibration, _ = tables
    bright = np.full((1, 3), 65535, dtype=np.uint16)
    found = Radiometry.of(calibration, None, SAMPLES).sigma_nought(bright, 0, 0)
    np.testing.assert_allclose(found, plain(calibration, None, bright), rtol=1e-6)


def test_no_pixels_are_no_trouble(tables):
    radiometry = Radiometry.of(*tables, SAMPLES)
    assert radiometry.sigma_nought(np.empty((0, 5), dtype=np.uint16), 0, 0).shape == (0, 5)
