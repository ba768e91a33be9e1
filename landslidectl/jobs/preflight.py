"""Before the work: is there room for it, and may it be written."""

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
    stacks: int
    scores: int

    @property
    def total(self) -> int:
        """Return the sum, with a reserve for the product and for the system."""
        return self.geocoded + self.stacks + self.scores + MIN_FREE_BYTES


def estimate_disk(grid: Grid, bands: BandSet, scenes: int, tracks: int) -> DiskEstimate:
    """Estimate the room a job takes.

    Parameters
    ----------
    grid : Grid
        The job's map grid.
    bands : BandSet
        Polarisations that are geocoded.
    scenes, tracks : int
        How many of each.
    """
    pixels = grid.rows * grid.cols
    polarisations = len(bands.polarisations)
    return DiskEstimate(
        geocoded=pixels * scenes * polarisations * FLOAT_BYTES,
        # both composites, the stack's bands, quality and counts
        stacks=pixels * tracks * (4 * polarisations * FLOAT_BYTES + 3),
        # one a track, the fused one, and the product's layers
        scores=pixels * (tracks + 3) * FLOAT_BYTES,
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


def _existing(folder: Path) -> Path:
    """Return the nearest folder that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
