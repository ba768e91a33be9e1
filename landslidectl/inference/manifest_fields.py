"""The fields of ``model.json``, each read strictly: what is wrong is told with file and field."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from landslidectl.errors import ModelError, StackError
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet

UNITS = "dB"
REINSTALL = "Install the model again, or choose another one: landslidectl models list."

_Field = TypeVar("_Field")


def read_object(path: Path) -> Mapping[str, Any]:
    """Return the JSON object in a file.

    Raises
    ------
    ModelError
        If it cannot be read or holds anything else, as in all that follows.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: cannot be read: {error}", REINSTALL) from error
    if not isinstance(raw, dict):
        raise ModelError(f"{path}: expected a JSON object, found {type(raw).__name__}", REINSTALL)
    return raw


def field_of(raw: Mapping[str, Any], key: str, kind: type[_Field], path: Path) -> _Field:
    """Return a field of a kind; a truth value is no number."""
    value = raw.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "nothing" if value is None else repr(value)
        raise ModelError(f"{path}: '{key}' must be {kind.__name__}, found {found}", REINSTALL)
    return value


def positive(raw: Mapping[str, Any], key: str, path: Path) -> int:
    """Return a whole number above zero."""
    value = field_of(raw, key, int, path)
    if value <= 0:
        raise ModelError(f"{path}: '{key}' must be positive, found {value}", REINSTALL)
    return value


def low_threshold(raw: Mapping[str, Any], path: Path) -> float:
    """Return the score from which a pixel counts as landslide."""
    value = raw.get("threshold")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise ModelError(f"{path}: 'threshold' must be between 0 and 1, found {value!r}", REINSTALL)
    return float(value)


def high_threshold(raw: Mapping[str, Any], path: Path) -> float | None:
    """Return the score from which a detection is of high confidence; None where none is told."""
    value, low = raw.get("threshold_high"), low_threshold(raw, path)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < 1.0:
        raise ModelError(
            f"{path}: 'threshold_high' must be between the threshold {low:g} and 1, found "
            f"{value!r}",
            REINSTALL,
        )
    return float(value)


def bands_of(raw: Mapping[str, Any], path: Path) -> BandSet:
    """Return the bands a model takes."""
    text = field_of(raw, "bands", str, path)
    try:
        return BandSet(text)
    except ValueError as error:
        known = ", ".join(band.value for band in BandSet)
        raise ModelError(f"{path}: 'bands' is '{text}', known are {known}", REINSTALL) from error


def check_units(raw: Mapping[str, Any], bands: BandSet, path: Path) -> None:
    """Refuse other units and other names of bands than stacks have."""
    units = field_of(raw, "units", str, path)
    if units != UNITS:
        raise ModelError(f"{path}: 'units' is '{units}', stacks are in {UNITS}", REINSTALL)
    names = raw.get("band_names")
    if names != list(bands.band_names):
        raise ModelError(
            f"{path}: 'band_names' must be {list(bands.band_names)}, found {names}", REINSTALL
        )


def file_name(raw: Mapping[str, Any], path: Path) -> str:
    """Return the name of a file in the folder of the manifest."""
    name = field_of(raw, "file", str, path)
    if Path(name).name != name or name in {"", ".", ".."}:
        raise ModelError(f"{path}: 'file' must be a name in this folder, found '{name}'", REINSTALL)
    return name


def contract_of(raw: Mapping[str, Any], path: Path) -> StackContract:
    """Return how the stacks of the training were made."""
    values = raw.get("contract")
    if not isinstance(values, dict):
        raise ModelError(f"{path}: 'contract' must be an object, found {values!r}", REINSTALL)
    try:
        return StackContract.from_dict(values)
    except StackError as error:
        raise ModelError(
            f"{path}: 'contract' cannot be used: {error.message}", REINSTALL
        ) from error
