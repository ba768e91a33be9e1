"""Calibration tables against another reader and by hand."""

import numpy as np
import pytest

from landslidectl.errors import DamagedScene
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.calibration import MOST_VECTORS, read_calibration
from landslidectl.sentinel1.discover import find_scenes, open_scene
from landslidectl.sentinel1.lut import LineLut, LutVector
from landslidectl.sentinel1.noise import read_noise
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import Product, product_files, stem, write_folder


def vector(line, pixels, values):
    return LutVector(float(line), np.array(pixels, float), np.array(values, float))


def test_real_tables_agree_with_another_reader(shared_data):
    for scene in find_scenes([shared_data / "s1" / "products"]).scenes:
        for polarisation in scene.polarisations:
            name = f"{scene.scene_id}_{polarisation.lower()}.csv"
            table = np.genfromtxt(
                shared_data / "s1" / "reference" / "lut" / name, delimiter=",", names=True
            )
            lines, pixels = np.unique(table["line"]), np.unique(table["pixel"])
            shape = (len(lines), len(pixels))
            lut = read_calibration(scene, polarisation)
            np.testing.assert_allclose(
                lut.sigma_nought(lines, pixels), table["A_sigma"].reshape(shape), rtol=1e-5
            )
            np.testing.assert_allclose(
                lut.beta_nought(lines, pixels), table["A_beta"].reshape(shape), rtol=1e-5
            )


def test_vectors_with_unequal_pixel_lists():
    lut = LineLut.of([vector(10, [0, 4], [0, 4]), vector(0, [0, 1, 2, 4], [0, 10, 0, 0])])
    grid = lut.grid(np.array([0.0, 5.0, 10.0]), np.array([0.0, 1.0, 3.0]))
    np.testing.assert_allclose(grid, [[0, 10, 0], [0, 5.5, 1.5], [0, 1, 3]])
    assert grid.dtype == np.float32


def test_the_amplitude_is_interpolated_not_its_square():
    lut = LineLut.of([vector(0, [0, 2], [10, 20]), vector(10, [0, 2], [10, 20])])
    assert lut.grid(np.array([3.0]), np.array([1.0]))[0, 0] == pytest.approx(15.0)


def test_outside_the_vectors_the_outermost_values_hold():
    lut = LineLut.of([vector(0, [0, 2], [1, 2]), vector(10, [0, 2], [3, 4])])
    grid = lut.grid(np.array([-5.0, 25.0]), np.array([-1.0, 9.0]))
    np.testing.assert_allclose(grid, [[1, 2], [3, 4]])


def test_one_vector_is_enough_and_no_lines_are_allowed():
    lut = LineLut.of([vector(7, [0, 2], [1, 3])])
    np.testing.assert_allclose(lut.grid(np.array([0.0, 9.0]), np.array([1.0])), [[2], [2]])
    assert lut.grid(np.empty(0), np.arange(3.0)).shape == (0, 3)


def test_a_block_equals_the_same_part_of_the_whole():
    rng = np.random.default_rng(5)
    lut = LineLut.of([vector(k * 7, [0, 13, 30], rng.uniform(1, 2, 3)) for k in range(6)])
    whole = lut.grid(np.arange(40.0), np.arange(31.0))
    part = lut.grid(np.arange(9.0, 27.0), np.arange(4.0, 20.0))
    np.testing.assert_array_equal(part, whole[9:27, 4:20])


def test_tables_without_end_are_refused(tmp_path):
    """Each vector becomes a row of numbers, one for each sample."""
    files = product_files(Product(), tmp_path)
    for kind, tag in (("calibration", b"calibrationVector"), ("noise", b"noiseRangeVector")):
        member = f"annotation/calibration/{kind}-{stem('VV')}.xml"
        head, body = files[member].split(b"<" + tag + b">", 1)
        vector, tail = body.split(b"</" + tag + b"List>", 1)
        vectors = (b"<" + tag + b">" + vector) * (MOST_VECTORS + 1)
        files[member] = head + vectors + b"</" + tag + b"List>" + tail
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    with pytest.raises(DamagedScene, match="at most 1000"):
        read_calibration(scene, Polarisation.VV)
    with pytest.raises(DamagedScene, match="at most 1000"):
        read_noise(scene, Polarisation.VV, read_annotation(scene, Polarisation.VV))


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b"<sigmaNought>10.0 10.0", b"<sigmaNought>10.0", "1 values for 2 pixels"),
        (b"<sigmaNought>10.0 10.0", b"<sigmaNought>10.0 0.0", "not positive"),
        (b"<sigmaNought>10.0 10.0", b"<sigmaNought>10.0 nan", "not finite"),
        (b"<pixel>0 19", b"<pixel>0 0", "does not ascend"),
        (b"calibrationVector>", b"other>", "calibrationVector is missing"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, old, new, word):
    files = product_files(Product(), tmp_path)
    member = f"annotation/calibration/calibration-{stem('VV')}.xml"
    files[member] = files[member].replace(old, new)
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    with pytest.raises(DamagedScene, match=word):
        read_calibration(scene, Polarisation.VV)
