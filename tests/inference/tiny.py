"""A network small enough to know its scores by hand, written without TensorFlow.

It takes the mean of each band over the window, and gives sigmoid(weights . means + bias).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from landslidectl.files.hashing import file_digest
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Pass, Track

SIDE = 64


@dataclass
class Head:
    """Weights of the tiny network; with ``scale`` the input and output are int8."""

    weights: tuple[float, ...] = (0.1, 0.05, 0.3, -0.2)
    bias: float = 0.5
    scale: float | None = None

    def score(self, windows: np.ndarray) -> np.ndarray:
        means = windows.astype(np.float64).mean(axis=(1, 2))
        return 1.0 / (1.0 + np.exp(-(means @ np.array(self.weights) + self.bias)))


class Builder:
    """Puts a network file together, operation by operation."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def tensor(self, name: str, shape: list[int], kind: int, **extra: Any) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, 0
        tensor.shapeSignature = [-1, *shape[1:]] if len(shape) > 1 else shape
        if "data" in extra:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(extra["data"].tobytes(), dtype=np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
            tensor.shapeSignature = shape
        if "scale" in extra:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.atleast_1d(extra["scale"]).tolist()
            tensor.quantization.zeroPoint = [extra.get("zero", 0)] * len(tensor.quantization.scale)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, code: int, inputs: list[int], output: int, options: Any = None) -> None:
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, code, 1
        if options is None and code == schema.BuiltinOperator.QUANTIZE:
            options = schema.QuantizeOptionsT()
        self.model.operatorCodes.append(entry)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, [output]
        if options is not None:
            operator.builtinOptions = options
            kind = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        self.graph.operators.append(operator)

    def content(self, first: int, last: int) -> bytes:
        self.graph.inputs, self.graph.outputs = [first], [last]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def network_bytes(head: Head, side: int = SIDE) -> bytes:
    builder, op, bands = Builder(), schema.BuiltinOperator, len(head.weights)
    real, whole = schema.TensorType.FLOAT32, schema.TensorType.INT8
    window = builder.tensor("window", [1, side, side, bands], real)
    first = window
    if head.scale is not None:
        first = builder.tensor("coded", [1, side, side, bands], whole, scale=head.scale, zero=5)
        builder.operator(op.DEQUANTIZE, [first], window)
    axes = builder.tensor("axes", [2], schema.TensorType.INT32, data=np.array([1, 2], np.int32))
    means = builder.tensor("means", [1, bands], real)
    builder.operator(op.MEAN, [window, axes], means, schema.ReducerOptionsT())
    weights = builder.tensor("w", [1, bands], real, data=np.array([head.weights], np.float32))
    bias = builder.tensor("b", [1], real, data=np.array([head.bias], np.float32))
    logit = builder.tensor("logit", [1, 1], real)
    builder.operator(
        op.FULLY_CONNECTED, [means, weights, bias], logit, schema.FullyConnectedOptionsT()
    )
    last = builder.tensor("score", [1, 1], real)
    builder.operator(op.LOGISTIC, [logit], last)
    if head.scale is not None:
        coded = builder.tensor("coded_score", [1, 1], whole, scale=1 / 256, zero=-128)
        builder.operator(op.QUANTIZE, [last], coded)
        last = coded
    return builder.content(first, last)


def write_model(
    models_dir: Path, head: Head | bytes, bands: BandSet = BandSet.VV_VH, **changes: Any
) -> Path:
    """Write a model folder named ``tiny``; ``changes`` go into the manifest last.

    A whole network file can stand in the place of the tiny network.
    """
    folder = models_dir / ("tiny" if bands is BandSet.VV_VH else f"tiny_{bands.value}")
    folder.mkdir(parents=True)
    file = folder / "model.tflite"
    file.write_bytes(head if isinstance(head, bytes) else network_bytes(head))
    manifest = {
        "schema": 1,
        "name": "tiny",
        "version": "1.0.0",
        "architecture": "cnn",
        "file": "model.tflite",
        "sha256": file_digest(file),
        "window": SIDE,
        "bands": bands.value,
        "band_names": list(bands.band_names),
        "units": "dB",
        "contract": StackContract().as_dict(),
        "threshold": 0.5,
        "licence": "MIT",
        "training": {},
        "metrics": {},
        **changes,
    }
    (folder / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def write_stack(folder: Path, values: np.ndarray, bands: BandSet = BandSet.VV_VH) -> Any:
    """Write the raster of a stack, (band, row, col), and return what scoring reads of a Stack."""
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, *values.shape[1:])
    path = folder / "stack.tif"
    layout = RasterLayout(bands.band_names, nodata=float("nan"))
    write_raster(path, grid, list(values), layout)
    return SimpleNamespace(
        folder=folder,
        grid=grid,
        track=Track(46, Pass.DESCENDING),
        bands=bands,
        contract=StackContract(),
        values_path=path,
    )
