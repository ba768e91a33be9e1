import io
import struct
import time
import zipfile
from pathlib import Path

import pytest

from landslidectl.files.zips import read_table, zip_bytes

MEMBERS = [("doc.kml", b"<kml/>" * 100), ("files/a.png", b"\x89PNG" * 100)]


def test_same_members_give_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = zip_bytes(MEMBERS)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert zip_bytes(MEMBERS) == first


def test_members_keep_order_content_and_mode() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_bytes(MEMBERS))) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == MEMBERS
        assert archive.testzip() is None
        text, picture = archive.infolist()
    assert text.compress_size < text.file_size
    assert picture.compress_size == picture.file_size, "what is compressed is only stored"
    assert {info.external_attr >> 16 for info in (text, picture)} == {0o100644}


def write(path: Path, *names: str, **changes: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            for field, value in changes.items():
                setattr(info, field, value)
            archive.writestr(info, b"content")
    return path


def test_a_sound_table_is_given_without_folders(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", "a/", "a/b.xml", "./c..d", "\u00fc \u6771.txt")
    assert [entry.filename for entry in read_table(path)] == [
        "a/b.xml",
        "./c..d",
        "\u00fc \u6771.txt",
    ]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../a", "leads out"),
        ("a/../../b", "leads out"),
        ("/a", "leads out"),
        ("\\\\host\\a", "leads out"),
        ("C:\\a", "leads out"),
        (".", "leads out"),
        ("\0a", "leads out"),  # read as a name without a letter
        ("a\x1b[2J", "control characters"),
        ("a\u202eb", "control characters"),
    ],
)
def test_hostile_names_are_refused_and_shown_tamed(tmp_path: Path, name: str, word: str) -> None:
    with pytest.raises(zipfile.BadZipFile, match=word) as caught:
        read_table(write(tmp_path / "a.zip", "sound", name))
    assert str(caught.value).isprintable()


def test_links_and_what_is_no_zip_are_refused(tmp_path: Path) -> None:
    linked = write(tmp_path / "a.zip", "a", external_attr=0o120777 << 16)
    with pytest.raises(zipfile.BadZipFile, match="is a link"):
        read_table(linked)
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(zipfile.BadZipFile, match="no table"):
        read_table(tmp_path / "b.zip")


def test_a_version_that_python_does_not_know_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", "a")
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02") + 6] = 99
    path.write_bytes(data)
    with pytest.raises(zipfile.BadZipFile, match="version"):
        read_table(path)


def test_a_big_table_is_taken_and_an_endless_one_is_not(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", "a", "b")
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", data, end + 12)
    for size_told in (size, 1 << 40):
        big = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, size_told, start)
        locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
        path.write_bytes(data[:end] + big + locator + data[end:])
        if size_told == size:
            assert len(read_table(path)) == 2
    with pytest.raises(zipfile.BadZipFile, match="table of members has"):
        read_table(path)
