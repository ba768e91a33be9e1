"""A model is tried on a graphics processor: is it right there, and quicker than on the processor.

A driver may crash, and take the process with it, so jobs let a child process do this.
"""

import time
from dataclasses import dataclass

import numpy as np

from landslidectl.inference.accelerator import GpuScorer
from landslidectl.inference.baselines import AnyScorer
from landslidectl.inference.blocks import BlockScorer, WindowBlock
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import Model
from landslidectl.inference.probe import probe_pixels
from landslidectl.inference.windows import window_origins
from landslidectl.terms import Device

STRIDE = 32
ROWS, COLS = 96, 1056
"""A block of 2 x 32 windows: whole batches of a graphics processor, and tiles that are shared."""
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it.

    Parameters
    ----------
    model : str
        Folder of the model.
    adapter : str
        The device, as the runtime names it.
    is_software : bool
        Whether the runtime calls the device a rasteriser on the processor.
    difference : float
        Largest difference from the processor on the probe batch, within the tolerance.
    gpu_ms, cpu_ms : float or None
        Wall milliseconds a window, as a job scores; None where it was not timed.
    """

    model: str
    adapter: str
    is_software: bool
    difference: float
    gpu_ms: float | None = None
    cpu_ms: float | None = None


def try_model(model: Model, threads: int | None) -> Trial:
    """Load a model on the graphics processor, and time it where the device is a real one.

    Raises
    ------
    ModelError
        If a network file is missing or damaged.
    ResourceError
        If there is no device, or it computes other scores than the processor.
    """
    with GpuScorer(model, threads) as scorer:
        name, difference = scorer.adapter, scorer.difference
        if scorer.is_software:
            return Trial(model.folder.name, name, True, difference)
        gpu_ms = _ms_a_window(scorer)
    with Scorer(model, Device.CPU, threads) as processor:
        cpu_ms = _ms_a_window(processor)
    return Trial(model.folder.name, name, False, difference, gpu_ms, cpu_ms)


def _ms_a_window(scorer: AnyScorer) -> float:
    """Return the shortest time of several, after a first that is not counted."""
    side, _, bands = scorer.model.input_shape
    pixels = probe_pixels(bands, ROWS, COLS)
    rows, columns = (window_origins(length, side, STRIDE) for length in (ROWS, COLS))
    block = WindowBlock(pixels, np.isnan(pixels[0]), rows, columns, side)
    taken = []
    with BlockScorer(scorer, STRIDE, max_missing=0.0) as blocks:
        for _ in range(1 + REPEATS):
            began = time.perf_counter()
            blocks.score(block)
            taken.append(time.perf_counter() - began)
    return 1000.0 * min(taken[1:]) / (len(rows) * len(columns))
