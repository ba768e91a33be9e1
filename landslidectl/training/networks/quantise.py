"""From a trained Keras network to a ``.tflite`` file with 8-bit integers inside.

Two ways, both with 8-bit kernels that `rounding.rounded` chose:

- *fixed ranges*: all that lies between the first operation, which brings each band to a common
  range, and the first pooling over the window is integers, and the ranges of the feature maps are
  those of the representative patches. That pooling and all after it, attention, dense layers and
  sigmoid, stay in float, so that the score keeps its full resolution (an 8-bit sigmoid knows 256
  values). So one map of integers is handed from what neighbouring windows share to what each
  window has for itself, and a file can be cut there.
- *ranges of each window*: only the products of the convolutions are integers; each window's feature
  maps are brought to 8 bits by their own range, and sums, attention and pooling are in float. It
  takes up to half as long again, and is closer where a few windows have far larger features than
  the rest, as in residual sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.metrics import roc_auc
from landslidectl.files.atomic import atomic_path
from landslidectl.inference.graph import operations, read_model
from landslidectl.training.networks.framework import load_tensorflow, quiet

FIRST_OPERATION = "DEPTHWISE_CONV_2D"
MOST_DIFFERENCE = 0.02
MOST_AUC_LOSS = 0.003


@dataclass(frozen=True, slots=True)
class QuantisationLoss:
    """What quantisation changed on a set of patches.

    Parameters
    ----------
    auc_float, auc_int8 : float
        Area under the ROC curve before and after.
    difference_p50, difference_p99, difference_max : float
        Absolute difference of scores: median, 99th percentile and maximum.
    patches : int
        How many were compared.
    """

    auc_float: float
    auc_int8: float
    difference_p50: float
    difference_p99: float
    difference_max: float
    patches: int

    @property
    def within_bounds(self) -> bool:
        """Return whether scores and their order stay close enough."""
        return (
            self.difference_p99 <= MOST_DIFFERENCE
            and self.auc_float - self.auc_int8 <= MOST_AUC_LOSS
        )


def quantise(network: Any, representative: NDArray[np.float32], out: Path) -> Path:
    """Convert to 8-bit integers with fixed ranges and write the file.

    Parameters
    ----------
    network : keras.Model
        As `rounding.rounded` makes it; input and output stay float32.
    representative : float32, (patch, 64, 64, band)
        Patches, in dB without NaN, that fix the ranges of all activations: 200 to 500, about half
        of them with landslides.
    out : Path
        The ``.tflite`` file.

    Notes
    -----
    The same network and patches give the same bytes.
    """
    tf = load_tensorflow()

    def patches() -> Iterator[list[NDArray[np.float32]]]:
        for patch in representative:
            yield [patch[np.newaxis].astype(np.float32)]

    with quiet():
        head = _outputs_from_first_mean(_float_content(network))
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = patches
        options = tf.lite.experimental.QuantizationDebugOptions(
            denylisted_ops=[FIRST_OPERATION], denylisted_nodes=head
        )
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter, debug_dataset=patches, debug_options=options
        )
        content = debugger.get_nondebug_quantized_model()
    return _write(content, out)


def quantise_by_window(network: Any, out: Path) -> Path:
    """Convert to 8-bit kernels, feature maps by the range of each window, and write the file.

    Parameters
    ----------
    network : keras.Model
        As `rounding.rounded` makes it; input and output stay float32.
    out : Path
        The ``.tflite`` file.

    Notes
    -----
    A window's score does not depend on the others in its batch. Kernels of under 1,024 weights stay
    in float: the converter has it so.
    """
    tf = load_tensorflow()

    with quiet():
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
    return _write(content, out)


def convert_float(network: Any, out: Path, half: bool = False) -> Path:
    """Convert without quantisation: float32, or float16 weights, for comparison and for GPUs."""
    with quiet():
        content = _float_content(network, half)
    return _write(content, out)


def quantisation_loss(
    reference: NDArray[np.float32], quantised: NDArray[np.float32], labels: NDArray[np.bool_]
) -> QuantisationLoss:
    """Compare the scores of a network before and after quantisation, shape (patch,) each."""
    difference = np.abs(reference.astype(np.float64) - quantised)
    return QuantisationLoss(
        roc_auc(reference, labels),
        roc_auc(quantised, labels),
        float(np.median(difference)),
        float(np.percentile(difference, 99)),
        float(difference.max()),
        int(labels.size),
    )


def _float_content(network: Any, half: bool = False) -> bytes:
    tf = load_tensorflow()

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def _outputs_from_first_mean(content: bytes) -> list[str]:
    """Name what the first mean, which pools over the window, and all operations after it give."""
    model = read_model(content)
    graph, first = model.subgraphs[0], operations(model).index("MEAN")
    return [
        graph.tensors[output].name.decode()
        for operator in graph.operators[first:]
        for output in operator.outputs
    ]


def _write(content: bytes, out: Path) -> Path:
    with atomic_path(out) as temporary:
        temporary.write_bytes(content)
    return out
