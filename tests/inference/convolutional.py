"""A small convolutional network of integers that can be cut, written without TensorFlow.

Band scaling, 8-bit convolution of 3 x 3, maximum of 2 x 2 pixels, 8-bit convolution of 3 x 3, then
mean over the window, a dense layer and a sigmoid in float: the form of the networks that ship.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.inference.tiny import SIDE, Builder

WIDTH, DEEP = 8, 16
STEPS = 6 / 255


def convolutional_bytes(
    bands: int = 4, seed: int = 7, padding: int = schema.Padding.VALID, averages: bool = True
) -> bytes:
    """Return the file; with ``averages`` false the window is pooled by its maximum alone."""
    rng = np.random.default_rng(seed)
    network, op, kind = Builder(), schema.BuiltinOperator, schema.TensorType
    window = network.tensor("window", [1, SIDE, SIDE, bands], kind.FLOAT32)
    scaled = _scaled(network, window, bands)
    coded = network.tensor("coded", [1, SIDE, SIDE, bands], kind.INT8, scale=STEPS, zero=-128)
    network.operator(op.QUANTIZE, [scaled], coded)
    first = _convolved(network, coded, (62, bands, WIDTH), rng, padding)
    pooled = network.tensor("pooled", [1, 31, 31, WIDTH], kind.INT8, scale=STEPS, zero=-128)
    network.operator(op.MAX_POOL_2D, [first], pooled, _pool(padding))
    second = _convolved(network, pooled, (29, WIDTH, DEEP), rng, padding)
    real = network.tensor("real", [1, 29, 29, DEEP], kind.FLOAT32)
    network.operator(op.DEQUANTIZE, [second], real)
    axes = network.tensor("axes", [2], kind.INT32, data=np.array([1, 2], np.int32))
    code = op.MEAN if averages else op.REDUCE_MAX
    means = network.tensor("means", [1, DEEP], kind.FLOAT32)
    network.operator(code, [real, axes], means, schema.ReducerOptionsT())
    weights = rng.normal(0, 1.5, (1, DEEP)).astype(np.float32)
    dense = network.tensor("dense", [1, DEEP], kind.FLOAT32, data=weights)
    bias = network.tensor("bias", [1], kind.FLOAT32, data=np.array([-weights.sum()], np.float32))
    logit = network.tensor("logit", [1, 1], kind.FLOAT32)
    network.operator(
        op.FULLY_CONNECTED, [means, dense, bias], logit, schema.FullyConnectedOptionsT()
    )
    score = network.tensor("score", [1, 1], kind.FLOAT32)
    network.operator(op.LOGISTIC, [logit], score)
    return network.content(window, score)


def _scaled(network: Builder, window: int, bands: int) -> int:
    kind = schema.TensorType
    gains = np.full((1, 1, 1, bands), 0.15, np.float32)
    offsets = np.linspace(2.5, 3.5, bands).astype(np.float32)
    options = schema.DepthwiseConv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    options.depthMultiplier, options.dilationHFactor, options.dilationWFactor = 1, 1, 1
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
    inputs = [
        window,
        network.tensor("gains", [1, 1, 1, bands], kind.FLOAT32, data=gains),
        network.tensor("offsets", [bands], kind.FLOAT32, data=offsets),
    ]
    scaled = network.tensor("scaled", [1, SIDE, SIDE, bands], kind.FLOAT32)
    network.operator(schema.BuiltinOperator.DEPTHWISE_CONV_2D, inputs, scaled, options)
    return scaled


def _convolved(
    network: Builder, given: int, sizes: tuple[int, int, int], rng: Any, padding: int
) -> int:
    side, bands, width = sizes
    kind = schema.TensorType
    scales = rng.uniform(0.002, 0.004, width).astype(np.float32)
    numbers = rng.integers(-127, 128, (width, 3, 3, bands)).astype(np.int8)
    bias = rng.integers(-20000, 20000, width).astype(np.int32)
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = padding, 1, 1
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
    kernel = network.tensor("kernel", list(numbers.shape), kind.INT8, data=numbers, scale=scales)
    shift = network.tensor("shift", [width], kind.INT32, data=bias, scale=scales * STEPS)
    side = side if padding == schema.Padding.VALID else side + 2
    made = network.tensor("made", [1, side, side, width], kind.INT8, scale=STEPS, zero=-128)
    network.operator(schema.BuiltinOperator.CONV_2D, [given, kernel, shift], made, options)
    return made


def _pool(padding: int) -> Any:
    options = schema.Pool2DOptionsT()
    options.padding, options.strideH, options.strideW = padding, 2, 2
    options.filterHeight = options.filterWidth = 2
    return options
