"""``compare``: whether two products are the same, and what changed between them."""

from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landslidectl.cli import options
from landslidectl.cli.output import clean, write_json, write_line, write_table
from landslidectl.errors import DifferenceFound

if TYPE_CHECKING:
    from landslidectl.products.changes import Changes
    from landslidectl.products.compare import Comparison
    from landslidectl.products.differences import Difference

COMPARE_HELP = """Tell whether two products are the same, and what changed between them.

A and B are product folders, output folders (their newest product is taken), job ids or 'last'.
Rasters, vectors and metadata are held against each other within the tolerances of the product
contract; times, paths and the machine may differ. The exit code is 0 when they are the same and 11
when they differ.

    landslidectl compare out/ again/

What became of the detections from one release to the next, whatever else differs; ends with 0:

    landslidectl compare out/LSD_..._r1_v1 out/LSD_..._r2_v1 --changes
"""
EMPTY = "(empty)"
SHOWN_LETTERS, LEAD_LETTERS = 62, 16
CHANGE_WORDS = {
    "new": "new",
    "gone": "gone",
    "continued": "continued",
    "confirmed": "  of them newly confirmed",
    "redrawn": "  of them with another outline",
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", help=COMPARE_HELP, rich_help_panel="Look")(compare)


def compare(  # noqa: PLR0913  (the options of a command are its parameters)
    *,
    a: Annotated[
        str, typer.Argument(metavar="A", help="Product or output folder, job id, or 'last'.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
    changes_only: Annotated[
        bool,
        typer.Option(
            "--changes", help="Only tell what became of the detections of A in B, and end with 0."
        ),
    ] = False,
    catalog: options.CatalogFile = None,
    json_lines: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare two products."""
    from landslidectl.jobs.compare import compare_pair, follow_pair, open_pair  # noqa: PLC0415

    pair = open_pair(a, b, catalog)
    changes = follow_pair(pair) if changes_only or pair.is_one_event else None
    compared = None if changes_only else compare_pair(pair)
    if json_lines:
        write_json(_as_json(compared, changes))
    elif not quiet:
        write_line(f"A  {pair.a.folder.name}")
        write_line(f"B  {pair.b.folder.name}")
        _tell(compared, changes)
    if compared is not None and not compared.is_equal:
        raise DifferenceFound(
            f"the products differ in {_things(len(compared.differences))}",
            "What may differ, and by how much, is in: landslidectl compare --help and the manual.",
        )


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count:,} things"


def _as_json(compared: "Comparison | None", changes: "Changes | None") -> dict[str, Any]:
    from landslidectl.products.changes import changes_as_json  # noqa: PLC0415
    from landslidectl.products.compare import as_json  # noqa: PLC0415

    told: dict[str, Any] = {} if compared is None else as_json(compared)
    return told | {"changes": None if changes is None else changes_as_json(changes)}


def _tell(compared: "Comparison | None", changes: "Changes | None") -> None:
    if compared is not None:
        if compared.is_equal:
            more = " within the tolerances" if compared.allowed else ""
            write_line(f"\nThe products are the same{more}.")
        _tell_differences("Differences", compared.differences)
        _tell_differences("Within the tolerances", compared.allowed)
    if changes is not None and (compared is None or not compared.is_equal):
        _tell_changes(changes)


def _tell_differences(title: str, found: "tuple[Difference, ...]") -> None:
    if not found:
        return
    write_line(f"\n{title}")
    for item in found:
        write_line(f"  {clean(item.part)}: {clean(item.what)}{_measure(item)}")
        a, b = parted(item.a, item.b)
        if a or b:
            write_line(f"      A  {clean(a) or EMPTY}")
            write_line(f"      B  {clean(b) or EMPTY}")


def _measure(item: "Difference") -> str:
    count = "" if item.count is None else f", {item.count:,}"
    apart = "" if item.largest is None else f", by at most {item.largest:.3g} {item.unit}".rstrip()
    return f"{count}{apart}"


def parted(a: str, b: str) -> tuple[str, str]:
    """Return two texts cut to one line each, from shortly before they differ."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
    start = 0 if max(len(a), len(b)) <= SHOWN_LETTERS else max(same - LEAD_LETTERS, 0)
    return _cut(a, start), _cut(b, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + SHOWN_LETTERS]
    before = "..." if start and shown else ""
    after = "..." if start + SHOWN_LETTERS < len(text) else ""
    return f"{before}{shown}{after}"


def _tell_changes(changes: "Changes") -> None:
    write_line("\nDetections from A to B")
    rows = [
        (CHANGE_WORDS[name], len(items), f"{sum(item.area_ha for item in items):,.1f} ha")
        for name, items in changes.groups.items()
    ]
    write_table(("", "count", "area"), rows)
