"""Digital numbers become sigma nought without losing the dark, the bright or the edges."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.errors import DamagedScene, UnsupportedScene
from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.radiometry import (
    RadiometryOptions,
    open_sigma_nought,
    read_radiometry,
    read_sigma_nought,
)
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import NAME, Product, product_files, write_folder, write_zip

VV = Polarisation.VV
ROME = "S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371"


def numbers():
    values = np.full((12, 20), 50, dtype=np.uint16)
    values[2, 3] = 0
    values[2, 4] = 65535
    values[2, 5] = 1
    return values


@pytest.fixture(params=["folder", "zip"])
def scene(request, tmp_path):
    files = product_files(Product(numbers=numbers()), tmp_path)
    if request.param == "folder":
        return open_scene(write_folder(files, tmp_path / f"{NAME}.SAFE"))
    return open_scene(write_zip(files, tmp_path / f"{NAME}.zip"))


def test_sigma_nought_is_power_minus_noise_over_amplitude_squared(scene):
    sigma = read_sigma_nought(scene, VV, Window(0, 0, 12, 20))
    assert sigma.dtype == np.float32
    assert sigma[0, 0] == pytest.approx((50**2 - 100) / 10**2)
    assert np.isnan(sigma[2, 3])
    assert np.isnan(sigma).sum() == 1
    assert sigma[2, 4] == pytest.approx((65535.0**2 - 100) / 10**2, rel=1e-6)
    assert sigma[2, 5] == pytest.approx((1 - 100) / 10**2)


def test_a_window_may_reach_beyond_the_measurement(scene):
    whole = read_sigma_nought(scene, VV, Window(0, 0, 12, 20))
    sigma = read_sigma_nought(scene, VV, Window(-3, -2, 20, 30))
    np.testing.assert_array_equal(sigma[3:15, 2:22], whole)
    sigma[3:15, 2:22] = np.nan
    assert np.isnan(sigma).all()
    assert np.isnan(read_sigma_nought(scene, VV, Window(100, 0, 2, 2))).all()


def test_many_windows_of_one_source_are_parts_of_the_whole(scene):
    with open_sigma_nought(scene, VV) as source:
        whole = source.read(Window(0, 0, 12, 20))
        np.testing.assert_array_equal(source.read(Window(1, 2, 5, 6)), whole[1:6, 2:8])
        np.testing.assert_array_equal(source.read(Window(6, 0, 6, 20)), whole[6:])


def test_noise_is_left_in_on_request_or_when_already_gone(scene, tmp_path):
    options = RadiometryOptions(remove_noise=False)
    assert read_sigma_nought(scene, VV, Window(0, 0, 1, 1), options)[0, 0] == pytest.approx(25.0)
    files = product_files(Product(noise_removed=True), tmp_path)
    done = open_scene(write_folder(files, tmp_path / "done.SAFE"))
    assert read_sigma_nought(done, VV, Window(0, 0, 1, 1))[0, 0] == pytest.approx(25.0)


def test_a_measurement_of_another_shape_or_type_is_damaged(tmp_path):
    for name, values, word in (
        ("a", np.ones((5, 20), dtype=np.uint16), "5 lines of 20"),
        ("b", np.ones((12, 20), dtype=np.float32), "float32"),
        ("c", np.ones((12, 20), dtype=np.int16), "int16"),
    ):
        files = product_files(Product(numbers=values), tmp_path)
        scene = open_scene(write_folder(files, tmp_path / f"{name}.SAFE"))
        with pytest.raises(DamagedScene, match=word):
            read_sigma_nought(scene, VV, Window(0, 0, 2, 2))


def test_absent_or_unreadable_pixels_are_damage(tmp_path):
    files = product_files(Product(), tmp_path)
    measurement = next(name for name in files if name.startswith("measurement") and "-vv-" in name)
    whole = files[measurement]
    files[measurement] = b"not a tiff"
    scene = open_scene(write_folder(files, tmp_path / "text.SAFE"))
    with pytest.raises(DamagedScene, match="cannot be opened"):
        read_sigma_nought(scene, VV, Window(0, 0, 2, 2))
    files[measurement] = whole[: len(whole) - 300]
    scene = open_scene(write_folder(files, tmp_path / "short.SAFE"))
    with pytest.raises(DamagedScene, match="cannot be"):
        read_sigma_nought(scene, VV, Window(0, 0, 12, 20))
    del files[measurement]
    scene = open_scene(write_folder(files, tmp_path / "none.SAFE"))
    with pytest.raises(DamagedScene, match="measurement of VV is missing"):
        read_sigma_nought(scene, VV, Window(0, 0, 2, 2))
    with pytest.raises(UnsupportedScene, match="HH"):
        read_sigma_nought(scene, Polarisation.HH, Window(0, 0, 2, 2))


def test_real_numbers_agree_with_another_calibration(shared_data):
    s1 = shared_data / "s1"
    scene = open_scene(s1 / "products" / "sarsen" / f"{ROME}.SAFE")
    annotation = read_annotation(scene, VV)
    with np.load(s1 / "reference" / "sarsen" / "rome_semireal_radar_crop.npz") as crop:
        place = crop["dn"], int(crop["row0"]), int(crop["col0"])
        for noise, name in ((False, "sigma"), (True, "sigma_denoised")):
            options = RadiometryOptions(remove_noise=noise)
            sigma = read_radiometry(scene, VV, annotation, options).sigma_nought(*place)
            known = ~np.isnan(sigma)
            assert known.mean() > 0.9
            np.testing.assert_allclose(
                sigma[known], crop[name][known], rtol=1e-4, atol=1e-6 * np.nanmax(sigma)
            )


def test_a_zip_with_an_odd_suffix_is_read(tmp_path):
    path = write_zip(product_files(Product(), tmp_path), tmp_path / "S1C_copy.part")
    scene = open_scene(path)
    assert read_sigma_nought(scene, VV, Window(0, 0, 1, 1))[0, 0] == pytest.approx(24.0)
    assert replace(scene, problems=()) == scene
