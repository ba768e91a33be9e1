"""Detections as a zipped shapefile, for programs that read nothing newer."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.files.atomic import write_bytes_atomic
from landslidectl.files.gdal_environment import stamped_vectors
from landslidectl.files.zips import zip_bytes
from landslidectl.products.attributes import json_value
from landslidectl.products.contents import Layer
from landslidectl.products.contract.attributes import FieldSpec, FieldType
from landslidectl.products.contract.short_names import shapefile_names
from landslidectl.products.vectors import layer_table, write_table

if TYPE_CHECKING:
    from landslidectl.products.attributes import Row
    from landslidectl.products.contents import Contents

TEXT_BYTES = 254
"""Longest text of a DBF column."""
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def write_shapefile(final: Path, contents: "Contents") -> None:
    """Write a zip with the parts of one shapefile in the system of the score.

    Names have ten characters at most (`products.contract.shapefile_names`), instants are ISO 8601
    texts, since a DBF knows only days, and long texts are cut.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    stem = final.name.removesuffix(".zip").removesuffix(".shp")
    table = replace(layer_table(_with_texts(contents.detections)), name=stem)
    names = shapefile_names(contents.detections.fields)
    day = contents.processed.strftime("%Y-%m-%d")
    options = {"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": day}
    table = replace(table, names=[names[name] for name in table.names], options=options)
    with tempfile.TemporaryDirectory() as folder, stamped_vectors(contents.processed):
        place = Path(folder) / f"{stem}.shp"
        write_table(place, table, "ESRI Shapefile", None)
        parts = [place.with_suffix(suffix) for suffix in PARTS]
        content = zip_bytes([(part.name, part.read_bytes()) for part in parts])
    write_bytes_atomic(final, content)


def _with_texts(layer: Layer) -> Layer:
    """Return a layer whose instants are texts, and whose texts fit."""
    fields = tuple(
        replace(field, type=FieldType.TEXT) if field.type is FieldType.INSTANT else field
        for field in layer.fields
    )
    rows = tuple({field.name: _value(row, field) for field in fields} for row in layer.rows)
    return replace(layer, fields=fields, rows=rows)


def _value(row: "Row", field: FieldSpec) -> object:
    value = json_value(row[field.name])
    if isinstance(value, str):
        return value.encode()[:TEXT_BYTES].decode(errors="ignore")
    return value
