"""Which shared libraries the standalone program holds: one GDAL, nothing unused, no symbol tables.

`pyinstaller.spec` hands over what PyInstaller collected, as triples of the name inside the program,
the file it comes from, and a type code.
"""

import re
import shutil
import struct
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]

GDAL = re.compile(r"^(?P<wheel>rasterio|pyogrio)\.libs/libgdal-[0-9a-f]+\.so\.(?P<version>[\d.]+)$")
LINK = "SYMLINK"
KEEPS, SHARES = "rasterio", "pyogrio"
"""rasterio's GDAL serves both: pyogrio's has no ZSTD, in which intermediate rasters are written."""
UNUSED = (
    "PIL/_avif",
    "PIL/_imagingtk",
    "PIL/_imagingcms",
    "pillow.libs/libavif",
    "pillow.libs/liblcms2",
    "rasterio/_example",
    "numpy/_core/_multiarray_tests",
    "numpy/_core/_umath_tests",
)
"""Pictures are written as PNG alone."""
ELF_MAGIC, ELF_64_LITTLE = b"\x7fELF", b"\x02\x01"
PT_LOAD = 1
PAGE = 4096


def without_unused(entries: Iterable[Entry]) -> list[Entry]:
    """Leave out libraries that no command loads, and second names of those that stay.

    PyInstaller puts a link at the top to every library that lies in a folder of its wheel. Wheels
    find theirs by their run path, and links are what copying to a stick spoils.
    """
    return [entry for entry in entries if entry[2] != LINK and not entry[0].startswith(UNUSED)]


def with_one_gdal(entries: Sequence[Entry]) -> list[Entry]:
    """Let pyogrio use rasterio's GDAL where both wheels bring the same release of it.

    Their C interface is the same then, and what each loads by its own name becomes a link to one
    file, which the loader takes for one library. Where releases differ, both copies stay.

    Parameters
    ----------
    entries : sequence of Entry

    Returns
    -------
    list of Entry
    """
    found = {}
    for name, _, kind in entries:
        match = GDAL.match(name)
        if match and kind != LINK:
            found[match["wheel"]] = (name, match["version"])
    if set(found) != {KEEPS, SHARES} or found[KEEPS][1] != found[SHARES][1]:
        return list(entries)
    dropped, kept = found[SHARES][0], PurePosixPath(found[KEEPS][0])
    rest = [entry for entry in entries if not entry[0].startswith(f"{SHARES}.libs/")]
    # The loader looks for what a library needs beside the name by which it was opened, so the
    # folder as a whole leads to the other.
    alias = str(kept.with_name(PurePosixPath(dropped).name))
    return [*rest, (alias, kept.name, LINK), (f"{SHARES}.libs", f"{KEEPS}.libs", LINK)]


def shared_projections(entries: Sequence[Entry], binaries: Sequence[Entry]) -> list[Entry]:
    """Give pyogrio the PROJ database of rasterio where `with_one_gdal` joined the two.

    Parameters
    ----------
    entries : sequence of Entry
        The data files.
    binaries : sequence of Entry
        The libraries, as `with_one_gdal` returned them.
    """
    if (f"{SHARES}.libs", f"{KEEPS}.libs", LINK) not in binaries:
        return list(entries)
    rest = [entry for entry in entries if not entry[0].startswith(f"{SHARES}/proj_data/")]
    return [*rest, (f"{SHARES}/proj_data", f"../{KEEPS}/proj_data", LINK)]


def stripped(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """Take the symbol tables out of libraries that stay loadable without them.

    auditwheel moves segments of the libraries that it renames, and ``strip`` then leaves some that
    the loader refuses; those stay as they are.

    Parameters
    ----------
    entries : iterable of Entry
    folder : Path
        Where the smaller copies are put.

    Returns
    -------
    list of Entry
    """
    folder.mkdir(parents=True, exist_ok=True)
    tool = shutil.which("strip")
    return [_stripped(entry, folder, tool) for entry in entries]


def is_loadable(library: Path) -> bool:
    """Say whether every segment lies in the file as the loader wants it.

    Offset and address of a segment must be equal modulo the page (ELF-64 specification, program
    header), else the loader says "ELF load command address/offset not page-aligned".
    """
    data = library.read_bytes()
    if not data.startswith(ELF_MAGIC + ELF_64_LITTLE):
        return False
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for index in range(count):
        kind, _, offset, address = struct.unpack_from("<IIQQ", data, table + index * size)
        if kind == PT_LOAD and offset % PAGE != address % PAGE:
            return False
    return True


def _stripped(entry: Entry, folder: Path, tool: str | None) -> Entry:
    name, source, kind = entry
    if tool is None or kind not in ("BINARY", "EXTENSION") or not _is_elf(Path(source)):
        return entry
    smaller = folder / name
    smaller.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([tool, "--strip-unneeded", "-o", str(smaller), source], check=True)
    return (name, str(smaller), kind) if is_loadable(smaller) else entry


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == ELF_MAGIC
