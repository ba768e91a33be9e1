"""The trunk of a network for tiles of a known size, its first convolution over pairs of columns.

A convolution of four bands keeps a processor waiting for memory. Two neighbouring columns taken as
one of twice the bands, and two columns of results made at once by a kernel with zeros where it
reaches beyond either, are the same sums of integers, and come in less than half the time. Pairs of
columns lie in memory as the columns do, so nothing is moved: shapes alone change.
"""

import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.inference.graph import (
    FileModel,
    Step,
    compacted,
    load_schema,
    operations,
    packed,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRONT = ["DEPTHWISE_CONV_2D", "QUANTIZE", "CONV_2D"]
KERNEL = 3
PAIR = 2


def can_pair(trunk: FileModel) -> bool:
    """Tell whether a trunk starts as `paired` needs it: band scaling, integers, 3 x 3 kernels."""
    schema = load_schema()

    if operations(trunk)[:3] != FRONT:
        return False
    graph = trunk.subgraphs[0]
    scaling, _, convolution = graph.operators[:3]
    gains, kernel = (graph.tensors[step.inputs[1]] for step in (scaling, convolution))
    simple = all(
        (options.strideH, options.strideW, options.dilationHFactor, options.dilationWFactor)
        == (1, 1, 1, 1)
        for options in (scaling.builtinOptions, convolution.builtinOptions)
    )
    return bool(
        simple
        and kernel.type == schema.TensorType.INT8
        and list(kernel.shape[1:3]) == [KERNEL, KERNEL]
        and list(gains.shape[:3]) == [1, 1, 1]
        and scaling.builtinOptions.depthMultiplier == 1
        and _takes_each_other(graph.operators[:3])
    )


def sized(trunk: FileModel, shape: tuple[int, int]) -> bytes:
    """Return a trunk as a ``.tflite`` for tiles of a shape (row, col), any number of them."""
    return packed(_with_input(copy.deepcopy(trunk), [1, *shape, _bands(trunk)]))


def paired(trunk: FileModel, shape: tuple[int, int]) -> bytes:
    """Return a trunk that takes tiles of a shape (row, col) as (tile, row, col / 2, 2 * band).

    Parameters
    ----------
    trunk : FileModel
        One that `can_pair`; it is left as it is.
    shape : (int, int)
        An even number of columns.

    Returns
    -------
    bytes
        A ``.tflite`` whose integers are those of the trunk itself.
    """
    rows, cols = shape
    bands = _bands(trunk)
    model = _with_input(copy.deepcopy(trunk), [1, rows, cols // PAIR, PAIR * bands])
    graph = model.subgraphs[0]
    scaling, coding, convolution = graph.operators[:3]
    _widen(model, scaling.inputs[1], lambda gains: np.tile(gains, PAIR))
    _widen(model, scaling.inputs[2], lambda offsets: np.tile(offsets, PAIR))
    _widen(model, convolution.inputs[1], _paired_kernel)
    _widen(model, convolution.inputs[2], lambda bias: np.tile(bias, PAIR))
    for step in (scaling, coding):
        graph.tensors[step.outputs[0]].shape = [1, rows, cols // PAIR, PAIR * bands]
    result = graph.tensors[convolution.outputs[0]]
    width = int(result.shape[3])
    _insert_reshape(model, [-1, rows - KERNEL + 1, cols - KERNEL + 1, width])
    return packed(compacted(model))


def _takes_each_other(steps: list[Step]) -> bool:
    """Tell whether each step takes what the one before it gives."""
    return all(int(after.inputs[0]) == int(before.outputs[0]) for before, after in pairwise(steps))


def _bands(trunk: FileModel) -> int:
    graph = trunk.subgraphs[0]
    return int(graph.tensors[graph.inputs[0]].shape[3])


def _with_input(model: FileModel, shape: list[int]) -> FileModel:
    graph = model.subgraphs[0]
    tensor = graph.tensors[graph.inputs[0]]
    tensor.shape, tensor.shapeSignature = shape, [-1, *shape[1:]]
    return model


def _widen(model: FileModel, place: int, change: Any) -> None:
    """Replace the numbers of a constant tensor, and its scales where each channel has one."""
    schema = load_schema()

    tensor = model.subgraphs[0].tensors[place]
    kinds = {
        schema.TensorType.FLOAT32: np.float32,
        schema.TensorType.INT32: np.int32,
        schema.TensorType.INT8: np.int8,
    }
    numbers = np.asarray(model.buffers[tensor.buffer].data).view(kinds[tensor.type])
    wide = np.ascontiguousarray(change(numbers.reshape(tensor.shape)))
    buffer = schema.BufferT()
    buffer.data = wide.reshape(-1).view(np.uint8)
    model.buffers.append(buffer)
    tensor.buffer, tensor.shape, tensor.shapeSignature = len(model.buffers) - 1, wide.shape, None
    ranges = tensor.quantization
    if ranges is not None and ranges.scale is not None and len(ranges.scale) > 1:
        ranges.scale = np.tile(ranges.scale, PAIR)
        ranges.zeroPoint = np.tile(ranges.zeroPoint, PAIR)


def _paired_kernel(kernel: "NDArray[np.int8]") -> "NDArray[np.int8]":
    """Return for a kernel (out, 3, 3, band) that over pairs: (2 * out, 3, 2, 2 * band)."""
    width, _, _, bands = kernel.shape
    wide = np.zeros((PAIR * width, KERNEL, PAIR, PAIR * bands), dtype=np.int8)
    for phase in range(PAIR):
        for col in range(KERNEL):
            pair, inside = divmod(col + phase, PAIR)
            results = slice(phase * width, (phase + 1) * width)
            wide[results, :, pair, inside * bands : (inside + 1) * bands] = kernel[:, :, col]
    return wide


def _insert_reshape(model: FileModel, shape: list[int]) -> None:
    """Lay the pairs of results beside each other, after the first convolution."""
    schema = load_schema()

    graph = model.subgraphs[0]
    convolution = graph.operators[FRONT.index("CONV_2D")]
    columns = graph.tensors[convolution.outputs[0]]
    pairs = copy.deepcopy(columns)
    pairs.name = b"pairs_of_columns"
    pairs.shape = [1, shape[1], shape[2] // PAIR, PAIR * shape[3]]
    pairs.shapeSignature = None
    columns.shape, columns.shapeSignature = [1, *shape[1:]], None
    sizes = schema.TensorT()
    sizes.name, sizes.shape, sizes.type = b"sizes", [len(shape)], schema.TensorType.INT32
    sizes.buffer = len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.array(shape, dtype=np.int32).view(np.uint8)
    model.buffers.append(buffer)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    model.operatorCodes.append(code)
    step = schema.OperatorT()
    step.opcodeIndex = len(model.operatorCodes) - 1
    step.builtinOptions = schema.ReshapeOptionsT()
    step.builtinOptions.newShape = shape
    step.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    first = len(graph.tensors)
    graph.tensors += [pairs, sizes]
    step.inputs, step.outputs = [first, first + 1], [int(convolution.outputs[0])]
    convolution.outputs = [first]
    graph.operators.insert(FRONT.index("CONV_2D") + 1, step)
