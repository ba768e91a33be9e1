"""The GeoPackage of a product: detections, area of interest, scene footprints, run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import OutputError
from landslidectl.files.atomic import atomic_path
from landslidectl.files.gdal_environment import stamped_vectors
from landslidectl.products.attributes import (
    Row,
    area_outline,
    area_row,
    detection_row,
    footprint_row,
    run_rows,
)
from landslidectl.products.contract import (
    AREA_FIELDS,
    DETECTION_FIELDS,
    FOOTPRINT_FIELDS,
    RUN_FIELDS,
    FieldSpec,
    FieldType,
)
from landslidectl.stack.footprints import outline

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.request import ProductRequest

WGS84 = "EPSG:4326"
GDAL_UTC = 100
"""GDAL's mark for an instant in UTC."""
GPKG_VERSION = "1.2"
"""What GDAL 3.6 of Debian 12 and older QGIS read without a warning."""


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """One layer to write; ``geometries`` None makes a table without geometry."""

    name: str
    fields: tuple[FieldSpec, ...]
    rows: Sequence[Row]
    geometries: "Sequence[BaseGeometry] | None" = None
    crs: str | None = None


def write_geopackage(final: Path, request: "ProductRequest") -> None:
    """Write the four layers; layers without rows are there with their columns and system.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415

    with atomic_path(final) as temporary, stamped_vectors(request.provenance.processed):
        try:
            for index, layer in enumerate(_layers(request)):
                _append(temporary, layer, first=index == 0)
        except (DataSourceError, DataLayerError) as error:
            raise OutputError(
                f"{final}: cannot be written: {error}",
                "Choose another folder with --output, or free space and run the command again.",
            ) from error


def _layers(request: "ProductRequest") -> tuple[VectorLayer, ...]:

    found = request.detections
    scenes = [scene for scene in request.provenance.scenes if scene.footprint]
    scenes.sort(key=lambda scene: (scene.start, scene.scene_id))
    return (
        VectorLayer(
            "detections",
            DETECTION_FIELDS,
            [detection_row(item, request) for item in found.items],
            [item.polygon for item in found.items],
            f"EPSG:{found.grid.epsg}",
        ),
        VectorLayer(
            "area_of_interest", AREA_FIELDS, [area_row(request)], [area_outline(request)], WGS84
        ),
        VectorLayer(
            "image_footprint",
            FOOTPRINT_FIELDS,
            [footprint_row(scene) for scene in scenes],
            [outline(scene.footprint) for scene in scenes],
            WGS84,
        ),
        VectorLayer("run", RUN_FIELDS, run_rows(request)),
    )


def _append(path: Path, layer: VectorLayer, first: bool) -> None:
    """Write one layer, creating the file with the first."""
    import shapely  # noqa: PLC0415
    from pyogrio import raw  # noqa: PLC0415

    columns = [_column(field, layer.rows) for field in layer.fields]
    masks = [np.array([row[field.name] is None for row in layer.rows]) for field in layer.fields]
    instants = [field.name for field in layer.fields if field.type is FieldType.INSTANT]
    spatial: dict[str, Any] = {}
    if layer.geometries is not None:
        spatial = {"geometry_type": "MultiPolygon", "promote_to_multi": True, "crs": layer.crs}
    raw.write(
        str(path),
        None
        if layer.geometries is None
        else np.array([shapely.to_wkb(shape) for shape in layer.geometries], dtype=object),
        columns,
        [field.name for field in layer.fields],
        field_mask=[mask if mask.any() else None for mask in masks],
        layer=layer.name,
        driver="GPKG",
        dataset_options={"VERSION": GPKG_VERSION} if first else None,
        append=not first,
        gdal_tz_offsets={
            name: np.full(len(layer.rows), GDAL_UTC, dtype=np.int16) for name in instants
        },
        **spatial,
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
