"""Model folders: ``model.json`` says what a network is, what it takes and who made it.

A model folder holds ``model.tflite``, ``model.json`` and ``card.md``, and may hold the float
companions that the manifest's ``twins`` name: ``float16.tflite`` and ``weights.npz``.
``models/<name>/`` takes both polarisations, ``models/<name>_vv/`` takes VV alone. The manifest is
read strictly: a field that is missing or of the wrong kind is an error that names file and field.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from landslidectl.errors import ModelError, StackError
from landslidectl.files.hashing import file_digest
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

SCHEMA = 1
MANIFEST_NAME = "model.json"
WEIGHTS_NAME = "model.tflite"
UNITS = "dB"
RULE = "rule"
"""What stands for the architecture of a model that is no network."""
REINSTALL = "Install the model again, or choose another one: landslidectl models list."

_Field = TypeVar("_Field")


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
        name: (model.folder / _file_name(twin, manifest), _field(twin, "sha256", str, manifest))
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
    raw = _read_json(path)
    schema = _field(raw, "schema", int, path)
    if schema != SCHEMA:
        raise ModelError(
            f"{path}: schema {schema}, this program reads schema {SCHEMA}",
            "Use the model with the release of landslidectl it came with.",
        )
    bands = _bands(raw, path)
    _check_units(raw, bands, path)
    return Model(
        name=_field(raw, "name", str, path),
        version=_field(raw, "version", str, path),
        architecture=_field(raw, "architecture", str, path),
        folder=path.parent,
        file=path.parent / _file_name(raw, path),
        sha256=_field(raw, "sha256", str, path),
        bands=bands,
        contract=_contract(raw, path),
        window=_positive(raw, "window", path),
        threshold=_threshold(raw, path),
        licence=_field(raw, "licence", str, path),
        raw=raw,
        threshold_high=_threshold_high(raw, path),
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


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: cannot be read: {error}", REINSTALL) from error
    if not isinstance(raw, dict):
        raise ModelError(f"{path}: expected a JSON object, found {type(raw).__name__}", REINSTALL)
    return raw


def _field(raw: Mapping[str, Any], key: str, kind: type[_Field], path: Path) -> _Field:
    value = raw.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "nothing" if value is None else repr(value)
        raise ModelError(f"{path}: '{key}' must be {kind.__name__}, found {found}", REINSTALL)
    return value


def _positive(raw: Mapping[str, Any], key: str, path: Path) -> int:
    value = _field(raw, key, int, path)
    if value <= 0:
        raise ModelError(f"{path}: '{key}' must be positive, found {value}", REINSTALL)
    return value


def _threshold(raw: Mapping[str, Any], path: Path) -> float:
    value = raw.get("threshold")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise ModelError(f"{path}: 'threshold' must be between 0 and 1, found {value!r}", REINSTALL)
    return float(value)


def _threshold_high(raw: Mapping[str, Any], path: Path) -> float | None:
    value, low = raw.get("threshold_high"), _threshold(raw, path)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < 1.0:
        raise ModelError(
            f"{path}: 'threshold_high' must be between the threshold {low:g} and 1, found "
            f"{value!r}",
            REINSTALL,
        )
    return float(value)


def _bands(raw: Mapping[str, Any], path: Path) -> BandSet:
    text = _field(raw, "bands", str, path)
    try:
        return BandSet(text)
    except ValueError as error:
        known = ", ".join(band.value for band in BandSet)
        raise ModelError(f"{path}: 'bands' is '{text}', known are {known}", REINSTALL) from error


def _check_units(raw: Mapping[str, Any], bands: BandSet, path: Path) -> None:
    units = _field(raw, "units", str, path)
    if units != UNITS:
        raise ModelError(f"{path}: 'units' is '{units}', stacks are in {UNITS}", REINSTALL)
    names = raw.get("band_names")
    if names != list(bands.band_names):
        raise ModelError(
            f"{path}: 'band_names' must be {list(bands.band_names)}, found {names}", REINSTALL
        )


def _file_name(raw: Mapping[str, Any], path: Path) -> str:
    name = _field(raw, "file", str, path)
    if Path(name).name != name or name in {"", ".", ".."}:
        raise ModelError(f"{path}: 'file' must be a name in this folder, found '{name}'", REINSTALL)
    return name


def _contract(raw: Mapping[str, Any], path: Path) -> StackContract:
    values = raw.get("contract")
    if not isinstance(values, dict):
        raise ModelError(f"{path}: 'contract' must be an object, found {values!r}", REINSTALL)
    try:
        return StackContract.from_dict(values)
    except StackError as error:
        raise ModelError(
            f"{path}: 'contract' cannot be used: {error.message}", REINSTALL
        ) from error
