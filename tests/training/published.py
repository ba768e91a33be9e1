"""Files as Keras 2 wrote them: groups of layers, names in attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

PARTS = {2: ("kernel:0", "bias:0"), 4: ("gamma:0", "beta:0", "moving_mean:0", "moving_variance:0")}


def randomise(network: Any, seed: int) -> Any:
    """Give every layer weights of a size that keeps the scores apart."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if len(shapes) == 2:
            width = np.sqrt(2.0 / np.prod(shapes[0][:-1]))
            values = [rng.normal(0, width, shapes[0]), rng.normal(0, 0.05, shapes[1])]
        else:
            ranges = ((0.5, 1.5), (-0.2, 0.2), (-0.5, 0.5), (1.0, 40.0))
            values = [rng.uniform(*ends, shapes[0]) for ends in ranges] if shapes else []
        layer.set_weights([value.astype(np.float32) for value in values])
    return network


def write_hdf5(network: Any, path: Path, whole: bool = False) -> Path:
    """Write all weights, at the root or as part of a whole model."""
    import h5py

    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        root.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            group = root.create_group(layer.name)
            values = layer.get_weights()
            names = [f"{layer.name}/{part}" for part in PARTS.get(len(values), ())]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, values, strict=True):
                group[name] = value
    return path
