"""Checking products byte by byte, one after the other, whatever becomes of any of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import InputError, SceneError
from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.sentinel1.archive import SceneArchive, open_archive
from landslidectl.sentinel1.describe import JSON, describe_manifest
from landslidectl.sentinel1.discover import Candidate, find_candidates
from landslidectl.sentinel1.integrity import bytes_to_read, check_product
from landslidectl.sentinel1.manifest import Manifest, read_manifest

STEP = "verify"
BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one product.

    Parameters
    ----------
    path : Path
        Folder or zip.
    name : str
        Product name, or that of the path where it cannot be read.
    problems : tuple of str
        Everything that is wrong; empty for an intact product.
    unchecked : tuple of str
        Members with nothing to compare them with.
    product : dict
        What the manifest says, JSON-ready; empty where it cannot be read.
    """

    path: Path
    name: str
    problems: tuple[str, ...]
    unchecked: tuple[str, ...]
    product: dict[str, JSON]

    @property
    def is_intact(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


def verify_scenes(paths: Sequence[Path], reporter: Reporter = silent) -> tuple[Verdict, ...]:
    """Check every product among files and folders against its manifest and its zip.

    Products of any type can be checked, also those that the method does not take.

    Returns
    -------
    tuple of Verdict
        In the order of the paths; those of a folder by name.

    Raises
    ------
    InputError
        If there is no product at all.
    """
    began = time.monotonic()
    opened = [one for one in map(_open, find_candidates(paths)) if one is not None]
    if not opened:
        raise InputError(
            f"no Sentinel-1 product in {', '.join(str(path) for path in paths) or 'nothing'}",
            "Give .SAFE folders, their zips, or a folder that holds them.",
        )
    progress = _Progress(reporter)
    megabytes = sum(one.bytes for one in opened if isinstance(one, _Opened)) // BYTES_PER_MB
    reporter(StepStarted(STEP, "Checking products", megabytes, "MB"))
    verdicts = tuple(one if isinstance(one, Verdict) else _check(one, progress) for one in opened)
    reporter(StepFinished(STEP, time.monotonic() - began, f"{len(verdicts)} products"))
    return verdicts


@dataclass(frozen=True, slots=True)
class _Opened:
    archive: SceneArchive
    manifest: Manifest
    bytes: int


class _Progress:
    """Add up bytes and tell of whole megabytes."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._bytes = 0

    def __call__(self, count: int) -> None:
        """Take the count of bytes read since the last call."""
        self._bytes += count
        self._reporter(StepAdvanced(STEP, self._bytes // BYTES_PER_MB))


def _open(candidate: Candidate) -> _Opened | Verdict | None:
    """Open a product; say what is wrong where that fails, and nothing of what is no product."""
    try:
        archive = open_archive(candidate.path)
        manifest = read_manifest(archive)
    except SceneError as error:
        if candidate.is_unrelated(error):
            return None
        return Verdict(candidate.path, candidate.path.name, (error.reason,), (), {})
    return _Opened(archive, manifest, bytes_to_read(archive, manifest))


def _check(opened: _Opened, progress: _Progress) -> Verdict:
    archive, manifest = opened.archive, opened.manifest
    found = check_product(archive, manifest, progress)
    return Verdict(
        archive.path, archive.name, found.problems, found.unchecked, describe_manifest(manifest)
    )
