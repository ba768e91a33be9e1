"""Thermal noise in both formats, with the zeros and rectangles that real tables have."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.sentinel1.annotation import SwathBounds, read_annotation
from landslidectl.sentinel1.discover import find_scenes, open_scene
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.noise import (
    K_NOISE_IW,
    AzimuthBlock,
    NoiseLut,
    fill_zeros,
    read_noise,
)
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import Product, product_files, stem, write_folder

VV = Polarisation.VV
LEFT = SwathBounds("IW1", 0, 9, 0, 3)
RIGHT = SwathBounds("IW2", 0, 9, 4, 9)


def vector(line, pixels, values):
    return LutVector(float(line), np.array(pixels, float), np.array(values, float))


def flat(value=10.0):
    return LineLut.of([vector(0, [0, 9], [value, value])])


def test_real_tables_agree_with_another_reader(shared_data):
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        for polarisation in scene.polarisations:
            name = f"{scene.scene_id}_{polarisation.lower()}.csv"
            table = np.genfromtxt(
                shared_data / "s1" / "reference" / "lut" / name, delimiter=",", names=True
            )
            lines, pixels = np.unique(table["line"]), np.unique(table["pixel"])
            noise = read_noise(scene, polarisation, read_annotation(scene, polarisation))
            np.testing.assert_allclose(
                noise.power(lines, pixels),
                table["noise_dn2"].reshape(len(lines), len(pixels)),
                rtol=1e-3,
            )
            assert not noise.is_zero


def test_real_tables_have_no_hole_at_far_range(shared_data):
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        annotation = read_annotation(scene, VV)
        pixels = np.arange(annotation.samples - 500, annotation.samples)
        power = read_noise(scene, VV, annotation).power(np.arange(0, annotation.lines, 97), pixels)
        assert power.min() > 0.5 * np.median(power)


def test_zeros_take_the_nearest_value_of_their_own_sub_swath():
    given = vector(2, [0, 2, 3, 4, 6, 9], [0, 5, 0, 0, 7, 0])
    np.testing.assert_array_equal(fill_zeros(given, (LEFT, RIGHT)), [5, 5, 5, 7, 7, 7])


def test_a_sub_swath_of_zeros_borrows_from_no_other():
    given = vector(2, [0, 2, 3, 4, 6, 9], [1, 2, 3, 0, 0, 0])
    np.testing.assert_array_equal(fill_zeros(given, (LEFT, RIGHT)), [1, 2, 3, 0, 0, 0])


def test_without_sub_swaths_the_whole_row_counts_as_one():
    np.testing.assert_array_equal(fill_zeros(vector(2, [0, 4, 9], [3, 4, 0]), ()), [3, 4, 4])


def test_each_rectangle_has_its_own_factor():
    blocks = (
        AzimuthBlock(LEFT, np.array([0.0, 9.0]), np.array([1.0, 1.9])),
        AzimuthBlock(RIGHT, np.array([5.0]), np.array([3.0])),
    )
    power = NoiseLut(flat(), blocks).power(np.arange(12), np.arange(11))
    np.testing.assert_allclose(power[0], [10] * 4 + [30] * 6 + [10])
    np.testing.assert_allclose(power[:10, 3], 10 + np.arange(10))
    np.testing.assert_allclose(power[10:], 10)


def test_fractional_coordinates_fall_into_one_rectangle_each():
    blocks = tuple(AzimuthBlock(one, np.array([0.0]), np.array([2.0])) for one in (LEFT, RIGHT))
    power = NoiseLut(flat(), blocks).power([1.0, 2.0], np.linspace(0, 9, 181))
    np.testing.assert_allclose(power, 20)


def test_a_block_equals_the_same_part_of_the_whole():
    blocks = (
        AzimuthBlock(LEFT, np.array([0.0, 9.0]), np.array([1.0, 1.9])),
        AzimuthBlock(replace(RIGHT, first_line=4), np.array([4.0, 9.0]), np.array([3.0, 2.0])),
    )
    lut = NoiseLut(flat(), blocks)
    whole = lut.power(np.arange(10), np.arange(10))
    np.testing.assert_array_equal(lut.power(np.arange(2, 7), np.arange(3, 6)), whole[2:7, 3:6])


def scene_of(tmp_path, product, *changes):
    files = product_files(product, tmp_path)
    member = f"annotation/calibration/noise-{stem('VV')}.xml"
    for old, new in changes:
        assert old in files[member]
        files[member] = files[member].replace(old, new)
    return open_scene(write_folder(files, tmp_path / "a.SAFE"))


@pytest.mark.parametrize(
    ("ipf", "factor"),
    [
        ("003.71", 1.0),
        ("002.70", 1.0),
        ("002.51", 1.0),
        ("002.43", K_NOISE_IW * 10.0**2),
        ("002.31", K_NOISE_IW * 10.0),
    ],
)
def test_old_versions_need_a_factor(tmp_path, ipf, factor):
    scene = scene_of(tmp_path, Product(ipf=ipf, noise_dn2=3.0))
    power = read_noise(scene, VV, read_annotation(scene, VV)).power([0, 5], [0, 7])
    np.testing.assert_allclose(power, 3.0 * factor, rtol=1e-6)


def test_a_table_of_zeros_is_known_as_such(tmp_path):
    scene = scene_of(tmp_path, Product(ipf="002.36", noise_dn2=0.0))
    noise = read_noise(scene, VV, read_annotation(scene, VV))
    assert noise.is_zero
    assert not noise.power([0, 1], [0, 1]).any()


def test_a_vector_is_placed_by_its_time(tmp_path):
    later = (
        b"</noiseRangeVector>",
        b"</noiseRangeVector><noiseRangeVector><azimuthTime>2020-01-02T03:04:05.015000"
        b"</azimuthTime><line>9</line><pixel>0 5</pixel><noiseRangeLut>200.0 200.0</noiseRangeLut>"
        b"</noiseRangeVector>",
    )
    scene = scene_of(tmp_path, Product(), later)
    power = read_noise(scene, VV, read_annotation(scene, VV)).power([5, 10], [0])
    np.testing.assert_allclose(power[:, 0], [150, 200], rtol=1e-5)
