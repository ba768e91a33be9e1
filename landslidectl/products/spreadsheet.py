"""Detections as CSV: one line a detection, with its centroid in place of its outline."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.files.atomic import write_text_atomic
from landslidectl.products.contract.attributes import FieldSpec, FieldType
from landslidectl.products.texts import inert_cell
from landslidectl.products.wording import iso

if TYPE_CHECKING:
    from landslidectl.products.contents import Contents


def write_csv(final: Path, contents: "Contents") -> None:
    """Write the attributes of all detections as UTF-8 with a line of names.

    Instants are ISO 8601 in UTC, what is missing is empty, and no text can act as a formula.
    """
    layer = contents.detections
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow([field.name for field in layer.fields])
    for row in layer.rows:
        writer.writerow([_cell(row[field.name], field) for field in layer.fields])
    write_text_atomic(final, sheet.getvalue())


def shown(value: Any, field: FieldSpec) -> str:
    """Return a value as text with the decimals of the contract; what is missing is empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    return f"{value:.{field.decimals}f}" if field.type is FieldType.REAL else str(value)


def _cell(value: Any, field: FieldSpec) -> str:
    text = shown(value, field)
    return inert_cell(text) if field.type is FieldType.TEXT else text
