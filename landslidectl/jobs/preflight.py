"""Before the work: is there room for it, and may it be written."""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from landslidectl.errors import ResourceError
from landslidectl.files.atomic import unwritable
from landslidectl.grid import Grid
from landslidectl.terms import BandSet

FLOAT_BYTES = 4
# speckle hardly gets smaller (3.6 bytes a number were seen), heights and angles do (1 to 2)
SPECKLED_BYTES = 4
SMOOTH_BYTES = 3
MIN_FREE_BYTES = 200 * 2**20
MEMORY_BASE_MB = 350
MEMORY_THREAD_MB = 60
# geocoding holds about 1500 lines of a scene, twice while it moves on, as float32
HELD_LINES = 2 * 1500
SWATH_SAMPLES = 26_500


@dataclass(frozen=True, slots=True)
class DiskEstimate:
    """Bytes that a job will need at most, as compressed as each kind of raster is at its worst."""

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
        geocoded=pixels * load.scenes * polarisations * SPECKLED_BYTES,
        # heights and water, margin included
        dem=pixels * SMOOTH_BYTES * 5 // 4,
        # two composites with counts, then the stack's bands, quality, counts and four angles
        stacks=pixels * load.tracks * (4 * polarisations * SPECKLED_BYTES + 4 * SMOOTH_BYTES + 1),
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
    free = shutil.disk_usage(existing_folder(folder)).free
    if free < needed_bytes:
        raise ResourceError(
            f"{folder}: the disk has {free / 1e9:.1f} GB free, the job may need "
            f"{needed_bytes / 1e9:.1f} GB",
            "Free space, take a smaller --aoi, or choose another disk with --output.",
        )


def estimate_memory_mb(grid: Grid, bands: BandSet, threads: int = 1) -> int:
    """Estimate the most memory a job takes, in megabytes.

    The stages work in tiles and strips, so the width of the scene counts, up to that of the swath,
    and the size of the area does not.
    """
    samples = min(max(grid.rows, grid.cols), SWATH_SAMPLES)
    held_bytes = HELD_LINES * samples * len(bands.polarisations) * FLOAT_BYTES
    return MEMORY_BASE_MB + threads * MEMORY_THREAD_MB + held_bytes // 10**6


def fitting_threads(grid: Grid, bands: BandSet, wanted: int, max_memory_mb: int | None) -> int:
    """Return how many threads fit under the ceiling that the user gave, at most those wanted.

    Raises
    ------
    ResourceError
        With the figures, if not even one fits.
    """
    if max_memory_mb is None:
        return wanted
    for threads in range(wanted, 0, -1):
        if estimate_memory_mb(grid, bands, threads) <= max_memory_mb:
            return threads
    needed = estimate_memory_mb(grid, bands)
    raise ResourceError(
        f"the job may need {needed} MB of memory, --max-memory allows {max_memory_mb} MB",
        "Allow more, or take a smaller --aoi.",
    )


def check_writable(folder: Path) -> None:
    """Make the folder and prove that a file can be written in it.

    Raises
    ------
    ResourceError
        If the disk is full.
    OutputError
        If it cannot be written for another reason.
    """
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"landslidectl")
        probe.unlink()
    except OSError as error:
        raise unwritable(folder, error) from error


def existing_folder(folder: Path) -> Path:
    """Return the nearest folder that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
