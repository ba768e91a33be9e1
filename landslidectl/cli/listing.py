"""Lists in the form that the user asks for: table, CSV, JSON or JSON lines."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from landslidectl.cli.output import json_text, write_json, write_line, write_table
from landslidectl.errors import UsageError
from landslidectl.products.texts import inert_cell

Record = Mapping[str, Any]


class Form(StrEnum):
    """How a list is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    LINES = "jsonl"


FormName = Annotated[
    Form | None,
    typer.Option(
        "--format",
        help="How the list is written; jsonl is one JSON object a line. Default: table.",
        rich_help_panel="Output",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a kind of list shows.

    Parameters
    ----------
    fields : sequence of str
        Names of the records' fields: the columns of CSV.
    headings : sequence of str
        Of the table, which may show less.
    row : callable
        Makes the cells of a table's row of a record.
    """

    fields: Sequence[str]
    headings: Sequence[str]
    row: Callable[[Record], Sequence[Any]]


def plain_listing(fields: Sequence[str]) -> Listing:
    """Return a listing whose table shows every field."""
    return Listing(fields, fields, lambda record: [_cell(record[name]) for name in fields])


def chosen_form(form: Form | None, as_json: bool) -> Form:
    """Return the form that ``--format`` and ``--json`` ask for.

    Raises
    ------
    UsageError
        If they contradict each other.
    """
    if as_json and form not in (None, Form.JSON):
        raise UsageError(f"--json and --format {form} are both given", "Give one of the two.")
    return Form.JSON if as_json else form or Form.TABLE


def write_listing(listing: Listing, records: Iterable[Record], form: Form) -> None:
    """Write records to stdout; CSV and JSON lines as they come, one by one."""
    match form:
        case Form.TABLE:
            write_table(listing.headings, [listing.row(record) for record in records])
        case Form.JSON:
            write_json([dict(record) for record in records])
        case Form.LINES:
            for record in records:
                write_line(json_text(dict(record)))
        case Form.CSV:
            _write_csv(listing.fields, records)


def _write_csv(fields: Sequence[str], records: Iterable[Record]) -> None:
    write_line(_csv_line([inert_cell(name) for name in fields]))
    for record in records:
        write_line(_csv_line([_csv_cell(record[name]) for name in fields]))


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _csv_cell(value: Any) -> str:
    """Return a value as text that no spreadsheet runs; numbers as they are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return inert_cell(_cell(value))


def _cell(value: Any) -> Any:
    """Return a value for one cell: what is nested as JSON, what is missing empty."""
    if value is None:
        return ""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | float) else str(value)
