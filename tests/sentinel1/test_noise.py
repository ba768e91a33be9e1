"""Thermal noise in both formats, with the zeros and rectangles that real tables have."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import DamagedScene
from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import SwathBounds, read_annotation
from landslidectl.sentinel1.discover import find_scenes, open_scene
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.noise import (
    K_NOISE_IW,
    AzimuthBlock,
    NoiseLut,
    NoiseState,
    borrow_values,
    fill_zeros,
    noise_state,
    read_noise,
)
from landslidectl.sentinel1.radiometry import read_sigma_nought
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


def test_a_vector_without_values_for_a_sub_swath_takes_those_of_the_next():
    vectors = [
        vector(0, [0, 3, 4, 9], [10, 10, 0, 0]),
        vector(20, [0, 3, 4, 6, 9], [12, 12, 30, 40, 40]),
        vector(40, [0, 3, 4, 9], [14, 14, 50, 50]),
    ]
    filled = borrow_values(vectors)
    np.testing.assert_array_equal(filled[0].values, [10, 10, 30, 40])
    assert filled[1:] == vectors[1:]
    power = NoiseLut(LineLut.of(filled)).power([0, 10, 20], [3, 4, 9])
    np.testing.assert_allclose(power, [[10, 30, 40], [11, 30, 40], [12, 30, 40]])


def test_where_no_vector_has_a_value_zeros_stay():
    vectors = [vector(line, [0, 3, 4, 9], [10, 10, 0, 0]) for line in (0, 20)]
    for filled in borrow_values(vectors):
        np.testing.assert_array_equal(filled.values, [10, 10, 0, 0])


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
        ("002.50", K_NOISE_IW * 10.0**2),
        ("002.34", K_NOISE_IW * 10.0**2),
        ("002.33", K_NOISE_IW * 10.0),
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


def test_vectors_may_have_pixel_lists_of_their_own():
    lut = NoiseLut(LineLut.of([vector(10, [0, 4], [0, 4]), vector(0, [0, 1, 2, 4], [2, 10, 2, 2])]))
    np.testing.assert_allclose(
        lut.power([0, 5, 10], [0, 1, 3]), [[2, 10, 2], [1, 5.5, 2.5], [0, 1, 3]]
    )


def test_the_step_between_sub_swaths_is_kept():
    """Both sides of a seam are given; smoothing it would leave a stripe."""
    lut = NoiseLut(LineLut.of([vector(0, [0, 3, 4, 9], [10, 10, 14, 14])]))
    np.testing.assert_allclose(lut.power([0], np.arange(10))[0], [10] * 4 + [14] * 6)


def test_ten_rectangles_are_each_found():
    blocks = []
    for index in range(10):
        row, column = divmod(index, 2)
        bounds = SwathBounds("IW1", 2 * row, 2 * row + 1, 5 * column, 5 * column + 4)
        blocks.append(AzimuthBlock(bounds, np.array([0.0]), np.array([1.0 + index])))
    power = NoiseLut(flat(), tuple(blocks)).power(np.arange(10), np.arange(10))
    expected = 10 + 10 * np.arange(10).reshape(5, 2)
    np.testing.assert_allclose(power, np.kron(expected, np.ones((2, 5))))


AZIMUTH = (
    b"</noiseRangeVectorList>",
    b"</noiseRangeVectorList><noiseAzimuthVectorList><noiseAzimuthVector><swath>IW1</swath>"
    b"<firstAzimuthLine>2</firstAzimuthLine><lastAzimuthLine>5</lastAzimuthLine>"
    b"<firstRangeSample>1</firstRangeSample><lastRangeSample>3</lastRangeSample>"
    b"<line>2</line><noiseAzimuthLut>1.5</noiseAzimuthLut>"
    b"</noiseAzimuthVector></noiseAzimuthVectorList>",
)


def test_an_azimuth_table_of_one_entry_holds_in_its_rectangle(tmp_path):
    scene = scene_of(tmp_path, Product(), AZIMUTH)
    power = read_noise(scene, VV, read_annotation(scene, VV)).power(np.arange(8), np.arange(6))
    expected = np.full((8, 6), 100.0)
    expected[2:6, 1:4] = 150.0
    np.testing.assert_allclose(power, expected)


@pytest.mark.parametrize(
    ("product", "state"),
    [
        (Product(), NoiseState.REMOVED),
        (Product(noise_removed=True), NoiseState.ALREADY),
        (Product(ipf="002.36", noise_dn2=0.0), NoiseState.UNKNOWN),
        (Product(noise_dn2=0.0), NoiseState.UNKNOWN),
        (Product(ipf="002.43"), NoiseState.REMOVED),
    ],
)
def test_what_becomes_of_the_noise_is_told(tmp_path, product, state):
    assert noise_state(scene_of(tmp_path, product), VV) is state


def test_a_list_without_vectors_means_that_no_noise_is_known(tmp_path):
    files = product_files(Product(), tmp_path)
    member = f"annotation/calibration/noise-{stem('VV')}.xml"
    start, end = (
        files[member].index(tag) for tag in (b"<noiseRangeVector>", b"</noiseRangeVectorL")
    )
    files[member] = files[member][:start] + files[member][end:]
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    assert noise_state(scene, VV) is NoiseState.UNKNOWN
    assert not read_noise(scene, VV, read_annotation(scene, VV)).power([0, 1], [0, 1]).any()
    window = Window(0, 0, 1, 1)
    assert read_sigma_nought(scene, VV, window)[0, 0] == pytest.approx(50.0**2 / 10.0**2)


def test_a_member_without_any_list_is_damaged(tmp_path):
    scene = scene_of(
        tmp_path,
        Product(),
        (b"<noiseRangeVectorList>", b"<other>"),
        (b"</noiseRangeVectorList>", b"</other>"),
    )
    with pytest.raises(DamagedScene, match="noiseRangeVectorList is missing"):
        noise_state(scene, VV)


def test_real_products_tell_their_noise(shared_data):
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        assert {noise_state(scene, one) for one in scene.polarisations} == {NoiseState.REMOVED}


def test_vv_and_vh_have_tables_of_their_own(tmp_path):
    """Only the geometry is common to the polarisations."""
    files = product_files(Product(), tmp_path)
    for role, old, new in (
        ("noise", b"100.0 100.0", b"30.0 30.0"),
        ("calibration", b"<sigmaNought>10.0 10.0", b"<sigmaNought>5.0 5.0"),
    ):
        member = f"annotation/calibration/{role}-{stem('VH')}.xml"
        assert old in files[member]
        files[member] = files[member].replace(old, new)
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    window = Window(0, 0, 1, 1)
    assert read_sigma_nought(scene, VV, window)[0, 0] == pytest.approx((2500 - 100) / 100)
    found = read_sigma_nought(scene, Polarisation.VH, window)[0, 0]
    assert found == pytest.approx((2500 - 30) / 25)
