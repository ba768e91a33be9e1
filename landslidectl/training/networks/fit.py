"""Fit a network to patches: balanced epochs, early stopping, resumable, repeatable."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.evaluation.metrics import average_precision, roc_auc
from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.files.atomic import atomic_path, make_folder, remove_file, write_json_atomic
from landslidectl.training.networks.architectures import build_network
from landslidectl.training.networks.epochs import epoch_order, flipped, learning_rate
from landslidectl.training.networks.finetune import begin_from
from landslidectl.training.networks.fit_settings import FitSettings
from landslidectl.training.networks.framework import calm, load_keras, seed_everything
from landslidectl.training.networks.trainer import load_trainer, trainer_of
from landslidectl.training.patches import PatchSet, as_input
from landslidectl.training.splits import check_disjoint

HISTORY = "history.json"
BEST = "best.keras"
CHECKPOINT = "epoch-{:03d}.keras"


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
    make_folder(run)
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
        remove_file(run / CHECKPOINT.format(epoch - 1))
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
