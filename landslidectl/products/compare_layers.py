"""Hold the GeoPackage of one product against that of another: layers, attributes and outlines."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.errors import ProductError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.vectors import vector_errors, vector_path
from landslidectl.products.attributes import Row, json_value
from landslidectl.products.contents import WGS84_EPSG, Layer
from landslidectl.products.contract.attributes import FieldSpec, FieldType
from landslidectl.products.contract.layers import LAYERS, LayerName, LayerSpec
from landslidectl.products.contract.tolerances import (
    FACT_TOLERANCE,
    OUTLINE_TOLERANCE_DEG,
    OUTLINE_TOLERANCE_M,
    RUN_KEYS_THAT_VARY,
)
from landslidectl.products.differences import ABSENT, Difference, is_close
from landslidectl.products.stored_layers import read_layer

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

KEYS = {
    LayerName.DETECTIONS: "det_id",
    LayerName.AREA: "aoi_name",
    LayerName.FOOTPRINT: "scene_id",
    LayerName.SOURCE: "scene_id",
    LayerName.RUN: "key",
}
"""The attribute that tells the rows of a layer apart."""
STYLES = "layer_styles"
STYLE_TIME = "update_time"


def compare_layers(a: Path, b: Path) -> list[Difference]:
    """Return in what two GeoPackages differ; order of rows does not count.

    Raises
    ------
    ProductError
        If one cannot be read.
    """
    found = _table_differences(a, b)
    for spec in LAYERS:
        found += _layer_differences(spec, _read(a, spec), _read(b, spec))
    return found + _style_differences(a, b)


def _read(path: Path, spec: LayerSpec) -> Layer:
    return read_layer(path, spec, drawn_only=False)


def _table_differences(a: Path, b: Path) -> list[Difference]:
    """Return tables, and columns of tables, that one alone has."""
    left, right = _columns(a), _columns(b)
    found = [
        Difference("geopackage", f"layer {name}", _there(name, left), _there(name, right))
        for name in sorted({*left, *right})
        if (name in left) != (name in right)
    ]
    for name in sorted({*left} & {*right}):
        for column in sorted(left[name] ^ right[name]):
            sides = _there(column, left[name]), _there(column, right[name])
            found.append(Difference(name, f"attribute {column}", *sides))
    return found


def _there(name: str, names: Iterable[str]) -> str:
    return "present" if name in names else ABSENT


def _columns(path: Path) -> dict[str, set[str]]:
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_path(path) as opened:
                names = [str(name) for name, _ in pyogrio.list_layers(opened)]
                return {
                    name: set(pyogrio.read_info(opened, layer=name)["fields"]) for name in names
                }
        except vector_errors() as error:
            raise ProductError(
                f"{path}: cannot be read: {error}", "Copy the whole product folder again."
            ) from error


def _layer_differences(spec: LayerSpec, a: Layer, b: Layer) -> list[Difference]:
    name = spec.name.value
    left, right = (_by_key(layer, KEYS[spec.name]) for layer in (a, b))
    found = []
    if a.epsg != b.epsg:
        found.append(Difference(name, "coordinate system", f"EPSG:{a.epsg}", f"EPSG:{b.epsg}"))
    for one, other, sides in (
        (left, right, ("present", ABSENT)),
        (right, left, (ABSENT, "present")),
    ):
        alone = [key for key in one if key not in other]
        if alone:
            found.append(Difference(name, f"rows: {_some(alone)}", *sides, len(alone)))
    pairs = [(key, left[key], right[key]) for key in left if key in right]
    shared = [field for field in a.fields if field in b.fields]
    if spec.name is LayerName.RUN:
        has_values = any(field.name == "value" for field in shared)
        return found + (_run_differences(pairs, a, b) if has_values else [])
    for field in shared:
        values = [(key, a.rows[i][field.name], b.rows[j][field.name]) for key, i, j in pairs]
        found += _attribute_differences(name, field, values)
    if a.geometries is not None and b.geometries is not None and a.epsg == b.epsg:
        shapes = [(key, a.geometries[i], b.geometries[j]) for key, i, j in pairs]
        found += _outline_differences(name, shapes, a.epsg)
    return found


def _by_key(layer: Layer, key: str) -> dict[str, int]:
    """Return the rows by their key; a key that comes again, or is missing, gets a number."""
    seen: Counter[str] = Counter()
    rows: dict[str, int] = {}
    for index, row in enumerate(layer.rows):
        text = str(row.get(key) or "without a name")
        seen[text] += 1
        rows[text if seen[text] == 1 else f"{text} #{seen[text]}"] = index
    return rows


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _run_differences(pairs: Sequence[tuple[str, int, int]], a: Layer, b: Layer) -> list[Difference]:
    found = []
    for key, i, j in pairs:
        left, right = str(a.rows[i]["value"]), str(b.rows[j]["value"])
        if key in RUN_KEYS_THAT_VARY or _is_same_fact(left, right):
            continue
        found.append(Difference("run", key, left, right))
    return found


def _is_same_fact(a: str, b: str) -> bool:
    return is_close(_number(a), _number(b), FACT_TOLERANCE)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _attribute_differences(
    name: str, field: FieldSpec, values: Sequence[tuple[str, Any, Any]]
) -> list[Difference]:
    """Return one attribute's differences: those beyond the tolerance, else those within it."""
    apart = [item for item in values if not is_close(item[1], item[2], 0.0)]
    beyond = [item for item in apart if not is_close(item[1], item[2], field.tolerance)]
    told = beyond or apart
    if not told:
        return []
    key, a, b = max(told, key=_size)
    largest = _size((key, a, b)) if field.type in {FieldType.REAL, FieldType.INTEGER} else None
    largest = None if largest == float("inf") else largest
    what = f"attribute {field.name} ({key})"
    unit = field.unit if field.unit not in {"0..1", "UTC"} else ""
    return [Difference(name, what, _shown(a), _shown(b), len(told), largest, unit, not beyond)]


def _shown(value: Any) -> str:
    return "" if value is None else str(json_value(value))


def _size(item: tuple[str, Any, Any]) -> float:
    _, a, b = item
    both = isinstance(a, int | float) and isinstance(b, int | float)
    return abs(a - b) if both else float("inf")


def _outline_differences(
    name: str,
    shapes: "Sequence[tuple[str, BaseGeometry | None, BaseGeometry | None]]",
    epsg: int | None,
) -> list[Difference]:
    in_degrees = epsg == WGS84_EPSG
    tolerance = OUTLINE_TOLERANCE_DEG if in_degrees else OUTLINE_TOLERANCE_M
    apart = [(outline_distance(a, b), key) for key, a, b in shapes]
    apart = [item for item in apart if item[0] > 0.0]
    beyond = [item for item in apart if item[0] > tolerance]
    told = beyond or apart
    if not told:
        return []
    largest, key = max(told)
    measured = (None if largest == float("inf") else largest, "degree" if in_degrees else "m")
    return [Difference(name, f"outline ({key})", "", "", len(told), *measured, not beyond)]


def outline_distance(a: "BaseGeometry | None", b: "BaseGeometry | None") -> float:
    """Return how far two outlines are apart at most, over the corners of both.

    Infinite where one alone is missing or empty, or where one is no polygon.
    """
    import shapely  # noqa: PLC0415

    if a is None or b is None or a.is_empty or b.is_empty:
        none = [shape is None or shape.is_empty for shape in (a, b)]
        return 0.0 if all(none) else float("inf")
    if shapely.equals_exact(a, b):
        return 0.0
    distance = shapely.hausdorff_distance(a.boundary, b.boundary)
    return float(distance) if distance == distance else float("inf")  # noqa: PLR0124


def _style_differences(a: Path, b: Path) -> list[Difference]:
    left, right = _styles(a), _styles(b)
    return [
        Difference(STYLES, name, "", "")
        for name in sorted({*left, *right})
        if left.get(name) != right.get(name)
    ]


def _styles(path: Path) -> Mapping[str, Row]:
    """Return the styles by layer and name, without the time that they carry."""
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_path(path) as opened:
                meta, _, _, columns = pyogrio.raw.read(opened, layer=STYLES, read_geometry=False)
        except vector_errors():
            return {}  # told as a layer that one alone has, or as styles that one alone has
    rows = [dict(zip(meta["fields"], row, strict=True)) for row in zip(*columns, strict=True)]
    return {
        f"{row.get('f_table_name')} {row.get('styleName')}": {
            key: str(value) for key, value in row.items() if key != STYLE_TIME
        }
        for row in rows
    }
