"""Where a setting comes from: flags over ``LANDSLIDECTL_`` variables over ``landslidectl.toml``."""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

from landslidectl.cli.config_keys import FILE_KEYS, PATHS, WrongKind
from landslidectl.cli.options import PREFIX
from landslidectl.cli.spelling import nearest
from landslidectl.errors import ConfigError, LandslidectlError, UsageError
from landslidectl.terms import SATELLITE_YEARS, EventTime

CONFIG_NAME = "landslidectl.toml"
EXAMPLE_INSTANT = "2018-09-05T18:07:59Z"
MAX_SHOCKS = 2
NO_LOG_FILE = ("log_file", "none")
"""A word where a path is expected."""


class Origin(IntEnum):
    """Where a value was given; the higher wins."""

    FILE = 1
    VARIABLE = 2
    FLAG = 3


@dataclass(frozen=True, slots=True)
class Given:
    """A value with its origin, and the words that name the origin."""

    value: Any
    origin: Origin
    source: str


Values = dict[str, Given]


COMMANDS = ("detect", "stack", "ingest")
EXCLUSIVE = (("aoi", "bbox"), ("dem", "no_dem"))


def find_config(named: Path | None, scenes: Sequence[Path]) -> Path | None:
    """Return the configuration file: the one named, one in a SCENES folder, or one here.

    Raises
    ------
    ConfigError
        If the named file does not exist, or two SCENES folders bring one each.
    """
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"{named}: there is no such configuration file", "See --config.")
        return named
    found = {path / CONFIG_NAME for path in scenes if (path / CONFIG_NAME).is_file()}
    if len(found) > 1:
        names = ", ".join(sorted(str(path) for path in found))
        raise ConfigError(
            f"several configuration files: {names}", "Name the one to follow with --config."
        )
    if found:
        return found.pop()
    here = Path(CONFIG_NAME)
    return here if here.is_file() else None


def read_config(path: Path, command: str = "detect") -> Values:
    """Read a configuration file; relative paths in it are relative to the file's folder.

    Settings at the top hold for every command; those in a table ``[detect]``, ``[stack]`` or
    ``[ingest]`` hold for that command and win over those at the top.

    Raises
    ------
    ConfigError
        If it is no TOML, has unknown keys, or a value is of the wrong kind.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", "Correct the file.") from error
    tables = {name: content.pop(name) for name in COMMANDS if name in content}
    values = _read_table(path, "", content)
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: '{name}' must be a table, found {table!r}")
        own = _read_table(path, f"{name}.", table)
        if name == command:
            values |= own
    return values


def _read_table(path: Path, prefix: str, table: Mapping[str, Any]) -> Values:
    unknown = sorted(set(table) - set(FILE_KEYS))
    if unknown:
        names = ", ".join(f"{prefix}{name}" for name in unknown)
        known = {*FILE_KEYS, *(() if prefix else COMMANDS)}
        meant = [word for name in unknown if (word := nearest(name, known))]
        raise ConfigError(
            f"{path}: unknown setting{'s' if len(unknown) > 1 else ''}: {names}",
            f"Probably meant: {', '.join(meant)}."
            if meant
            else f"Known are: {', '.join(sorted(FILE_KEYS))}.",
        )
    return {name: _read_value(path, prefix, name, raw) for name, raw in table.items()}


def _read_value(path: Path, prefix: str, name: str, raw: Any) -> Given:
    try:
        value = FILE_KEYS[name](raw)
    except WrongKind as error:
        raise ConfigError(f"{path}: '{prefix}{name}' must be {error}, found {raw!r}") from error
    if name in PATHS and (name, value) != NO_LOG_FILE:
        value = _resolved(value, path.parent)
    return Given(value, Origin.FILE, str(path))


def merged(higher: Values, lower: Values) -> Values:
    """Return ``lower`` under ``higher``; of two that exclude each other the stronger stays."""
    result = lower | higher
    for one, other in EXCLUSIVE:
        both = one in result and other in result
        if not both or result[one].value is False or result[other].value is False:
            continue  # a switch that is off excludes nothing
        if result[one].origin != result[other].origin:
            weaker = min(one, other, key=lambda name: result[name].origin)
            del result[weaker]
    return result


def parse_event(given: Given) -> EventTime:
    """Return the first and last shock of one or two texts.

    Raises
    ------
    UsageError or ConfigError
        If a text is no instant with a time zone, or there are more than two.
    """
    texts = given.value
    if len(texts) > MAX_SHOCKS:
        raise wrong(
            given,
            f"event: {len(texts)} instants are given",
            "Give the first and the last shock of a sequence.",
        )
    instants = sorted(_instant(text, given) for text in texts)
    return EventTime(instants[0], instants[-1])


def parse_memory(given: Given) -> int:
    """Return a size such as ``4GB`` or ``800 MiB`` in whole megabytes; a bare number is megabytes.

    Raises
    ------
    UsageError or ConfigError
        If it is no size.
    """
    match = re.fullmatch(
        r"(\d{1,15}(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(given.value).strip(), re.IGNORECASE
    )
    if match is None:
        raise wrong(given, f"max_memory: '{given.value}' is no size", "Such as 4GB or 800MB.")
    factor = {"K": 1e-3, "": 1, "M": 1, "G": 1e3, "T": 1e6}[match[2].upper()]
    megabytes = int(float(match[1]) * factor)
    if megabytes < 1:
        raise wrong(given, f"max_memory: '{given.value}' is too small", "Such as 4GB or 800MB.")
    return megabytes


def parse_choice(given: Given, kind: type[StrEnum], name: str) -> Any:
    """Return a member of an enumeration.

    Raises
    ------
    UsageError or ConfigError
        If there is no such member.
    """
    try:
        return kind(given.value)
    except ValueError as error:
        choices = ", ".join(member.value for member in kind)
        message = f"{name}: expected one of {choices}, found {given.value!r}"
        raise wrong(given, message, "") from error


def wrong(given: Given, message: str, hint: str) -> LandslidectlError:
    """Return the error for a wrong value: usage for a flag, configuration for the rest."""
    if given.origin is Origin.FLAG:
        return UsageError(f"--{message}", hint)
    return ConfigError(f"{given.source}: {message}", hint)


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _instant(text: str, given: Given) -> dt.datetime:
    example = f"Write the instant with its time zone, such as {EXAMPLE_INSTANT}."
    try:
        instant = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise wrong(given, f"event: '{text}' is no instant", example) from error
    if re.fullmatch(r"[\d-]+(W\d+(-\d)?)?", text.strip()):
        raise wrong(
            given,
            f"event: '{text}' is a day without a time; a scene of that day could be on either side",
            example,
        )
    if instant.utcoffset() is None:
        raise wrong(
            given,
            f"event: '{text}' has no time zone; hours of error would put scenes on the wrong side",
            example,
        )
    if instant.year not in SATELLITE_YEARS:
        raise wrong(
            given, f"event: '{text}' lies before or after all radar satellites", "Check the year."
        )
    return instant.astimezone(dt.UTC)


def _resolved(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_resolved(item, folder) for item in value]
    path = (folder / value).resolve()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
