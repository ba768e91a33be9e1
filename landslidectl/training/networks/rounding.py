"""Round convolution kernels to 8 bits so that their outputs stay, rather than their weights.

The nearest 8-bit value of each weight is not the best one. The bands of a window have a mean far
from zero and neighbouring pixels are alike, so the errors of a kernel's weights add up, the same
way in every pixel, and pooling over the window cannot average them out. Here each weight is rounded
in turn and the later ones take up its error as far as the inputs allow; what is left of the mean
error goes into the bias.

Source: Frantar et al. 2023, GPTQ; Nagel et al. 2019, bias correction.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.training.networks.framework import load_keras

STEPS = 127
DAMPING = 0.01
PLACES = 100
BATCH = 50
SEED = 1
MOST_INPUTS = 2048


def rounded(network: Any, representative: NDArray[np.float32]) -> Any:
    """Return a copy of a network whose convolution kernels lie on the 8-bit grid.

    Parameters
    ----------
    network : keras.Model
        As `networks.build_network` makes it; not changed.
    representative : float32, (patch, 64, 64, band)
        Patches, in dB without NaN, on which the outputs are to stay.

    Returns
    -------
    keras.Model
        Batch normalisation is folded into the kernels. Each output channel has its own scale, and
        its largest weight is 127 steps, so a converter that takes the scale from the largest weight
        finds the same steps. Kernels over more than 2,048 inputs, dense layers in disguise, and
        dense layers are left as they are.
    """
    keras = load_keras()

    copy = folded(network)
    convolutions = [
        layer
        for layer in copy.layers
        if type(layer) is keras.layers.Conv2D and _inputs_of(layer) <= MOST_INPUTS
    ]
    for layer, (mean, covariance) in zip(
        convolutions, _inputs(copy, convolutions, representative), strict=True
    ):
        kernel = layer.get_weights()[0]
        steps = round_kernel(kernel, covariance)
        error = (steps - kernel).reshape(-1, kernel.shape[-1])
        _replace(layer, steps, -(mean @ error))
    return copy


def folded(network: Any) -> Any:
    """Return a copy whose batch normalisations only add; the kernels before them do the rest.

    Where a ReLU stands between, as after convolutions with a bias of their own, nothing changes.
    """
    keras = load_keras()

    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for layer in copy.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            continue
        convolution = layer.input._keras_history.operation
        if convolution.use_bias:
            continue
        gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in layer.get_weights())
        gain = gamma / np.sqrt(variance + layer.epsilon)
        convolution.set_weights([convolution.get_weights()[0] * gain])
        one = np.ones_like(gain)
        layer.set_weights([one, beta - mean * gain, 0.0 * one, one - layer.epsilon])
    return copy


def round_kernel(
    kernel: NDArray[np.float32], covariance: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Round a kernel to 8 bits for inputs of a known covariance.

    Parameters
    ----------
    kernel : float32, (row, col, channel in, channel out)
    covariance : float64, (n, n) with n = rows * cols * channels in
        Of the inputs under the kernel, in the kernel's order.
    """
    weights = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    peak = np.abs(weights).argmax(axis=0)
    scale = np.abs(weights).max(axis=0) / STEPS
    scale[scale == 0.0] = 1.0
    at_peak = np.sign(np.take_along_axis(weights, peak[np.newaxis], axis=0)[0]) * STEPS
    spread = np.diag(covariance)
    damped = covariance + DAMPING * max(float(spread.mean()), 1e-12) * np.eye(len(weights))
    order = np.argsort(-spread, kind="stable")
    upper = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    left, result = weights[order], np.empty_like(weights)
    for index, place in enumerate(order):
        nearest = np.clip(np.rint(left[index] / scale), -STEPS, STEPS)
        result[place] = np.where(peak == place, at_peak, nearest) * scale
        error = (left[index] - result[place]) / upper[index, index]
        left[index + 1 :] -= np.outer(upper[index, index + 1 :], error)
    return result.reshape(kernel.shape).astype(np.float32)


def _inputs_of(layer: Any) -> int:
    return int(np.prod(layer.kernel.shape[:-1]))


def _inputs(
    network: Any, convolutions: list[Any], representative: NDArray[np.float32]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return mean and covariance of what lies under each kernel, at random places."""
    keras = load_keras()

    rng = np.random.default_rng(SEED)
    before = keras.Model(network.inputs, [layer.input for layer in convolutions])
    sizes = [_inputs_of(layer) for layer in convolutions]
    totals = [np.zeros(size) for size in sizes]
    products = [np.zeros((size, size)) for size in sizes]
    count = 0
    for first in range(0, len(representative), BATCH):
        maps = before([representative[first : first + BATCH]], training=False)
        count += len(representative[first : first + BATCH]) * PLACES
        for index, (layer, values) in enumerate(zip(convolutions, maps, strict=True)):
            columns = _columns(np.asarray(values), layer, rng)
            totals[index] += columns.sum(axis=0)
            products[index] += columns.T @ columns
    means = [total / count for total in totals]
    return [
        (mean, product / count - np.outer(mean, mean))
        for mean, product in zip(means, products, strict=True)
    ]


def _columns(
    values: NDArray[np.float32], layer: Any, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return what lies under a layer's kernel at random places: (patch * PLACES, n)."""
    sides = layer.kernel_size
    if layer.padding == "same":
        before = [(side - 1) // 2 for side in sides]
        edges = [(one, side - 1 - one) for one, side in zip(before, sides, strict=True)]
        values = np.pad(values, [(0, 0), *edges, (0, 0)])
    views = np.lib.stride_tricks.sliding_window_view(values, sides, axis=(1, 2))
    patches = np.arange(len(values))[:, np.newaxis]
    rows = rng.integers(0, views.shape[1], (len(values), PLACES))
    cols = rng.integers(0, views.shape[2], (len(values), PLACES))
    chosen = views[patches, rows, cols].transpose(0, 1, 3, 4, 2)
    return chosen.reshape(len(values) * PLACES, -1).astype(np.float64)


def _replace(layer: Any, kernel: NDArray[np.float32], shift: NDArray[np.float64]) -> None:
    """Give a layer its rounded kernel, and its bias, or that of the normalisation, a shift."""
    if layer.use_bias:
        layer.set_weights([kernel, layer.get_weights()[1] + shift])
        return
    layer.set_weights([kernel])
    normalisation = layer._outbound_nodes[0].operation
    gamma, beta, mean, variance = normalisation.get_weights()
    normalisation.set_weights([gamma, beta + shift, mean, variance])
