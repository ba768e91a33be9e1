"""Folders and zips give the same members, and impostors are refused by what they are."""

import os
import zipfile

import pytest

from landslidectl.errors import DamagedScene, NotAScene, UnsupportedScene
from landslidectl.sentinel1.archive import open_archive
from tests.sentinel1.builders import NAME, write_folder, write_zip

FILES = {"manifest.safe": b"<m/>", "annotation/a-vv.xml": b"<a/>", "measurement/a-vv.tiff": b"II"}


@pytest.mark.parametrize("directories", [False, True])
@pytest.mark.parametrize("prefix", [f"{NAME}.SAFE/", "", f"disk/2020/{NAME}.SAFE/"])
def test_a_zip_gives_the_same_members_whatever_its_entries(tmp_path, prefix, directories):
    path = write_zip(FILES, tmp_path / f"{NAME}.zip", prefix, directories)
    archive = open_archive(path)
    assert dict(archive.members()) == {name: len(data) for name, data in sorted(FILES.items())}
    assert archive.read("annotation/a-vv.xml") == b"<a/>"
    assert archive.read("annotation/a-vv.xml", 2) == b"<a"
    assert archive.name == NAME
    assert archive.gdal_path("x") == f"/vsizip/{{{path.resolve().as_posix()}}}/{prefix}x"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_no_product_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / f"{NAME}.zip")
    with pytest.raises(NotAScene, match="neither a folder nor a file"):
        open_archive(tmp_path / f"{NAME}.zip")


def test_the_product_inside_a_renamed_zip_keeps_its_name(tmp_path):
    assert open_archive(write_zip(FILES, tmp_path / "download (1).zip")).name == NAME


def test_a_folder_its_manifest_and_its_wrapper_are_one_product(tmp_path):
    folder = write_folder(FILES, tmp_path / NAME / f"{NAME}.SAFE")
    for path in (folder, folder / "manifest.safe", tmp_path / NAME):
        archive = open_archive(path)
        assert (archive.name, archive.path) == (NAME, folder)
        assert archive.read("measurement/a-vv.tiff") == b"II"


def test_the_litter_of_desktop_systems_is_no_member(tmp_path):
    litter = {"annotation/._a-vv.xml": b"\0", ".DS_Store": b"\0"}
    folder = write_folder({**FILES, **litter}, tmp_path / "a.SAFE")
    assert set(open_archive(folder).members()) == set(FILES)
    zipped = write_zip({**FILES, **litter}, tmp_path / "a.zip")
    with zipfile.ZipFile(zipped, "a") as handle:
        handle.writestr(f"__MACOSX/{NAME}.SAFE/manifest.safe", b"\0")
    assert set(open_archive(zipped).members()) == set(FILES)


@pytest.mark.parametrize(
    ("content", "error", "word"),
    [
        (b"", DamagedScene, "empty"),
        (b"\0" * 4096, DamagedScene, "zero bytes"),
        (b"\n<!DOCTYPE html><html>Log in</html>", NotAScene, "HTML"),
        (b"\xef\xbb\xbf<HTML>", NotAScene, "HTML"),
        (b'{"detail": "unauthorised"}', NotAScene, "JSON"),
        (b"Rar!", NotAScene, "neither"),
    ],
)
def test_what_only_has_the_name_of_a_zip_is_named(tmp_path, content, error, word):
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(content)
    with pytest.raises(error, match=word) as caught:
        open_archive(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_zip_is_damaged(tmp_path, share):
    whole = write_zip({**FILES, "measurement/b.tiff": bytes(range(256)) * 64}, tmp_path / "a.zip")
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with pytest.raises(DamagedScene, match="truncated"):
        open_archive(whole)


def test_a_flipped_byte_inside_a_zip_is_damaged(tmp_path):
    text = b"<a>" + b"0123456789" * 50 + b"</a>"
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as zipped:
        zipped.writestr("manifest.safe", b"<m/>")
        zipped.writestr("annotation/a-vv.xml", text)
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"0123456780", 1))
    with pytest.raises(DamagedScene, match=r"annotation/a-vv\.xml"):
        open_archive(path).read("annotation/a-vv.xml")


def test_what_is_no_product_is_said_plainly(tmp_path):
    with pytest.raises(NotAScene, match="no such"):
        open_archive(tmp_path / "absent.zip")
    with pytest.raises(NotAScene, match="without"):
        open_archive(tmp_path)
    with pytest.raises(NotAScene, match="without"):
        open_archive(write_zip({"a.shp": b"x"}, tmp_path / "shape.zip"))
    (tmp_path / "a.SAFE").mkdir()
    with pytest.raises(DamagedScene, match=r"manifest\.safe is missing"):
        open_archive(tmp_path / "a.SAFE")
    two = {"a.SAFE/manifest.safe": b"<m/>", "b.SAFE/manifest.safe": b"<m/>"}
    with pytest.raises(UnsupportedScene, match="2 products"):
        open_archive(write_zip(two, tmp_path / "two.zip", ""))


def test_a_missing_member_is_damage(tmp_path):
    for path in (write_folder(FILES, tmp_path / "a.SAFE"), write_zip(FILES, tmp_path / "a.zip")):
        with pytest.raises(DamagedScene, match=r"noise\.xml is missing"):
            open_archive(path).read("noise.xml")


def test_a_member_whose_own_name_is_no_text_is_damaged(tmp_path):
    """Its name stands twice: in the table of members and right before the content."""
    path = tmp_path / "S1.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("S1.SAFE/manifest.safe", "<a/>")
        zipped.writestr("S1.SAFE/m\u00e4rz.xml", "<a/>")
    path.write_bytes(path.read_bytes().replace("m\u00e4rz".encode(), b"m\xff\xffrz", 1))
    archive = open_archive(path)
    with pytest.raises(DamagedScene, match="no text"):
        archive.read("m\u00e4rz.xml")
