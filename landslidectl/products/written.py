"""The detections that a product was written with, also where its GeoPackage was edited since."""

import json
from typing import Any

from landslidectl.errors import ProductError
from landslidectl.products.contents import WGS84_EPSG, Layer
from landslidectl.products.contract.attributes import OF_OUTLINE
from landslidectl.products.contract.files import FileKind
from landslidectl.products.contract.layers import LayerName, layer_spec
from landslidectl.products.reading import StoredProduct
from landslidectl.products.stored_layers import AGAIN, read_layer

TOLD = ("det_id", "review", "reviewer", "rev_note", *OF_OUTLINE)


def written_detections(stored: StoredProduct) -> Layer:
    """Return names, outlines and reviews as they were written; the layer may have no more.

    An edited GeoPackage cannot tell; then the GeoJSON file beside it does, which has all but what
    was rejected before.

    Raises
    ------
    ProductError
        If both were changed, or one cannot be read.
    """
    if stored.is_own(FileKind.GEOPACKAGE):
        return read_layer(stored.file(FileKind.GEOPACKAGE), layer_spec(LayerName.DETECTIONS))
    path = stored.file(FileKind.GEOJSON)
    if not stored.is_own(FileKind.GEOJSON):
        raise ProductError(
            f"{path}: changed since the product was written, as the GeoPackage was: nothing says "
            "what was edited",
            AGAIN,
        )
    features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return _layer(features)


def _layer(features: list[dict[str, Any]]) -> Layer:
    from shapely.geometry import shape  # noqa: PLC0415

    spec = layer_spec(LayerName.DETECTIONS)
    fields = tuple(field for field in spec.fields if field.name in TOLD)
    rows = tuple(
        {field.name: feature["properties"].get(field.name) for field in fields}
        for feature in features
    )
    outlines = tuple(shape(feature["geometry"]) for feature in features)
    return Layer(spec.name, fields, rows, outlines, WGS84_EPSG)
