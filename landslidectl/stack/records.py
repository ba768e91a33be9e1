"""What the JSON records of composites and stacks have in common."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landslidectl.errors import StackError
from landslidectl.files.rasters import grid_of, open_raster
from landslidectl.terms import Pass, Track


def read_record(path: Path, what: str, hint: str) -> Mapping[str, Any]:
    """Read a JSON object.

    Parameters
    ----------
    path : Path
    what : str
        ``stack`` or ``composite``, for messages.
    hint : str
        What to do about a damaged one.

    Raises
    ------
    StackError
        If it is missing, which means unfinished, or no JSON object.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StackError(
            f"{path.parent}: no finished {what} here, {path.name} is missing",
            "Run the command that builds it again; it resumes.",
        ) from error
    except (OSError, ValueError) as error:
        raise StackError(f"{path}: cannot be read: {error}", hint) from error
    if not isinstance(record, dict):
        raise StackError(f"{path}: holds no record of a {what}", hint)
    return record


def check_kind(path: Path, record: Mapping[str, Any], expected: tuple[str, int], hint: str) -> None:
    """Refuse a record of another kind or format.

    Raises
    ------
    StackError
        Naming both.
    """
    found = record.get("kind"), record.get("format")
    if found != expected:
        raise StackError(
            f"{path}: expected {expected[0]} of format {expected[1]}, "
            f"found {found[0]} of format {found[1]}",
            hint,
        )


def check_raster(path: Path, expected: Mapping[str, Any], record: Path, hint: str) -> None:
    """Refuse a raster that does not agree with its record.

    Parameters
    ----------
    path : Path
    expected : mapping
        ``map grid``, ``bands`` (names) and ``contract`` (as a dict).
    record : Path
        Where that is written.
    hint : str

    Raises
    ------
    StackError
        If the raster is missing, unreadable or another one.
    """
    import rasterio  # noqa: PLC0415

    try:
        with open_raster(path) as dataset:
            grid, names = grid_of(dataset), tuple(dataset.descriptions)
            contract = json.loads(dataset.tags().get("CONTRACT", "null"))
    except (rasterio.errors.RasterioIOError, ValueError) as error:
        raise StackError(f"{path}: missing or unreadable: {error}", hint) from error
    found = {"map grid": grid, "bands": names, "contract": contract}
    for name, value in expected.items():
        if found[name] != value:
            raise StackError(
                f"{path}: its {name} is {found[name]}, {record.name} says {value}", hint
            )


def track_of(record: Mapping[str, Any]) -> Track:
    """Rebuild a track from its fields."""
    return Track(int(record["relative_orbit"]), Pass(record["direction"]), str(record["mode"]))
