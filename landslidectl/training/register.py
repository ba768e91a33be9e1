"""Make a model folder out of a trained run: network, manifest and card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import OutputError
from landslidectl.files.atomic import atomic_path, write_json_atomic, write_text_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    SCHEMA,
    UNITS,
    WEIGHTS_NAME,
    Model,
    model_folder_name,
    read_manifest,
)
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device
from landslidectl.training.card import card_text
from landslidectl.training.evaluate import (
    baseline_scores,
    choose_threshold,
    measure,
    paired_response,
)
from landslidectl.training.fit import BEST, HISTORY, load_network, predict
from landslidectl.training.networks import WINDOW, band_scales, multiply_adds
from landslidectl.training.patches import PatchSet, as_input
from landslidectl.training.quantise import (
    QuantisationLoss,
    convert_float,
    quantisation_loss,
    quantise,
    quantise_by_window,
)
from landslidectl.training.rounding import rounded

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
    """

    name: str
    version: str
    training_data: str
    licence: str = "MIT"
    contract: StackContract = field(default_factory=StackContract)


def quantise_run(run: Path, patches: PatchSet, validation: PatchSet) -> Mapping[str, Any]:
    """Convert the best network of a run to 8 bits, and choose the threshold.

    Fixed ranges are taken where they keep the scores on ``validation`` within the bounds of
    `QuantisationLoss`, and the ranges of each window where they do not. Writes ``model.tflite``,
    ``float32.tflite`` for comparison, and ``quantisation.json``: the threshold with the best F1 on
    ``validation`` and what quantisation changed there.

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
    reference = predict(network, as_input(validation.windows, bands))
    eight_bit = rounded(network, inputs)
    file, precision = quantise(eight_bit, inputs, run / WEIGHTS_NAME), FIXED
    scores, loss = _compared(file, reference, validation, bands)
    if not loss.within_bounds:
        file, precision = quantise_by_window(eight_bit, run / WEIGHTS_NAME), BY_WINDOW
        scores, loss = _compared(file, reference, validation, bands)
    best = choose_threshold(scores, validation.labels)
    record = {
        "threshold": round(min(max(best, 0.001), 0.999), 4),
        "precision": precision,
        "loss": asdict(loss),
        "representatives": REPRESENTATIVES,
        "multiply_adds": multiply_adds(network),
        "parameters": int(network.count_params()),
    }
    write_json_atomic(run / QUANTISATION, record)
    return record


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


def score_file(file: Path, patches: PatchSet, bands: BandSet) -> NDArray[np.float32]:
    """Score patches with a ``.tflite`` file through the interpreter that users get."""
    return score_windows(file, as_input(patches.windows, bands), bands)


def score_windows(file: Path, windows: NDArray[np.float32], bands: BandSet) -> NDArray[np.float32]:
    """Score windows, (window, 64, 64, band) in dB, with a ``.tflite`` file."""
    with Scorer(_unregistered(file, bands), Device.CPU) as scorer:
        return scorer.score(windows)


def model_of_run(run: Path) -> Model:
    """Return the quantised network of a run as a model, before it is registered."""
    return _unregistered(run / WEIGHTS_NAME, BandSet(read_settings(run)["bands"]))


def _unregistered(file: Path, bands: BandSet) -> Model:
    return Model(
        name=file.stem,
        version="0",
        architecture="",
        folder=file.parent,
        file=file,
        sha256=file_digest(file),
        bands=bands,
        contract=StackContract(),
        window=WINDOW,
        threshold=0.5,
        licence="",
        raw={},
    )


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
    """Write ``models/<name>/`` with network, manifest and card.

    Parameters
    ----------
    run : Path
        Folder of `fit.fit` after `quantise_run`, and after the step ``scenes``, which chose the
        threshold that the manifest recommends.
    release : Release
    sets : mapping
        ``train``, ``validation`` and ``test``; the test set must share no event with the others.
    models_dir : Path

    Raises
    ------
    OutputError
        If the folder already holds a model of this version with another network.
    """
    settings, record = read_settings(run), _read_json(run / QUANTISATION)
    scenes = _read_json(run / SCENES)
    bands = BandSet(settings["bands"])
    folder = models_dir / model_folder_name(release.name, bands)
    content = (run / WEIGHTS_NAME).read_bytes()
    _check_version(folder, release, file_digest(run / WEIGHTS_NAME))
    scores = score_file(run / WEIGHTS_NAME, sets["test"], bands)
    metrics = {
        "test": metrics_on_test(scores, record["threshold"], sets["test"], sets["validation"]),
        "patch_threshold": record["threshold"],
        "quantisation_on_validation": record["loss"],
        "scenes": scenes,
    }
    with atomic_path(folder / WEIGHTS_NAME) as temporary:
        temporary.write_bytes(content)
    manifest = {
        "schema": SCHEMA,
        "name": release.name,
        "version": release.version,
        "architecture": settings["architecture"],
        "file": WEIGHTS_NAME,
        "sha256": file_digest(folder / WEIGHTS_NAME),
        "precision": record["precision"],
        "parameters": record["parameters"],
        "multiply_adds": record["multiply_adds"],
        "window": WINDOW,
        "bands": bands.value,
        "band_names": list(bands.band_names),
        "units": UNITS,
        "scaling": [asdict(scale) for scale in band_scales(bands)],
        "contract": release.contract.as_dict(),
        "threshold": scenes["threshold"],
        "training": {
            "data": release.training_data,
            "simulated": True,
            "settings": settings,
            "sets": {name: _describe(patches) for name, patches in sets.items()},
        },
        "metrics": metrics,
        "licence": release.licence,
    }
    write_text_atomic(folder / "card.md", card_text(manifest))
    write_json_atomic(folder / MANIFEST_NAME, manifest)
    return read_manifest(folder / MANIFEST_NAME)


def read_settings(run: Path) -> dict[str, Any]:
    """Return the settings a run was trained with."""
    settings = _read_json(run / HISTORY)["settings"]
    return dict(settings)


def _describe(patches: PatchSet) -> dict[str, Any]:
    """Count what is in a set."""
    kinds = patches.labels
    return {
        "events": np.unique(patches.seed).tolist(),
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


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be read: {error}", "Run the earlier training steps first."
        ) from error
