"""``verify``: whether products are what their distributor sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.output import clean, write_json, write_line
from landslidectl.cli.progress import reporting
from landslidectl.errors import DifferenceFound

if TYPE_CHECKING:
    from landslidectl.jobs.verify import Verdict

VERIFY_HELP = """Check products byte by byte: sizes, MD5 digests and, in zips, checksums.

Every product is checked, whatever is wrong with the others. Products of any type can be checked.
The exit code is 0 when all are intact and 11 when any is damaged.

    landslidectl verify scenes/

    landslidectl verify S1A_IW_GRDH_1SDV_20180906T....zip --json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", help=VERIFY_HELP, rich_help_panel="Look")(verify)


def verify(
    scenes: Annotated[
        list[Path],
        typer.Argument(
            help="Folders to search, .SAFE folders and .zip files, in any mix.",
            metavar="SCENES...",
            show_default=False,
        ),
    ],
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Check products."""
    from landslidectl.jobs.verify import verify_scenes  # noqa: PLC0415

    with reporting(None, quiet=quiet or json_lines, verbose=False) as reporter:
        verdicts = verify_scenes(scenes, reporter)
    if json_lines:
        write_json([_as_json(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            if not (quiet and verdict.is_intact):
                _tell(verdict)
    damaged = sum(not verdict.is_intact for verdict in verdicts)
    if damaged:
        raise DifferenceFound(
            f"{damaged} of {len(verdicts)} products are damaged",
            "Copy or download them again.",
        )


def _as_json(verdict: "Verdict") -> dict[str, Any]:
    return {
        "path": str(verdict.path),
        "name": verdict.name,
        "intact": verdict.is_intact,
        "problems": list(verdict.problems),
        "unchecked": list(verdict.unchecked),
        "product": verdict.product,
    }


def _tell(verdict: "Verdict") -> None:
    write_line(f"{'intact ' if verdict.is_intact else 'damaged'}  {clean(verdict.path)}")
    for problem in verdict.problems:
        write_line(f"         {clean(problem)}")
    for member in verdict.unchecked:
        write_line(f"         not checked, renamed by its distributor: {clean(member)}")
