"""How a stack is scored, and how that is made to fit into the memory that is allowed."""

from dataclasses import dataclass, replace

import numpy as np

from landslidectl.errors import ResourceError
from landslidectl.grid import Grid
from landslidectl.inference.interpreter import default_threads
from landslidectl.inference.judged import Judged
from landslidectl.inference.strips import strips_held
from landslidectl.terms import Device

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
