"""The program holds one GDAL where it may, and no library that the loader would refuse."""

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from landslidectl.packaging.libraries import (
    LINK,
    is_loadable,
    shared_projections,
    stripped,
    with_one_gdal,
    without_unused,
)

RASTER = ("rasterio.libs/libgdal-c8c9c467.so.36.3.10.3", "/r/libgdal", "BINARY")
VECTOR = ("pyogrio.libs/libgdal-5661a9de.so.36.3.10.3", "/v/libgdal", "BINARY")
NEWER = ("pyogrio.libs/libgdal-253d08a6.so.38.3.12.4", "/v/libgdal", "BINARY")
CURL = ("rasterio.libs/libcurl-48f5.so.4", "/r/libcurl", "BINARY")
PROJ = [("rasterio/proj_data/proj.db", "/r", "DATA"), ("pyogrio/proj_data/proj.db", "/v", "DATA")]


def test_one_release_of_gdal_is_shipped_once() -> None:
    found = with_one_gdal([RASTER, VECTOR, CURL])
    assert set(found) == {
        RASTER,
        CURL,
        ("rasterio.libs/libgdal-5661a9de.so.36.3.10.3", "libgdal-c8c9c467.so.36.3.10.3", LINK),
        ("pyogrio.libs", "rasterio.libs", LINK),
    }
    assert shared_projections(PROJ, found) == [
        PROJ[0],
        ("pyogrio/proj_data", "../rasterio/proj_data", LINK),
    ]


@pytest.mark.parametrize("entries", [[RASTER, NEWER, CURL], [RASTER, CURL], [VECTOR]])
def test_two_releases_stay_apart(entries: list[tuple[str, str, str]]) -> None:
    assert with_one_gdal(entries) == entries
    assert shared_projections(PROJ, entries) == PROJ


def test_what_no_command_loads_is_left_out() -> None:
    links = [("libcurl-48f5.so.4", "rasterio.libs/libcurl-48f5.so.4", LINK)]
    unused = [("PIL/_avif.cpython-311.so", "/a", "EXTENSION")]
    assert without_unused([RASTER, *links, *unused, CURL]) == [RASTER, CURL]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF is Linux's format")
def test_stripped_libraries_still_load(tmp_path: Path) -> None:
    if shutil.which("strip") is None:
        pytest.skip("no strip here")
    import _decimal

    library = getattr(_decimal, "__file__", None)
    if library is None:
        pytest.skip("this Python has its extensions built in")
    name = Path(library).name
    text = tmp_path / "notes.txt"
    text.write_text("no library")
    given = [(name, library, "EXTENSION"), ("notes.txt", str(text), "BINARY")]
    smaller, kept = stripped(given, tmp_path / "out")
    assert kept == given[1]
    assert Path(smaller[1]).stat().st_size <= Path(library).stat().st_size
    code = (
        "import importlib.util as u; "
        f"s = u.spec_from_file_location('_decimal', {smaller[1]!r}); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.Decimal('1.1'))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1.1"


def elf(path: Path, offset: int, address: int) -> Path:
    """Write the header of a library with one loaded segment."""
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<HH", header, 54, 56, 1)
    segment = struct.pack("<IIQQ", 1, 5, offset, address) + bytes(32)
    path.write_bytes(bytes(header) + segment)
    return path


def test_a_segment_off_its_page_is_told(tmp_path: Path) -> None:
    assert is_loadable(elf(tmp_path / "a.so", 0x1234, 0x401234))
    assert not is_loadable(elf(tmp_path / "b.so", 0x1234, 0x401238))
    (tmp_path / "c.so").write_bytes(b"MZ")
    assert not is_loadable(tmp_path / "c.so")
