"""Read the layers of a product's GeoPackage back into rows and outlines."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import ProductError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.vectors import outlines_of, vector_errors, vector_path
from landslidectl.products.attributes import Row, tidy
from landslidectl.products.contents import Layer
from landslidectl.products.contract.attributes import FieldType
from landslidectl.products.contract.layers import LayerSpec
from landslidectl.terms import utc_instant

if TYPE_CHECKING:
    from landslidectl.products.contract.attributes import FieldSpec

AGAIN = "Copy the whole product folder again, or map the event again with landslidectl detect."
SHOWN_LETTERS = 60


def has_layer(path: Path, name: str) -> bool:
    """Tell whether a GeoPackage has a layer or table.

    Raises
    ------
    ProductError
        If the file cannot be read.
    """
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_path(path) as opened:
                return name in {str(layer) for layer, _ in pyogrio.list_layers(opened)}
        except vector_errors() as error:
            raise ProductError(f"{path}: cannot be read: {error}", AGAIN) from error


def read_layer(path: Path, spec: LayerSpec, drawn_only: bool = True) -> Layer:
    """Read one layer; attributes that the product lacks are left out, foreign ones not taken.

    Parameters
    ----------
    path : Path
        GeoPackage.
    spec : LayerSpec
        The layer.
    drawn_only : bool
        Leave out rows without an outline; otherwise their geometry is None.

    Raises
    ------
    ProductError
        If it cannot be read.
    """
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_path(path) as opened:
                info = pyogrio.read_info(opened, layer=spec.name.value)
                present = set(info["fields"])
                fields = tuple(field for field in spec.fields if field.name in present)
                meta, _, shapes, columns = pyogrio.raw.read(
                    opened,
                    layer=spec.name.value,
                    columns=[field.name for field in fields],
                    read_geometry=spec.has_geometry,
                    force_2d=True,
                    datetime_as_string=True,
                )
                outlines = None if shapes is None else outlines_of(shapes)
        except vector_errors() as error:
            raise ProductError(
                f"{path}: layer '{spec.name}' cannot be read: {error}", AGAIN
            ) from error
    by_name = dict(zip(meta["fields"], columns, strict=True))
    values = [_values(path, spec, field, by_name[field.name]) for field in fields]
    names = [field.name for field in fields]
    rows: list[Row] = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    if not spec.has_geometry:
        return Layer(spec.name, fields, tuple(rows))
    if outlines is None:
        raise ProductError(f"{path}: layer '{spec.name}' has no outlines", AGAIN)
    drawn = [
        index
        for index, shape in enumerate(outlines)
        if not drawn_only or (shape is not None and shape.area > 0)
    ]
    return Layer(
        spec.name,
        fields,
        tuple(rows[index] for index in drawn),
        tuple(outlines[index] for index in drawn),
        _epsg(path, str(info["crs"])),
    )


def require(path: Path, layer: Layer, names: Sequence[str]) -> Layer:
    """Return a layer that has the attributes that somebody cannot do without.

    Raises
    ------
    ProductError
        If it lacks one: another program renamed or dropped it.
    """
    lacking = sorted(set(names) - {field.name for field in layer.fields})
    if lacking:
        raise ProductError(
            f"{path}: layer '{layer.name}' has no attribute {', '.join(lacking)}",
            "Take a copy in which no attribute was renamed or deleted.",
        )
    return layer


def _epsg(path: Path, crs: str) -> int:
    code = crs.removeprefix("EPSG:")
    if code in {"", "None"}:
        raise ProductError(f"{path}: its outlines have no coordinate system", AGAIN)
    if not code.isdigit():
        shown = crs if len(crs) <= SHOWN_LETTERS else f"{crs[:SHOWN_LETTERS]}..."
        message = f"{path}: its outlines are in a coordinate system without an EPSG code: {shown}"
        raise ProductError(message, AGAIN)
    return int(code)


def _values(path: Path, spec: LayerSpec, field: "FieldSpec", column: Sequence[Any]) -> list[Any]:
    try:
        return [_value(item, field) for item in column]
    except (ValueError, TypeError, OverflowError) as error:
        raise ProductError(
            f"{path}: layer '{spec.name}' has a value in '{field.name}' that it cannot have: "
            f"{error}",
            AGAIN,
        ) from error


def _value(item: Any, field: "FieldSpec") -> Any:
    """Return a value as the writers take it."""
    if item is None or (isinstance(item, float | np.floating) and np.isnan(item)):
        return None
    if isinstance(item, float | np.floating) and np.isinf(item):
        raise ValueError("infinite")
    if field.type is FieldType.INTEGER:
        return int(item)
    if field.type is FieldType.INSTANT:
        return _instant(str(item))
    return tidy(item, field)


def _instant(text: str) -> datetime | None:
    """Return an aware instant; GDAL writes UTC as ``Z``, ``+00`` or not at all.

    Before GDAL 3.11, pyogrio hands on ``2023/11/05 11:53:02.030+00``.
    """
    if not text or text == "NaT":
        return None
    return utc_instant(text.replace("/", "-"))
