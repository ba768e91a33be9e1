"""Score patches with a ``.tflite`` file through the interpreter that users get."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import OutputError
from landslidectl.files.hashing import file_digest
from landslidectl.inference.interpreter import Scorer
from landslidectl.inference.manifest import WEIGHTS_NAME, Model
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device
from landslidectl.training.networks.architectures import WINDOW
from landslidectl.training.networks.fit import HISTORY
from landslidectl.training.patches import PatchSet, as_input


def score_file(file: Path, patches: PatchSet, bands: BandSet) -> NDArray[np.float32]:
    """Score patches with a ``.tflite`` file."""
    return score_windows(file, as_input(patches.windows, bands), bands)


def score_windows(file: Path, windows: NDArray[np.float32], bands: BandSet) -> NDArray[np.float32]:
    """Score windows, (window, 64, 64, band) in dB, with a ``.tflite`` file."""
    with Scorer(_unregistered(file, bands), Device.CPU) as scorer:
        return scorer.score(windows)


def model_of_run(run: Path) -> Model:
    """Return the quantised network of a run as a model, before it is registered."""
    return _unregistered(run / WEIGHTS_NAME, BandSet(read_settings(run)["bands"]))


def read_settings(run: Path) -> dict[str, Any]:
    """Return the settings a run was trained with."""
    settings = read_step(run / HISTORY)["settings"]
    return dict(settings)


def read_step(path: Path) -> dict[str, Any]:
    """Read what an earlier step of the training wrote.

    Raises
    ------
    OutputError
        If it is not there.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be read: {error}", "Run the earlier training steps first."
        ) from error


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
