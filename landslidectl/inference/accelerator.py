"""A model on the graphics processor: LiteRT's WebGPU (Vulkan, Direct3D) and Metal accelerators.

The float companion of the 8-bit network runs there, with float32 arithmetic. An accelerator may
compute wrong scores without an error (an 8-bit CBAM on LiteRT 2.3.0 did, by up to 0.49), so each
load compares a probe batch with the same network on the processor, and refuses what differs.
"""

import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from landslidectl.errors import NoAdapter, ResourceError
from landslidectl.inference.graph import is_float
from landslidectl.inference.interpreter import default_threads
from landslidectl.inference.manifest import Model, model_twins, verify_model
from landslidectl.inference.network import BATCH, Network
from landslidectl.inference.probe import TOLERANCE, largest_difference, probe_windows
from landslidectl.inference.quiet import Chatter, hush_the_end, quiet
from landslidectl.terms import Device

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOAT_TWINS = ("float16", "float32")
SELECTED = re.compile(r"Selected adapter: (?P<name>.*?), arch=.*?adapterType=(?P<kind>.*)")
ON_THE_PROCESSOR = "Say --device cpu, or leave --device out."


def float_network(model: Model) -> Path:
    """Return the network file that a graphics processor runs.

    Raises
    ------
    ResourceError
        If the model has 8-bit values only.
    """
    twins = model_twins(model)
    for name in FLOAT_TWINS:
        if name in twins:
            return twins[name][0]
    if is_float(model.file.read_bytes()):
        return model.file
    raise ResourceError(
        f"{model.folder}: the model has no float network (float16.tflite), which a graphics "
        "processor needs",
        ON_THE_PROCESSOR,
    )


class GpuNetwork:
    """A network on the graphics processor, for batches of one size.

    Parameters
    ----------
    content : bytes
        A ``.tflite`` in float.
    shape : (int, int, int)
        (row, col, band) of one window.

    Raises
    ------
    ImportError, RuntimeError, ValueError
        If there is no accelerator, no device, or an operation that it does not have.
    """

    def __init__(self, content: bytes, shape: tuple[int, int, int]) -> None:
        from ai_edge_litert.compiled_model import (  # noqa: PLC0415
            CompiledModel,
            GpuOptions,
            HardwareAccelerator,
            Options,
        )

        options = Options(
            hardware_accelerators=HardwareAccelerator.GPU,
            # without it a device may compute in float16, which is short of the tolerance
            gpu_options=GpuOptions(enforce_f32=True),
        )
        self._model: Any = CompiledModel.from_buffer(content, options=options)
        self._model.resize_input_tensor(0, [BATCH, *shape])
        self._given = self._model.create_input_buffers(0)
        self._made = self._model.create_output_buffers(0)
        if not self._model.is_fully_accelerated():  # known once the new shape has its buffers
            raise RuntimeError("a part of the network would stay on the processor")
        self._batch = np.zeros((BATCH, *shape), dtype=np.float32)

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows, (window, row, col, band): float32, (window,)."""
        scores = np.empty(windows.shape[0], dtype=np.float32)
        for first in range(0, windows.shape[0], BATCH):
            batch = windows[first : first + BATCH]
            self._batch[: batch.shape[0]] = batch
            self._given[0].write(self._batch)
            self._model.run_by_index(0, self._given, self._made)
            made = self._made[0].read(BATCH, np.float32)
            scores[first : first + BATCH] = made[: batch.shape[0]]
        return scores


class GpuScorer:
    """A model on the graphics processor, with the interface of `interpreter.Scorer`.

    Parameters
    ----------
    model : Model
        Its digests are checked again here.
    threads : int, optional
        Of what is done beside scoring.
    verbose : bool
        Let the runtime write its own lines to standard error.

    Attributes
    ----------
    adapter : str
        The device, as the runtime names it; empty where it does not.
    is_software : bool
        Whether the runtime calls the device a rasteriser on the processor.
    difference : float
        Largest difference from the processor on the probe batch.

    Raises
    ------
    ModelError
        If a network file is missing or damaged.
    NoAdapter, ResourceError
        If there is no device, or it computes other scores than the processor.
    """

    def __init__(self, model: Model, threads: int | None = None, verbose: bool = False) -> None:
        verify_model(model)
        self.model = model
        self.device_used = Device.GPU
        self.threads = default_threads() if threads is None else max(1, threads)
        self._verbose = verbose
        self._network: GpuNetwork | None = None
        self.file = float_network(model)
        content = self.file.read_bytes()
        if not verbose:
            hush_the_end()
        with quiet(verbose) as chatter:
            trouble = self._load(content)
        if trouble:
            raise _unavailable(chatter, trouble)
        selected = SELECTED.search(chatter.text)
        self.adapter = selected["name"] if selected else ""
        self.is_software = selected is not None and "CPU" in selected["kind"]
        if not self.difference <= TOLERANCE:
            self.close()
            raise ResourceError(
                f"the graphics processor ({self.adapter or 'unnamed'}) scores a probe batch of "
                f"'{model.name}' differently from the processor: by up to {self.difference:.3g}, "
                f"allowed is {TOLERANCE:g}",
                f"{ON_THE_PROCESSOR} A newer graphics driver may help.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the device back; the scorer cannot be used afterwards."""
        with quiet(self._verbose):
            self._network = None

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows, (window, row, col, band) in dB: float32, (window,), 0..1.

        Raises
        ------
        ResourceError
            If the device fails or gives what is no score.
        """
        if windows.shape[1:] != self.model.input_shape:
            raise ValueError(f"windows {windows.shape[1:]}, model takes {self.model.input_shape}")
        if self._network is None:
            raise ValueError("the scorer is closed")
        try:
            scores = self._network.score(windows)
        except RuntimeError as error:
            raise self._failed(str(error)) from error
        if not np.isfinite(scores).all():
            raise self._failed("it gave values that are no scores")
        return scores

    def _load(self, content: bytes) -> str:
        """Load the network and compare it with the processor; return why that failed."""
        windows = probe_windows(self.model.input_shape, BATCH)
        try:
            self._network = GpuNetwork(content, self.model.input_shape)
            found = self._network.score(windows)
            self.difference = largest_difference(found, Network(content).score(windows))
        except (ImportError, RuntimeError, ValueError) as error:
            self._network = None
            # their variables hold the runtime, which writes once more when it is let go
            traceback.clear_frames(error.__traceback__)
            return " ".join(str(error).split()) or type(error).__name__
        return ""

    def _failed(self, reason: str) -> ResourceError:
        name = self.adapter or "unnamed"
        return ResourceError(
            f"the graphics processor ({name}) failed while it scored: {' '.join(reason.split())}",
            ON_THE_PROCESSOR,
        )


def _unavailable(chatter: Chatter, trouble: str) -> ResourceError:
    reason = chatter.reasons() or trouble
    kind = ResourceError if SELECTED.search(chatter.text) else NoAdapter
    return kind(
        f"no graphics processor that LiteRT can use: {reason}",
        f"{ON_THE_PROCESSOR} What is there: landslidectl doctor.",
    )
