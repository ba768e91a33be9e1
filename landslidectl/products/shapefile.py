"""Detections as a zipped shapefile, for programs that read nothing newer."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.files.atomic import unwritable, write_bytes_atomic
from landslidectl.files.gdal_environment import stamped_vectors
from landslidectl.files.staged import scratch_folder
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
HEAD_BYTES = 32
DBF_SIZES = ((4, 8), (8, 10), (10, 12))
"""Where the head of a DBF has its number of rows, and the bytes of the head and of a row."""
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def write_shapefile(final: Path, contents: "Contents") -> None:
    """Write a zip with the parts of one shapefile in the system of the score.

    Names have ten characters at most (`products.contract.shapefile_names`), instants are ISO 8601
    texts, since a DBF knows only days, and long texts are cut.

    Raises
    ------
    OutputError, ResourceError
        If it cannot be written.
    """
    stem = final.name.removesuffix(".zip").removesuffix(".shp")
    table = replace(layer_table(_with_texts(contents.detections)), name=stem)
    names = shapefile_names(contents.detections.fields)
    day = contents.processed.strftime("%Y-%m-%d")
    options = {"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": day}
    table = replace(table, names=[names[name] for name in table.names], options=options)
    with scratch_folder(final.parent) as folder, stamped_vectors(contents.processed):
        place = folder / f"{stem}.shp"
        write_table(place, table, "ESRI Shapefile", None)
        _check_whole(place, len(contents.detections.rows))
        parts = [place.with_suffix(suffix) for suffix in PARTS]
        content = zip_bytes([(part.name, part.read_bytes()) for part in parts])
    write_bytes_atomic(final, content)


def _check_whole(place: Path, rows: int) -> None:
    """Refuse a shapefile that GDAL could not finish, of which it says nothing on a full disk.

    Source: ESRI Shapefile Technical Description (1998), page 4; dBASE III header.
    """
    promised = {
        suffix: 2 * int.from_bytes(_head(place, suffix)[24:28], "big")
        for suffix in (".shp", ".shx")
    }
    head = _head(place, ".dbf")
    count, start, step = (int.from_bytes(head[a:b], "little") for a, b in DBF_SIZES)
    promised[".dbf"] = start + count * step
    sizes = {suffix: place.with_suffix(suffix).stat().st_size for suffix in promised}
    if count != rows or any(sizes[suffix] < promised[suffix] for suffix in promised):
        raise unwritable(place, OSError(errno.EIO, "the file is not complete"))


def _head(place: Path, suffix: str) -> bytes:
    with place.with_suffix(suffix).open("rb") as part:
        return part.read(HEAD_BYTES)


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
