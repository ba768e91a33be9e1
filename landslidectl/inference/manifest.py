"""Model folders: ``model.json`` says what a network is, what it takes and who made it.

A model folder holds ``model.tflite``, ``model.json`` and ``card.md``, and may hold the float
companions that the manifest's ``twins`` name: ``float16.tflite`` and ``weights.npz``.
``models/<name>/`` takes both polarisations, ``models/<name>_vv/`` takes VV alone. The manifest is
read strictly: a field that is missing or of the wrong kind is an error that names file and field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.errors import ModelError
from landslidectl.files.hashing import file_digest
from landslidectl.inference.manifest_fields import (
    REINSTALL,
    bands_of,
    check_units,
    contract_of,
    field_of,
    file_name,
    high_threshold,
    low_threshold,
    positive,
    read_object,
)
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

SCHEMA = 1
MANIFEST_NAME = "model.json"
WEIGHTS_NAME = "model.tflite"
RULE = "rule"
"""What stands for the architecture of a model that is no network."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its manifest describes it; the network itself is not loaded.

    Parameters
    ----------
    name, version, architecture : str
        What the user types, its release, and ``cnn``, ``resnet`` or ``cbam``; ``rule`` for a rule
        that needs no network.
    folder, file : Path
        The model folder and the network file inside it.
    sha256 : str
        Digest that ``file`` must have.
    bands : BandSet
        Which bands of a stack the network takes, in that order, in dB.
    contract : StackContract
        How the stacks it was trained on were made.
    window : int
        Side of the input in pixels.
    threshold : float
        Score from which a window counts as landslide, chosen on validation data.
    licence : str
        SPDX name or words.
    raw : mapping
        The whole manifest, training data and metrics included.
    threshold_high : float or None
        Score from which a detection is of high confidence; None where it was never measured.
    """

    name: str
    version: str
    architecture: str
    folder: Path
    file: Path
    sha256: str
    bands: BandSet
    contract: StackContract
    window: int
    threshold: float
    licence: str
    raw: Mapping[str, Any]
    threshold_high: float | None = None

    @property
    def is_rule(self) -> bool:
        """Tell whether it is a rule, without a network file."""
        return self.architecture == RULE

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Return (row, col, band) of one window."""
        return self.window, self.window, len(self.bands.band_names)


def model_folder_name(name: str, bands: BandSet) -> str:
    """Return the folder under ``models/`` that holds a model for these bands."""
    return name if bands is BandSet.VV_VH else f"{name}_{bands.value}"


def list_models(models_dir: Path) -> tuple[Model, ...]:
    """Read every manifest under ``models_dir``, sorted by folder name; no digest is checked.

    Raises
    ------
    ModelError
        If a manifest cannot be used.
    """
    if not models_dir.is_dir():
        return ()
    manifests = sorted(models_dir.glob(f"[!.]*/{MANIFEST_NAME}"))
    return tuple(read_manifest(path) for path in manifests)


def load_model(name: str, bands: BandSet, models_dir: Path, others: Sequence[str] = ()) -> Model:
    """Find a model by name and bands, and check that its network file is the one it was.

    Parameters
    ----------
    name : str
    bands : BandSet
    models_dir : Path
    others : sequence of str
        What else could be chosen, in words; told where this one is not there.

    Raises
    ------
    ModelError
        If there is no such model, its manifest is wrong, or the digest differs.
    """
    folder = models_dir / model_folder_name(name, bands)
    present = present_models(models_dir)
    if folder.name not in present:
        wanted = f"no model '{name}' for {bands.value} bands in {models_dir}"
        listed = ", ".join([*present, *others]) or "none"
        raise ModelError(
            f"{wanted}; present: {listed}", "Choose one of those: landslidectl models list."
        )
    model = read_manifest(folder / MANIFEST_NAME)
    if (model.name, model.bands) != (name, bands):
        raise ModelError(
            f"{folder / MANIFEST_NAME}: the folder is that of '{name}' for {bands.value} bands, "
            f"the manifest says '{model.name}' for {model.bands.value}",
            REINSTALL,
        )
    verify_model(model)
    return model


def verify_model(model: Model) -> None:
    """Check that the network file, and its float companions, have the digests of the manifest.

    Raises
    ------
    ModelError
        If a file is missing or differs.
    """
    _verify_file(model, model.file, model.sha256)
    for name, (file, digest) in model_twins(model).items():
        _verify_file(model, file, digest, f" ({name})")


def model_twins(model: Model) -> dict[str, tuple[Path, str]]:
    """Return the float companions of a model: file and digest by name, none where it has none.

    Names are ``float16`` (or ``float32``), a network file, and ``weights``, to train on from.

    Raises
    ------
    ModelError
        If the manifest's ``twins`` cannot be used.
    """
    manifest = model.folder / MANIFEST_NAME
    twins = model.raw.get("twins", {})
    if not isinstance(twins, dict) or not all(isinstance(twin, dict) for twin in twins.values()):
        raise ModelError(f"{manifest}: 'twins' must be an object of objects", REINSTALL)
    return {
        name: (model.folder / file_name(twin, manifest), field_of(twin, "sha256", str, manifest))
        for name, twin in twins.items()
    }


def _verify_file(model: Model, file: Path, digest: str, what: str = "") -> None:
    if not file.is_file():
        raise ModelError(f"{file}: the network file of '{model.name}'{what} is missing", REINSTALL)
    found = file_digest(file)
    if found != digest:
        raise ModelError(
            f"{file}: damaged or exchanged: SHA-256 is {found}, {MANIFEST_NAME} says {digest}",
            REINSTALL,
        )


def read_manifest(path: Path) -> Model:
    """Read one ``model.json``.

    Raises
    ------
    ModelError
        If it cannot be read, is of another schema, or a field is missing or wrong.
    """
    raw = read_object(path)
    schema = field_of(raw, "schema", int, path)
    if schema != SCHEMA:
        raise ModelError(
            f"{path}: schema {schema}, this program reads schema {SCHEMA}",
            "Use the model with the release of landslidectl it came with.",
        )
    bands = bands_of(raw, path)
    check_units(raw, bands, path)
    return Model(
        name=field_of(raw, "name", str, path),
        version=field_of(raw, "version", str, path),
        architecture=field_of(raw, "architecture", str, path),
        folder=path.parent,
        file=path.parent / file_name(raw, path),
        sha256=field_of(raw, "sha256", str, path),
        bands=bands,
        contract=contract_of(raw, path),
        window=positive(raw, "window", path),
        threshold=low_threshold(raw, path),
        licence=field_of(raw, "licence", str, path),
        raw=raw,
        threshold_high=high_threshold(raw, path),
    )


def check_contract(model: Model, stack: "Stack") -> None:
    """Refuse a stack that was not made the way the stacks of the training were.

    A model for VV alone takes its two bands out of a stack that has both polarisations.

    Raises
    ------
    ModelError
        If a band is missing or any value of the contract differs; all differences are named.
    """
    missing = [name for name in model.bands.band_names if name not in stack.bands.band_names]
    if missing:
        raise ModelError(
            f"{stack.folder}: the model '{model.name}' needs the bands {', '.join(missing)}, "
            f"the stack has {', '.join(stack.bands.band_names)}",
            "Use a model for these bands: --polarisations vv.",
        )
    differing = model.contract.differences(stack.contract)
    if differing:
        raise ModelError(
            f"{stack.folder}: made under another contract than that of the model "
            f"'{model.name}', which wants {'; '.join(differing)}",
            "Build the stack again with the default settings, or train a model for these.",
        )


def present_models(models_dir: Path) -> list[str]:
    """Return the names of the model folders under ``models_dir``, sorted."""
    if not models_dir.is_dir():
        return []
    return sorted(path.parent.name for path in models_dir.glob(f"[!.]*/{MANIFEST_NAME}"))
