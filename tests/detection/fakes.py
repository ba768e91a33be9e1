"""Stand-ins for what earlier rooms hand over: stacks, score rasters and models on a small grid."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import BandSet, EventTime, Pass, Quality, Track

EVENT = EventTime(
    datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC), datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
)
GRID = Grid(32654, 560_000.0, 4_740_000.0, 10.0, 96, 128)
DESCENDING = Track(46, Pass.DESCENDING)
ASCENDING = Track(68, Pass.ASCENDING)
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class FakeStack:
    folder: Path
    grid: Grid
    track: Track
    pre_scenes: tuple[str, ...] = (
        "S1A_IW_GRDH_1SDV_20180806T204155_20180806T204220_023134_02834D_1A2B",
        "S1A_IW_GRDH_1SDV_20180830T204157_20180830T204222_023484_028E7C_3C4D",
    )
    post_scenes: tuple[str, ...] = (
        "S1A_IW_GRDH_1SDV_20180911T204157_20180911T204222_023659_029421_5E6F",
    )
    post_start: datetime = datetime(2018, 9, 11, 20, 41, 57, tzinfo=UTC)
    post_stop: datetime = datetime(2018, 9, 11, 20, 42, 22, tzinfo=UTC)
    bands: BandSet = BandSet.VV_VH
    contract: Any = None
    event: EventTime = EVENT
    terrain_corrected: bool = True

    @property
    def values_path(self) -> Path:
        return self.folder / "stack.tif"

    @property
    def quality_path(self) -> Path:
        return self.folder / "quality.tif"

    @property
    def shown_path(self) -> Path:
        return self.folder / "shown.npy"

    @property
    def counts_path(self) -> Path:
        return self.folder / "counts.tif"

    @property
    def incidence_path(self) -> Path:
        return self.folder / "incidence.tif"


@dataclass(frozen=True, slots=True)
class FakeScore:
    path: Path
    grid: Grid
    track: Track
    model: str = "resnet"
    device_used: str = "cpu"
    windows_scored: int = 12


@dataclass(frozen=True, slots=True)
class FakeModel:
    name: str = "resnet"
    version: str = "1.0.0"
    sha256: str = "ab" * 32
    bands: BandSet = BandSet.VV_VH
    threshold: float = 0.6
    threshold_high: float | None = 0.8
    architecture: str = "resnet"
    licence: str = "MIT"


def make_track(
    folder: Path,
    track: Track,
    score: np.ndarray,
    quality: np.ndarray | None = None,
    grid: Grid = GRID,
) -> tuple[FakeScore, FakeStack]:
    """Write what one track hands over; NaN scores are pixels the track does not observe."""
    home = folder / track.name
    observed = np.isfinite(score)
    if quality is None:
        quality = np.where(observed, int(Quality.TESTED), 0).astype("uint8")
    rng = np.random.default_rng(track.relative_orbit)
    post = np.where(observed, -11.0 + 1.5 * rng.standard_normal(grid.shape), NAN)
    bands = [post, post - 6.0, 0.1 * (post + 11.0), 0.1 * (post + 11.0)]
    stack = FakeStack(home, grid, track)
    write_raster(stack.values_path, grid, bands, RasterLayout(BandSet.VV_VH.band_names, nodata=NAN))
    write_raster(stack.quality_path, grid, [quality], RasterLayout(("quality",), "uint8"))
    counts = [2 * observed, 1 * observed]
    write_raster(stack.counts_path, grid, counts, RasterLayout(("n_pre", "n_post"), "uint8"))
    angles = np.full((4, *grid.shape), 40.0)
    write_raster(stack.incidence_path, grid, angles, RasterLayout(INCIDENCE_BANDS, nodata=NAN))
    raster = FakeScore(home / "score.tif", grid, track)
    write_raster(raster.path, grid, [score], RasterLayout(("score",), nodata=NAN))
    return raster, stack


def two_slides(grid: Grid = GRID) -> np.ndarray:
    """Return a score with two regions above 0.6 and a last column that nobody observes."""
    score = np.full(grid.shape, 0.1, dtype="float32")
    score[10:30, 20:50] = 0.9
    score[60:70, 90:100] = 0.7
    score[:, -8:] = NAN
    return score
