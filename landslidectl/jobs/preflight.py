"""Before the work: is there room for it, and may it be written."""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import OutputError, ResourceError
from landslidectl.grid import Grid
from landslidectl.terms import BandSet

FLOAT_BYTES = 4
MIN_FREE_BYTES = 200 * 2**20
MEMORY_BASE_MB = 350
MEMORY_COLS = 12_288
MEMORY_ROWS = 512
MEMORY_BYTES_A_PIXEL = 150


@dataclass(frozen=True, slots=True)
class DiskEstimate:
    """Bytes that a job will need at most, uncompressed."""

    geocoded: int
    dem: int
    stacks: int
    scores: int

    @property
    def total(self) -> int:
        """Return the sum, with a reserve for the product and for the system."""
        return self.geocoded + self.dem + self.stacks + self.scores + MIN_FREE_BYTES


@dataclass(frozen=True, slots=True)
class DiskLoad:
    """What lies on the disk at the same time.

    Parameters
    ----------
    scenes : int
        Geocoded scenes: those of the track that has most, since each track deletes its own.
    tracks : int
        Tracks that get a stack.
    """

    scenes: int
    tracks: int


def estimate_disk(grid: Grid, bands: BandSet, load: DiskLoad) -> DiskEstimate:
    """Estimate the room a job takes.

    Parameters
    ----------
    grid : Grid
        The job's map grid.
    bands : BandSet
        Polarisations that are geocoded.
    load : DiskLoad
        How many scenes and tracks.
    """
    pixels = grid.rows * grid.cols
    polarisations = len(bands.polarisations)
    return DiskEstimate(
        geocoded=pixels * load.scenes * polarisations * FLOAT_BYTES,
        # heights and water, margin included
        dem=pixels * (FLOAT_BYTES + 1) * 5 // 4,
        # two composites with counts, then the stack's bands, quality, counts and four angles
        stacks=pixels * load.tracks * ((4 * polarisations + 4) * FLOAT_BYTES + 5),
        # one a track, the fused one, and the product's layers
        scores=pixels * (load.tracks + 3) * FLOAT_BYTES,
    )


def check_disk(folder: Path, needed_bytes: int) -> None:
    """Refuse early when the disk cannot hold what is to come.

    Raises
    ------
    ResourceError
        With the figures.
    """
    free = shutil.disk_usage(_existing(folder)).free
    if free < needed_bytes:
        raise ResourceError(
            f"{folder}: the disk has {free / 1e9:.1f} GB free, the job may need "
            f"{needed_bytes / 1e9:.1f} GB",
            "Free space, take a smaller --aoi, or choose another disk with --output.",
        )


def estimate_memory_mb(grid: Grid) -> int:
    """Estimate the most memory a job takes, in megabytes.

    The stages work in strips, so the width of the grid counts and its height does not.
    """
    strip_bytes = min(grid.cols, MEMORY_COLS) * MEMORY_ROWS * MEMORY_BYTES_A_PIXEL
    return MEMORY_BASE_MB + strip_bytes // 10**6


def check_memory(grid: Grid, max_memory_mb: int | None) -> None:
    """Refuse early when the job does not fit under the ceiling that the user gave.

    Raises
    ------
    ResourceError
        With the figures.
    """
    needed = estimate_memory_mb(grid)
    if max_memory_mb is not None and needed > max_memory_mb:
        raise ResourceError(
            f"the job may need {needed} MB of memory, --max-memory allows {max_memory_mb} MB",
            "Allow more, or take a narrower --aoi.",
        )


def check_writable(folder: Path) -> None:
    """Make the folder and prove that a file can be written in it.

    Raises
    ------
    OutputError
        If not.
    """
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"landslidectl")
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror or error}",
            "Choose another folder with --output.",
        ) from error


def usable_processors() -> int:
    """Return how many processors this process may use, which can be fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _existing(folder: Path) -> Path:
    """Return the nearest folder that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
