"""A stack becomes a raster of scores: windows are scored and blended, strip by strip."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import ResourceError
from landslidectl.events import (
    ArtefactWritten,
    Reporter,
    StepAdvanced,
    StepFinished,
    StepStarted,
    silent,
)
from landslidectl.files.rasters import RasterLayout, create_raster, rasterio_window
from landslidectl.grid import Grid
from landslidectl.inference.baselines import open_scorer
from landslidectl.inference.blend import Blend
from landslidectl.inference.blocks import BlockScorer, WindowBlock
from landslidectl.inference.interpreter import default_threads
from landslidectl.inference.judged import SKIPPED_SCORE, Judged, JudgedGround
from landslidectl.inference.manifest import Model, check_contract
from landslidectl.inference.overlap import Behind, ahead
from landslidectl.inference.remaining import Remaining
from landslidectl.inference.strips import Strip, read_strips, strips_held
from landslidectl.inference.windows import pad_to_window, window_origins
from landslidectl.terms import Device, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.stack.record import Stack

STEP = "score"
LEAST_ROWS = 64
BASE_MB = 330
"""Program, libraries and the cache of raster tiles."""
THREAD_MB = 40
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How a stack is scored.

    Parameters
    ----------
    stride : int
        Distance of neighbouring windows in pixels.
    device : Device
        Where the model runs; ``AUTO`` takes the processor, whoever wants to choose does it before.
    threads : int, optional
        Windows scored at the same time; by default the processors this process may use.
    max_missing : float
        A window with a larger share of pixels without a value is not scored.
    block_rows : int
        Rows read, scored and written at a time; the result does not depend on it.
    verbose : bool
        Let the runtime write its own lines to standard error.
    judged : Judged, optional
        Which pixels may be judged; a window that holds at most 5 % of pixels that are observed and
        may be judged is not scored. By default all pixels may.
    max_memory_mb : int, optional
        Fewer rows and threads than asked for are taken at a time to stay below it.
    """

    stride: int = 32
    device: Device = Device.AUTO
    threads: int | None = None
    max_missing: float = 0.25
    block_rows: int = 256
    verbose: bool = False
    judged: Judged | None = None
    max_memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreRaster:
    """The scores of one track.

    Parameters
    ----------
    path : Path
        GeoTIFF, float32, 0..1; NaN where not observed, `SKIPPED_SCORE` where nothing was scored
        since too little can be judged.
    grid : Grid
        Its grid.
    track : Track
        Whose stack it was.
    model : str
        Name of the model.
    device_used : str
        ``cpu`` or ``gpu``.
    windows_scored : int
        How many windows had enough pixels.
    way : str
        ``shared features`` or ``windows one by one``; the scores are the same. Empty where it was
        not recorded.
    device_facts : mapping
        JSON-ready: why this device was used, which network file, adapter and driver.
    windows_skipped : int
        How many had enough pixels, but too few that can be judged.
    """

    path: Path
    grid: Grid
    track: Track
    model: str
    device_used: str
    windows_scored: int
    way: str = ""
    device_facts: Mapping[str, Any] = field(default_factory=dict)
    windows_skipped: int = 0


def score_stack(
    stack: "Stack",
    model: Model,
    out: Path,
    options: ScoreOptions = ScoreOptions(),
    reporter: Reporter = silent,
) -> ScoreRaster:
    """Score a stack by overlapping windows.

    Windows start every ``options.stride`` pixels, with one more flush with the right and the bottom
    edge. Where a window lacks few pixels, each band's gaps take the median of that band in the
    window; where it lacks more than ``options.max_missing``, it is not scored. Where
    ``options.judged`` leaves a window at most 5 % of its pixels, it is skipped. A pixel's score is
    the mean of the scores of the windows that cover it, weighted by a Hann bell along both axes. It
    is NaN where the pixel has no value in the stack; where no window that covers it was scored, it
    is `SKIPPED_SCORE` if any of them was skipped, else NaN.

    Returns
    -------
    ScoreRaster
        The raster is on the stack's grid.

    Raises
    ------
    ModelError
        If the stack was made under another contract, or the model is damaged.
    ResourceError
        If the device is not available, or ``options.max_memory_mb`` is too little.
    StackError
        If the stack's raster cannot be read to its end.
    """
    check_contract(model, stack)
    started = time.monotonic()
    names, reach = model.bands.band_names, model.window - 1
    options = fitting(options, stack.grid, len(names), model.window)
    with (
        open_scorer(model, options.device, options.threads, options.verbose) as scorer,
        BlockScorer(scorer, options.stride, options.max_missing) as blocks,
        create_raster(out, stack.grid, _layout(stack, model, options, blocks)) as target,
        Behind() as writer,
        closing(ahead(read_strips(stack, names, options.block_rows, reach))) as read,
    ):
        run = RasterRun(stack.grid, model.window, options, blocks)
        reporter(StepStarted(STEP, f"Scoring {stack.track}", run.windows, "windows"))
        for strip in read:
            scores = run.score(strip)
            place = rasterio_window(strip.block)
            writer.do(partial(target.write, scores, 1, window=place))
            reporter(StepAdvanced(STEP, run.done, run.seconds_left()))
    reporter(ArtefactWritten(str(out), "score"))
    reporter(StepFinished(STEP, time.monotonic() - started, run.words))
    used = scorer.device_used.value
    return ScoreRaster(
        out,
        stack.grid,
        stack.track,
        model.name,
        used,
        run.scored,
        blocks.way,
        windows_skipped=run.skipped,
    )


def fitting(options: ScoreOptions, grid: Grid, bands: int, side: int) -> ScoreOptions:
    """Return options whose rows and threads fit under the ceiling that they name.

    Fewer rows come first: they cost least.

    Raises
    ------
    ResourceError
        With the figures, if nothing fits.
    """
    ceiling = options.max_memory_mb
    if ceiling is None:
        return options
    threads = default_threads() if options.threads is None else options.threads
    fewer = sorted({options.block_rows, *range(LEAST_ROWS, options.block_rows, LEAST_ROWS)})
    for count in range(max(threads, 1), 0, -1):
        for rows in reversed(fewer):
            if estimate_memory_mb((grid.cols, bands), rows, side, count) <= ceiling:
                return replace(options, threads=count, block_rows=rows)
    needed = estimate_memory_mb((grid.cols, bands), fewer[0], side, 1)
    raise ResourceError(
        f"scoring {grid.cols} columns may need {needed} MB of memory, --max-memory allows "
        f"{ceiling} MB",
        "Allow more, or take a smaller --aoi.",
    )


def estimate_memory_mb(raster: tuple[int, int], rows: int, side: int, threads: int) -> int:
    """Estimate the most memory that scoring takes, in megabytes.

    Parameters
    ----------
    raster : (int, int)
        Columns and bands.
    rows : int
        Of a strip.
    side : int
        Of a window.
    threads : int
    """
    (cols, bands), value = raster, np.dtype(np.float32).itemsize
    strips = strips_held(rows, side - 1) * (rows + side - 1) * cols * (value * bands + 1)
    # one strip of scores is made while the one before is written
    scores = 2 * rows * cols * value
    return BASE_MB + threads * THREAD_MB + (strips + scores) // MEGABYTE


def _layout(
    stack: "Stack", model: Model, options: ScoreOptions, blocks: BlockScorer
) -> RasterLayout:
    tags = {
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.sha256,
        "track": stack.track.name,
        "stride": str(options.stride),
        "max_missing": str(options.max_missing),
        "device": "gpu" if options.device is Device.GPU else "cpu",
        "way": blocks.way,
        "skipped_score": f"{SKIPPED_SCORE:g}: not scored, too little can be judged here",
        **({"one_by_one_because": blocks.reason} if blocks.reason else {}),
    }
    return RasterLayout(("score",), nodata=float("nan"), tags=tags)


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
