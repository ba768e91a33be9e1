"""Fit a network to patches: balanced epochs, early stopping, resumable, repeatable."""

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.evaluation.metrics import average_precision, roc_auc
from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.files.atomic import atomic_path, write_json_atomic
from landslidectl.terms import BandSet, Pass
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.finetune import Start, begin_from
from landslidectl.training.networks.framework import calm, load_keras, seed_everything
from landslidectl.training.networks.trainer import Precision, load_trainer, trainer_of
from landslidectl.training.patches import PatchSet, as_input
from landslidectl.training.splits import check_disjoint

HISTORY = "history.json"
BEST = "best.keras"
CHECKPOINT = "epoch-{:03d}.keras"


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a network is trained.

    Parameters
    ----------
    architecture : str
        ``cnn``, ``resnet`` or ``cbam``.
    bands : BandSet
        What the network takes.
    seed : int
        Of weights, order, flips and dropout.
    epochs, patience : int
        Most epochs, and how many may pass without a better validation score.
    batch : int
        Patches a step.
    learning_rate : float
        Of Adam at the start; it falls to a hundredth along a cosine over ``epochs``.
    negatives_per_positive : float
        Imbalance of an epoch. Twins without slides come first, the rest is drawn anew each epoch.
    dropout : float
        Before the dense layers.
    precision : Precision
        Of the arithmetic while it trains; the network itself is float32.
    flips : bool
        Mirror patches at random. West-east turns a right-looking ascending pass into a descending
        one at the same incidence, so it is right only where one model serves both passes.
        North-south turns the look direction by some 24 degrees, within what steep terrain does.
    direction : Pass, optional
        Direction of flight of the patches it is given, where it is not both.
    start : Start, optional
        Trained weights to go on from, in place of random ones.
    frozen : int
        So many of the first convolutions keep the weights of ``start``.
    """

    architecture: str
    bands: BandSet = BandSet.VV_VH
    seed: int = 1
    epochs: int = 40
    patience: int = 8
    batch: int = 128
    learning_rate: float = 1e-3
    negatives_per_positive: float = 2.0
    dropout: float = 0.4
    flips: bool = True
    precision: Precision = Precision.FLOAT32
    direction: Pass | None = None
    start: Start | None = None
    frozen: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the settings, JSON-ready; direction and fine-tuning only where there is any."""
        values = {"bands": self.bands.value, "precision": self.precision.value}
        plain = {**asdict(replace(self, start=None)), **values}
        absent = {"direction"} if self.direction is None else set()
        if self.start is not None:
            plain["start"] = self.start.as_dict()
        else:
            absent |= {"start", "frozen"}
        return {name: value for name, value in plain.items() if name not in absent}


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a run left behind.

    Parameters
    ----------
    network : Path
        ``best.keras``: the network of the epoch with the best validation score.
    best_epoch : int
        Counted from 1.
    history : tuple of dict
        One record an epoch: loss, validation ROC AUC and average precision, seconds.
    """

    network: Path
    best_epoch: int
    history: tuple[dict[str, Any], ...]


def fit(
    settings: FitSettings,
    patches: PatchSet,
    validation: PatchSet,
    run: Path,
    reporter: Reporter = silent,
) -> FitResult:
    """Train a network by Adam on the binary cross-entropy of balanced epochs.

    After every epoch the network, its optimiser and the history are saved in ``run``; the same call
    goes on after the last complete epoch. The epoch with the best average precision on
    ``validation`` is kept. Simulated events of ``validation`` must not be among those of
    ``patches``; of mapped events no window of one may overlap one of the other.

    Raises
    ------
    InputError
        If the sets share a place, a set has only one kind, or ``run`` was begun otherwise.
    ModelError
        If the weights to start from are those of another network.
    """
    _check_sets(patches, validation)
    run.mkdir(parents=True, exist_ok=True)
    history = _history(settings, run)
    seed_everything(settings.seed)
    network = _new_network(settings)
    if history:
        trainer = load_trainer(run / CHECKPOINT.format(len(history)))
    else:
        trainer = _new_trainer(network, settings)
    checked = as_input(validation.windows, settings.bands)
    reporter(StepStarted("fit", f"Training {settings.architecture}", settings.epochs, "epochs"))
    for epoch in range(len(history) + 1, settings.epochs + 1):
        if _exhausted(history, settings.patience):
            break
        started = time.monotonic()
        order = epoch_order(patches, settings, epoch)
        loss = _train_epoch(trainer, patches.taken(order), settings, epoch)
        network.set_weights(trainer.get_weights())
        scores = predict(network, checked)
        history.append(_record(epoch, loss, scores, validation, time.monotonic() - started))
        if best_epoch(history) == epoch:
            _save(network, run / BEST)
        _save(trainer, run / CHECKPOINT.format(epoch))
        write_json_atomic(run / HISTORY, {"settings": settings.as_dict(), "epochs": history})
        (run / CHECKPOINT.format(epoch - 1)).unlink(missing_ok=True)
        reporter(StepAdvanced("fit", epoch))
        reporter(StepFinished(f"epoch {epoch}", history[-1]["seconds"], _words(history[-1])))
    return FitResult(run / BEST, best_epoch(history), tuple(history))


def predict(network: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores of a Keras network, shape (patch,)."""
    return np.asarray(network.predict(inputs, batch_size=256, verbose=0)[:, 0], dtype=np.float32)


def load_network(path: Path) -> Any:
    """Load a saved network.

    Raises
    ------
    InputError
        If there is none.
    """
    if not path.is_file():
        raise InputError(f"{path}: no trained network", "Train one: the fit command.")
    with calm():
        return load_keras().models.load_model(path)


def epoch_order(patches: PatchSet, settings: FitSettings, epoch: int) -> NDArray[np.intp]:
    """Return which patches an epoch sees, and in which order; depends on seed and epoch alone.

    Every positive once, or as many as there are negatives for; as negatives all twins, or as many
    as there is room for, and other negatives up to ``negatives_per_positive``.
    """
    rng = np.random.default_rng([settings.seed, epoch])
    positives = np.flatnonzero(patches.labels)
    enough = round((len(patches) - positives.size) / settings.negatives_per_positive)
    if enough < positives.size:
        positives = rng.permutation(positives)[: max(enough, 1)]
    twins = rng.permutation(np.flatnonzero(patches.twin))
    others = rng.permutation(np.flatnonzero(~patches.labels & ~patches.twin))
    wanted = round(settings.negatives_per_positive * positives.size)
    twins = twins[: wanted - min(others.size, wanted // 2)] if others.size else twins[:wanted]
    negatives = np.concatenate([twins, others])[:wanted]
    return rng.permutation(np.concatenate([positives, negatives]))


def learning_rate(settings: FitSettings, epoch: int) -> float:
    """Return the rate of an epoch, counted from 1."""
    phase = (epoch - 1) / max(settings.epochs - 1, 1)
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * phase)))


def best_epoch(history: list[dict[str, Any]]) -> int:
    """Return the epoch with the best validation average precision, the first of equals."""
    best = max(history, key=lambda record: (record["average_precision"], -record["epoch"]))
    return int(best["epoch"])


def _new_network(settings: FitSettings) -> Any:
    network = build_network(settings.architecture, settings.bands, settings.dropout)
    if settings.start is not None:
        begin_from(settings.start, network, settings.frozen)
    return network


def _new_trainer(network: Any, settings: FitSettings) -> Any:
    trainer = trainer_of(network, settings.precision)
    trainer.compile(
        optimizer=load_keras().optimizers.Adam(settings.learning_rate), loss="binary_crossentropy"
    )
    return trainer


def _train_epoch(trainer: Any, patches: PatchSet, settings: FitSettings, epoch: int) -> float:
    """Take the patches in their order, batch by batch; return the mean loss."""
    trainer.optimizer.learning_rate = learning_rate(settings, epoch)
    rng = np.random.default_rng([settings.seed, epoch, 1])
    total = 0.0
    labels = patches.labels.astype(np.float32)
    for first in range(0, len(patches), settings.batch):
        batch = slice(first, first + settings.batch)
        windows = as_input(patches.windows[batch], settings.bands)
        if settings.flips:
            windows = flipped(windows, rng)
        loss = float(trainer.train_on_batch(windows, labels[batch, np.newaxis]))
        total += loss * len(windows)
    return total / len(patches)


def flipped(windows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mirror about half of the windows along rows, and about half along columns."""
    north_south, west_east = rng.random((2, windows.shape[0])) < 0.5
    windows[north_south] = windows[north_south, ::-1]
    windows[west_east] = windows[west_east, :, ::-1]
    return windows


def _check_sets(patches: PatchSet, validation: PatchSet) -> None:
    check_disjoint(patches, validation, ("training", "validation"))
    for name, part in (("training", patches), ("validation", validation)):
        if not 0 < int(part.labels.sum()) < len(part):
            raise InputError(
                f"the {name} set has {int(part.labels.sum())} landslide patches of {len(part)}",
                "Make the set from more events.",
            )


def _history(settings: FitSettings, run: Path) -> list[dict[str, Any]]:
    path = run / HISTORY
    if not path.is_file():
        return []
    begun = json.loads(path.read_text(encoding="utf-8"))
    if begun["settings"] != settings.as_dict():
        raise InputError(
            f"{run}: the run was begun with other settings: {begun['settings']}",
            "Choose another folder for this run, or repeat those settings.",
        )
    return list(begun["epochs"])


def _exhausted(history: list[dict[str, Any]], patience: int) -> bool:
    return bool(history) and len(history) - best_epoch(history) >= patience


def _record(
    epoch: int,
    loss: float,
    scores: NDArray[np.float32],
    validation: PatchSet,
    seconds: float,
) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "loss": round(loss, 6),
        "roc_auc": round(roc_auc(scores, validation.labels), 6),
        "average_precision": round(average_precision(scores, validation.labels), 6),
        "seconds": round(seconds, 2),
    }


def _words(record: dict[str, Any]) -> str:
    return (
        f"loss {record['loss']:.4f}, validation ROC AUC {record['roc_auc']:.4f}, "
        f"average precision {record['average_precision']:.4f}"
    )


def _save(network: Any, path: Path) -> None:
    with atomic_path(path) as temporary, calm():
        network.save(temporary)
