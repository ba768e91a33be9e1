"""``doctor``: whether a job could run here; and the hidden command that tries graphics devices."""

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.log_file import log_of
from landslidectl.cli.output import (
    BOLD,
    GREEN,
    RED,
    YELLOW,
    clean,
    styled,
    write_json,
    write_json_line,
    write_line,
)
from landslidectl.cli.session import chosen_catalog
from landslidectl.errors import ResourceError

if TYPE_CHECKING:
    from landslidectl.jobs.checks import Check

WIDTH = 80
LEVELS = {"ok": GREEN, "warning": YELLOW, "failed": RED}
INDENT = 27
DOCTOR_HELP = """Look whether a job could run here, and on what.

The exit code is 0 when one could and 7 when something that every job needs fails. At the end a
small simulated event is mapped, which takes some seconds; --quick leaves that out.

    landslidectl doctor

    landslidectl doctor --quick

    landslidectl doctor --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor", help=DOCTOR_HELP, rich_help_panel="Look")(doctor)
    app.command("graphics-trial", hidden=True)(graphics_trial)


def doctor(
    context: typer.Context,
    models_dir: options.ModelsDir = None,
    catalog: options.CatalogFile = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out the whole job on a simulated event.")
    ] = False,
    json_lines: options.Json = False,
) -> None:
    """Look whether a job could run here."""
    from landslidectl.catalog.place import default_catalog_path  # noqa: PLC0415
    from landslidectl.jobs.checks import Installation, Level  # noqa: PLC0415
    from landslidectl.jobs.doctor import examine  # noqa: PLC0415

    installation = Installation(
        models_dir=models_dir,
        catalog=(chosen_catalog(catalog) or default_catalog_path()).absolute(),
        folder=Path.cwd(),
        dropped=context.obj or {},
        log=log_of(context).path,
    )
    found: list[tuple[str, Check]] = []
    for section, check in examine(installation, quick):
        if not json_lines:
            if section not in (title for title, _ in found):
                if found:
                    write_line()
                write_line(styled(section, BOLD, sys.stdout))
            _tell(check)
        found.append((section, check))
    failed = [check.name for _, check in found if check.level is Level.FAILED]
    if json_lines:
        write_json({"ok": not failed, "checks": [_as_json(*row) for row in found]})
    if failed:
        raise ResourceError(
            f"no job could run here: {', '.join(failed)}", "What to do stands beside each."
        )
    if not json_lines:
        write_line("\nA job could run here.")


def graphics_trial(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders of models.")] = None,
    threads: Annotated[int | None, typer.Option()] = None,
    software: Annotated[bool, typer.Option("--software")] = False,
) -> None:
    """Try models on the graphics processor, and tell it as lines of JSON."""
    from landslidectl.jobs.graphics import report  # noqa: PLC0415

    for told in report(folders or [], threads, software):
        write_json_line(told)


def _tell(check: "Check") -> None:
    level, name = check.level.value, clean(check.name)
    first, *others = _wrapped(check.detail) or [""]
    write_line(f"{styled(f'{level:<7}', LEVELS[level], sys.stdout)}  {name:<16}  {first}")
    for line in (*others, *_wrapped(check.hint)):
        write_line(f"{'':<{INDENT}}{line}")


def _wrapped(text: str) -> list[str]:
    """Return lines of a row; a path is not broken, so that it can be copied."""
    width = WIDTH - INDENT
    return textwrap.wrap(clean(text), width, break_long_words=False, break_on_hyphens=False)


def _as_json(section: str, check: "Check") -> dict[str, Any]:
    return {
        "section": section,
        "name": check.name,
        "level": check.level.value,
        "detail": check.detail,
        "hint": check.hint,
        "facts": dict(check.facts),
    }
