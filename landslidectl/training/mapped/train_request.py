"""What a training on inventories is asked to be, and what it is told by."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from landslidectl.errors import InputError, ModelError, OutputError, UsageError
from landslidectl.evaluation.inventory import inventory_digest
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import file_digest, stable_key
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    Model,
    model_folder_name,
    read_manifest,
    verify_model,
)
from landslidectl.terms import BandSet, Pass
from landslidectl.training.mapped.inventories import EventSource, MappedEvent
from landslidectl.training.networks.epochs import epoch_order
from landslidectl.training.networks.finetune import start_of
from landslidectl.training.networks.fit_settings import FitSettings
from landslidectl.training.networks.register import check_model_name
from landslidectl.training.networks.scoring import read_step
from landslidectl.training.patches import PatchSet

REQUEST = "request.json"
EVENTS = "events.json"
"""Written once the patches are; a run without it has nothing that is worth keeping."""

FEW_PATCHES = 2560


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A training on inventories.

    Parameters
    ----------
    events : tuple of EventSource
    name : str
        What users of the model type.
    output : Path
        Folder of models to put it in.
    architecture : str, optional
        ``cnn``, ``resnet`` or ``cbam``; that of ``start`` where it is left out.
    bands : BandSet
    start : str, optional
        Name or folder of a model to go on from.
    mix : Path, optional
        Folder of simulated patches to train on as well.
    mix_share : float
        At most this share of the training patches is simulated.
    left_out : tuple of str
        Events that are test only.
    direction : Pass, optional
        Tracks of one direction alone.
    seed : int
        Of windows, blocks, weights and order.
    epochs : int, optional
        At most so many; 40, or 20 from a model.
    negatives : float
        Others for each landslide patch in an epoch.
    learning_rate : float, optional
        1e-3, or 1e-4 from a model.
    frozen : int
        First convolutions that keep the weights of ``start``.
    most_patches : int
        Landslide patches of one stack, at most.
    licence : str
        Of the new model.
    work : Path, optional
        Folder of the run; a folder beside the model by default.
    """

    events: tuple[EventSource, ...]
    name: str
    output: Path
    architecture: str | None = None
    bands: BandSet = BandSet.VV_VH
    start: str | None = None
    mix: Path | None = None
    mix_share: float = 0.5
    left_out: tuple[str, ...] = ()
    direction: Pass | None = None
    seed: int = 1
    epochs: int | None = None
    negatives: float = 2.0
    learning_rate: float | None = None
    frozen: int = 0
    most_patches: int = 400
    licence: str = "not stated"
    work: Path | None = None

    @property
    def folder(self) -> Path:
        """Return the folder of the new model."""
        return self.output / model_folder_name(self.name, self.bands)

    @property
    def run(self) -> Path:
        """Return the folder that the run is kept in."""
        return self.work or self.output / ".work" / self.folder.name


def check_request(request: TrainRequest) -> None:
    """Refuse what can be told to be wrong before any input is opened.

    Raises
    ------
    UsageError
        If options contradict each other, or the name cannot be that of a folder.
    InputError
        If there is nothing to mix in.
    """
    check_model_name(request.name)
    if request.frozen and request.start is None:
        raise UsageError(
            f"--freeze {request.frozen}: there are no trained convolutions to keep without --from",
            "Such as: --from resnet --freeze 2.",
        )
    if request.mix is not None and not any(request.mix.glob("*.npz")):
        raise InputError(
            f"{request.mix}: holds no patches (*.npz) to mix in",
            "Make some: python -m landslidectl.training dataset.",
        )


def architecture_of(request: TrainRequest, start: Model | None) -> str:
    """Return the architecture that was asked for, or that of the model to go on from.

    Raises
    ------
    UsageError
        If there is neither.
    """
    named = request.architecture or (start.architecture if start else None)
    if named is None:
        raise UsageError(
            "--architecture is missing: cnn, resnet or cbam",
            "Or go on from a model: --from resnet.",
        )
    return named


def fit_settings(request: TrainRequest, start: Model | None, patches: PatchSet) -> FitSettings:
    """Return how the network is trained: gently and in small steps where there is little to see.

    West-east flips turn one pass into the other, so they are made only where both are there.
    """
    settings = FitSettings(
        architecture=architecture_of(request, start),
        bands=request.bands,
        seed=request.seed,
        epochs=request.epochs or (20 if start else 40),
        patience=5 if start else 8,
        learning_rate=request.learning_rate or (1e-4 if start else 1e-3),
        negatives_per_positive=request.negatives,
        flips=bool(patches.ascending.any() and not patches.ascending.all()),
        start=start_of(start) if start else None,
        frozen=request.frozen,
    )
    few = epoch_order(patches, settings, 1).size < FEW_PATCHES
    return replace(settings, batch=32 if few else 128)


def request_key(request: TrainRequest, events: Sequence[MappedEvent], start: Model | None) -> str:
    """Return what stands for a request and for the contents of all its inputs."""
    plain = asdict(request)
    for name in ("events", "output", "work", "mix", "start"):
        del plain[name]
    inputs: dict[str, Any] = {"mix": [], "start": start_of(start).as_dict() if start else None}
    if request.mix is not None:
        inputs["mix"] = [file_digest(path) for path in sorted(request.mix.glob("*.npz"))]
    inputs["events"] = [
        {
            "name": event.name,
            "inventory": inventory_digest(event.inventory),
            "layer": event.layer,
            "stacks": [
                [file_digest(path) for path in (s.record_path, s.values_path, s.quality_path)]
                for s in event.stacks
            ],
        }
        for event in events
    ]
    return stable_key({"request": {**plain, "bands": request.bands.value}, "inputs": inputs})


def check_folders(request: TrainRequest, key: str) -> Model | None:
    """Refuse to overwrite another model, or to go on with another run; begin the run.

    Returns
    -------
    Model or None
        The model of this very request, where it is finished and its files are intact.

    Raises
    ------
    OutputError
        If the model folder holds another model.
    InputError
        If the run was begun with other inputs or options.
    """
    if (request.folder / MANIFEST_NAME).is_file():
        present = read_manifest(request.folder / MANIFEST_NAME)
        if _training(present).get("key") == key:
            with suppress(ModelError):
                verify_model(present)
                return present
        else:
            raise OutputError(
                f"{request.folder}: holds another model already",
                "Choose another --name or --output.",
            )
    record = request.run / REQUEST
    begun = record.is_file() and (request.run / EVENTS).is_file()
    if begun and read_step(record).get("key") != key:
        raise InputError(
            f"{request.run}: this run was begun with other inputs or options",
            "Choose another --name or --work, or delete the folder.",
        )
    write_json_atomic(record, {"key": key})
    return None


def _training(model: Model) -> Mapping[str, Any]:
    training = model.raw.get("training")
    return training if isinstance(training, Mapping) else {}
