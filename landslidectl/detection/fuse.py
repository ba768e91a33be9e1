"""One score a pixel from all tracks that see it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.files.rasters import RasterLayout, create_raster, open_raster, rasterio_window
from landslidectl.grid import Grid
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.terms import Quality, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

    from landslidectl.detection.masks import GroundMask
    from landslidectl.grid import Window
    from landslidectl.inference.score import ScoreRaster
    from landslidectl.stack.stack import Stack

BLOCK_SIDE = 2048
DISTORTED = Quality.LAYOVER | Quality.SHADOW
LEFT_OUT = Quality.EXCLUDED | Quality.SKIPPED
MASKED = DISTORTED | Quality.WATER | LEFT_OUT
"""Bits under which a pixel was observed but cannot be judged; its score may be NaN then."""


@dataclass(frozen=True, slots=True)
class FusedScore:
    """The scores of all tracks on one grid.

    Parameters
    ----------
    path : Path
        float32 score 0..1, NaN where no track observes, and where those that do skipped it.
    quality_path : Path
        uint8 `Quality` bits of the tracks that made the score.
    grid : Grid
        Grid of both.
    tracks : tuple of Track
        The tracks that took part, sorted.
    """

    path: Path
    quality_path: Path
    grid: Grid
    tracks: tuple[Track, ...]


def fuse_scores(
    rasters: "Sequence[ScoreRaster]",
    stacks: "Sequence[Stack]",
    out: Path,
    ground: "GroundMask | None" = None,
) -> FusedScore:
    """Fuse the score rasters of several tracks, block by block.

    Parameters
    ----------
    rasters : sequence of ScoreRaster
        One a track, all on the same grid.
    stacks : sequence of Stack
        The stacks they were made from; their quality bits say which track sees a pixel clearly.
    out : Path
        GeoTIFF of the fused score; the fused quality is written beside it.
    ground : GroundMask, optional
        Open; what it excludes is marked in the quality.

    Returns
    -------
    FusedScore

    Raises
    ------
    StackError
        If there is nothing to fuse, a track has no stack, or the grids differ.
    """
    pairs = _paired(rasters, stacks)
    grid = pairs[0][0].grid
    fused = FusedScore(
        out,
        out.with_name(f"{out.stem}_quality{out.suffix}"),
        grid,
        tuple(raster.track for raster, _ in pairs),
    )
    names = ",".join(track.name for track in fused.tracks)
    layout = RasterLayout(("score",), nodata=float("nan"), tags={"tracks": names})
    bits = RasterLayout(("quality",), dtype="uint8", tags={"tracks": names})
    with ExitStack() as files:
        scores_in = [files.enter_context(open_raster(raster.path)) for raster, _ in pairs]
        quality_in = [files.enter_context(open_raster(stack.quality_path)) for _, stack in pairs]
        counts_in = [files.enter_context(open_raster(stack.counts_path)) for _, stack in pairs]
        score_out = files.enter_context(create_raster(fused.path, grid, layout))
        quality_out = files.enter_context(create_raster(fused.quality_path, grid, bits))
        for block in grid.blocks(BLOCK_SIDE):
            window = rasterio_window(block)
            score, quality = fuse_block(
                np.stack([dataset.read(1, window=window) for dataset in scores_in]),
                np.stack([dataset.read(1, window=window) for dataset in quality_in]),
            )
            if ground is not None:
                observed = np.any([_observed(counts, block) for counts in counts_in], axis=0)
                quality = with_ground(quality, ground.bits(block), observed)
            score_out.write(score, 1, window=window)
            quality_out.write(quality, 1, window=window)
    return fused


def fuse_block(
    scores: "NDArray[np.float32]", quality: "NDArray[np.uint8]"
) -> "tuple[NDArray[np.float32], NDArray[np.uint8]]":
    """Fuse one block of scores.

    The fused score is the mean over the tracks that see a pixel outside layover and shadow; where
    all that observe it are in layover or shadow, over those. One track passes through unchanged.

    Parameters
    ----------
    scores : NDArray
        float32 (track, row, col), NaN = not observed by that track, `SKIPPED_SCORE` = it skipped
        the pixel and says nothing.
    quality : NDArray
        uint8 `Quality` bits of the same shape.

    Returns
    -------
    score : NDArray
        float32 (row, col), NaN where no track observes, and where those that do skipped it.
    quality : NDArray
        uint8 (row, col). Layover and shadow stay only where no track sees the pixel clearly;
        border and too few images only where they hold for every track used; where nothing
        observes, all bits are kept, as they may say why. Skipped where all that observe did.
    """
    skipped = scores == SKIPPED_SCORE
    observed = np.isfinite(scores) & ~skipped
    clear = observed & ((quality & int(DISTORTED)) == 0)
    used = np.where(clear.any(axis=0), clear, observed)
    count = used.sum(axis=0)
    total = np.where(used, scores, 0.0).sum(axis=0, dtype=np.float64)
    fused = np.full(count.shape, np.nan, dtype=np.float32)
    np.divide(total, count, out=fused, where=count > 0, casting="same_kind")

    counted = np.where(count > 0, used, True)
    any_bits = np.bitwise_or.reduce(np.where(counted, quality, np.uint8(0)), axis=0)
    all_bits = np.bitwise_and.reduce(np.where(counted, quality, np.uint8(255)), axis=0)
    weakening = np.uint8(Quality.BORDER | Quality.TOO_FEW_IMAGES)
    kept = np.where(count > 0, (any_bits & ~weakening) | (all_bits & weakening), any_bits)
    kept = np.where((count == 0) & skipped.any(axis=0), kept | np.uint8(Quality.SKIPPED), kept)
    return fused, kept.astype(np.uint8)


def with_ground(
    quality: "NDArray[np.uint8]",
    ground: "NDArray[np.uint8]",
    observed: "NDArray[np.bool_]",
) -> "NDArray[np.uint8]":
    """Return fused quality bits with those of the ground; what was not observed is not EXCLUDED.

    Parameters
    ----------
    quality : NDArray
        uint8, of a block, as `fuse_block` gives it.
    ground : NDArray
        uint8, as `masks.GroundMask.bits` gives them.
    observed : NDArray
        bool, where any track has a value on both sides of the event.
    """
    bits = quality | ground
    bits[~observed] &= ~np.uint8(Quality.EXCLUDED)
    return bits


def was_seen(score: "NDArray[np.float32]", quality: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Return where a fused score was observed: where it has a value, or was left out of it."""
    return np.asarray(np.isfinite(score) | ((quality & np.uint8(LEFT_OUT)) != 0))


def _observed(counts: "DatasetReader", block: "Window") -> "NDArray[np.bool_]":
    """Return where a track has values before and after the event."""
    return np.asarray((counts.read(window=rasterio_window(block)) > 0).all(axis=0))


def _paired(
    rasters: "Sequence[ScoreRaster]", stacks: "Sequence[Stack]"
) -> "list[tuple[ScoreRaster, Stack]]":
    """Join each raster with the stack of its track, sorted by track."""
    if not rasters:
        raise StackError(
            "no track was scored, so there is nothing to fuse",
            "Look at the refused scenes: landslidectl info SCENES.",
        )
    by_track = {stack.track: stack for stack in stacks}
    pairs = []
    for raster in sorted(rasters, key=lambda raster: raster.track):
        stack = by_track.get(raster.track)
        if stack is None or raster.grid != stack.grid or raster.grid != rasters[0].grid:
            raise StackError(
                f"{raster.path}: the score of {raster.track} does not lie on the grid of its stack "
                f"(score {raster.grid}, stack {stack.grid if stack else 'missing'})",
                "Delete the work folder of this job and run the same command again.",
            )
        pairs.append((raster, stack))
    return pairs
