"""The windows of one raster are scored and blended, strip by strip, and counted."""

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.grid import Grid
from landslidectl.inference.blend import Blend
from landslidectl.inference.blocks import BlockScorer, WindowBlock
from landslidectl.inference.judged import SKIPPED_SCORE, JudgedGround
from landslidectl.inference.remaining import Remaining
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.inference.strips import Strip
from landslidectl.inference.windows import pad_to_window, window_origins

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RasterRun:
    """Scores the strips of one raster, from top to bottom, and counts.

    Attributes
    ----------
    windows, done, scored, skipped : int
        All windows; those that were passed; of these the scored ones, and those that were not
        since too little can be judged.
    """

    def __init__(self, grid: Grid, side: int, options: ScoreOptions, blocks: BlockScorer) -> None:
        self._side, self._blocks = side, blocks
        self._origins = np.asarray(window_origins(grid.rows, side, options.stride))
        self._columns = window_origins(grid.cols, side, options.stride)
        self._blend = Blend(self._columns, side)
        self.windows = self._origins.size * len(self._columns)
        self.done = self.scored = self.skipped = 0
        judged = options.judged
        self._ground = None if judged is None else JudgedGround(grid, side, options.stride, judged)
        possible = self.windows if self._ground is None else int(self._ground.possible.sum())
        self._remaining = Remaining(self.windows, possible)
        self._clock = time.monotonic()

    @property
    def words(self) -> str:
        """Return in words what was done."""
        skipped = f", {self.skipped} skipped" if self._ground is not None else ""
        return f"{self.scored} of {self.windows} windows{skipped}"

    def score(self, strip: Strip) -> "NDArray[np.float32]":
        """Score the windows whose first row is in the strip; return the scores of its pixels."""
        block = strip.block
        inside = (block.row <= self._origins) & (self._origins < block.row + block.rows)
        if inside.any():
            self._score_windows(strip, int(np.argmax(inside)), self._origins[inside])
        return self._blend.rows(block, strip.missing[: block.rows], self._blocks.each)

    def seconds_left(self) -> float | None:
        """Return about how long the rest will take; None while too little is done to say."""
        return self._remaining.seconds()

    def _score_windows(self, strip: Strip, first: int, origins: "NDArray[np.int64]") -> None:
        bands, missing = (
            pad_to_window(strip.bands, self._side),
            pad_to_window(strip.missing[np.newaxis], self._side)[0],
        )
        rows = (origins - strip.block.row).tolist()
        windows = WindowBlock(bands, missing, rows, self._columns, self._side)
        ground = self._ground
        enough = (
            None if ground is None else partial(ground.enough, first, missing=missing[rows[0] :])
        )
        scores = self._blocks.score(windows, enough)
        for origin, line in zip(origins.tolist(), scores, strict=True):
            self._blend.add(origin, line)
        self._count(scores, first)

    def _count(self, scores: "NDArray[np.float32]", first: int) -> None:
        scored, skipped = int((scores >= 0.0).sum()), int((scores == SKIPPED_SCORE).sum())
        possible = scores.size
        if self._ground is not None:
            possible = int(self._ground.possible[first : first + len(scores)].sum())
        now = time.monotonic()
        self._remaining.add(now - self._clock, scores.size, scored, possible - scored)
        self._clock = now
        self.done += scores.size
        self.scored += scored
        self.skipped += skipped
