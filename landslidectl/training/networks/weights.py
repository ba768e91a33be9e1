"""The weights of a trained network as a plain ``.npz``, from which training can go on.

A ``.keras`` file holds a time stamp, names that depend on what was built before, and the optimiser;
this holds the numbers alone, under names that follow from the architecture. Kernels are stored in
16 bits where the scores allow it, everything else in 32.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import ModelError
from landslidectl.files.atomic import atomic_path
from landslidectl.training.networks.framework import load_keras

HINT = "Install the model again, or start from another one."
KERNEL = "kernel"
SMALL = 4096
"""Kernels of fewer weights stay in 32 bits. They weigh nothing, and those that see the bands, whose
mean is far from zero, cost most of what 16 bits cost in the scores."""

Weights = dict[str, NDArray[np.floating[Any]]]


def weights_of(network: Any, half: bool = False) -> Weights:
    """Return all weights of a network under names that repeat.

    Parameters
    ----------
    network : keras.Model
    half : bool
        Large kernels as float16; all else, normalisation and biases, stays float32.
    """
    named: Weights = {}
    for name, variable, values in _entries(network):
        kind = np.float16 if half and variable == KERNEL and values.size >= SMALL else np.float32
        named[name] = values.astype(kind)
    return named


def with_weights(network: Any, weights: Mapping[str, NDArray[Any]]) -> Any:
    """Return a copy of a network with other weights, as `weights_of` names them."""
    copy = load_keras().models.clone_model(network)
    _fill(copy, weights, "the weights")
    return copy


def save_weights(weights: Mapping[str, NDArray[Any]], out: Path) -> Path:
    """Write weights; the same weights give the same bytes."""
    arrays: dict[str, Any] = dict(weights)
    with atomic_path(out) as temporary:
        np.savez(temporary, **arrays)
    return out


def load_weights(path: Path, network: Any) -> None:
    """Give a network, as `networks.build_network` makes it, the weights of a file.

    Raises
    ------
    ModelError
        If the file cannot be read or its weights are those of another architecture.
    """
    try:
        with path.open("rb") as handle, np.load(handle) as content:
            weights = {name: content[name] for name in content.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: no weights: {error}", HINT) from error
    _fill(network, weights, str(path))


def _entries(network: Any) -> list[tuple[str, str, NDArray[np.float32]]]:
    """Return (name, variable, values) of every weight, in the order of the layers."""
    found = []
    for number, layer in enumerate(network.layers):
        kind = type(layer).__name__.lower()
        for variable, values in zip(layer.weights, layer.get_weights(), strict=True):
            found.append((f"{number:03d}_{kind}_{variable.name}", str(variable.name), values))
    return found


def _fill(network: Any, weights: Mapping[str, NDArray[Any]], what: str) -> None:
    expected = {name: values.shape for name, _, values in _entries(network)}
    found = {name: values.shape for name, values in weights.items()}
    if expected != found:
        differing = sorted(
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        )
        raise ModelError(
            f"{what}: not of this network: {len(differing)} of {len(expected)} weights differ in "
            f"name or shape, first {differing[0]}: expected {expected.get(differing[0])}, "
            f"found {found.get(differing[0])}",
            "The architecture and the bands must be those the weights were trained for.",
        )
    for number, layer in enumerate(network.layers):
        prefix = f"{number:03d}_{type(layer).__name__.lower()}_"
        names = [prefix + str(variable.name) for variable in layer.weights]
        layer.set_weights([weights[name].astype(np.float32) for name in names])
