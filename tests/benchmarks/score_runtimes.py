"""The same 8-bit networks in LiteRT, OpenVINO and onnxruntime, and through our whole path.

The runtimes are given windows that are already cut, in batches of 16, on one thread; our path cuts,
scores and blends, one by one and sharing. OpenVINO reads the ``.tflite``; for onnxruntime it is
converted by tf2onnx (kept under ``--converted``), which needs TensorFlow. What is not installed is
left out. How far the scores of a runtime are from ours is told: they round differently.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from measure import table
from numpy.typing import NDArray
from score_networks import FLOAT, networks
from score_windows import measured

from landslidectl.grid import Grid
from landslidectl.inference.manifest import Model
from landslidectl.inference.network import BATCH, Network

READY_WINDOWS = 256
PER_AXIS = 60
HEAD = ("network", "runtime", "ms CPU a window", "times ours, shared", "largest difference")

Score = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def litert(model: Model, folder: Path) -> Score:
    """Return the runtime of the program itself."""
    del folder
    return Network(model.file.read_bytes()).score


def openvino(model: Model, folder: Path) -> Score:
    """Return OpenVINO on one thread."""
    import openvino as runtime  # type: ignore[import-not-found]

    del folder
    core = runtime.Core()
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    compiled = core.compile_model(core.read_model(model.file), "CPU", settings)
    return lambda windows: np.asarray(compiled(windows)[0])


def onnxruntime(model: Model, folder: Path) -> Score:
    """Return onnxruntime on one thread; the network is converted first."""
    import onnxruntime as runtime  # type: ignore[import-not-found]

    file = folder / f"{model.folder.name}-{model.sha256[:12]}.onnx"
    if not file.exists():
        words = ["--tflite", str(model.file), "--output", str(file), "--opset", "17"]
        subprocess.run(
            [sys.executable, "-m", "tf2onnx.convert", *words], check=True, capture_output=True
        )
    options: Any = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda windows: np.asarray(session.run(None, {name: windows})[0])


RUNTIMES: dict[str, tuple[Callable[[Model, Path], Score], tuple[str, ...]]] = {
    "LiteRT": (litert, ()),
    "OpenVINO": (openvino, ("openvino",)),
    "onnxruntime": (onnxruntime, ("onnxruntime", "tf2onnx")),
}


def window_ms(score: Score, windows: NDArray[np.float32], repeats: int) -> float:
    """Return the least processor time of a window."""
    spent = []
    for _ in range(repeats + 2):
        began = time.process_time()
        for first in range(0, len(windows), BATCH):
            score(windows[first : first + BATCH])
        spent.append(time.process_time() - began)
    return min(spent) / len(windows) * 1e3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the user keep converted networks."""
    parser.add_argument("--converted", type=Path, help="folder of converted networks")


def run(given: argparse.Namespace) -> None:
    """Time every network in every runtime and print one table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given.stride, given.per_axis, given.threads = 32, PER_AXIS, 1
    side = 64 + (PER_AXIS - 1) * given.stride
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, side, side)
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.converted or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name, model in networks(given).items():
            if not name.endswith(FLOAT):
                rows += compared(name, model, grid, (given, folder))
    title = f"Processor time on one thread, stride {given.stride}"
    table(title, HEAD, rows)


def compared(
    name: str, model: Model, grid: Grid, settings: tuple[argparse.Namespace, Path]
) -> list[list[object]]:
    """Return the rows of one network."""
    given, folder = settings
    alone, shared = measured(model, grid, given)
    ours_ms = [timing.cpu_s / PER_AXIS**2 * 1e3 for timing in (alone, shared)]
    rng = np.random.default_rng(6)
    windows = rng.normal(-6.0, 5.0, (READY_WINDOWS, *model.input_shape)).astype(np.float32)
    reference = Network(model.file.read_bytes()).score(windows)
    found = [
        ("ours, cut, scored and blended, shared features", ours_ms[1], 0.0),
        ("ours, cut, scored and blended, one by one", ours_ms[0], 0.0),
    ]
    for runtime, (opened, modules) in RUNTIMES.items():
        if all(find_spec(module) for module in modules):
            score = opened(model, folder)
            scores = [
                score(windows[first : first + BATCH]).ravel()
                for first in range(0, READY_WINDOWS, BATCH)
            ]
            off = float(np.abs(np.concatenate(scores) - reference).max())
            words = f"{runtime}, windows already cut"
            found.append((words, window_ms(score, windows, given.repeats), off))
    return [
        [name, words, f"{ms:.4f}", f"{ms / ours_ms[1]:.2f}", f"{off:.4f}"]
        for words, ms, off in found
    ]
