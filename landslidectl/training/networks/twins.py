"""The float companions of an 8-bit model: one for GPUs, and the weights to go on training from.

Both are judged by the scores of validation patches against the network as it was trained.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import OutputError
from landslidectl.files.atomic import atomic_path
from landslidectl.files.hashing import file_digest
from landslidectl.terms import BandSet
from landslidectl.training.networks.fit import predict
from landslidectl.training.networks.quantise import convert_float
from landslidectl.training.networks.scoring import score_windows
from landslidectl.training.networks.weights import save_weights, weights_of, with_weights

FLOAT16 = "float16"
FLOAT32 = "float32"
WEIGHTS = "weights"
WEIGHTS_FILE = "weights.npz"
MOST_TWIN_DIFFERENCE = 5e-3
MOST_WEIGHTS_DIFFERENCE = 1e-3

Checked = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Windows and the scores they should have."""


def write_twins(
    network: Any, checked: Checked, bands: BandSet, run: Path
) -> dict[str, dict[str, Any]]:
    """Write both companions into a run and return what the manifest says of them.

    Parameters
    ----------
    network : keras.Model
        As trained.
    checked : (float32, float32)
        Validation patches, dB without NaN, and the scores the network gives them.
    bands : BandSet
    run : Path

    Returns
    -------
    dict
        ``float16`` (``float32`` where 16 bits move the scores too far) and ``weights``: file,
        digest, and the score differences at the 99th percentile and at most.
    """
    return {
        **_float_twin(network, checked, bands, run),
        WEIGHTS: _weights_twin(network, checked, run),
    }


def copy_twins(record: Mapping[str, Any], run: Path, folder: Path) -> None:
    """Copy the companions of a run into a model folder.

    Raises
    ------
    OutputError
        If one is missing or not the one that was judged.
    """
    for twin in record.values():
        source = run / twin["file"]
        if not source.is_file() or file_digest(source) != twin["sha256"]:
            raise OutputError(
                f"{source}: missing, or not the file that was compared",
                "Quantise the run again.",
            )
        with atomic_path(folder / twin["file"]) as temporary:
            temporary.write_bytes(source.read_bytes())


def _float_twin(
    network: Any,
    checked: tuple[NDArray[np.float32], NDArray[np.float32]],
    bands: BandSet,
    run: Path,
) -> dict[str, dict[str, Any]]:
    windows, reference = checked
    file = convert_float(network, run / f"{FLOAT16}.tflite", half=True)
    half = _difference(score_windows(file, windows, bands), reference)
    if half["difference_p99"] <= MOST_TWIN_DIFFERENCE:
        return {FLOAT16: _record(file, half)}
    file = convert_float(network, run / f"{FLOAT32}.tflite")
    exact = _difference(score_windows(file, windows, bands), reference)
    return {FLOAT32: _record(file, exact | {"float16": half})}


def _weights_twin(network: Any, checked: Checked, run: Path) -> dict[str, Any]:
    windows, reference = checked
    weights, precision = weights_of(network, half=True), "float16 kernels"
    loss = _difference(predict(with_weights(network, weights), windows), reference)
    if loss["difference_p99"] >= MOST_WEIGHTS_DIFFERENCE:
        weights, precision = weights_of(network), FLOAT32
        loss = _difference(predict(with_weights(network, weights), windows), reference)
    file = save_weights(weights, run / WEIGHTS_FILE)
    return _record(file, {"precision": precision} | loss)


def _difference(
    scores: NDArray[np.float32], reference: NDArray[np.float32]
) -> dict[str, float | int]:
    difference = np.abs(scores.astype(np.float64) - reference)
    return {
        "difference_p99": round(float(np.percentile(difference, 99)), 7),
        "difference_max": round(float(difference.max()), 7),
        "patches": int(reference.size),
    }


def _record(file: Path, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": file.name, "sha256": file_digest(file), **figures}
