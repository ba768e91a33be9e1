"""The oldest glibc that a program runs on, told by the versions that its libraries name."""

import re
from pathlib import Path

ELF_MAGIC = b"\x7fELF"
NEEDED = re.compile(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)")
"""A name in the string table of a library, as its version needs refer to it (ELF gABI, verneed)."""


def needed_glibc(folder: Path) -> str:
    """Return the newest version of glibc that a file below a folder asks for, such as ``2.36``.

    Empty where no file asks for one, as on Windows and macOS.
    """
    versions = [version for path in folder.rglob("*") for version in _versions(path)]
    return ".".join(map(str, max(versions))) if versions else ""


def _versions(path: Path) -> set[tuple[int, int]]:
    if path.is_symlink() or not path.is_file():
        return set()
    content = path.read_bytes()
    if not content.startswith(ELF_MAGIC):
        return set()
    return {(int(major), int(minor)) for major, minor in NEEDED.findall(content)}
