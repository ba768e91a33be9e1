"""The one door to LiteRT: windows in, scores out."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from landslidectl.errors import ModelError, ResourceError
from landslidectl.inference.manifest import Model, verify_model
from landslidectl.terms import Device

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 16
MOST_THREADS = 8


def default_threads() -> int:
    """Return how many processors this process may use, at most eight."""
    affinity = getattr(os, "sched_getaffinity", None)
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(available, MOST_THREADS))


def check_device(device: Device) -> None:
    """Refuse a device that no model runs on, before hours of work lead up to it.

    Raises
    ------
    ResourceError
        If the graphics processor is asked for; no model is run there yet.
    """
    if device is Device.GPU:
        raise ResourceError(
            "this release runs models on the processor only; a graphics processor was asked for",
            "Leave --device out, or say --device cpu.",
        )


class Scorer:
    """A loaded model that gives windows their scores.

    Windows are shared out among single-threaded interpreters: threads inside LiteRT spin while
    they wait for each other, which costs more than it gains when the machine has other work. The
    scores do not depend on the number of threads, nor on how windows are batched.

    Parameters
    ----------
    model : Model
        Its digest is checked again here.
    device : Device
        ``AUTO`` takes the processor.
    threads : int, optional
        Windows scored at the same time; by default the processors this process may use.
    verbose : bool
        Let the runtime write its own lines to standard error.

    Raises
    ------
    ModelError
        If the network file is missing, damaged, or does not take the windows of its manifest.
    ResourceError
        If the graphics processor is asked for; no model is run there yet.
    """

    def __init__(
        self,
        model: Model,
        device: Device = Device.AUTO,
        threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        check_device(device)
        verify_model(model)
        self.model = model
        self.device_used = Device.CPU
        self.threads = default_threads() if threads is None else max(1, threads)
        with contextlib.nullcontext() if verbose else _silenced_stderr():
            self._networks = [_Network(model) for _ in range(self.threads)]
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

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
        """End the threads; the scorer cannot be used afterwards."""
        if self._pool is not None:
            self._pool.shutdown()

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows.

        Parameters
        ----------
        windows : float32, (window, row, col, band)
            dB, in the model's band order, without NaN.

        Returns
        -------
        float32, (window,)
            0..1.
        """
        if windows.shape[1:] != self.model.input_shape:
            raise ValueError(f"windows {windows.shape[1:]}, model takes {self.model.input_shape}")
        if windows.shape[0] == 0:
            return np.empty(0, dtype=np.float32)
        if self._pool is None:
            return self._networks[0].score(windows)
        shares = np.array_split(windows, self.threads)
        parts = self._pool.map(_Network.score, self._networks, shares)
        return np.concatenate(list(parts))


class _Network:
    """One interpreter with one thread."""

    def __init__(self, model: Model) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

        try:
            content = model.file.read_bytes()
            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._input = self._interpreter.get_input_details()[0]
            self._output = self._interpreter.get_output_details()[0]
            self._resize(1)
            self._interpreter.invoke()
        except (OSError, ValueError, RuntimeError, IndexError) as error:
            raise _unusable(model, str(error)) from error
        self._check_shapes(model)

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        scores = np.empty(windows.shape[0], dtype=np.float32)
        for first in range(0, windows.shape[0], BATCH):
            batch = windows[first : first + BATCH]
            self._resize(batch.shape[0])
            self._interpreter.set_tensor(self._input["index"], _encode(batch, self._input))
            self._interpreter.invoke()
            raw = self._interpreter.get_tensor(self._output["index"])
            scores[first : first + BATCH] = _decode(raw, self._output).reshape(batch.shape[0])
        return scores

    def _resize(self, batch: int) -> None:
        if getattr(self, "_batch", None) == batch:
            return
        shape = [batch, *(int(side) for side in self._input["shape"][1:])]
        self._interpreter.resize_tensor_input(self._input["index"], shape)
        self._interpreter.allocate_tensors()
        self._batch = batch

    def _check_shapes(self, model: Model) -> None:
        taken = tuple(int(side) for side in self._input["shape"][1:])
        given = self._interpreter.get_tensor(self._output["index"]).size
        if taken != model.input_shape or given != 1:
            raise _unusable(
                model,
                f"the network takes {taken} and gives {given} values a window, "
                f"the manifest says {model.input_shape} and a score is 1 value",
            )


def _unusable(model: Model, reason: str) -> ModelError:
    return ModelError(
        f"{model.file}: cannot be used as a network: {reason}",
        "Install the model again, or choose another one: landslidectl models list.",
    )


def _encode(windows: "NDArray[np.float32]", detail: dict[str, Any]) -> "NDArray[Any]":
    """Bring dB to the integers of a quantised input; a float input takes them as they are."""
    if not np.issubdtype(detail["dtype"], np.integer):
        return np.ascontiguousarray(windows, dtype=detail["dtype"])
    scale, zero = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    steps = np.rint(windows / np.float32(scale)) + zero
    clipped = np.clip(steps, limits.min, limits.max)
    return np.asarray(clipped, dtype=detail["dtype"])


def _decode(raw: "NDArray[Any]", detail: dict[str, Any]) -> "NDArray[np.float32]":
    """Bring the integers of a quantised output back to scores."""
    if not np.issubdtype(detail["dtype"], np.integer):
        return np.asarray(raw, dtype=np.float32)
    scale, zero = detail["quantization"]
    return np.asarray((raw.astype(np.float32) - zero) * scale, dtype=np.float32)


@contextlib.contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Send what C++ writes to descriptor 2 nowhere while a model loads."""
    with tempfile.TemporaryFile() as sink, contextlib.ExitStack() as stack:
        saved = os.dup(2)
        stack.callback(os.close, saved)
        os.dup2(sink.fileno(), 2)
        stack.callback(os.dup2, saved, 2)
        yield
