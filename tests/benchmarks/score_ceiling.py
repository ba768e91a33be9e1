"""The most multiply-adds in 8 bits a second that this processor does, by the best kernel at hand.

Large convolutions of 3 x 3 in integers in LiteRT and in OpenVINO, 128 maps on 96 x 96 pixels and
512 on 34 x 34, and one product of two integer matrices of 2,048 in onnxruntime. The highest is the
ceiling. Threads: as many as asked for, each with a runtime of its own for LiteRT, the runtime's own
for the others. A rate tells what instructions a kernel found: AVX512-VNNI does 128 multiply-adds a
cycle and core at most, AMX 1,024.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from measure import table

from landslidectl.inference.graph import load_schema, packed
from landslidectl.inference.network import Part

KERNEL = 3
MATRIX = 2048
LEAST_S = 1.0
CEILING_TRIES = 3
HEAD = (
    "kernel",
    "threads",
    "G multiply-adds a second, wall",
    "by processor seconds",
    "of the ceiling",
)


@dataclass(frozen=True)
class Size:
    """Pixels along a side, and maps, of a convolution."""

    side: int
    maps: int

    @property
    def inside(self) -> int:
        """Return the pixels along a side of what it makes."""
        return self.side - KERNEL + 1

    @property
    def macs(self) -> float:
        """Return its multiply-adds."""
        return float(self.inside**2 * self.maps**2 * KERNEL**2)


BROAD, DEEP = Size(96, 128), Size(34, 512)


def convolution_bytes(size: Size) -> bytes:
    """Return a ``.tflite`` of one convolution, integers in and out."""
    schema = load_schema()
    kinds, rng = schema.TensorType, np.random.default_rng(3)
    side, maps, inside = size.side, size.maps, size.inside
    kernel = rng.integers(-127, 128, (maps, KERNEL, KERNEL, maps)).astype(np.int8)
    bias = np.zeros(maps, np.int32)
    scales = [0.002] * maps
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors = [
        _tensor("given", [1, side, side, maps], kinds.INT8, (0, [0.02])),
        _tensor("kernel", list(kernel.shape), kinds.INT8, (1, scales)),
        _tensor("bias", [maps], kinds.INT32, (2, [scale * 0.02 for scale in scales])),
        _tensor("made", [1, inside, inside, maps], kinds.INT8, (0, [0.5])),
    ]
    model.version, model.subgraphs = 3, [graph]
    model.buffers = [schema.BufferT() for _ in range(3)]
    model.buffers[1].data = kernel.reshape(-1).view(np.uint8)
    model.buffers[2].data = bias.view(np.uint8)
    code, step = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 3
    model.operatorCodes = [code]
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    options.dilationHFactor = options.dilationWFactor = 1
    step.builtinOptions, step.builtinOptionsType = options, schema.BuiltinOptions.Conv2DOptions
    step.opcodeIndex, step.inputs, step.outputs = 0, [0, 1, 2], [3]
    graph.operators, graph.inputs, graph.outputs = [step], [0], [3]
    return packed(model)


def _tensor(name: str, shape: list[int], kind: int, held: tuple[int, list[float]]) -> Any:
    """Return a tensor with the buffer and the scales that it holds."""
    schema = load_schema()
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, held[0]
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale, tensor.quantization.zeroPoint = held[1], [0] * len(held[1])
    return tensor


def litert(size: Size, threads: int) -> Callable[[], float]:
    """Return what runs the convolution in LiteRT, and says how many multiply-adds that were."""
    content = convolution_bytes(size)
    parts = [Part(content, (1, size.side, size.side, size.maps)) for _ in range(threads)]
    pool = ThreadPoolExecutor(threads)

    def work() -> float:
        list(pool.map(lambda part: part.run(lambda given: None), parts))
        return threads * size.macs

    return work


def openvino(size: Size, threads: int) -> Callable[[], float]:
    """Return what runs the convolution in OpenVINO, for throughput."""
    import openvino as runtime  # type: ignore[import-not-found]

    core = runtime.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "convolution.tflite"
        file.write_bytes(convolution_bytes(size))
        compiled = core.compile_model(core.read_model(file), "CPU", settings)
    request = compiled.create_infer_request()
    given = (
        np.random.default_rng(1)
        .integers(-128, 128, (1, size.side, size.side, size.maps))
        .astype(np.int8)
    )
    request.infer([given])

    def work() -> float:
        request.infer()
        return size.macs

    return work


def onnxruntime(threads: int) -> Callable[[], float]:
    """Return what multiplies two integer matrices in onnxruntime."""
    import onnx  # type: ignore[import-not-found]
    import onnxruntime as runtime

    helper, proto = onnx.helper, onnx.TensorProto
    rng = np.random.default_rng(2)
    right = rng.integers(-127, 128, (MATRIX, MATRIX)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", proto.UINT8, [MATRIX, MATRIX])],
        [helper.make_tensor_value_info("c", proto.INT32, [MATRIX, MATRIX])],
        [onnx.numpy_helper.from_array(right, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    options: Any = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    left = rng.integers(0, 256, (MATRIX, MATRIX)).astype(np.uint8)

    def work() -> float:
        session.run(None, {"a": left})
        return float(MATRIX) ** 3

    return work


KERNELS: dict[str, tuple[Callable[[int], Callable[[], float]], tuple[str, ...]]] = {
    "LiteRT, 128 maps": (partial(litert, BROAD), ()),
    "LiteRT, 512 maps": (partial(litert, DEEP), ()),
    "OpenVINO, 128 maps": (partial(openvino, BROAD), ("openvino",)),
    "OpenVINO, 512 maps": (partial(openvino, DEEP), ("openvino",)),
    "onnxruntime, matrices": (onnxruntime, ("onnx", "onnxruntime")),
}


@dataclass(frozen=True)
class Rate:
    """Multiply-adds a second: by the clock on the wall, and by processor seconds, all threads."""

    wall: float
    cpu: float
    threads: int


def rates(threads: int, repeats: int) -> dict[str, Rate]:
    """Return the rate of each kernel that is installed, best of the repeats."""
    found = {}
    for name, (opened, modules) in KERNELS.items():
        if all(find_spec(module) for module in modules):
            work = opened(threads)
            work()
            tries = [_rate(work, threads) for _ in range(repeats)]
            found[name] = _best(tries)
    return found


def ceiling(threads: int) -> Rate:
    """Return the highest of them."""
    found = rates(threads, CEILING_TRIES).values()
    return _best(found)


def _best(found: Collection[Rate]) -> Rate:
    wall, cpu = (max(getattr(one, name) for one in found) for name in ("wall", "cpu"))
    return Rate(wall, cpu, next(iter(found)).threads)


def _rate(work: Callable[[], float], threads: int) -> Rate:
    done, wall, cpu = 0.0, time.perf_counter(), time.process_time()
    while (spent := time.perf_counter() - wall) < LEAST_S:
        done += work()
    return Rate(done / spent, threads * done / (time.process_time() - cpu), threads)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing more to say."""
    del parser


def run(given: argparse.Namespace) -> None:
    """Measure on one thread and on as many as asked for, and print one table."""
    rows = []
    for threads in sorted({1, given.threads}):
        found = rates(threads, given.repeats + 2)
        highest = max(rate.cpu for rate in found.values())
        rows += [
            [name, threads, rate.wall / 1e9, rate.cpu / 1e9, f"{rate.cpu / highest:.0%}"]
            for name, rate in found.items()
        ]
    table("Multiply-adds in 8 bits", HEAD, rows)
    print(_instructions())


def _instructions() -> str:
    """Return which instructions for integers of 8 bits the processor says it has."""
    file = Path("/proc/cpuinfo")
    words = set(file.read_text(encoding="utf-8").split()) if file.exists() else set()
    known = [name for name in ("avx2", "avx_vnni", "avx512_vnni", "amx_int8") if name in words]
    return f"\nThe processor has: {', '.join(known) or 'not told'}."
