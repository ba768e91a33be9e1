"""The GeoPackage of a product: all layers, and the styles that QGIS draws them with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.files.atomic import atomic_path, unwritable
from landslidectl.files.gdal_environment import stamped_vectors
from landslidectl.files.resources import asset
from landslidectl.files.vectors import vector_path
from landslidectl.products.attributes import Row
from landslidectl.products.contents import Layer
from landslidectl.products.contract.attributes import FieldSpec, FieldType
from landslidectl.products.contract.layers import STYLES, StyleSpec, layer_spec

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.contents import Contents

GDAL_UTC = 100
"""GDAL's mark for an instant in UTC."""
GPKG_VERSION = "1.2"
"""What GDAL 3.6 of Debian 12 and older QGIS read without a warning."""
GEOMETRY_COLUMN = "geom"
STYLE_TABLE = "layer_styles"
STYLE_COLUMNS = (
    "f_table_catalog",
    "f_table_schema",
    "f_table_name",
    "f_geometry_column",
    "styleName",
    "styleQML",
    "styleSLD",
    "useAsDefault",
    "description",
    "owner",
    "ui",
    "update_time",
)
"""Where QGIS looks for the styles of a GeoPackage."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns as pyogrio takes them.

    Parameters
    ----------
    name : str
        Layer.
    names, columns, masks, instants : sequence
        Of the columns: names, values, which values are missing, and names of those in UTC.
    geometries : sequence of shapely geometry or None
        None makes a table without geometry.
    crs : str or None
        System of the geometries.
    options : mapping
        GDAL's options for the layer.
    """

    name: str
    names: Sequence[str]
    columns: "Sequence[NDArray[Any]]"
    masks: "Sequence[NDArray[np.bool_] | None]"
    instants: Sequence[str] = ()
    geometries: "Sequence[BaseGeometry] | None" = None
    crs: str | None = None
    options: Mapping[str, str] | None = None


def write_geopackage(final: Path, contents: "Contents") -> None:
    """Write all layers and their styles; layers without rows have their columns and system.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    layers = list(contents.layers.values())
    tables = [layer_table(layer) for layer in layers]
    tables.append(_style_table(layers, contents.processed))
    with atomic_path(final) as temporary, stamped_vectors(contents.processed):
        for index, table in enumerate(tables):
            dataset = {"VERSION": GPKG_VERSION} if index == 0 else None
            write_table(temporary, table, "GPKG", dataset, append=index > 0)


def layer_table(layer: Layer) -> Table:
    """Return a layer as columns."""
    spec = layer_spec(layer.name)
    masks = [np.array([row[field.name] is None for row in layer.rows]) for field in layer.fields]
    return Table(
        name=layer.name.value,
        names=[field.name for field in layer.fields],
        columns=[_column(field, layer.rows) for field in layer.fields],
        masks=[mask if mask.any() else None for mask in masks],
        instants=[field.name for field in layer.fields if field.type is FieldType.INSTANT],
        geometries=layer.geometries,
        crs=None if layer.epsg is None else f"EPSG:{layer.epsg}",
        options={"DESCRIPTION": spec.description, "IDENTIFIER": layer.name.value},
    )


def write_table(
    path: Path,
    table: Table,
    driver: str,
    dataset_options: Mapping[str, str] | None,
    append: bool = False,
) -> None:
    """Write one layer with GDAL, creating the file unless it is appended to.

    Raises
    ------
    OutputError
        If GDAL cannot write it.
    """
    import shapely  # noqa: PLC0415
    from pyogrio import raw  # noqa: PLC0415
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415

    shapes, spatial = table.geometries, {}
    if shapes is not None:
        kind = {"geometry_type": "MultiPolygon", "promote_to_multi": True}
        spatial = kind | {"crs": table.crs}
    rows = len(table.columns[0])
    try:
        with vector_path(path) as opened:
            raw.write(
                opened,
                None
                if shapes is None
                else np.array([shapely.to_wkb(shape) for shape in shapes], dtype=object),
                list(table.columns),
                list(table.names),
                field_mask=list(table.masks),
                layer=table.name,
                driver=driver,
                dataset_options=dataset_options,
                layer_options=dict(table.options or {}),
                append=append,
                gdal_tz_offsets={
                    name: np.full(rows, GDAL_UTC, dtype=np.int16) for name in table.instants
                },
                **spatial,
            )
    except (DataSourceError, DataLayerError) as error:
        raise unwritable(path, OSError(str(error))) from error


def styles_of(layer: Layer) -> list[StyleSpec]:
    """Return the styles of a layer whose attribute it has; QGIS opens with the last of them."""
    names = {"", *(field.name for field in layer.fields)}
    return [spec for spec in STYLES if spec.layer is layer.name and spec.attribute in names]


def _style_table(layers: Sequence[Layer], stamp: datetime) -> Table:
    """Return the table of styles; catalogue and schema are empty, as QGIS asks for them."""
    rows = []
    for layer in layers:
        specs = styles_of(layer)
        for spec in specs:
            qml = asset("styles", spec.file).read_text(encoding="utf-8")
            is_default = spec is specs[-1]
            place = ("", "", layer.name.value, GEOMETRY_COLUMN)
            text = (spec.name, qml, "", is_default, spec.description, "", "")
            rows.append((*place, *text, _naive_utc(stamp)))
    types = {"useAsDefault": "bool", "update_time": "datetime64[ms]"}
    columns = [
        np.array(values, dtype=types.get(name, "object"))
        for name, values in zip(STYLE_COLUMNS, zip(*rows, strict=True), strict=True)
    ]
    return Table(
        STYLE_TABLE,
        STYLE_COLUMNS,
        columns,
        [None] * len(columns),
        ["update_time"],
        options={"FID": "id", "IDENTIFIER": STYLE_TABLE, "DESCRIPTION": "Styles for QGIS"},
    )


def _column(field: FieldSpec, rows: Sequence[Row]) -> "NDArray[Any]":
    """Return one column; what is missing gets a filler that the mask hides."""
    values = [row[field.name] for row in rows]
    if field.type is FieldType.REAL:
        return np.array([np.nan if value is None else value for value in values], dtype="float64")
    if field.type is FieldType.INTEGER:
        return np.array([0 if value is None else value for value in values], dtype="int32")
    if field.type is FieldType.INSTANT:
        return np.array([_naive_utc(value) for value in values], dtype="datetime64[ms]")
    return np.array(values, dtype=object)


def _naive_utc(instant: datetime | None) -> "np.datetime64":
    if instant is None:
        return np.datetime64("NaT", "ms")
    return np.datetime64(instant.astimezone(UTC).replace(tzinfo=None), "ms")
