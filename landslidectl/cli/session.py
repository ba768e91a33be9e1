"""What commands that run a job share: reporter, catalog, command line."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from landslidectl.cli.config import Values
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


def run_job(
    context: typer.Context,
    stream: JsonStream | None,
    catalog: Path | None,
    job: "Callable[[Reporter, Catalog], T]",
) -> T:
    """Run a job with the reporter that the options ask for and an open catalog."""
    from landslidectl.catalog.catalog import Catalog  # noqa: PLC0415

    flags = context.params
    with (
        Catalog(catalog) as opened,
        reporting(stream, flags["quiet"], flags["verbose"]) as reporter,
    ):
        return job(reporter, opened)
