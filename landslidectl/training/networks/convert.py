"""Make model folders out of weights that others published."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import OutputError
from landslidectl.files.atomic import write_json_atomic, write_text_atomic
from landslidectl.files.hashing import file_digest
from landslidectl.inference.manifest import (
    MANIFEST_NAME,
    SCHEMA,
    WEIGHTS_NAME,
    Model,
    read_manifest,
)
from landslidectl.inference.manifest_fields import UNITS
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Pass, Radiometry
from landslidectl.training.networks import sar_lra
from landslidectl.training.networks.architectures import multiply_adds
from landslidectl.training.networks.framework import load_keras
from landslidectl.training.networks.hdf5 import fill, read_weights
from landslidectl.training.networks.quantise import convert_float, quantise_by_window
from landslidectl.training.networks.register import BY_WINDOW, check_model_name
from landslidectl.training.networks.rounding import rounded
from landslidectl.training.networks.scoring import score_windows

CONTRACT = StackContract(radiometry=Radiometry.GEE)
LICENCE = "unconfirmed"
FLOAT_SUFFIX = "-float32"
FLOAT = "float32"
PROBES = 32
DIFFERENCES = (
    "trained on the composites of Google Earth Engine, on a grid in degrees of about 10 m north to "
    "south and less from west to east; stacks here are in metres on a UTM grid",
    "trained on medians of dB values with a floor that is not known; stacks here have a floor of "
    f"{CONTRACT.noise_floor_db:g} dB",
    "the published tool scores places in layover and shadow like all others; here they are masked",
    "the published tool merges windows by non-maximum suppression; here their scores are blended",
)

CARD = """# {name} {version}

The network of the published SAR-LRA tool with weights from `{file}`, {precision}.
{parameters:,} parameters, of which {kept:,} are left after its three equal copies of one feature
map became one. Windows of {window} x {window} pixels of 10 m, bands {bands} in dB, neither scaled
nor clipped. For scenes of **{direction}** tracks alone: nothing stops a job with others.

**Licence of the weights: unconfirmed.** The tool's code is published under the MIT licence; nobody
has said so of the weights. Ask their authors before you pass them or their maps on.

## Origin

{citation}
SHA-256 of the file the weights are from: {digest}.

## What was checked here

Weights of the expected shapes; scores with one copy in place of three differ by at most
{fold:.1e}{quantised} on {probes} random windows. No scene and no landslide was used: how well the
network finds landslides in stacks made by this program is not known.

## How its stacks differ from those it was trained on

{differences}

Threshold {threshold:g} is that of the published tool, not one chosen on stacks of this program.
"""
CITATION = (
    "Nava et al. 2026, Sentinel-1 SAR-based globally distributed co-seismic landslide detection "
    "by deep neural networks, Geoscientific Model Development 19, doi:10.5194/gmd-19-167-2026."
)


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is imported, and where to.

    Parameters
    ----------
    weights : Path
        HDF5 file of Keras.
    direction : Pass
        Of the tracks that the weights were trained on.
    name : str
        What users type.
    output : Path
        Folder of models.
    """

    weights: Path
    direction: Pass
    name: str
    output: Path


def import_sar_lra(request: ImportRequest) -> tuple[Model, Model]:
    """Write two model folders, of 8-bit kernels and of float32, from weights of the SAR-LRA tool.

    Returns
    -------
    tuple of Model
        ``NAME`` and ``NAME-float32``; the same weights give the same bytes.

    Raises
    ------
    UsageError
        If the name cannot be that of a folder.
    ResourceError
        If TensorFlow is not installed.
    InputError
        If the file is no HDF5 or holds other weights.
    OutputError
        If a model of that name with other weights is there.
    """
    check_model_name(request.name)
    load_keras()
    found = read_weights(request.weights)
    digest = file_digest(request.weights)
    for name in (request.name, request.name + FLOAT_SUFFIX):
        _check_free(request.output / name, digest)
    published = sar_lra.build_published(request.direction)
    fill(published, found, request.weights)
    single = sar_lra.without_copies(published)
    probes = _probes(seed=1)
    reference = _scores(published, probes)
    facts = _facts(request, digest, (published, single))
    facts["fold_difference"] = float(np.abs(_scores(single, probes) - reference).max())
    exact = request.output / (request.name + FLOAT_SUFFIX)
    convert_float(single, exact / WEIGHTS_NAME)
    eight_bit = request.output / request.name
    quantise_by_window(rounded(single, _probes(seed=2)), eight_bit / WEIGHTS_NAME)
    scores = score_windows(eight_bit / WEIGHTS_NAME, probes, BandSet.VV_VH)
    difference = float(np.abs(scores - reference).max())
    return (
        _register(eight_bit, facts | {"precision": BY_WINDOW, "int8_difference": difference}),
        _register(exact, facts | {"precision": FLOAT}),
    )


def _check_free(folder: Path, digest: str) -> None:
    if not (folder / MANIFEST_NAME).is_file():
        return
    origin = read_manifest(folder / MANIFEST_NAME).raw.get("origin")
    if not isinstance(origin, Mapping) or origin.get("sha256") != digest:
        raise OutputError(
            f"{folder}: holds another model already", "Choose another --name or --output."
        )


def _probes(seed: int) -> NDArray[np.float32]:
    """Return random windows of the usual levels, each with a brightness of its own."""
    rng = np.random.default_rng(seed)
    level = rng.normal((-10.0, -16.0, 0.0, 0.0), (4.0, 4.0, 0.5, 0.5), (PROBES, 1, 1, 4))
    pixels = rng.normal(0.0, 3.0, (PROBES, sar_lra.WINDOW, sar_lra.WINDOW, sar_lra.BANDS))
    return (level + pixels).astype(np.float32)


def _scores(network: Any, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(network.predict(windows, batch_size=16, verbose=0)).reshape(len(windows))


def _facts(request: ImportRequest, digest: str, networks: tuple[Any, Any]) -> dict[str, Any]:
    published, single = networks
    return {
        "version": digest[:8],
        "parameters": int(published.count_params()),
        "parameters_kept": int(single.count_params()),
        "multiply_adds": multiply_adds(single),
        "passes": [str(request.direction)],
        "origin": {
            "tool": "SAR-LRA",
            "citation": CITATION,
            "file": request.weights.name,
            "sha256": digest,
            "licence": LICENCE,
        },
    }


def _register(folder: Path, facts: Mapping[str, Any]) -> Model:
    manifest = {
        "schema": SCHEMA,
        "name": folder.name,
        "version": facts["version"],
        "architecture": sar_lra.ARCHITECTURE,
        "file": WEIGHTS_NAME,
        "sha256": file_digest(folder / WEIGHTS_NAME),
        "precision": facts["precision"],
        "parameters": facts["parameters"],
        "parameters_kept": facts["parameters_kept"],
        "multiply_adds": facts["multiply_adds"],
        "window": sar_lra.WINDOW,
        "bands": BandSet.VV_VH.value,
        "band_names": list(BandSet.VV_VH.band_names),
        "units": UNITS,
        "scaling": None,
        "contract": CONTRACT.as_dict(),
        "contract_differences": list(DIFFERENCES),
        "threshold": sar_lra.THRESHOLD,
        "passes": facts["passes"],
        "training": {"data": "That of the publication; not known to this program."},
        "metrics": {
            "random_windows": PROBES,
            "fold_difference_max": facts["fold_difference"],
            "int8_difference_max": facts.get("int8_difference"),
        },
        "origin": facts["origin"],
        "licence": LICENCE,
    }
    write_text_atomic(folder / "card.md", _card(manifest))
    write_json_atomic(folder / MANIFEST_NAME, manifest)
    return read_manifest(folder / MANIFEST_NAME)


def _card(manifest: Mapping[str, Any]) -> str:
    metrics = manifest["metrics"]
    loss = metrics["int8_difference_max"]
    return CARD.format(
        **{key: manifest[key] for key in ("name", "version", "precision", "window", "threshold")},
        file=manifest["origin"]["file"],
        digest=manifest["origin"]["sha256"],
        citation=manifest["origin"]["citation"],
        parameters=manifest["parameters"],
        kept=manifest["parameters_kept"],
        bands=", ".join(manifest["band_names"]),
        direction=manifest["passes"][0],
        fold=metrics["fold_difference_max"],
        quantised="" if loss is None else f", those of the 8-bit kernels by at most {loss:.4f},",
        probes=metrics["random_windows"],
        differences="\n".join(f"- {text}." for text in manifest["contract_differences"]),
    )
