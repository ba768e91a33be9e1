"""Cut a network file in two where neighbouring windows stop sharing their features.

The *trunk* is all that stands before the first pooling over the window: it is position-wise, so it
may run over a tile that holds many windows. The *head* is what follows, for one window. Both keep
the kernels and ranges of the file, so together they give its scores to the bit. The cut is made in
memory; nothing else is written, and a file is refused rather than cut wrongly.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ai_edge_litert import schema_py_generated as schema

FILE_IDENTIFIER = b"TFL3"
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
    trunk : schema.ModelT
        Input (1, row, col, band), dB; output one feature map.
    head : bytes
        A ``.tflite``: input the crop of that map that belongs to one window; output its score.
    """

    trunk: "schema.ModelT"
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
    if any(int(taken) not in known for step in other.operators for taken in _inputs(step)):
        raise NotCuttableError("more than one feature map goes to the pooling over the window")
    return Halves(compacted(trunk), packed(compacted(head)))


def read_model(content: bytes) -> "schema.ModelT":
    """Unpack a ``.tflite``; each call gives objects of its own."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415

    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def packed(model: "schema.ModelT") -> bytes:
    """Pack a model into the bytes of a ``.tflite``."""
    import flatbuffers  # noqa: PLC0415

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def operations(model: "schema.ModelT") -> list[str]:
    """Return the names of a model's operations, in their order."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    codes = [names.get(code.builtinCode, "?") for code in model.operatorCodes]
    return [codes[step.opcodeIndex] for step in model.subgraphs[0].operators]


def compacted(model: "schema.ModelT") -> "schema.ModelT":
    """Drop the tensors, buffers and signatures that no operation of a model needs any more."""
    graph = model.subgraphs[0]
    used = {int(place) for place in (*graph.inputs, *graph.outputs)}
    for step in graph.operators:
        used |= {*_inputs(step), *(int(made) for made in step.outputs)}
    places = {old: new for new, old in enumerate(sorted(used))}
    for step in graph.operators:
        step.inputs = [places.get(int(taken), -1) for taken in step.inputs]
        step.outputs = [places[int(made)] for made in step.outputs]
    graph.inputs = [places[int(place)] for place in graph.inputs]
    graph.outputs = [places[int(place)] for place in graph.outputs]
    graph.tensors = [graph.tensors[old] for old in sorted(used)]
    kept = sorted({0} | {tensor.buffer for tensor in graph.tensors})
    buffers = {old: new for new, old in enumerate(kept)}
    for tensor in graph.tensors:
        tensor.buffer = buffers[tensor.buffer]
    model.buffers = [model.buffers[old] for old in kept]
    model.signatureDefs, model.metadata, model.metadataBuffer = [], [], None
    return model


def _border(model: "schema.ModelT", kinds: list[str]) -> int:
    """Return the tensor that the first mean takes, as integers where it was integers before."""
    graph = model.subgraphs[0]
    border = int(graph.operators[kinds.index("MEAN")].inputs[0])
    for kind, step in zip(kinds, graph.operators, strict=True):
        if kind == "DEQUANTIZE" and int(step.outputs[0]) == border:
            return int(step.inputs[0])
    return border


def _steps_to(model: "schema.ModelT", border: int) -> list[int]:
    """Return the operations that a tensor is made by, in their order."""
    needed, before = {border}, []
    operators = model.subgraphs[0].operators
    for index in reversed(range(len(operators))):
        if needed & {int(made) for made in operators[index].outputs}:
            before.append(index)
            needed |= set(_inputs(operators[index]))
    return before[::-1]


def _check_trunk(model: "schema.ModelT", kinds: list[str], before: list[int]) -> None:
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415

    graph = model.subgraphs[0]
    if not before:
        raise NotCuttableError("nothing stands before its pooling over the window")
    for index in before:
        kind, step = kinds[index], graph.operators[index]
        if kind not in POSITION_WISE:
            raise NotCuttableError(f"{kind} stands before its pooling over the window")
        if kind in PADDED and step.builtinOptions.padding != schema.Padding.VALID:
            raise NotCuttableError("the edges of its windows are padded")
        taken = [graph.tensors[place].type for place in _inputs(step)[:2]]
        if kind == "CONV_2D" and taken == [schema.TensorType.FLOAT32, schema.TensorType.INT8]:
            raise NotCuttableError("the ranges of its feature maps are those of each window")


def _inputs(step: "schema.OperatorT") -> list[int]:
    return [int(taken) for taken in step.inputs if taken >= 0]


def _data(model: "schema.ModelT", tensor: "schema.TensorT") -> Any:
    return model.buffers[tensor.buffer].data
