"""Checking a product against itself: sizes, digests and checksums in one pass over its bytes."""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import DamagedScene
from landslidectl.files.hashing import CHUNK_BYTES
from landslidectl.files.zips import END_RECORD, END_RECORD_BYTES, LONGEST_COMMENT
from landslidectl.sentinel1.archive import SceneArchive
from landslidectl.sentinel1.manifest import Manifest, ManifestFile
from landslidectl.sentinel1.members import match_listed

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What a check of a product found.

    Parameters
    ----------
    problems : tuple of str
        Each names the member and what is wrong with it; empty for an intact product.
    unchecked : tuple of str
        Members with nothing to compare them with: some distributors rename and convert them.
    """

    problems: tuple[str, ...]
    unchecked: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be read, and what is known without reading."""

    digests: dict[str, str]
    faults: dict[str, str]
    unchecked: tuple[str, ...]


def bytes_to_read(archive: SceneArchive, manifest: Manifest) -> int:
    """Return how many bytes `check_product` reads of an intact product."""
    sizes = archive.members()
    return sum(sizes[name] for name in _to_read(archive, _plan(archive, manifest)))


def check_product(
    archive: SceneArchive, manifest: Manifest, advance: Advance = lambda count: None
) -> Integrity:
    """Compare every file with the manifest's size and MD5 digest, in a zip also with its checksum.

    Parameters
    ----------
    archive : SceneArchive
        Of any Sentinel-1 product, supported or not.
    manifest : Manifest
        Its manifest.
    advance : callable
        Told how many bytes were read since it was last told.

    Returns
    -------
    Integrity
        All problems, not only the first.

    Notes
    -----
    In a zip every member is read, since each has a checksum; in a folder those with a digest.
    """
    plan = _plan(archive, manifest)
    problems = dict(plan.faults)
    for name in _to_read(archive, plan):
        problem = _read_through(archive, name, plan.digests.get(name, ""), advance)
        if problem:
            problems[name] = problem
    beyond = _bytes_beyond_zip(archive.path) if archive.path.is_file() else 0
    if beyond:
        problems[archive.path.name] = f"{beyond} bytes follow the end of the zip"
    return Integrity(tuple(problems.values()), plan.unchecked)


def _plan(archive: SceneArchive, manifest: Manifest) -> _Plan:
    digests, faults, unchecked = {}, {}, []
    sizes = archive.members()
    for file, name in match_listed(archive, manifest):
        if name is None:
            faults[file.name] = f"{file.name} is missing"
        elif not _is_as_listed(file, name):
            unchecked.append(name)
            if sizes[name] == 0:
                faults[name] = f"{name} has 0 bytes"
        elif file.size >= 0 and sizes[name] != file.size:
            faults[name] = f"{name} has {sizes[name]} bytes, the manifest says {file.size}"
        else:
            digests[name] = file.md5
    return _Plan(digests, faults, tuple(unchecked))


def _is_as_listed(file: ManifestFile, name: str) -> bool:
    """Tell whether a member can be expected to hold the listed bytes: pixels may be converted."""
    return name == file.name or not name.startswith("measurement/")


def _to_read(archive: SceneArchive, plan: _Plan) -> list[str]:
    if archive.path.is_file():
        return list(archive.members())
    return [name for name, digest in plan.digests.items() if digest]


def _read_through(archive: SceneArchive, name: str, md5: str, advance: Advance) -> str:
    """Read a member to its end and say what is wrong with it; empty where nothing is."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with archive.open(name) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                advance(len(chunk))
    except DamagedScene as error:
        return error.reason
    if md5 and digest.hexdigest() != md5:
        return f"{name} differs from its MD5 digest in the manifest"
    return ""


def _bytes_beyond_zip(path: Path) -> int:
    """Return how many bytes follow the last record of a zip, which readers pass over."""
    with zipfile.ZipFile(path) as zipped:
        comment = len(zipped.comment)
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(size - LONGEST_COMMENT - END_RECORD_BYTES, 0))
        tail = handle.read()
    end = tail.rfind(END_RECORD)
    return len(tail) - (end + END_RECORD_BYTES + comment) if end >= 0 else 0
