"""What a user asks of scenes and stacks, complete and checked; nothing here reads a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.catalog.records import utc_text
from landslidectl.errors import DemError, UsageError
from landslidectl.terms import BandSet, EventTime, Radiometry, Speckle
from landslidectl.terrain.datum import parse_datum

MOST_DAYS = 36_525
MOST_THREADS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """Bring scenes onto one map grid.

    Parameters
    ----------
    scenes : tuple of Path
        Folders that are searched, SAFE folders and zips.
    output : Path
        Folder of the product; intermediate files go to ``.work`` inside it.
    aoi : Path or None
        Polygon file; ``bbox`` is (west, south, east, north) in degrees; at most one of the two.
    dem : Path or None
        DEM file or folder; None only with ``no_dem``.
    dem_vertical : str or None
        Datum of the DEM's heights where the DEM does not say.
    bands : BandSet
        Polarisations that every scene must have.
    orbits : Path or None
        Folder of orbit files; None takes the orbit that comes with each scene.
    radiometry : Radiometry or None
        What the numbers stand for; None: what the model was trained on, without one sigma nought.
    threads : int or None
        None: as many as there are processors.
    max_memory_mb : int or None
        Ceiling the job plans with.
    overwrite : bool
        Replace a product that was made with other settings.
    wait_s : float
        How long to wait for another run in the same folder, seconds.
    complete : tuple of Path or None
        The only scenes to use, where others are still being copied: those are passed over without
        a word. None: all.
    damaged : tuple of (Path, str)
        Scenes that are known to be damaged, with the reason: refused without another look.
    command : str
        The command line, for the record.
    """

    scenes: tuple[Path, ...]
    output: Path
    aoi: Path | None = None
    bbox: tuple[float, float, float, float] | None = None
    dem: Path | None = None
    dem_vertical: str | None = None
    no_dem: bool = False
    bands: BandSet = BandSet.VV_VH
    orbits: Path | None = None
    radiometry: Radiometry | None = None
    threads: int | None = None
    max_memory_mb: int | None = None
    overwrite: bool = False
    wait_s: float = 0.0
    complete: tuple[Path, ...] | None = None
    damaged: tuple[tuple[Path, str], ...] = ()
    command: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.aoi is not None and self.bbox is not None:
            raise UsageError("--aoi and --bbox are both given", "Give one of the two.")
        if self.dem is not None and self.no_dem:
            raise UsageError("--dem and --no-dem are both given", "Give one of the two.")
        if self.no_dem and self.radiometry is Radiometry.GAMMA0_TERRAIN:
            raise UsageError(
                "--radiometry gamma0_terrain needs an elevation model, and --no-dem is given",
                "Give --dem, or take gamma0, which needs none.",
            )
        if self.dem_vertical is not None:
            try:
                parse_datum(self.dem_vertical)
            except DemError as error:
                raise UsageError(f"--dem-vertical: {error.message}", error.hint) from error
        if self.threads is not None and not 1 <= self.threads <= MOST_THREADS:
            raise UsageError(f"--threads must be 1 to {MOST_THREADS}, found {self.threads}")
        if not self.wait_s >= 0.0:
            raise UsageError(f"--wait must be 0 seconds or more, found {self.wait_s:g}")

    def identity(self) -> dict[str, Any]:
        """Return, JSON-ready, the settings that decide what the product looks like."""
        return {
            "aoi": str(self.aoi.resolve()) if self.aoi else None,
            "bbox": list(self.bbox) if self.bbox else None,
            "dem": str(self.dem.resolve()) if self.dem else None,
            "dem_vertical": self.dem_vertical,
            "no_dem": self.no_dem,
            "polarisations": self.bands.value,
            "orbits": str(self.orbits.resolve()) if self.orbits else None,
            "radiometry": self.radiometry.value if self.radiometry else None,
        }

    def described(self) -> dict[str, Any]:
        """Return every setting, JSON-ready, for the catalog."""
        return {
            "scenes": [str(path) for path in self.scenes],
            "output": str(self.output),
            **self.identity(),
            "threads": self.threads,
            "max_memory_mb": self.max_memory_mb,
            "overwrite": self.overwrite,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings(IngestSettings):
    """Bring scenes onto the grid and build the pre- and post-event stack of every track.

    Parameters
    ----------
    event : EventTime
    pre_days, post_days : float
        How far from the event scenes may lie.
    extend_post_days : float
        Where nothing was acquired within ``post_days``, take the first acquisition after it, up to
        this much later; the product says so.
    min_pre, min_post : int
        Fewer acquisitions than this make no stack; pixels with fewer are marked.
    speckle : Speckle or None
        None: what the model was trained on, without one none.
    """

    event: EventTime
    pre_days: float = 60.0
    post_days: float = 12.0
    extend_post_days: float = 0.0
    min_pre: int = 1
    min_post: int = 1
    speckle: Speckle | None = None

    def __post_init__(self) -> None:
        """Refuse empty windows and counts that mean nothing."""
        IngestSettings.__post_init__(self)
        if not (0 < self.pre_days <= MOST_DAYS and 0 < self.post_days <= MOST_DAYS):
            raise UsageError(
                f"--pre-days and --post-days must be positive and at most {MOST_DAYS}, found "
                f"{self.pre_days:g} and {self.post_days:g}"
            )
        if not 0 <= self.extend_post_days <= MOST_DAYS:
            raise UsageError(
                f"--extend-post must be 0 to {MOST_DAYS} days, found {self.extend_post_days:g}"
            )
        if min(self.min_pre, self.min_post) < 1:
            raise UsageError(
                f"--min-pre and --min-post must be 1 or more, found {self.min_pre} and "
                f"{self.min_post}"
            )

    def identity(self) -> dict[str, Any]:
        """Return, JSON-ready, the settings that decide what the product looks like."""
        return IngestSettings.identity(self) | {
            "event": [utc_text(self.event.first), utc_text(self.event.last)],
            "pre_days": self.pre_days,
            "post_days": self.post_days,
            "extend_post_days": self.extend_post_days,
            "min_pre": self.min_pre,
            "min_post": self.min_post,
            "speckle": self.speckle.value if self.speckle else None,
        }
