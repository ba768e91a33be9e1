"""How many multiply-adds a network does: counted from its file, and what was really run of it."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.inference import blocks, sharing
from landslidectl.inference.graph import FileModel, load_schema, operations, read_model
from landslidectl.inference.sharing import SharedNetwork, Worker
from landslidectl.inference.tiles import Tile

POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


def trunk_macs(trunk: FileModel, shape: tuple[int, int]) -> int:
    """Return the multiply-adds of a trunk over a tile of a shape (row, col).

    The zeros by which the first convolution is run over pairs of columns are not counted.
    """
    graph = trunk.subgraphs[0]
    sizes = {int(graph.inputs[0]): shape}
    total = 0
    for kind, step in zip(operations(trunk), graph.operators, strict=True):
        given, made = (graph.tensors[int(place)] for place in (step.inputs[0], step.outputs[0]))
        before, options = sizes[int(step.inputs[0])], step.builtinOptions
        after = before
        if kind.endswith("CONV_2D"):
            kernel = graph.tensors[int(step.inputs[1])].shape
            after = _valid(before, (int(kernel[1]), int(kernel[2])), options)
            depth = int(kernel[3]) if kind == "CONV_2D" else 1
            taps = int(kernel[1]) * int(kernel[2]) * depth
            total += after[0] * after[1] * int(made.shape[3]) * taps
        elif kind in POOLS:
            after = _valid(before, (options.filterHeight, options.filterWidth), options)
        elif kind == "STRIDED_SLICE":
            # what is cut off at the edges is the same for a window and for a tile
            after = (
                before[0] - int(given.shape[1]) + int(made.shape[1]),
                before[1] - int(given.shape[2]) + int(made.shape[2]),
            )
        sizes[int(step.outputs[0])] = after
    return total


def head_macs(content: bytes) -> int:
    """Return the multiply-adds of a head for one window."""
    model = read_model(content)
    graph, total = model.subgraphs[0], 0
    for kind, step in zip(operations(model), graph.operators, strict=True):
        if kind in ("CONV_2D", "FULLY_CONNECTED"):
            kernel = graph.tensors[int(step.inputs[1])].shape
            made = graph.tensors[int(step.outputs[0])].shape
            total += int(np.prod(made[1:-1])) * int(np.prod(kernel))
    return total


def _valid(size: tuple[int, int], kernel: tuple[int, int], options: Any) -> tuple[int, int]:
    assert options.padding == load_schema().Padding.VALID
    strides = options.strideH, options.strideW
    rows, cols = (
        (length - extent) // stride + 1
        for length, extent, stride in zip(size, kernel, strides, strict=True)
    )
    return rows, cols


@dataclass
class Tally:
    """What was run: tiles by shape, windows by themselves, heads."""

    tiles: dict[tuple[int, int], int] = field(default_factory=dict)
    singles: int = 0
    heads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def macs(self, network: SharedNetwork) -> float:
        """Return the multiply-adds of all of it."""
        side = network.input_shape[0]
        counts = self.tiles | {(side, side): self.tiles.get((side, side), 0) + self.singles}
        trunk = sum(
            count * trunk_macs(network.halves.trunk, shape) for shape, count in counts.items()
        )
        return float(trunk + self.heads * head_macs(network.halves.head))


def counted() -> Tally:
    """Let all workers made from now on keep a tally."""
    tally = Tally()

    class CountingWorker(Worker):
        def score_tile(
            self,
            bands: NDArray[np.float32],
            missing: NDArray[np.bool_],
            tile: Tile,
            stride: int,
        ) -> NDArray[np.float32]:
            scores = super().score_tile(bands, missing, tile, stride)
            shape = (bands.shape[1], bands.shape[2])
            with tally.lock:
                tally.tiles[shape] = tally.tiles.get(shape, 0) + 1
                tally.heads += len(scores)
            return scores

        def score_windows(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
            with tally.lock:
                tally.singles += len(windows)
                tally.heads += len(windows)
            return super().score_windows(windows)

    blocks.Worker = CountingWorker  # type: ignore[misc]
    return tally


def network_of(content: bytes) -> SharedNetwork:
    """Return a network in two parts."""
    return sharing.share(content, sharing.Network(content))
