"""Speed of scoring the published example, 29,584 windows, by hand: cut, score and blend.

``python tests/benchmarks/scoring.py MODELS`` takes every model of a folder, 8-bit and float
companion; ``--network NAME=FILE`` takes a network file besides. Windows one by one and windows that
share their features are timed on the same pixels in the same run, and the bits are compared.
Processor seconds are of one thread, least of the repeats; they survive a busy machine, wall seconds
do not. Reading and writing are not in them. ``--openvino`` runs the same files through OpenVINO,
where it is installed, and through LiteRT, on windows that are already cut: one thread, batches of
16 windows.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from measure import table
from numpy.typing import NDArray

from landslidectl.files.hashing import file_digest
from landslidectl.grid import Grid, Window
from landslidectl.inference.blocks import SHARED, BlockScorer
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model, list_models, model_twins
from landslidectl.inference.network import BATCH, Network
from landslidectl.inference.score import RasterRun, ScoreOptions
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device

WINDOWS_PER_AXIS = 172
PLANE_ROWS = 2048
READY_WINDOWS = 256
HEAD = ("network", "way", "CPU s", "ms a window", "times", "wall s", "same bits")


@dataclass(frozen=True)
class Timing:
    """Cost of one way of scoring, and the scores it gave."""

    way: str
    cpu_s: float
    wall_s: float
    scores: NDArray[np.float32]


def pixels(cols: int, bands: int, reach: int) -> NDArray[np.float32]:
    """Return a plane of speckle on slow slopes, dB; its first rows follow on its last ones."""
    rng = np.random.default_rng(5)
    plane = np.empty((bands, PLANE_ROWS + reach, cols), dtype=np.float32)
    for index in range(bands):
        level = (-10.0, -16.0)[index % 2] if index < bands // 2 else 0.0
        slow = rng.normal(level, 3.0, (PLANE_ROWS // 32, cols // 32 + 1)).astype(np.float32)
        band = np.repeat(np.repeat(slow, 32, 0), 32, 1)[:, :cols]
        band += rng.normal(0.0, 1.5, band.shape).astype(np.float32)
        plane[index, :PLANE_ROWS] = band
    plane[:, PLANE_ROWS:] = plane[:, :reach]
    return plane


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
        block = Window(row, 0, rows, grid.cols)
        sums.append(run.score(block, plane[:, first : first + reach])[::16].copy())
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


def ready_windows_ms(model: Model, repeats: int) -> dict[str, float]:
    """Return milliseconds a window of two runtimes on the same windows, cut beforehand."""
    import openvino  # type: ignore[import-not-found]

    rng = np.random.default_rng(6)
    shape = (READY_WINDOWS, *model.input_shape)
    windows = rng.normal(-6.0, 5.0, shape).astype(np.float32)
    core = openvino.Core()
    other = core.compile_model(
        core.read_model(model.file), "CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    )
    own = Network(model.file.read_bytes())

    def foreign() -> None:
        for first in range(0, READY_WINDOWS, BATCH):
            other(windows[first : first + BATCH])

    found = {}
    for name, work in (("OpenVINO", foreign), ("LiteRT", lambda: own.score(windows))):
        work()
        spent = []
        for _ in range(repeats + 2):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
        found[name] = min(spent) / READY_WINDOWS * 1e3
    return found


def networks(given: argparse.Namespace) -> dict[str, Model]:
    """Return what is to be timed, by name: models, their float companions, single files."""
    found: dict[str, Model] = {}
    for model in list_models(given.models):
        found[model.folder.name] = model
        for name, (file, digest) in model_twins(model).items():
            if file.suffix == ".tflite":
                found[f"{model.folder.name} {name}"] = replace(model, file=file, sha256=digest)
    bands = BandSet.VV_VH
    for text in given.network:
        name, _, path = text.partition("=")
        file = Path(path).resolve()
        found[name] = Model(
            name=name,
            version="0",
            architecture="",
            folder=file.parent,
            file=file,
            sha256=file_digest(file),
            bands=bands,
            contract=StackContract(),
            window=64,
            threshold=0.5,
            licence="",
            raw={},
        )
    chosen = given.only.split(",") if given.only else list(found)
    return {name: model for name, model in found.items() if name in chosen}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path)
    parser.add_argument("--network", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--only", help="names, with commas between")
    parser.add_argument("--stride", type=int, default=32)
    parser.add_argument(
        "--per-axis", type=int, default=WINDOWS_PER_AXIS, help="windows; 0 leaves scoring out"
    )
    parser.add_argument("--threads", type=int, default=2, help="for the wall seconds")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--openvino", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    side = 64 + max(given.per_axis - 1, 0) * given.stride
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, side, side)
    print(f"{given.per_axis**2:,} windows, stride {given.stride}, {platform.processor()}")
    rows: list[list[str]] = []
    for name, model in networks(given).items():
        if given.openvino:
            for runtime, window_ms in ready_windows_ms(model, given.repeats).items():
                way = f"{runtime}, windows already cut"
                rows.append([name, way, "", f"{window_ms:.4f}", "", "", ""])
                print("  ".join(rows[-1]), flush=True)
        if given.per_axis == 0:
            continue
        alone, shared = measured(model, grid, given)
        same = np.array_equal(alone.scores, shared.scores, equal_nan=True)
        for timing in (alone, shared) if shared.way == SHARED else (alone,):
            window_ms = timing.cpu_s / given.per_axis**2 * 1e3
            times = alone.cpu_s / timing.cpu_s
            cells = [f"{timing.cpu_s:.2f}", f"{window_ms:.4f}", f"{times:.1f}"]
            rows.append([name, timing.way, *cells, f"{timing.wall_s:.2f}", str(same)])
            print("  ".join(rows[-1]), flush=True)
    table("Scoring", HEAD, rows)
    if given.json:
        given.json.write_text(json.dumps([dict(zip(HEAD, row, strict=True)) for row in rows]))


if __name__ == "__main__":
    main()
