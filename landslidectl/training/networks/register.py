"""Make a model folder out of a trained run: network, companions, manifest and card."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import OutputError, UsageError
from landslidectl.evaluation.metrics import choose_threshold, measure
from landslidectl.files.atomic import atomic_path, write_json_atomic, write_text_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    SCHEMA,
    WEIGHTS_NAME,
    Model,
    model_folder_name,
    read_manifest,
)
from landslidectl.inference.manifest_fields import UNITS
from landslidectl.inference.naming import RULES, is_model_name
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet
from landslidectl.training.event_numbers import as_spans
from landslidectl.training.judging.calibrate import calibrate
from landslidectl.training.judging.evaluate import baseline_scores, paired_response
from landslidectl.training.mapped.inventory_card import inventory_card_text
from landslidectl.training.networks.architectures import WINDOW, band_scales, multiply_adds
from landslidectl.training.networks.card import card_text
from landslidectl.training.networks.fit import BEST, load_network, predict
from landslidectl.training.networks.quantise import (
    QuantisationLoss,
    convert_float,
    quantisation_loss,
    quantise,
    quantise_by_window,
)
from landslidectl.training.networks.rounding import rounded
from landslidectl.training.networks.scoring import read_settings, read_step, score_file
from landslidectl.training.networks.twins import copy_twins, write_twins
from landslidectl.training.patches import PatchSet, as_input

REPRESENTATIVES = 400
QUANTISATION = "quantisation.json"
SCENES = "scenes.json"
FLOAT_NAME = "float32.tflite"
FIXED = "int8 with fixed ranges, float32 at both ends"
BY_WINDOW = "int8 kernels, feature maps int8 by the range of each window, float32 between"


@dataclass(frozen=True, slots=True)
class Release:
    """What a model folder says beyond what was measured.

    Parameters
    ----------
    name, version : str
        What users type, and the release.
    training_data : str
        In words: what the network was trained on.
    licence : str
    contract : StackContract
        How the stacks of the training were made.
    simulated : bool
        False for a network trained on inventories: its card says so, and its threshold is the one
        chosen on validation patches, since there are no whole scenes to choose one on.
    facts, figures : mapping
        What else the manifest says of the training, and of the metrics.
    """

    name: str
    version: str
    training_data: str
    licence: str = "MIT"
    contract: StackContract = field(default_factory=StackContract)
    simulated: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)


def quantise_run(run: Path, patches: PatchSet, validation: PatchSet) -> Mapping[str, Any]:
    """Convert the best network of a run to 8 bits, and choose the threshold.

    Fixed ranges are taken where they keep the scores on ``validation`` within the bounds of
    `QuantisationLoss`, and the ranges of each window where they do not. Writes ``model.tflite``,
    ``float32.tflite`` for comparison, the companions of `twins.write_twins`, and
    ``quantisation.json``: the threshold with the best F1 on ``validation`` and what quantisation
    changed there.

    Parameters
    ----------
    run : Path
        Folder of `fit.fit`.
    patches : PatchSet
        Training patches; `representatives` of them fix the ranges of the activations.
    validation : PatchSet
    """
    settings = read_settings(run)
    bands = BandSet(settings["bands"])
    network = load_network(run / BEST)
    chosen = representatives(patches, REPRESENTATIVES)
    inputs = as_input(patches.taken(chosen).windows, bands)
    convert_float(network, run / FLOAT_NAME)
    checked = as_input(validation.windows, bands)
    reference = predict(network, checked)
    eight_bit = rounded(network, inputs)
    file, precision = quantise(eight_bit, inputs, run / WEIGHTS_NAME), FIXED
    scores, loss = _compared(file, reference, validation, bands)
    if not loss.within_bounds:
        file, precision = quantise_by_window(eight_bit, run / WEIGHTS_NAME), BY_WINDOW
        scores, loss = _compared(file, reference, validation, bands)
    best = choose_threshold(scores, validation.labels)
    record = {
        "network": network_digest(run),
        "threshold": round(min(max(best, 0.001), 0.999), 4),
        "precision": precision,
        "loss": asdict(loss),
        "representatives": REPRESENTATIVES,
        "multiply_adds": multiply_adds(network),
        "parameters": int(network.count_params()),
        "twins": write_twins(network, (checked, reference), bands, run),
    }
    write_json_atomic(run / QUANTISATION, record)
    return record


def network_digest(run: Path) -> str:
    """Return the digest of the network of a run."""
    return file_digest(run / BEST)


def is_of_network(record: Path) -> bool:
    """Tell whether a step's record stands and is of the network that its run holds now."""
    return record.is_file() and read_step(record).get("network") == network_digest(record.parent)


def _compared(
    file: Path, reference: NDArray[np.float32], patches: PatchSet, bands: BandSet
) -> tuple[NDArray[np.float32], QuantisationLoss]:
    """Score patches with a file, and say how far the scores are from ``reference``."""
    scores = score_file(file, patches, bands)
    return scores, quantisation_loss(reference, scores, patches.labels)


def representatives(patches: PatchSet, count: int) -> NDArray[np.intp]:
    """Return ``count`` patches, evenly spread, half of them landslides."""
    parts = []
    for kind in (np.flatnonzero(patches.labels), np.flatnonzero(~patches.labels)):
        places = np.linspace(0, kind.size - 1, min(count // 2, kind.size)).round().astype(np.intp)
        parts.append(kind[places])
    return np.concatenate(parts)


def metrics_on_test(
    scores: NDArray[np.float32], threshold: float, test: PatchSet, validation: PatchSet
) -> dict[str, Any]:
    """Measure a model, and the two rules that need no network, on an unseen test set.

    The rules get their thresholds on ``validation``, as the model did.
    """
    metrics: dict[str, Any] = {
        "model": measure(scores, test.labels, threshold).as_dict(),
        "higher_with_slides": paired_response(scores, test),
    }
    rules, calibration = baseline_scores(test), baseline_scores(validation)
    for name, values in rules.items():
        rule_threshold = choose_threshold(calibration[name], validation.labels)
        metrics[name] = measure(values, test.labels, rule_threshold).as_dict()
    return metrics


def register(run: Path, release: Release, sets: Mapping[str, PatchSet], models_dir: Path) -> Model:
    """Write ``models/<name>/`` with network, companions, manifest and card.

    Parameters
    ----------
    run : Path
        Folder of `fit.fit` after `quantise_run` and, for a simulated release, after the step
        ``scenes``, which chose the thresholds that the manifest recommends.
    release : Release
    sets : mapping
        ``train``, ``validation`` and ``test``; the test set must share no place with the others.
    models_dir : Path

    Raises
    ------
    OutputError
        If the folder already holds a model of this version with another network, or a step of the
        run is missing.
    """
    settings, record = read_settings(run), read_step(run / QUANTISATION)
    scenes = dict(read_step(run / SCENES)) if release.simulated else None
    confidence = None if scenes is None else scenes.pop("confidence", None)
    bands = BandSet(settings["bands"])
    folder = models_dir / model_folder_name(release.name, bands)
    _check_version(folder, release, file_digest(run / WEIGHTS_NAME))
    if "twins" not in record:
        raise OutputError(
            f"{run / QUANTISATION}: says nothing of float16 and weights", "Quantise the run again."
        )
    scores = score_file(run / WEIGHTS_NAME, sets["test"], bands)
    metrics = {
        "test": metrics_on_test(scores, record["threshold"], sets["test"], sets["validation"]),
        "patch_threshold": record["threshold"],
        "quantisation_on_validation": record["loss"],
        **({} if scenes is None else {"scenes": scenes}),
        **({} if confidence is None else {"confidence": confidence}),
        **release.figures,
    }
    with atomic_path(folder / WEIGHTS_NAME) as temporary:
        temporary.write_bytes((run / WEIGHTS_NAME).read_bytes())
    copy_twins(record["twins"], run, folder)
    validation = sets["validation"]
    checked = score_file(run / WEIGHTS_NAME, validation, bands)
    manifest = _manifest(release, settings, record, folder) | {
        "calibration": calibrate(checked, validation.labels, "validation"),
        "threshold": record["threshold"] if scenes is None else scenes["threshold"],
        **({} if confidence is None else {"threshold_high": confidence["threshold_high"]}),
        "training": {
            "data": release.training_data,
            "simulated": release.simulated,
            "settings": settings,
            "sets": {name: _describe(patches) for name, patches in sets.items()},
            **release.facts,
        },
        "metrics": metrics,
        "licence": release.licence,
    }
    card = card_text(manifest) if release.simulated else inventory_card_text(manifest)
    write_text_atomic(folder / "card.md", card)
    write_json_atomic(folder / MANIFEST_NAME, manifest)
    return read_manifest(folder / MANIFEST_NAME)


def check_model_name(name: str) -> None:
    """Refuse what cannot be the name of a model folder.

    Raises
    ------
    UsageError
        If it has other signs than letters, digits, dots and hyphens, or is that of a rule.
    """
    if name in RULES:
        raise UsageError(
            f"--name: '{name}' is the name of a rule that is built in", "Choose another name."
        )
    if not is_model_name(name):
        raise UsageError(
            f"--name: expected up to 64 letters, digits, dots and hyphens, found '{name}'",
            "Such as: --name sar-lra-descending.",
        )


def _manifest(
    release: Release, settings: Mapping[str, Any], record: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Return what the manifest says of the network itself."""
    bands = BandSet(settings["bands"])
    return {
        "schema": SCHEMA,
        "name": release.name,
        "version": release.version,
        "architecture": settings["architecture"],
        "file": WEIGHTS_NAME,
        "sha256": file_digest(folder / WEIGHTS_NAME),
        "precision": record["precision"],
        "twins": record["twins"],
        "parameters": record["parameters"],
        "multiply_adds": record["multiply_adds"],
        "window": WINDOW,
        "bands": bands.value,
        "band_names": list(bands.band_names),
        "units": UNITS,
        "scaling": [asdict(scale) for scale in band_scales(bands)],
        "contract": release.contract.as_dict(),
    }


def _describe(patches: PatchSet) -> dict[str, Any]:
    """Count what is in a set."""
    kinds = patches.labels
    return {
        "events": as_spans(patches.seed.tolist()),
        "patches": len(patches),
        "landslide": int(kinds.sum()),
        "twins_without_slides": int(patches.twin.sum()),
        "ascending": int(patches.ascending.sum()),
        "descending": int((~patches.ascending).sum()),
    }


def _check_version(folder: Path, release: Release, digest: str) -> None:
    if not (folder / MANIFEST_NAME).is_file():
        return
    present = read_manifest(folder / MANIFEST_NAME)
    if present.version == release.version and present.sha256 != digest:
        raise OutputError(
            f"{folder}: already holds version {present.version} with another network",
            "Give the new one another version.",
        )
