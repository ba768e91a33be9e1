"""Every kind of damage is found, each problem names its member, and all of it in one pass."""

import zipfile

import pytest

from landslidectl.sentinel1.archive import open_archive
from landslidectl.sentinel1.integrity import bytes_to_read, check_product
from landslidectl.sentinel1.manifest import read_manifest
from tests.sentinel1.builders import (
    Product,
    product_files,
    short_named,
    stem,
    write_folder,
    write_zip,
)

HARARE = "S1A_IW_GRDH_1SDV_20210119T031653_20210119T031718_036201_043ED0_8255"
ARCTIC = "S1A_EW_GRDM_1SDH_20221130T014342_20221130T014446_046117_058549_BB15"
PIXELS = f"measurement/{stem('VV')}.tiff"
NOISE = f"annotation/calibration/noise-{stem('VH')}.xml"


@pytest.fixture
def files(tmp_path):
    return product_files(Product(extra={"preview/quick-look.png": b"png" * 99}), tmp_path)


def check(path):
    archive = open_archive(path)
    manifest = read_manifest(archive)
    counts = []
    found = check_product(archive, manifest, counts.append)
    return found, sum(counts), bytes_to_read(archive, manifest)


def written(files, tmp_path, kind):
    if kind == "zip":
        return write_zip(files, tmp_path / "a.zip")
    return write_folder(files, tmp_path / "a.SAFE")


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_an_intact_product_has_no_problem_and_is_read_once(tmp_path, files, kind):
    found, read, expected = check(written(files, tmp_path, kind))
    assert found.is_intact
    assert found.unchecked == ()
    listed = sum(
        len(content) for name, content in files.items() if "/s1c-" in name or "-s1c" in name
    )
    everything = sum(len(content) for content in files.values())
    assert read == expected == (everything if kind == "zip" else listed)


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_all_problems_are_told_each_by_name(tmp_path, files, kind):
    size = len(files[PIXELS])
    files[PIXELS] = files[PIXELS][:-50]
    del files[NOISE]
    other = f"annotation/{stem('VV')}.xml"
    files[other] = files[other].replace(b"40.0", b"41.0")
    found, *_ = check(written(files, tmp_path, kind))
    assert set(found.problems) == {
        f"{PIXELS} has {size - 50} bytes, the manifest says {size}",
        f"{NOISE} is missing",
        f"{other} differs from its MD5 digest in the manifest",
    }


def test_extra_bytes_are_told(tmp_path, files):
    size = len(files[PIXELS])
    files[PIXELS] += b"more"
    found, *_ = check(write_folder(files, tmp_path / "a.SAFE"))
    assert found.problems == (f"{PIXELS} has {size + 4} bytes, the manifest says {size}",)
    files[PIXELS] = files[PIXELS][:-4]
    path = write_zip(files, tmp_path / "a.zip")
    with path.open("ab") as handle:
        handle.write(b"<html>gone</html>")
    assert check(path)[0].problems == ("17 bytes follow the end of the zip",)


def test_a_comment_of_a_zip_is_no_damage(tmp_path, files):
    path = write_zip(files, tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.comment = b"from the archive"
    assert check(path)[0].is_intact


def test_a_flipped_bit_shows_even_in_a_member_without_digest(tmp_path, files):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    content = path.read_bytes()
    assert content.count(b"pngpngpng") == 33
    path.write_bytes(content.replace(b"pngpngpng", b"pngpngpnG", 1))
    found, *_ = check(path)
    [problem] = found.problems
    assert "preview/quick-look.png" in problem
    assert "CRC" in problem


def test_renamed_products_are_compared_as_far_as_they_can_be(tmp_path, files):
    renamed = short_named(files)
    renamed["measurement/iw-vv.tiff"] = b"converted"
    found, *_ = check(write_folder(renamed, tmp_path / "a.SAFE"))
    assert found.is_intact
    assert found.unchecked == ("measurement/iw-vv.tiff", "measurement/iw-vh.tiff")
    renamed["annotation/calibration/noise-iw-vh.xml"] += b" "
    renamed["measurement/iw-vv.tiff"] = b""
    found, *_ = check(write_folder(renamed, tmp_path / "a.SAFE"))
    assert len(found.problems) == 2
    assert any("noise-iw-vh.xml has" in problem for problem in found.problems)
    assert "measurement/iw-vv.tiff has 0 bytes" in found.problems


def test_a_real_renamed_product_is_recognised(shared_data):
    """Only its pixels, which were left empty, are at fault."""
    found, *_ = check(shared_data / "s1" / "products" / f"{ARCTIC}.zip")
    assert found.problems == (
        "measurement/ew-hh.tiff has 0 bytes",
        "measurement/ew-hv.tiff has 0 bytes",
    )


def test_a_real_product_lacks_only_its_pixels(shared_data):
    found, read, _ = check(shared_data / "s1" / "products" / f"{HARARE}.zip")
    assert len(found.problems) == 2
    assert all("measurement" in problem and "missing" in problem for problem in found.problems)
    assert read > 6e6
