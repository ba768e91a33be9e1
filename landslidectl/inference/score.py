"""A stack becomes a raster of scores: windows are scored and blended, strip by strip."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from landslidectl.inference.blocks import BlockScorer
from landslidectl.inference.judged import SKIPPED_SCORE
from landslidectl.inference.manifest import Model, check_contract
from landslidectl.inference.overlap import Behind, ahead
from landslidectl.inference.raster_run import RasterRun
from landslidectl.inference.score_options import ScoreOptions, fitting
from landslidectl.inference.strips import read_strips
from landslidectl.terms import Device, Track

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

STEP = "score"


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
