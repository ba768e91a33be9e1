"""One network file in one LiteRT interpreter with one thread."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 16

Fill = Callable[["NDArray[Any]"], None]
"""Writes a network's input into the memory it is given, and keeps no hold of it."""


class Network:
    """A network that is loaded and has run once.

    Parameters
    ----------
    content : bytes
        A ``.tflite``.

    Raises
    ------
    ValueError, RuntimeError, IndexError
        If the runtime cannot use it.
    """

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

        self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._resize(1)
        self._interpreter.invoke()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of one window."""
        return tuple(int(side) for side in self._input["shape"][1:])

    @property
    def given(self) -> Any:
        """Return the numpy type of its input."""
        return self._input["dtype"]

    @property
    def values(self) -> int:
        """Return how many numbers a window is given."""
        return int(self._interpreter.tensor(self._output["index"])().size) // self._batch

    def score(self, windows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Score windows, (window, row, col, band): float32, (window,)."""
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


class Part:
    """A trunk or a head, for one shape of its input.

    Parameters
    ----------
    content : bytes
        A ``.tflite``.
    shape : tuple of int
        Of what it is given, the number of pieces first.
    """

    def __init__(self, content: bytes, shape: tuple[int, ...]) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

        self.shape = shape
        self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
        index = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]
        self._interpreter.resize_tensor_input(index, list(shape))
        self._interpreter.allocate_tensors()
        self._view = self._interpreter.tensor(index)
        self._view()[...] = 0

    def run(self, fill: "Fill") -> "NDArray[Any]":
        """Return what it makes of what ``fill`` writes into its input; a copy.

        The runtime goes on only when nothing refers to its memory any more, hence a function.
        """
        fill(np.asarray(self._view()))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output["index"]))

    def scores(self, fill: "Fill") -> "NDArray[np.float32]":
        """Return one score for each piece of its input."""
        return _decode(self.run(fill), self._output).reshape(self.shape[0])


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
