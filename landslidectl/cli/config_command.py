"""``config``: which settings hold, and where each of them comes from."""

import dataclasses
import inspect
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from landslidectl.cli.config import Given, Origin, Values
from landslidectl.cli.config_keys import FILE_KEYS
from landslidectl.cli.flags import command_group
from landslidectl.cli.job_commands import detect
from landslidectl.cli.output import write_json, write_line, write_table
from landslidectl.cli.resolve import FIELDS, converted, followed_config, given_values

config = command_group("Which settings hold, and where they come from.")
LEFT_OUT = ("dry_run", "quiet", "verbose")
ORIGINS = {Origin.FILE: "file", Origin.VARIABLE: "variable", Origin.FLAG: "flag"}
WITHOUT = {
    "aoi": "where scenes before and after the event overlap",
    "device": "auto",
    "high_threshold": "the model's own",
    "log_file": "landslidectl.log in the user's state folder",
    "log_format": "text",
    "max_memory": "no limit",
    "models_dir": "your own models and those of the program",
    "radiometry": "what the model was trained on",
    "speckle": "what the model was trained on",
    "threads": "all processors",
    "threshold": "the model's own",
}
"""What holds where a setting that has no fixed default is not given."""


class Job(StrEnum):
    """Commands that take settings from a file."""

    DETECT = "detect"
    STACK = "stack"
    INGEST = "ingest"


Origins = Annotated[
    bool,
    typer.Option("--origin", help="Also where each comes from: default, file, variable, flag."),
]
For = Annotated[
    Job,
    typer.Option("--for", help="The command whose settings, and whose table of the file, hold."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(config, name="config", rich_help_panel="Look")


def _like_detect(function: Any) -> Any:
    """Give a command the options of ``detect``, but for those that only say how it runs."""
    asked = inspect.signature(detect)
    own = inspect.signature(function).parameters
    kept = [item for name, item in asked.parameters.items() if name not in LEFT_OUT]
    mine = [item for item in own.values() if item.kind is inspect.Parameter.KEYWORD_ONLY]
    function.__signature__ = asked.replace(parameters=[*kept, *mine])
    function.__annotations__ = {
        item.name: item.annotation for item in function.__signature__.parameters.values()
    }
    return function


@config.command("show")
@_like_detect
def show(
    context: typer.Context, *, origin: Origins = False, job: For = Job.DETECT, **_: Any
) -> None:
    """Show the settings that a command would run with here.

    Takes the options of detect. Flags win over LANDSLIDECTL_ variables, variables over
    landslidectl.toml.

    landslidectl config show scenes/ --origin

    landslidectl config show scenes/ --threshold 0.7 --origin --for detect
    """
    values = given_values(context, job.value)
    for name, given in values.items():
        converted(name, given)
    rows = [_row(name, values, job) for name in FILE_KEYS if _belongs(name, job)]
    if context.params["json_lines"]:
        write_json(rows)
        return
    path = followed_config(context, values)
    write_line(f"Configuration file: {path or 'none'}\n")
    columns = ["setting", "value", *(["origin"] if origin else [])]
    write_table(columns, [[_told(row, column) for column in columns] for row in rows])


def _row(name: str, values: Values, job: Job) -> dict[str, Any]:
    if name in values:
        given = values[name]
        return {
            "setting": name,
            "value": _plain(given.value),
            "origin": ORIGINS[given.origin],
            "source": _source(name, given),
        }
    return {
        "setting": name,
        "value": _plain(_default(name, job)),
        "origin": "default",
        "source": "",
    }


def _source(name: str, given: Given) -> str:
    return f"--{name.replace('_', '-')}" if given.origin is Origin.FLAG else given.source


def _told(row: dict[str, Any], column: str) -> str:
    if column == "origin":
        return f"{row['origin']} {row['source']}".strip()
    value = row[column]
    if value is None or value == []:
        return WITHOUT.get(row["setting"], "not given")
    if isinstance(value, list):
        return " ".join(map(str, value))
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    """Return a value for JSON."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path | StrEnum) else value


def _fields(job: Job) -> dict[str, Any]:
    """Return the fields of a command's settings with their defaults."""
    from landslidectl.jobs.settings import DetectSettings  # noqa: PLC0415
    from landslidectl.jobs.stack_settings import (  # noqa: PLC0415
        IngestSettings,
        StackSettings,
    )

    kinds = {Job.DETECT: DetectSettings, Job.STACK: StackSettings, Job.INGEST: IngestSettings}
    return {
        item.name: None if item.default is dataclasses.MISSING else item.default
        for item in dataclasses.fields(kinds[job])
    }


def _belongs(name: str, job: Job) -> bool:
    """Tell whether a command takes a setting; where catalog and log lie is no field of a job."""
    return name in ("catalog", "log_file", "log_format") or FIELDS.get(name, name) in _fields(job)


def _default(name: str, job: Job) -> Any:
    if name == "catalog":
        from landslidectl.catalog.place import default_catalog_path  # noqa: PLC0415

        return default_catalog_path()
    return _fields(job).get(FIELDS.get(name, name))
