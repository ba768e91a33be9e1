"""From a command's parameters to the settings of a job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from landslidectl.cli.config import (
    EXAMPLE_INSTANT,
    Given,
    Origin,
    Values,
    find_config,
    merged,
    parse_choice,
    parse_event,
    parse_memory,
    read_config,
    variable,
)
from landslidectl.cli.config_keys import FILE_KEYS
from landslidectl.cli.log_file import Log, LogFormat, log_of, log_path
from landslidectl.cli.variables import check_variables
from landslidectl.errors import ConfigError, LandslidectlError, UsageError
from landslidectl.products.contract.files import Format
from landslidectl.terms import BandSet, Device, Radiometry, Speckle

if TYPE_CHECKING:
    from landslidectl.jobs.settings import DetectSettings
    from landslidectl.jobs.stack_settings import IngestSettings, StackSettings

S = TypeVar("S", bound="IngestSettings")

# the name of a setting as users write it -> the field of the settings
FIELDS = {
    "polarisations": "bands",
    "max_memory": "max_memory_mb",
    "extend_post": "extend_post_days",
    "min_area": "min_area_m2",
    "min_slope": "min_slope_deg",
    "max_slope": "max_slope_deg",
    "min_steepness": "min_steepness_deg",
    "format": "formats",
    "wait": "wait_s",
}

HOW = {
    "scenes": ("SCENES", 'scenes = "scenes"', "the folder or files to read"),
    "event": (
        f"--event {EXAMPLE_INSTANT}",
        f'event = "{EXAMPLE_INSTANT}"',
        "the instant of the shock",
    ),
    "dem": (
        "--dem FOLDER",
        'dem = "dem"',
        "without a DEM, terrain displaces pixels by tens of pixels; --no-dem if you accept that",
    ),
    "output": ("--output FOLDER", 'output = "out"', "where the product goes"),
}


def given_values(context: typer.Context, command: str = "") -> Values:
    """Return what flags, variables and the configuration file say, the strongest of each.

    Parameters
    ----------
    context : typer.Context
    command : str
        Whose table of the file holds, where it is not that of the command that runs.
    """
    check_variables()
    spoken = _spoken(context)
    config = followed_config(context, spoken)
    values = spoken
    if config is not None:
        values = merged(spoken, read_config(config, command or context.info_name or ""))
    _follow_log(log_of(context), values)
    return values


def followed_config(context: typer.Context, spoken: Values) -> Path | None:
    """Return the configuration file that holds for what is spoken, if there is one."""
    scenes = [Path(path) for path in spoken["scenes"].value] if "scenes" in spoken else []
    return find_config(context.params.get("config"), scenes)


def _follow_log(log: Log, values: Values) -> None:
    """Write the log where the settings say, from here on."""
    form, path = log.form, log.path
    if "log_format" in values:
        form = parse_choice(values["log_format"], LogFormat, "log-format")
    if "log_file" in values:
        path = log_path(str(values["log_file"].value))
    if "log_format" in values or "log_file" in values:
        log.redirect(path, form)


def ingest_settings(values: Values, command: str) -> "IngestSettings":
    """Return the settings of ``ingest``."""
    from landslidectl.jobs.stack_settings import IngestSettings  # noqa: PLC0415

    return _build(IngestSettings, values, command)


def stack_settings(values: Values, command: str) -> "StackSettings":
    """Return the settings of ``stack``."""
    from landslidectl.jobs.stack_settings import StackSettings  # noqa: PLC0415

    return _build(StackSettings, values, command)


def detect_settings(values: Values, command: str) -> "DetectSettings":
    """Return the settings of ``detect``."""
    from landslidectl.jobs.settings import DetectSettings  # noqa: PLC0415

    return _build(DetectSettings, values, command)


def require(values: Values, names: Sequence[str]) -> None:
    """Refuse, in one message, everything that is missing.

    Raises
    ------
    UsageError
        With a line for each missing setting and how to give it.
    """
    missing = [name for name in names if name not in values]
    if "dem" in missing and "no_dem" in values and values["no_dem"].value:
        missing.remove("dem")
    if not missing:
        return
    lines = []
    for name in missing:
        flag, entry, why = HOW[name]
        lines.append(f"  {name}: {why}\n      {flag}, or {variable(name)}, or {entry}")
    count = "1 setting is" if len(missing) == 1 else f"{len(missing)} settings are"
    raise UsageError(
        f"{count} missing:\n" + "\n".join(lines),
        "The last form of each goes into landslidectl.toml, in the folder of scenes or here.",
    )


def _build(kind: type[S], values: Values, command: str) -> S:
    fields = getattr(kind, "__dataclass_fields__", {})
    needed = ["scenes", *(["event"] if "event" in fields else []), "dem", "output"]
    require(values, needed)
    arguments: dict[str, Any] = {"command": command}
    for name, given in values.items():
        field = FIELDS.get(name, name)
        if field in fields:
            arguments[field] = converted(name, given)
    try:
        return kind(**arguments)
    except UsageError as error:
        raise _blamed(kind, arguments, values, error) from error


def _blamed(
    kind: type[S], arguments: Mapping[str, Any], values: Values, error: UsageError
) -> LandslidectlError:
    """Return the error as one of the file or variable that the wrong value came from, if any.

    That is the value without which this would not have been wrong. Where a value of the command
    line is such a one, the command line contradicts the rest, and the error stays one of usage.
    """
    defaults = {field.name for field in dataclass_fields(kind) if field.default is not MISSING}
    for given, field in sorted(
        ((given, FIELDS.get(name, name)) for name, given in values.items()),
        key=lambda one: one[0].origin,
        reverse=True,
    ):
        if field not in arguments or field not in defaults:
            continue
        try:
            kind(**{key: value for key, value in arguments.items() if key != field})
        except UsageError as other:
            if other.message == error.message:
                continue
        if given.origin is Origin.FLAG:
            return error
        return ConfigError(f"{given.source}: {error.message}", error.hint)
    return error


CONVERTERS: Mapping[str, Callable[[Given], Any]] = {
    "scenes": lambda given: tuple(Path(path) for path in given.value),
    "aoi": lambda given: Path(given.value),
    "dem": lambda given: Path(given.value),
    "land_cover": lambda given: tuple(Path(path) for path in given.value),
    "orbits": lambda given: Path(given.value),
    "output": lambda given: Path(given.value),
    "models_dir": lambda given: Path(given.value),
    "event": parse_event,
    "max_memory": parse_memory,
    "polarisations": lambda given: parse_choice(given, BandSet, "polarisations"),
    "radiometry": lambda given: parse_choice(given, Radiometry, "radiometry"),
    "speckle": lambda given: parse_choice(given, Speckle, "speckle"),
    "format": lambda given: tuple(
        parse_choice(replace(given, value=word), Format, "format") for word in given.value
    ),
    "device": lambda given: parse_choice(given, Device, "device"),
}


def converted(name: str, given: Given) -> Any:
    """Return a setting's value as jobs take it.

    Raises
    ------
    UsageError or ConfigError
        If it is no such value.
    """
    return CONVERTERS[name](given) if name in CONVERTERS else given.value


def _spoken(context: typer.Context) -> Values:
    """Return what the command line and the environment say, with which of the two it was."""
    values: Values = {}
    for name, value in context.params.items():
        source = context.get_parameter_source(name)
        origin = {"COMMANDLINE": Origin.FLAG, "ENVIRONMENT": Origin.VARIABLE}.get(
            getattr(source, "name", "")
        )
        empty = value is None or value == []
        if origin is None or empty or name not in FILE_KEYS:
            continue
        _require_text(name, value)
        words = "the command line" if origin is Origin.FLAG else variable(name)
        values[name] = Given(value, origin, words)
    return values


def _require_text(name: str, value: Any) -> None:
    """Refuse names that are no text in the encoding of the system: no record could hold them."""
    for item in value if isinstance(value, list | tuple) else [value]:
        try:
            str(item).encode("utf-8")
        except UnicodeEncodeError as error:
            shown = str(item).encode("utf-8", "backslashreplace").decode("utf-8")
            raise UsageError(
                f"{name}: '{shown}' is no text in UTF-8",
                "Rename the file or folder, or set PYTHONUTF8=1 where the locale is another.",
            ) from error
