"""What speaks for one outlined region: scores, visibility, acquisitions, slope."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.fuse import FusedScore
from landslidectl.detection.ground import ground_of
from landslidectl.detection.polygons import pixels_inside, window_of
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.terms import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.stack.stack import Stack
    from landslidectl.terrain.dem import Dem

SCENE_TIMES = re.compile(r"_(\d{8}T\d{6})_(\d{8}T\d{6})_")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures of one region; shares are of all its pixels.

    Parameters
    ----------
    score_max, score_mean : float
        Over its pixels that were judged; NaN where none has a score.
    judged_m2 : float
        Area on the grid of the pixels that were observed and are not masked.
    valid_pct, layover_pct, shadow_pct : float
        Shares in per cent.
    stacks : tuple of Stack
        Those that observe at least one of its pixels, sorted by track; all of them where the
        score was carried over a gap that none observes.
    n_pre, n_post : int
        Median numbers of scenes a pixel, summed over the tracks.
    slope_mean, incidence_mean : float or None
        Degrees; None without a height model. Local incidence, over the tracks that observe it.
    """

    score_max: float
    score_mean: float
    judged_m2: float
    valid_pct: float
    layover_pct: float
    shadow_pct: float
    stacks: "tuple[Stack, ...]"
    n_pre: int
    n_post: int
    slope_mean: float | None
    incidence_mean: float | None = None


class EvidenceReader:
    """Open rasters of one job, asked region by region; use it as a context manager.

    Parameters
    ----------
    fused : FusedScore
        Score and quality.
    stacks : sequence of Stack
        Give the numbers of scenes a pixel.
    dem : Dem, optional
        Gives the slope; a flat stand-in counts as none.
    """

    def __init__(
        self, fused: FusedScore, stacks: "Sequence[Stack]", dem: "Dem | None" = None
    ) -> None:
        self._fused = fused
        self._stacks = sorted(stacks, key=lambda stack: stack.track)
        self._dem = None if dem is None or dem.is_flat else dem
        self._files = ExitStack()

    def __enter__(self) -> "EvidenceReader":
        self._score = self._files.enter_context(open_raster(self._fused.path))
        self._quality = self._files.enter_context(open_raster(self._fused.quality_path))
        self._counts = [
            self._files.enter_context(open_raster(stack.counts_path)) for stack in self._stacks
        ]
        self._angles = [
            self._files.enter_context(open_raster(stack.incidence_path))
            if stack.terrain_corrected
            else None
            for stack in self._stacks
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        self._files.close()

    def of(self, region: "BaseGeometry") -> Evidence:
        """Return the figures of one region, given in grid units."""
        grid = self._fused.grid
        window = window_of(region, grid)
        inside = pixels_inside(region, grid.subgrid(window))
        score = _read(self._score, window)[inside]
        quality = _read(self._quality, window)[inside]
        judged = ground_of(score, quality).judged
        basis = score[judged] if judged.any() else score[np.isfinite(score)]
        counts = [_counts_of(dataset, window, inside) for dataset in self._counts]
        return Evidence(
            score_max=float(basis.max()) if basis.size else float("nan"),
            score_mean=float(basis.mean(dtype=np.float64)) if basis.size else float("nan"),
            judged_m2=float(judged.sum()) * grid.pixel_m**2,
            valid_pct=100.0 * float(judged.mean()),
            layover_pct=_share(quality, Quality.LAYOVER),
            shadow_pct=_share(quality, Quality.SHADOW),
            stacks=_observing(self._stacks, counts),
            n_pre=sum(n[0] for n in counts if n is not None),
            n_post=sum(n[1] for n in counts if n is not None),
            slope_mean=self._slope(window, inside),
            incidence_mean=self._incidence(window, inside, counts),
        )

    def _incidence(
        self,
        window: Window,
        inside: "NDArray[np.bool_]",
        counts: Sequence[tuple[int, int] | None],
    ) -> float | None:
        """Return the mean of the local incidence over the pixels of all tracks that observe."""
        seen = [
            _read(angles, window)[inside]
            for angles, count in zip(self._angles, counts, strict=True)
            if angles is not None and count is not None
        ]
        known = np.concatenate(seen) if seen else np.empty(0, np.float32)
        known = known[np.isfinite(known)]
        return float(known.mean(dtype=np.float64)) if known.size else None

    def _slope(self, window: Window, inside: "NDArray[np.bool_]") -> float | None:
        if self._dem is None:
            return None
        from landslidectl.terrain.slope import slope_aspect  # noqa: PLC0415

        grid, dem_grid = self._fused.grid, self._dem.grid
        row = window.row + round((dem_grid.top - grid.top) / grid.pixel_m)
        col = window.col + round((grid.left - dem_grid.left) / grid.pixel_m)
        padded = Window(row - 1, col - 1, window.rows + 2, window.cols + 2)
        if min(padded.row, padded.col) < 0:
            return None
        slope, _ = slope_aspect(self._dem.heights(padded), grid.pixel_m)
        values = slope[1:-1, 1:-1][inside]
        known = values[np.isfinite(values)]
        return float(known.mean(dtype=np.float64)) if known.size else None


def scene_span(scene_ids: Sequence[str]) -> tuple[datetime | None, datetime | None]:
    """Return the first start and the last stop (UTC) that the names of scenes carry."""
    found = [match for name in scene_ids if (match := SCENE_TIMES.search(name))]
    if not found:
        return None, None
    return (
        min(_instant(match.group(1)) for match in found),
        max(_instant(match.group(2)) for match in found),
    )


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _read(dataset: Any, window: Window) -> "NDArray[Any]":
    return np.asarray(dataset.read(1, window=rasterio_window(window)))


def _share(quality: "NDArray[np.uint8]", bit: Quality) -> float:
    return 100.0 * float(((quality & int(bit)) != 0).mean())


def _observing(
    stacks: "Sequence[Stack]", counts: Sequence[tuple[int, int] | None]
) -> "tuple[Stack, ...]":
    seeing = [stack for stack, count in zip(stacks, counts, strict=True) if count is not None]
    return tuple(seeing or stacks)


def _counts_of(dataset: Any, window: Window, inside: "NDArray[np.bool_]") -> tuple[int, int] | None:
    """Return the median (n_pre, n_post) where a track has both; None where it sees nothing."""
    pre, post = dataset.read(window=rasterio_window(window))[:, inside]
    seen = (pre > 0) & (post > 0)
    if not seen.any():
        return None
    return int(np.median(pre[seen])), int(np.median(post[seen]))
