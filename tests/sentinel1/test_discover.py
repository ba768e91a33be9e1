"""Scenes are found among junk; what cannot be used is refused by name and reason."""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from landslidectl.errors import DamagedScene, NotAScene, UnsupportedScene
from landslidectl.grid import Window
from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.describe import describe_manifest
from landslidectl.sentinel1.discover import describe_scene, find_scenes, open_scene
from landslidectl.sentinel1.manifest import read_manifest
from landslidectl.sentinel1.radiometry import read_sigma_nought
from landslidectl.terms import Pass, Polarisation, Track
from tests.sentinel1.builders import (
    NAME,
    Product,
    product_files,
    short_named,
    stem,
    write_folder,
    write_zip,
)

VV, VH = Polarisation.VV, Polarisation.VH
HARARE = "S1A_IW_GRDH_1SDV_20210119T031653_20210119T031718_036201_043ED0_8255"
AEGEAN = "S1A_IW_GRDH_1SDV_20150203T043109_20150203T043134_004454_00574F_6D00"
ROME = "S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371"
ARCTIC = "S1A_EW_GRDM_1SDH_20221130T014342_20221130T014446_046117_058549_BB15"


def test_real_products_are_read_as_their_manifests_say(shared_data):
    found = find_scenes([shared_data / "s1" / "products"])
    table = [
        (scene.scene_id, scene.polarisations, scene.ipf, scene.datatake, scene.timeliness)
        for scene in found.scenes
    ]
    assert table == [
        (AEGEAN, (VV, VH), "2.70", "00574F", "NRT-10m"),
        (HARARE, (VV, VH), "3.31", "043ED0", "Fast-24h"),
        (ROME, (VV,), "3.40", "039993", "NRT-3h"),
    ]
    tracks = [scene.track for scene in found.scenes]
    assert tracks == [Track(orbit, Pass.DESCENDING) for orbit in (7, 79, 22)]
    rome = found.scenes[2]
    assert rome.start == datetime(2021, 12, 23, 5, 11, 22, 594441, tzinfo=UTC)
    assert rome.footprint[0] == (14.925448, 40.876698)
    assert (rome.platform, rome.product_type, rome.absolute_orbit) == ("S1B", "GRDH", 30148)
    [refusal] = found.refused
    assert refusal.path.name == f"{ARCTIC}.zip"
    assert "EW" in refusal.reason
    assert "HH" in refusal.reason


def test_what_real_products_lack_is_named(shared_data):
    products = shared_data / "s1" / "products"
    rome = open_scene(products / "sarsen" / f"{ROME}.SAFE")
    assert rome.recorded == (VV, VH)
    assert "measurement of VV has 434506 bytes, the manifest says 872345960" in rome.problems
    assert "annotation of VH is missing" in rome.problems
    with pytest.raises(DamagedScene, match="872345960"):
        rome.require_pixels([VV])
    with pytest.raises(DamagedScene, match="metadata of VH is missing"):
        rome.require_pixels([VH])
    harare = open_scene(products / f"{HARARE}.zip")
    assert harare.problems == ("measurement of VV is missing", "measurement of VH is missing")
    with pytest.raises(DamagedScene, match="measurement of VH is missing"):
        harare.require_pixels([VH])


def test_the_description_of_a_real_product(shared_data):
    described = describe_scene(open_scene(shared_data / "s1" / "products" / f"{AEGEAN}.zip"))
    assert (described["lines"], described["samples"]) == (16712, 25560)
    assert described["relative_orbit"] == 7
    assert described["pass"] == "descending"
    assert described["track"] == "D007"
    assert described["start"] == "2015-02-03T04:31:09.448219+00:00"
    assert described["line_interval_s"] == pytest.approx(1.495992e-3, abs=1e-9)
    assert described["incidence_mid_deg"] == pytest.approx(39.0, abs=0.3)
    assert described["bands"]["VH"]["thermal_noise_known"] is True
    assert described["pixels_usable"] is False


def test_an_unsupported_product_can_still_be_described(shared_data):
    archive = open_archive(shared_data / "s1" / "products" / f"{ARCTIC}.zip")
    described = describe_manifest(read_manifest(archive))
    assert described["mode"] == "EW"
    assert described["ipf"] == "3.52"
    assert described["recorded_polarisations"] == ["HH", "HV"]
    assert described["relative_orbit"] == 20
    assert described["product_type"] == "GRD"


def test_folder_and_zip_are_the_same_scene(tmp_path):
    files = product_files(Product(), tmp_path)
    folder = open_scene(write_folder(files, tmp_path / f"{NAME}.SAFE"))
    zipped = open_scene(write_zip(files, tmp_path / f"{NAME}.zip"))
    assert replace(zipped, path=folder.path) == folder
    assert folder.platform == "S1C"
    assert folder.ipf == "3.71"
    assert folder.datatake == "00ABCD"
    assert folder.problems == ()
    folder.require_pixels([VV, VH])
    assert len({folder, zipped}) == 2


def test_short_names_without_entries_in_the_manifest(tmp_path):
    files = short_named(product_files(Product(), tmp_path))
    scene = open_scene(write_zip(files, tmp_path / "a.zip", "product/"))
    assert scene.polarisations == (VV, VH)
    assert scene.members[VH].measurement == "measurement/iw-vh.tiff"
    assert scene.members[VH].noise == "annotation/calibration/noise-iw-vh.xml"
    scene.require_pixels([VV, VH])
    files["measurement/iw-vh.tiff"] = b""
    scene = open_scene(write_zip(files, tmp_path / "b.zip", "product/"))
    assert [problem for problem in scene.problems if "measurement of VH has 0 bytes" in problem]
    scene.require_pixels([VV])
    with pytest.raises(DamagedScene, match="0 bytes"):
        scene.require_pixels([VV, VH])


@pytest.mark.parametrize("letter", ["A", "B", "C", "D", "Z"])
@pytest.mark.parametrize("is_cog", [False, True])
@pytest.mark.parametrize("layout", ["folder", "zip", "zip with folders", "short names"])
def test_every_satellite_and_format_is_read_alike(tmp_path, letter, is_cog, layout):
    """The letter comes from the manifest, and nothing is decided by the letters of a name."""
    values = np.arange(240, dtype=np.uint16).reshape(12, 20) + 20
    product = Product(number=letter, is_cog=is_cog, numbers=values, noise_dn2=0.0)
    files = product_files(product, tmp_path)
    name = f"S1{letter}_IW_GRDH_1SDV_x{'_COG' * is_cog}"
    if layout == "folder":
        path = write_folder(files, tmp_path / f"{name}.SAFE")
    elif layout == "short names":
        path = write_folder(short_named(files), tmp_path / name)
    else:
        path = write_zip(files, tmp_path / "a.zip", f"{name}.SAFE/", layout == "zip with folders")
    scene = open_scene(path)
    assert (scene.platform, scene.scene_id, scene.problems) == (f"S1{letter}", name, ())
    for polarisation in (VV, VH):
        sigma = read_sigma_nought(scene, polarisation, Window(0, 0, 12, 20))
        np.testing.assert_allclose(sigma, values.astype(float) ** 2 / 100.0, rtol=1e-6)


def test_tiles_and_strips_are_told_by_content(tmp_path):
    """A COG measurement really is tiled here, and its name does not say so."""
    import rasterio

    files = product_files(Product(is_cog=True), tmp_path)
    folder = write_folder(short_named(files), tmp_path / "a.SAFE")
    with rasterio.open(open_scene(folder).path / "measurement" / "iw-vv-cog.tiff") as dataset:
        assert dataset.profile["tiled"]
        assert dataset.profile["compress"] == "deflate"


def test_pixels_that_a_distributor_converted_are_taken(tmp_path):
    """Renamed and made into a COG, they have not the manifest's size."""
    files = short_named(product_files(Product(), tmp_path))
    cog = short_named(product_files(Product(is_cog=True), tmp_path))
    for one in ("vv", "vh"):
        files[f"measurement/iw-{one}.tiff"] = cog[f"measurement/iw-{one}-cog.tiff"]
    scene = open_scene(write_folder(files, tmp_path / "a.SAFE"))
    assert scene.problems == ()
    scene.require_pixels([VV, VH])
    assert read_sigma_nought(scene, VH, Window(0, 0, 1, 1))[0, 0] == pytest.approx(24.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"mode": "EW"}, "EW"),
        ({"mode": "SM"}, "SM"),
        ({"product_type": "SLC"}, "SLC"),
        ({"product_type": "RAW"}, "RAW"),
        ({"polarisations": ("HH", "HV")}, "HH and HV"),
        ({"polarisations": ("VH",)}, "without VV"),
        ({"spacing_m": 40.0}, "GRDM"),
    ],
)
def test_other_kinds_of_product_are_unsupported(tmp_path, change, word):
    path = write_zip(product_files(Product(**change), tmp_path), tmp_path / "a.zip")
    with pytest.raises(UnsupportedScene, match=word):
        open_scene(path)


def test_a_product_of_another_satellite_family_is_no_scene(tmp_path):
    path = write_zip(product_files(Product(family="SENTINEL-2"), tmp_path), tmp_path / "a.zip")
    with pytest.raises(NotAScene, match="SENTINEL-2"):
        open_scene(path)


def test_a_polarisation_that_was_never_recorded_is_unsupported(tmp_path):
    files = product_files(Product(polarisations=("VV",)), tmp_path)
    scene = open_scene(write_zip(files, tmp_path / "a.zip"))
    with pytest.raises(UnsupportedScene, match="only VV was recorded"):
        scene.require_pixels([VV, VH])


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b"</product>", b"", "well-formed"),
        (b"<numberOfLines>12</numberOfLines>", b"", "numberOfLines is missing"),
        (b"<numberOfSamples>20<", b"<numberOfSamples>1000000000000<", "no scene's"),
        (b"<numberOfLines>12<", b"<numberOfLines>99999999<", "no scene's"),
        (b"5.405e9", b"many", "radarFrequency is no number"),
        (b"0.0 1.9 -4e-06", b"0.0 one", "srgrCoefficients"),
        (b"Earth Fixed", b"GM2000", "not Earth Fixed"),
        (b"0.0 1.9 -4e-06", b"1 " * 1000, "1000 srgrCoefficients"),
        (b"<sr0>800000.0", b"<sr0>1e308", r"sr0 1e\+308"),
        (b"2020-01-02T03:04:05", b"0001-01-02T03:04:05", "no time of a radar satellite"),
        (b"<product>", b"<!DOCTYPE p [<!ENTITY a 'b'>]><product>", "declares a document type"),
        (b"<product>", b" " * (17 << 20) + b"<product>", "more than 16 MB"),
    ],
)
def test_damage_in_an_annotation_names_member_and_element(tmp_path, old, new, word):
    files = product_files(Product(), tmp_path)
    member = f"annotation/{stem('VV')}.xml"
    assert old in files[member]
    files[member] = files[member].replace(old, new)
    with pytest.raises(DamagedScene, match=word) as caught:
        open_scene(write_zip(files, tmp_path / "a.zip"))
    assert member in caught.value.message


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_a_name_that_is_no_text_is_refused_and_can_be_recorded(tmp_path):
    files = product_files(Product(), tmp_path)
    write_zip(files, tmp_path / f"{NAME}.zip").rename(tmp_path / os.fsdecode(b"S1A_\xe9.zip"))
    found = find_scenes([tmp_path])
    assert found.scenes == ()
    (refusal,) = found.refused
    assert "no text in UTF-8" in refusal.reason
    str(refusal.path).encode("utf-8")


@pytest.mark.parametrize(
    ("coordinates", "word"),
    [
        (b"40.0,12.0 40.0,13.0", "2 corners"),
        (b"40.0,12.0 40.0,13.0 41.0,1e308", "off the Earth"),
        (b"40.0,12.0 nan,13.0 41.0,13.0", "off the Earth"),
        (b"40.0,12.0 40.0;13.0 41.0,13.0", "no lat,lon pairs"),
    ],
)
def test_a_footprint_that_is_none_is_damage(tmp_path, coordinates, word):
    files = product_files(Product(), tmp_path)
    sound = b"40.0,12.0 40.0,13.0 41.0,13.0 41.0,12.0"
    assert sound in files["manifest.safe"]
    files["manifest.safe"] = files["manifest.safe"].replace(sound, coordinates)
    with pytest.raises(DamagedScene, match=word):
        open_scene(write_zip(files, tmp_path / "a.zip"))


def test_find_scenes_passes_over_junk_and_refuses_the_broken(tmp_path):
    files = product_files(Product(), tmp_path)
    disk = tmp_path / "disk"
    folder = write_folder(files, disk / "2020" / f"{NAME}.SAFE")
    write_folder(files, folder / "nested" / "copy.SAFE")
    whole = write_zip(files, disk / f"{NAME}.zip")
    broken = disk / "S1A_broken.zip"
    broken.write_bytes(whole.read_bytes()[:5000])
    page = disk / "S1A_page.zip"
    page.write_bytes(b"<html>")
    unrelated = write_zip({"a.shp": b"x"}, disk / "roads.zip", "")
    (disk / "readme.txt").write_text("hello")
    (disk / ".hidden.zip").write_bytes(b"")
    (disk / "loop").symlink_to(disk)
    found = find_scenes([disk, disk, whole])
    assert [scene.path for scene in found.scenes] == [folder, whole]
    assert [refusal.path for refusal in found.refused] == [broken, page]
    assert "truncated" in found.refused[0].reason
    given = find_scenes([unrelated, disk / "readme.txt", disk / "gone"])
    assert [refusal.path.name for refusal in given.refused] == ["gone", "readme.txt", "roads.zip"]


@pytest.mark.parametrize("letter", ["A", "C", "D", "Z"])
def test_a_product_without_a_suffix_is_found_whatever_its_satellite(tmp_path, letter):
    """Browsers drop suffixes; a broken one must be refused by name, not passed over as junk."""
    name = f"S1{letter}{NAME[3:]}"
    files = product_files(Product(number=letter), tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    write_zip(files, disk / name)
    stranger = write_zip({"a.txt": b"x"}, disk / f"{name}_2.zip", "")
    found = find_scenes([disk])
    assert [scene.path.name for scene in found.scenes] == [name]
    assert [refusal.path for refusal in found.refused] == [stranger]
