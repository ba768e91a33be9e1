"""What 8 bits changed: the network that ships against the float weights beside it."""

from dataclasses import asdict
from typing import Any

import numpy as np

from landslidectl.errors import ModelError
from landslidectl.evaluation.metrics import Scores
from landslidectl.inference.manifest import Model
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.fit import predict
from landslidectl.training.networks.quantise import quantisation_loss
from landslidectl.training.networks.twins import WEIGHTS
from landslidectl.training.networks.weights import load_weights
from landslidectl.training.patches import PatchSet, as_input

CHUNK = 1024


def judge_quantised(scores: Scores, model: Model, patches: PatchSet) -> dict[str, Any]:
    """Compare the scores of an 8-bit network with those of its float weights.

    Parameters
    ----------
    scores : float32, (patch,)
        Of the 8-bit network.
    model : Model
        Its folder holds the weights; what storing their kernels in 16 bits changed stands in its
        manifest and is a hundredth of the bound.
    patches : PatchSet
        That neither a weight nor a range of 8 bits was chosen on.

    Returns
    -------
    dict
        JSON-ready: the figures of `quantise.QuantisationLoss`, ``landslide`` patches, and whether
        they lie within the bounds.

    Raises
    ------
    ModelError
        If the folder holds no weights.
    """
    record = model.raw.get("twins", {}).get(WEIGHTS)
    if record is None:
        raise ModelError(
            f"{model.folder}: holds no float weights to compare 8 bits with",
            "Quantisation can be judged of models that were made by this version's training.",
        )
    network = build_network(model.architecture, model.bands)
    load_weights(model.folder / record["file"], network)
    parts = [
        predict(network, as_input(patches.windows[first : first + CHUNK], model.bands))
        for first in range(0, len(patches), CHUNK)
    ]
    loss = quantisation_loss(np.concatenate(parts), scores, patches.labels)
    figures = {
        name: round(value, 7) if isinstance(value, float) else value
        for name, value in asdict(loss).items()
    }
    return figures | {
        "landslide": int(patches.labels.sum()),
        "within_bounds": loss.within_bounds,
    }
