"""A stack becomes a raster of scores: windows are scored and blended, row block by row block."""

import time
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import StackError
from landslidectl.events import (
    ArtefactWritten,
    Reporter,
    StepAdvanced,
    StepFinished,
    StepStarted,
    silent,
)
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.inference.baselines import open_scorer
from landslidectl.inference.blend import Blend
from landslidectl.inference.blocks import BlockScorer, WindowBlock
from landslidectl.inference.manifest import Model, check_contract
from landslidectl.inference.overlap import Behind, ahead
from landslidectl.inference.windows import pad_to_window, window_origins
from landslidectl.terms import Device, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.stack.record import Stack

STEP = "score"
REBUILD = "Delete the stack's folder and run the same command again."


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
    """

    stride: int = 32
    device: Device = Device.AUTO
    threads: int | None = None
    max_missing: float = 0.25
    block_rows: int = 256
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRaster:
    """The scores of one track.

    Parameters
    ----------
    path : Path
        GeoTIFF, float32, 0..1, NaN where not observed.
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
    """

    path: Path
    grid: Grid
    track: Track
    model: str
    device_used: str
    windows_scored: int
    way: str = ""
    device_facts: Mapping[str, Any] = field(default_factory=dict)


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
    window; where it lacks more than ``options.max_missing``, it is not scored. A pixel's score is
    the mean of the scores of the windows that cover it, weighted by a Hann bell along both axes; it
    is NaN where the pixel has no value in the stack or no window that covers it was scored.

    Returns
    -------
    ScoreRaster
        The raster is on the stack's grid.

    Raises
    ------
    ModelError
        If the stack was made under another contract, or the model is damaged.
    ResourceError
        If the device is not available.
    StackError
        If the stack's raster cannot be read to its end.
    """
    check_contract(model, stack)
    started = time.monotonic()
    with (
        open_scorer(model, options.device, options.threads, options.verbose) as scorer,
        BlockScorer(scorer, options.stride, options.max_missing) as blocks,
        create_raster(out, stack.grid, _layout(stack, model, options, blocks)) as target,
        Behind() as writer,
        closing(ahead(_blocks(stack, model, options))) as read,
    ):
        run = RasterRun(stack.grid, model.window, options, blocks)
        reporter(StepStarted(STEP, f"Scoring {stack.track}", run.windows, "windows"))
        for block, bands in read:
            scores = run.score(block, bands)
            place = rasterio_window(block)
            writer.do(partial(target.write, scores, 1, window=place))
            reporter(StepAdvanced(STEP, run.done))
    reporter(ArtefactWritten(str(out), "score"))
    detail = f"{run.scored} of {run.windows} windows"
    reporter(StepFinished(STEP, time.monotonic() - started, detail))
    used = scorer.device_used.value
    return ScoreRaster(out, stack.grid, stack.track, model.name, used, run.scored, blocks.way)


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
        **({"one_by_one_because": blocks.reason} if blocks.reason else {}),
    }
    return RasterLayout(("score",), nodata=float("nan"), tags=tags)


def _blocks(
    stack: "Stack", model: Model, options: ScoreOptions
) -> "Generator[tuple[Window, NDArray[np.float32]], None, None]":
    """Yield row blocks with the model's bands on them and on the rows that their windows reach.

    Every row is read once: what a block reaches of the next is copied from there.
    """
    grid, reach = stack.grid, model.window - 1
    names = stack.bands.band_names
    indexes = [names.index(name) + 1 for name in model.bands.band_names]
    with open_raster(stack.values_path) as values:
        waiting: deque[tuple[Window, NDArray[np.float32]]] = deque()
        for row in range(0, grid.rows, options.block_rows):
            block = Window(row, 0, min(options.block_rows, grid.rows - row), grid.cols)
            rows = min(block.rows + reach, grid.rows - row)
            bands = np.empty((len(indexes), rows, grid.cols), dtype=np.float32)
            try:
                values.read(indexes, window=rasterio_window(block), out=bands[:, : block.rows])
            except OSError as error:
                raise StackError(
                    f"{stack.values_path}: cannot be read: {error}", REBUILD
                ) from error
            for earlier, needed in waiting:
                first, last = (
                    row - earlier.row,
                    min(row + block.rows - earlier.row, needed.shape[1]),
                )
                needed[:, first:last] = bands[:, : last - first]
            waiting.append((block, bands))
            while waiting and _is_whole(waiting[0], row + block.rows):
                yield waiting.popleft()


def _is_whole(item: "tuple[Window, NDArray[np.float32]]", read: int) -> bool:
    """Tell whether the rows before ``read`` are all that a block needs."""
    block, bands = item
    return bool(block.row + bands.shape[1] <= read)


class RasterRun:
    """Scores the blocks of one raster, from top to bottom, and counts."""

    def __init__(self, grid: Grid, side: int, options: ScoreOptions, blocks: BlockScorer) -> None:
        self._side = side
        self._blocks = blocks
        self._origins = np.asarray(window_origins(grid.rows, side, options.stride))
        self._columns = window_origins(grid.cols, side, options.stride)
        self._blend = Blend(self._columns, side)
        self.windows = self._origins.size * len(self._columns)
        self.done = self.scored = 0

    def score(self, block: Window, bands: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score the windows whose first row is in the block; return the scores of its pixels."""
        missing = np.asarray(np.isnan(bands).any(axis=0))
        inside = (block.row <= self._origins) & (self._origins < block.row + block.rows)
        origins = self._origins[inside]
        if origins.size:
            padded = pad_to_window(bands, self._side)
            gaps = missing if padded is bands else np.asarray(np.isnan(padded).any(axis=0))
            rows = (origins - block.row).tolist()
            windows = WindowBlock(padded, gaps, rows, self._columns, self._side)
            scores = self._blocks.score(windows)
            for origin, line in zip(origins.tolist(), scores, strict=True):
                self._blend.add(origin, line)
            self.done += scores.size
            self.scored += int(np.isfinite(scores).sum())
        return self._blend.rows(block, missing[: block.rows], self._blocks.each)
