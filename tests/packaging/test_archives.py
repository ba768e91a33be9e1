"""Archives keep links and permissions, and the same folder gives the same bytes."""

import hashlib
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from landslidectl.packaging.archives import pack_tar, pack_zip, size_of, write_sums

INSTANT = datetime(2026, 5, 4, 3, 2, 2, tzinfo=UTC)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "program"
    (top / "inside").mkdir(parents=True)
    (top / "start").write_text("#!/bin/sh\necho started\n")
    (top / "start").chmod(0o700)
    (top / "inside" / "ä.txt").write_text("text")
    (top / "link").symlink_to("inside")
    return top


@pytest.mark.parametrize("pack", [pack_tar, pack_zip])
def test_the_same_folder_gives_the_same_bytes(
    pack: Callable[[Path, Path, datetime], None], folder: Path, tmp_path: Path
) -> None:
    pack(folder, tmp_path / "one", INSTANT)
    os.utime(folder / "start", (1, 1))
    pack(folder, tmp_path / "two", INSTANT)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_tar_keeps_links_and_what_starts(folder: Path, tmp_path: Path) -> None:
    pack_tar(folder, tmp_path / "a.tar.xz", INSTANT)
    with tarfile.open(tmp_path / "a.tar.xz") as archive:
        careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4 on
        archive.extractall(tmp_path / "out", **careful)
    assert (tmp_path / "out/program/link").readlink() == Path("inside")
    assert (tmp_path / "out/program/link/ä.txt").read_text() == "text"
    said = subprocess.run([tmp_path / "out/program/start"], capture_output=True, check=True)
    assert said.stdout == b"started\n"


def test_zip_keeps_links_and_what_starts(folder: Path, tmp_path: Path) -> None:
    pack_zip(folder, tmp_path / "a.zip", INSTANT)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert archive.read("program/link") == b"inside"
    assert modes["program/link"] == 0o120777
    assert modes["program/start"] == 0o100755
    assert modes["program/inside/ä.txt"] == 0o100644


def test_sums_and_sizes(folder: Path) -> None:
    target = write_sums([folder / "start"], folder)
    digest = hashlib.sha256((folder / "start").read_bytes()).hexdigest()
    assert target.read_text() == f"{digest}  start\n"
    assert size_of(folder / "inside") == 4
    assert size_of(folder) == sum(
        (folder / name).stat().st_size for name in ("start", "inside/ä.txt", "SHA256SUMS")
    )
