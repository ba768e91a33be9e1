"""What commands that run a job share: reporter, catalog, command line."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from landslidectl.cli.config import Values, find_config, read_config, variable
from landslidectl.cli.log_file import log_of
from landslidectl.cli.progress import reporting
from landslidectl.cli.stream import JsonStream
from landslidectl.events import Reporter

if TYPE_CHECKING:
    from landslidectl.catalog.catalog import Catalog

T = TypeVar("T")


def command_line() -> str:
    """Return the command as it was typed, quoted for a shell."""
    return shlex.join(["landslidectl", *sys.argv[1:]])


def catalog_path(values: Values) -> Path | None:
    """Return the catalog that was named, or None for the default."""
    given = values.get("catalog")
    return Path(given.value) if given else None


def chosen_catalog(named: Path | None) -> Path | None:
    """Return the catalog that a command which takes no settings looks at.

    Parameters
    ----------
    named : Path or None
        What flag or variable say; else the configuration file here, if it names one, counts.
    """
    if named is not None:
        return named
    variable_path = os.environ.get(variable("config"))
    path = find_config(Path(variable_path) if variable_path else None, [])
    return None if path is None else catalog_path(read_config(path))


def run_job(
    context: typer.Context,
    stream: JsonStream | None,
    catalog: Path | None,
    job: "Callable[[Reporter, Catalog], T]",
) -> T:
    """Run a job with the reporter that the options ask for, an open catalog, and a log."""
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415
    from landslidectl.cli.library_log import libraries_into  # noqa: PLC0415

    flags, log = context.params, log_of(context)
    with (
        libraries_into(log),
        Catalog(catalog) as opened,
        reporting(stream, flags["quiet"], flags["verbose"]) as reporter,
    ):
        log.begin(command_line(), opened.path)
        return job(log.listening(reporter), opened)
