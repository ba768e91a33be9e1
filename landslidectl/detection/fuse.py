"""One score a pixel from all tracks that see it; how they are pooled is told in `pool`."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.pool import (
    DISTORTED,
    REACH_PX,
    counting,
    pooled,
    rule_in_words,
    sight,
    weights_around,
)
from landslidectl.errors import StackError
from landslidectl.files.rasters import RasterLayout, create_raster, open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Quality, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.detection.masks import GroundMask
    from landslidectl.inference.score import ScoreRaster
    from landslidectl.stack.stack import Stack

BLOCK_SIDE = 2048
FUSING_SIDE = 1024
"""Smaller, since pooling holds every track some ten times over: 0.1 GB for two."""
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
        The stacks they were made from; their quality and angles say how well a track sees a pixel.
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
    tags = {"tracks": names, "fusion": rule_in_words(len(pairs))}
    layout = RasterLayout(("score",), nodata=float("nan"), tags=tags)
    bits = RasterLayout(("quality",), dtype="uint8", tags={"tracks": names})
    with ExitStack() as files:
        readers = [_TrackReader(raster, stack, files) for raster, stack in pairs]
        score_out = files.enter_context(create_raster(fused.path, grid, layout))
        quality_out = files.enter_context(create_raster(fused.quality_path, grid, bits))
        for block in grid.blocks(FUSING_SIDE):
            layers = [reader.read(block, len(readers) > 1) for reader in readers]
            scores, quality, weights = (np.stack(part) for part in zip(*layers, strict=True))
            score, kept = fuse_block(scores, quality, weights)
            if ground is not None:
                observed = np.any([reader.observed(block) for reader in readers], axis=0)
                kept = with_ground(kept, ground.bits(block), observed)
            score_out.write(score, 1, window=rasterio_window(block))
            quality_out.write(kept, 1, window=rasterio_window(block))
    return fused


def fuse_block(
    scores: "NDArray[np.float32]", quality: "NDArray[np.uint8]", weights: "NDArray[Any]"
) -> "tuple[NDArray[np.float32], NDArray[np.uint8]]":
    """Fuse one block of scores.

    The tracks that see a pixel outside layover and shadow are pooled; where all that observe it
    are in layover or shadow, those are. One track passes through unchanged.

    Parameters
    ----------
    scores : NDArray
        float32 (track, row, col), NaN = not observed by that track, below 0 = it
        skipped the pixel and says nothing.
    quality : NDArray
        uint8 `Quality` bits of the same shape.
    weights : NDArray
        Of the same shape, 0 or more: how well each track sees the ground about.

    Returns
    -------
    score : NDArray
        float32 (row, col), NaN where no track observes, and where those that do skipped it.
    quality : NDArray
        uint8 (row, col). Layover and shadow stay only where no track sees the pixel clearly;
        border and too few images only where they hold for every track used; where nothing
        observes, all bits are kept, as they may say why. Skipped where all that observe did.
    """
    used = counting(scores, quality)
    some = used.any(axis=0)
    counted = np.where(some, used, True)
    any_bits = np.bitwise_or.reduce(np.where(counted, quality, np.uint8(0)), axis=0)
    all_bits = np.bitwise_and.reduce(np.where(counted, quality, np.uint8(255)), axis=0)
    weakening = np.uint8(Quality.BORDER | Quality.TOO_FEW_IMAGES)
    kept = np.where(some, (any_bits & ~weakening) | (all_bits & weakening), any_bits)
    skipped = ~some & (scores < 0.0).any(axis=0)
    kept = np.where(skipped, kept | np.uint8(Quality.SKIPPED), kept)
    return pooled(scores, used, weights), kept.astype(np.uint8)


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


class _TrackReader:
    """The open rasters of one track, read block by block."""

    def __init__(self, raster: "ScoreRaster", stack: "Stack", files: ExitStack) -> None:
        self._grid = raster.grid
        self._scores = files.enter_context(open_raster(raster.path))
        self._quality = files.enter_context(open_raster(stack.quality_path))
        self._counts = files.enter_context(open_raster(stack.counts_path))
        self._incidence = files.enter_context(open_raster(stack.incidence_path))

    def observed(self, block: Window) -> "NDArray[np.bool_]":
        """Return where the track has values before and after the event."""
        return np.asarray((self._counts.read(window=rasterio_window(block)) > 0).all(axis=0))

    def read(
        self, block: Window, weigh: bool
    ) -> "tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]":
        """Return scores, quality and weights of a block; what lies around it tells in the last."""
        outer = widened(block, (REACH_PX, REACH_PX), self._grid) if weigh else block
        window = rasterio_window(outer)
        scores, quality = self._scores.read(1, window=window), self._quality.read(1, window=window)
        if not weigh:
            return scores, quality, np.ones(scores.shape, dtype=np.int32)
        seeing = sight(quality, self._incidence.read((1, 2), window=window))
        seeing[np.isnan(scores)] = 0
        own = within(block, outer)
        return scores[own], quality[own], weights_around(seeing)[own]


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
