"""Cut a network file in two where neighbouring windows stop sharing their features.

The *trunk* is all that stands before the first pooling over the window: it is position-wise, so it
may run over a tile that holds many windows. The *head* is what follows, for one window. Both keep
the kernels and ranges of the file, so together they give its scores to the bit. The cut is made in
memory; nothing else is written, and a file is refused rather than cut wrongly.
"""

from dataclasses import dataclass
from typing import Any

from landslidectl.inference.graph import (
    FileModel,
    compacted,
    inputs_of,
    load_schema,
    operations,
    packed,
    read_model,
)

POSITION_WISE = (
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "MAX_POOL_2D",
    "QUANTIZE",
    "STRIDED_SLICE",
)
PADDED = ("AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")


class NotCuttableError(Exception):
    """A network whose windows share nothing, or not safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Halves:
    """The two parts of a network file.

    Parameters
    ----------
    trunk : FileModel
        Input (1, row, col, band), dB; output one feature map.
    head : bytes
        A ``.tflite``: input the crop of that map that belongs to one window; output its score.
    """

    trunk: FileModel
    head: bytes


def cut(content: bytes) -> Halves:
    """Cut a ``.tflite`` at the input of its first mean, which pools over the window.

    Where that input was brought back from integers, the integers are handed over.

    Raises
    ------
    NotCuttableError
        If what stands before is not position-wise, or more than one map would be handed over.
    """
    trunk, head = read_model(content), read_model(content)
    kinds = operations(trunk)
    if "MEAN" not in kinds:
        raise NotCuttableError("it has no pooling over the window")
    border = _border(trunk, kinds)
    before = _steps_to(trunk, border)
    _check_trunk(trunk, kinds, before)
    graph, other = trunk.subgraphs[0], head.subgraphs[0]
    constant = {
        place for place, tensor in enumerate(graph.tensors) if _data(trunk, tensor) is not None
    }
    graph.operators = [graph.operators[index] for index in before]
    graph.outputs = [border]
    other.operators = [
        step for index, step in enumerate(other.operators) if index not in set(before)
    ]
    other.inputs = [border]
    known = constant | {border} | {int(made) for step in other.operators for made in step.outputs}
    if any(int(taken) not in known for step in other.operators for taken in inputs_of(step)):
        raise NotCuttableError("more than one feature map goes to the pooling over the window")
    return Halves(compacted(trunk), packed(compacted(head)))


def _border(model: FileModel, kinds: list[str]) -> int:
    """Return the tensor that the first mean takes, as integers where it was integers before."""
    graph = model.subgraphs[0]
    border = int(graph.operators[kinds.index("MEAN")].inputs[0])
    for kind, step in zip(kinds, graph.operators, strict=True):
        if kind == "DEQUANTIZE" and int(step.outputs[0]) == border:
            return int(step.inputs[0])
    return border


def _steps_to(model: FileModel, border: int) -> list[int]:
    """Return the operations that a tensor is made by, in their order."""
    needed, before = {border}, []
    operators = model.subgraphs[0].operators
    for index in reversed(range(len(operators))):
        if needed & {int(made) for made in operators[index].outputs}:
            before.append(index)
            needed |= set(inputs_of(operators[index]))
    return before[::-1]


def _check_trunk(model: FileModel, kinds: list[str], before: list[int]) -> None:
    schema = load_schema()

    graph = model.subgraphs[0]
    if not before:
        raise NotCuttableError("nothing stands before its pooling over the window")
    for index in before:
        kind, step = kinds[index], graph.operators[index]
        if kind not in POSITION_WISE:
            raise NotCuttableError(f"{kind} stands before its pooling over the window")
        if kind in PADDED and step.builtinOptions.padding != schema.Padding.VALID:
            raise NotCuttableError("the edges of its windows are padded")
        taken = [graph.tensors[place].type for place in inputs_of(step)[:2]]
        if kind == "CONV_2D" and taken == [schema.TensorType.FLOAT32, schema.TensorType.INT8]:
            raise NotCuttableError("the ranges of its feature maps are those of each window")


def _data(model: FileModel, tensor: Any) -> Any:
    return model.buffers[tensor.buffer].data
