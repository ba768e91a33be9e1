"""A stack becomes a raster of scores: windows are scored and blended, row block by row block."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
from landslidectl.inference.baselines import AnyScorer, open_scorer
from landslidectl.inference.manifest import Model, check_contract
from landslidectl.inference.windows import (
    bell,
    cut_windows,
    fill_missing,
    missing_share,
    pad_to_window,
    window_origins,
)
from landslidectl.terms import Device, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

    from landslidectl.stack.record import Stack

STEP = "score"


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How a stack is scored.

    Parameters
    ----------
    stride : int
        Distance of neighbouring windows in pixels.
    device : Device
        Where the model runs; ``AUTO`` takes the processor.
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
        ``cpu``.
    windows_scored : int
        How many windows had enough pixels.
    """

    path: Path
    grid: Grid
    track: Track
    model: str
    device_used: str
    windows_scored: int


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
    """
    check_contract(model, stack)
    started = time.monotonic()
    layout = RasterLayout(("score",), nodata=float("nan"), tags=_tags(stack, model, options))
    scored = 0
    with (
        open_scorer(model, options.device, options.threads, options.verbose) as scorer,
        open_raster(stack.values_path) as values,
        create_raster(out, stack.grid, layout) as target,
    ):
        blend = _Blend(stack.grid, model.window, options)
        reporter(StepStarted(STEP, f"Scoring {stack.track}", blend.windows, "windows"))
        for block, bands in _blocks(values, stack, model, options):
            scored += blend.add(block, bands, scorer)
            scores = blend.rows(block, bands)
            target.write(scores, 1, window=rasterio_window(block))
            reporter(StepAdvanced(STEP, blend.done))
    reporter(ArtefactWritten(str(out), "score"))
    detail = f"{scored} of {blend.windows} windows"
    reporter(StepFinished(STEP, time.monotonic() - started, detail))
    return ScoreRaster(out, stack.grid, stack.track, model.name, scorer.device_used.value, scored)


def _tags(stack: "Stack", model: Model, options: ScoreOptions) -> dict[str, str]:
    return {
        "model": model.name,
        "model_version": model.version,
        "model_sha256": model.sha256,
        "track": stack.track.name,
        "stride": str(options.stride),
        "max_missing": str(options.max_missing),
    }


def _blocks(
    values: "DatasetReader", stack: "Stack", model: Model, options: ScoreOptions
) -> "Iterator[tuple[Window, NDArray[np.float32]]]":
    """Yield row blocks with the model's bands on them and on the rows that their windows reach."""
    grid = stack.grid
    names = stack.bands.band_names
    indexes = [names.index(name) + 1 for name in model.bands.band_names]
    for row in range(0, grid.rows, options.block_rows):
        block = Window(row, 0, min(options.block_rows, grid.rows - row), grid.cols)
        reach = min(block.rows + model.window - 1, grid.rows - row)
        needed = rasterio_window(Window(row, 0, reach, grid.cols))
        bands = np.asarray(values.read(indexes, window=needed), dtype=np.float32)
        yield block, bands


class _Blend:
    """Scores windows row by row and keeps what later rows of pixels still need.

    One row of windows leaves two lines of column sums, of score times weight and of weight; a
    pixel's sums are those lines times the bell at its row, added up in the order of the windows.
    The order does not depend on the blocks, so neither does any bit of the result.
    """

    def __init__(self, grid: Grid, side: int, options: ScoreOptions) -> None:
        self._side = side
        self._max_missing = options.max_missing
        self._bell = bell(side)
        self._origins = window_origins(grid.rows, side, options.stride)
        self._columns = window_origins(grid.cols, side, options.stride)
        self._lines: dict[int, NDArray[np.float64]] = {}
        self.windows = len(self._origins) * len(self._columns)
        self.done = 0

    def add(self, block: Window, bands: "NDArray[np.float32]", scorer: AnyScorer) -> int:
        """Score the windows whose first row is in the block; return how many were scored."""
        scored = 0
        padded = pad_to_window(bands, self._side)
        missing = np.asarray(np.isnan(padded).any(axis=0))
        for origin in self._origins:
            if not block.row <= origin < block.row + block.rows:
                continue
            rows = slice(origin - block.row, origin - block.row + self._side)
            share = missing_share(missing[rows], self._columns, self._side)
            scorable = (share <= self._max_missing) & (share < 1.0)
            chosen = np.asarray(self._columns, dtype=np.intp)[scorable]
            windows = fill_missing(cut_windows(padded[:, rows], chosen.tolist(), self._side))
            self._lines[origin] = self._column_sums(chosen, scorer.score(windows), padded.shape[2])
            scored += chosen.size
            self.done += len(self._columns)
        return scored

    def rows(self, block: Window, bands: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return the blended scores of a block whose windows have been added; forget old rows."""
        self._lines = {
            origin: line for origin, line in self._lines.items() if origin + self._side > block.row
        }
        sums = np.zeros((2, block.rows, block.cols))
        for origin in sorted(self._lines):
            top = max(origin, block.row)
            bottom = min(origin + self._side, block.row + block.rows)
            weights = self._bell[top - origin : bottom - origin, np.newaxis]
            line = self._lines[origin][:, np.newaxis, : block.cols]
            sums[:, top - block.row : bottom - block.row] += weights * line
        unknown = np.isnan(bands[:, : block.rows]).any(axis=0) | (sums[1] == 0.0)
        scores = np.divide(sums[0], sums[1], out=np.full(block.shape, np.nan), where=~unknown)
        return np.asarray(scores, dtype=np.float32)

    def _column_sums(
        self,
        columns: "NDArray[np.intp]",
        scores: "NDArray[np.float32]",
        width: int,
    ) -> "NDArray[np.float64]":
        """Return along the columns the sums of score times bell and of the bell: (2, col)."""
        places = (columns[:, np.newaxis] + np.arange(self._side)).ravel()
        weights = np.tile(self._bell, columns.size)
        weighted = weights * np.repeat(scores.astype(np.float64), self._side)
        return np.stack(
            [
                np.bincount(places, weighted, minlength=width),
                np.bincount(places, weights, minlength=width),
            ]
        )
