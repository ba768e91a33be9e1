"""Weights that Keras 2 saved in HDF5, read by their order and shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError

WHOLE_MODEL = "model_weights"
HINT = "Give the .hdf5 or .h5 file that Keras saved the weights, or the whole model, in."


@dataclass(frozen=True, slots=True)
class NamedWeight:
    """One array of the file.

    Parameters
    ----------
    name : str
        As the file has it, such as ``conv2d/kernel:0``.
    values : float32
    """

    name: str
    values: NDArray[np.float32]


def read_weights(path: Path) -> tuple[NamedWeight, ...]:
    """Read all weights in the order of the layers.

    Raises
    ------
    InputError
        If the file is missing, no HDF5, holds no Keras weights, or a weight is no finite number.
    """
    h5py = import_module("h5py")

    if not path.is_file():
        raise InputError(f"{path}: no such file", HINT)
    if not h5py.is_hdf5(path):
        raise InputError(f"{path}: expected an HDF5 file, found something else", HINT)
    try:
        with h5py.File(path, "r") as file:
            found = tuple(_arrays(file.get(WHOLE_MODEL, file), path))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: damaged, or not weights: {error}", HINT) from error
    for weight in found:
        if not np.isfinite(weight.values).all():
            raise InputError(f"{path}: '{weight.name}' holds values that are no numbers", HINT)
    return found


def fill(network: Any, found: tuple[NamedWeight, ...], path: Path) -> None:
    """Give a network the weights of a file, in order.

    Raises
    ------
    InputError
        If their number or a shape is not that of the network.
    """
    expected = [
        (layer.name, tuple(weight.shape)) for layer in network.layers for weight in layer.weights
    ]
    for number, ((layer_name, shape), weight) in enumerate(
        zip(expected, found, strict=False), start=1
    ):
        if weight.values.shape != shape:
            raise InputError(
                f"{path}: weight {number} of {len(expected)}, '{weight.name}': expected the shape "
                f"{shape} of {layer_name}, found {weight.values.shape}",
                "Check --architecture and --pass: the two passes have networks of other widths.",
            )
    if len(found) != len(expected):
        raise InputError(
            f"{path}: expected {len(expected)} weights, found {len(found)}",
            "Check --architecture: the file is that of another network.",
        )
    values = iter(weight.values for weight in found)
    for layer in network.layers:
        layer.set_weights([next(values) for _ in layer.weights])


def _arrays(root: Any, path: Path) -> Iterator[NamedWeight]:
    if "layer_names" not in root.attrs:
        raise InputError(
            f"{path}: expected the attribute 'layer_names' of Keras weights, found "
            f"{sorted(root.attrs) or 'no attribute'} and the groups {sorted(root)[:5]}",
            HINT,
        )
    for layer_name in _texts(root.attrs["layer_names"]):
        group = root[layer_name]
        for name in _texts(group.attrs["weight_names"]):
            yield NamedWeight(name, np.asarray(group[name], dtype=np.float32))


def _texts(values: Any) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]
