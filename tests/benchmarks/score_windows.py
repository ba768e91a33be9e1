"""The published example, 29,584 windows: cut, score and blend, one by one and sharing features.

Both ways are timed on the same pixels in the same run, and the bits are compared. Processor seconds
are of one thread, least of the repeats; they survive a busy machine, wall seconds do not. Reading
and writing are not in them. A network of 8 bits is held against its float companion, same way.
"""

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np
from frame_stack import PLANE_ROWS, pixels
from measure import table
from numpy.typing import NDArray
from score_networks import FLOAT, networks

from landslidectl.grid import Grid, Window
from landslidectl.inference.blocks import SHARED, BlockScorer
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model
from landslidectl.inference.raster_run import RasterRun
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.inference.strips import Strip
from landslidectl.terms import Device

WINDOWS_PER_AXIS = 172
HEAD = (
    "network",
    "way",
    "CPU s, one thread",
    "ms a window",
    "times one by one",
    "times its float32",
    "wall s",
    "same bits",
)


@dataclass(frozen=True)
class Timing:
    """Cost of one way of scoring, and the scores it gave."""

    way: str
    cpu_s: float
    wall_s: float
    scores: NDArray[np.float32]


def scored(
    plane: NDArray[np.float32], grid: Grid, blocks: BlockScorer, options: ScoreOptions
) -> Timing:
    """Score and blend a whole raster that is never on the disk."""
    run = RasterRun(grid, 64, options, blocks)
    sums: list[NDArray[np.float32]] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for row in range(0, grid.rows, options.block_rows):
        rows = min(options.block_rows, grid.rows - row)
        reach = min(rows + 63, grid.rows - row)
        first = row % PLANE_ROWS
        bands = plane[:, first : first + reach]
        missing = np.isnan(bands).any(axis=0)
        strip = Strip(Window(row, 0, rows, grid.cols), bands, missing)
        sums.append(run.score(strip)[::16].copy())
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return Timing(blocks.way, *spent, np.concatenate(sums))


def measured(model: Model, grid: Grid, given: argparse.Namespace) -> list[Timing]:
    """Time both ways; CPU seconds on one thread, wall seconds on as many as were asked for."""
    plane = pixels(grid.cols, len(model.bands.band_names), 63)
    options = ScoreOptions(stride=given.stride)
    found = []
    for may_share in (False, True):
        timings = []
        for threads in [1] * given.repeats + ([given.threads] if given.threads > 1 else []):
            with (
                Scorer(model, Device.CPU, threads) as scorer,
                BlockScorer(scorer, given.stride, 0.25, may_share=may_share) as blocks,
            ):
                timings.append(scored(plane, grid, blocks, options))
        cpu = min(timing.cpu_s for timing in timings[: given.repeats])
        found.append(replace(timings[-1], cpu_s=cpu))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the user say how many windows, and how far apart."""
    parser.add_argument("--stride", type=int, default=32)
    parser.add_argument("--per-axis", type=int, default=WINDOWS_PER_AXIS, help="windows")


def run(given: argparse.Namespace) -> None:
    """Time every network and print one table."""
    side = 64 + max(given.per_axis - 1, 0) * given.stride
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, side, side)
    timings = {name: measured(model, grid, given) for name, model in networks(given).items()}
    rows = []
    for name, (alone, shared) in timings.items():
        same = np.array_equal(alone.scores, shared.scores, equal_nan=True)
        floats = timings.get(name + FLOAT, [])
        for index, timing in enumerate((alone, shared) if shared.way == SHARED else (alone,)):
            times = floats[index].cpu_s / timing.cpu_s if floats else None
            rows.append(
                [
                    name,
                    timing.way,
                    timing.cpu_s,
                    f"{timing.cpu_s / given.per_axis**2 * 1e3:.4f}",
                    f"{alone.cpu_s / timing.cpu_s:.1f}",
                    "" if times is None else f"{times:.1f}",
                    timing.wall_s,
                    str(same),
                ]
            )
    table(f"{given.per_axis**2:,} windows, stride {given.stride}", HEAD, rows)
