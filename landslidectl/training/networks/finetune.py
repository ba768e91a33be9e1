"""Go on from a trained model: find it, check that it fits, take over its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landslidectl.errors import ModelError, UsageError
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    Model,
    list_models,
    load_model,
    model_twins,
    read_manifest,
    verify_model,
)
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from landslidectl.training.networks.framework import load_keras
from landslidectl.training.networks.weights import load_weights

WEIGHTS = "weights"


@dataclass(frozen=True, slots=True)
class Start:
    """The weights that a training begins with.

    Parameters
    ----------
    name, version : str
        Of the model they are from.
    weights : Path
        Its ``weights.npz``.
    sha256 : str
        Digest of that file.
    """

    name: str
    version: str
    weights: Path
    sha256: str

    def as_dict(self) -> Mapping[str, str]:
        """Return what a manifest says of it; where the file lay does not matter."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


def find_start(text: str, bands: BandSet, models_dir: Path) -> Model:
    """Return the model to go on from, with its files checked.

    Parameters
    ----------
    text : str
        A model folder, or the name of a model in ``models_dir``.
    bands : BandSet
        What the new model is to take.
    models_dir : Path

    Raises
    ------
    ModelError
        If there is no such model, it is damaged, takes other bands, or holds no weights.
    """
    folder = Path(text)
    if (folder / MANIFEST_NAME).is_file():
        model = read_manifest(folder / MANIFEST_NAME)
        verify_model(model)
    else:
        model = _named(text, bands, models_dir)
    if model.bands is not bands:
        raise ModelError(
            f"{model.folder}: takes {model.bands.value}, the training is for {bands.value}",
            f"Start from a model for these bands, or train with --bands {model.bands.value}.",
        )
    if WEIGHTS not in model_twins(model):
        raise ModelError(
            f"{model.folder}: holds no weights to go on from (weights.npz)",
            f"{_with_weights(bands, models_dir)} A folder that landslidectl train made holds them.",
        )
    return model


def _named(text: str, bands: BandSet, models_dir: Path) -> Model:
    try:
        return load_model(text, bands, models_dir)
    except ModelError as error:
        raise ModelError(
            error.message, f"{error.hint} A model of your own is given by its folder.".strip()
        ) from error


def _with_weights(bands: BandSet, models_dir: Path) -> str:
    """Say which of the models that came with the program can be gone on from."""
    names = [
        model.name
        for model in list_models(models_dir)
        if model.bands is bands and WEIGHTS in model_twins(model)
    ]
    found = ", ".join(names) if names else "none in this version"
    return f"Shipped models that hold them: {found}."


def start_of(model: Model) -> Start:
    """Return the weights of a model that `find_start` returned."""
    file, digest = model_twins(model)[WEIGHTS]
    return Start(model.name, model.version, file, digest)


def check_fits(model: Model, architecture: str | None, contract: StackContract) -> None:
    """Refuse a model of another architecture than asked for, or for other stacks.

    Raises
    ------
    UsageError
        If the architecture differs.
    ModelError
        If the stacks were made under another contract.
    """
    if architecture is not None and architecture != model.architecture:
        raise UsageError(
            f"--architecture {architecture}, but {model.name} is a {model.architecture}",
            "Leave --architecture out: that of the model is taken.",
        )
    differing = model.contract.differences(contract)
    if differing:
        raise ModelError(
            f"{model.folder}: was trained on stacks with {'; '.join(differing)}",
            "Build the stacks with the default settings, or train without --from.",
        )


def begin_from(start: Start, network: Any, frozen: int) -> None:
    """Give an untrained network the weights, and keep its first convolutions as they are.

    Parameters
    ----------
    start : Start
    network : keras.Model
        Not compiled yet.
    frozen : int
        How many convolutions, in the order of the layers, do not train; their normalisations
        keep their statistics too.

    Raises
    ------
    ModelError
        If the weights are those of another network.
    UsageError
        If all convolutions would be frozen.
    """
    load_weights(start.weights, network)
    if not frozen:
        return
    keras = load_keras()
    places = [
        number for number, layer in enumerate(network.layers) if type(layer) is keras.layers.Conv2D
    ]
    if frozen >= len(places):
        raise UsageError(
            f"--freeze {frozen}: the network has {len(places)} convolutions",
            "Freeze fewer of them; 1 or 2 is usual.",
        )
    for layer in network.layers[: places[frozen]]:
        layer.trainable = False
