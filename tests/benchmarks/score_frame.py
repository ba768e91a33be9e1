"""A whole frame, 17,000 x 25,000 pixels, from file to file at stride 32, its masked ground skipped.

The stack is simulated (`frame_stack.py`): 6.1 GB as compressed as real ones, deleted afterwards
unless ``--keep FOLDER`` names where it stays. Each figure is of a process of its own: reading
alone, writing alone, scoring alone with its pixels in memory, and all together, on one thread for
scoring and on ``--threads``. Reading and writing have a thread each besides. ``--max-memory`` is
what the whole is allowed. The file is in the page cache unless memory is short.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from frame_stack import PLANE_ROWS, Look, make_stack, outside, pixels
from measure import Cost, run_child, table
from score_ceiling import Rate, ceiling
from score_macs import counted, network_of
from score_networks import FLOAT, networks

from landslidectl.detection.masks import UPRIGHT_DEG, GroundLimits, JudgedGround
from landslidectl.events import ProgressEvent, StepAdvanced
from landslidectl.files.rasters import RasterLayout, create_raster, open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.inference.baselines import open_scorer
from landslidectl.inference.blocks import BlockScorer
from landslidectl.inference.manifest import Model, load_model
from landslidectl.inference.raster_run import RasterRun
from landslidectl.inference.score import score_stack
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.inference.strips import Strip, read_strips
from landslidectl.terms import BandSet

REACH = 63
NO_LIMITS = GroundLimits(0.0, UPRIGHT_DEG)
"""The frame's ground is masked by its quality bits alone: it has no elevation model."""
HEAD = (
    "what",
    "wall s",
    "CPU s",
    "peak MB",
    "windows scored",
    "skipped",
    "of the ceiling, by the wall",
    "by the processor",
    "estimates of the time left, off by",
)
OVERLAP_HEAD = (
    "threads for scoring",
    "slowest part, wall s",
    "CPU s of all parts over all processors",
    "together, wall s",
    "times the slowest part",
    "times the larger of both",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the user say how large, how much of it may be judged, and where it stays."""
    parser.add_argument("--rows", type=int, default=Look.rows)
    parser.add_argument("--cols", type=int, default=Look.cols)
    parser.add_argument("--judged", type=float, default=Look.judged, help="share of the ground")
    parser.add_argument("--max-memory", type=int, default=2000, metavar="MB")
    parser.add_argument("--keep", type=Path, help="where the stack stays, to run again")


def run(given: argparse.Namespace) -> None:
    """Measure and print two tables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        make_stack(folder, Look(given.rows, given.cols, given.judged))
        for name in networks(given):
            if not name.endswith(FLOAT):
                _measure(name, folder, given)


def _measure(name: str, folder: Path, given: argparse.Namespace) -> None:
    ceilings = {threads: ceiling(threads) for threads in sorted({1, given.threads})}
    words: dict[str, Any] = vars(given) | {"name": name, "folder": str(folder)}

    def child(task: str, threads: int) -> Cost:
        settings = {key: str(value) for key, value in (words | {"threads": threads}).items()}
        script = str(Path(__file__).resolve())
        path = os.pathsep.join(sys.path)
        return run_child([sys.executable, script, task, json.dumps(settings)], {"PYTHONPATH": path})

    rows, overlaps = [], []
    whole = {threads: child("whole", threads) for threads in ceilings}
    reading, writing = child("reading", 1), child("writing", 1)
    rows += [_row("reading alone", reading), _row("writing alone", writing)]
    for threads, together in whole.items():
        alone, ceiling_here = child("scoring", threads), ceilings[threads]
        rows.append(_row(f"scoring alone, {threads} threads", alone, ceiling_here))
        words_here = f"all together, {threads} threads for scoring"
        rows.append(_row(words_here, together, ceiling_here))
        overlaps.append(_overlap(threads, together, (reading, writing, alone)))
    table(f"{given.rows:,} x {given.cols:,} pixels, stride 32, {name}", HEAD, rows)
    table("Overlap", OVERLAP_HEAD, overlaps)
    for threads, rate in ceilings.items():
        rates_here = f"{rate.wall / 1e9:,.0f} by the wall, {rate.cpu / 1e9:,.0f} by the processor"
        print(f"\nCeiling on {threads} threads, G multiply-adds a second: {rates_here}.")


def _row(what: str, cost: Cost, rate: Rate | None = None) -> list[object]:
    said = cost.said
    counts = [f"{said[key]:,}" if key in said else "" for key in ("scored", "skipped")]
    shares = ["", ""]
    if rate is not None:
        macs = said["macs"]
        # processor seconds of all threads, so the ceiling is that of one
        shares[0] = f"{macs / said['wall_s'] / rate.wall:.1%}"
        shares[1] = f"{macs / said['cpu_s'] / (rate.cpu / rate.threads):.1%}"
    off = "{:+.0%} to {:+.0%}".format(*said["estimates_off"]) if said.get("estimates_off") else ""
    return [what, said["wall_s"], said["cpu_s"], cost.peak_mb, *counts, *shares, off]


def _overlap(threads: int, together: Cost, parts: tuple[Cost, ...]) -> list[object]:
    slowest = max(one.said["wall_s"] for one in parts)
    processors = len(os.sched_getaffinity(0))
    fair = sum(one.said["cpu_s"] for one in parts) / processors
    bound, wall_s = max(slowest, fair), together.said["wall_s"]
    return [threads, slowest, fair, wall_s, f"{wall_s / slowest:.2f}", f"{wall_s / bound:.2f}"]


class Clock:
    """Processor and wall seconds between two calls."""

    def __init__(self) -> None:
        self._begun = self._ended = self._now()

    def begin(self) -> None:
        """Forget what was before."""
        self._begun = self._now()

    def end(self) -> None:
        """Leave out what follows."""
        self._ended = self._now()

    @property
    def said(self) -> dict[str, float]:
        """Return the seconds."""
        cpu_s, wall_s = (end - begin for begin, end in zip(self._begun, self._ended, strict=True))
        return {"cpu_s": cpu_s, "wall_s": wall_s}

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.process_time(), time.perf_counter()


class Task:
    """What a child needs: the stack, the model, options."""

    def __init__(self, words: dict[str, str]) -> None:
        self.clock = Clock()
        self.folder = Path(words["folder"])
        self.look = Look(int(words["rows"]), int(words["cols"]), float(words["judged"]))
        self.stack = make_stack(self.folder, self.look)
        bands = BandSet.VV if words["name"].endswith("_vv") else BandSet.VV_VH
        self.model: Model = load_model(
            words["name"].removesuffix("_vv"), bands, Path(words["models"])
        )
        self.options = ScoreOptions(
            threads=int(words["threads"]), max_memory_mb=int(words["max_memory"])
        )
        self.scores = self.folder / "score.tif"


def whole(task: Task) -> dict[str, Any]:
    """Score from file to file, and note how good the estimates of the time left were."""
    tally = counted()
    told: list[tuple[float, float | None]] = []
    task.clock.begin()
    began = time.perf_counter()

    def note(event: ProgressEvent) -> None:
        if isinstance(event, StepAdvanced):
            told.append((time.perf_counter() - began, event.left_s))

    with JudgedGround(task.stack, NO_LIMITS) as judged:
        options = replace(task.options, judged=judged.of)
        found = score_stack(task.stack, task.model, task.scores, options, note)
    task.clock.end()
    ended = time.perf_counter() - began
    off = [left / (ended - at) - 1 for at, left in told if left and 0.1 < at / ended < 0.9]
    return {
        "scored": found.windows_scored,
        "skipped": found.windows_skipped,
        "macs": tally.macs(network_of(task.model.file.read_bytes())),
        "estimates_off": [round(min(off), 2), round(max(off), 2)] if off else [],
    }


def scoring(task: Task) -> dict[str, Any]:
    """Load the model, read the mask, and score strips that are in memory."""
    stack, model = task.stack, task.model
    plane = pixels(stack.grid.cols, len(model.bands.band_names), REACH)
    tally = counted()
    task.clock.begin()
    with (
        JudgedGround(stack, NO_LIMITS) as judged,
        open_scorer(model, threads=task.options.threads) as scorer,
        BlockScorer(scorer, task.options.stride, task.options.max_missing) as blocks,
    ):
        options = replace(task.options, judged=judged.of)
        raster = RasterRun(stack.grid, model.window, options, blocks)
        for strip in _strips(task, plane):
            raster.score(strip)
        task.clock.end()
    return {
        "scored": raster.scored,
        "skipped": raster.skipped,
        "macs": tally.macs(network_of(model.file.read_bytes())),
    }


def _strips(task: Task, plane: "np.ndarray[Any, np.dtype[np.float32]]") -> Iterator[Strip]:
    grid, step = task.stack.grid, task.options.block_rows
    for row in range(0, grid.rows, step):
        rows = min(step, grid.rows - row)
        reach = min(rows + REACH, grid.rows - row)
        first = row % PLANE_ROWS
        missing = outside(Window(row, 0, reach, grid.cols), grid)
        bands = plane[:, first : first + reach]
        yield Strip(Window(row, 0, rows, grid.cols), bands, missing)


def reading(task: Task) -> dict[str, Any]:
    """Read the stack and do nothing with it."""
    names = task.model.bands.band_names
    task.clock.begin()
    for _ in read_strips(task.stack, names, task.options.block_rows, REACH):
        pass
    task.clock.end()
    return {}


def writing(task: Task) -> dict[str, Any]:
    """Write the scores that were found before."""
    grid, step = task.stack.grid, task.options.block_rows
    blocks = [
        Window(row, 0, min(step, grid.rows - row), grid.cols) for row in range(0, grid.rows, step)
    ]
    with open_raster(task.scores) as dataset:
        scores = [dataset.read(1, window=rasterio_window(block)) for block in blocks]
    task.clock.begin()
    layout = RasterLayout(("score",), nodata=float("nan"))
    with create_raster(task.folder / "again.tif", grid, layout) as target:
        for block, values in zip(blocks, scores, strict=True):
            target.write(values, 1, window=rasterio_window(block))
    task.clock.end()
    return {}


TASKS: dict[str, Callable[[Task], dict[str, Any]]] = {
    "whole": whole,
    "scoring": scoring,
    "reading": reading,
    "writing": writing,
}


def main() -> None:
    task = Task(json.loads(sys.argv[2]))
    said = TASKS[sys.argv[1]](task)
    print(json.dumps(said | task.clock.said))


if __name__ == "__main__":
    main()
