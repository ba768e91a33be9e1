"""What a product says in vectors and words, whether a job just made it or it was read back.

Every writer of vectors starts from here, so that a format that is asked for later comes out as it
would have with the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.geodesy import to_wgs84
from landslidectl.grid import Bounds, Grid
from landslidectl.products.attributes import (
    Row,
    area_outline,
    area_row,
    detection_row,
    footprint_row,
    run_rows,
    source_rows,
    used_scenes,
)
from landslidectl.products.contract.attributes import FieldSpec
from landslidectl.products.contract.layers import LayerName, layer_spec
from landslidectl.products.naming import ProductName, parse_product_name
from landslidectl.stack.footprints import outline
from landslidectl.terms import Decision, utc_instant

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.request import ProductRequest

WGS84_EPSG = 4326


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer in memory.

    Parameters
    ----------
    name : LayerName
        Which.
    fields : tuple of FieldSpec
        Its attributes; a product of an older release may lack some of the contract's.
    rows : tuple of mapping
        Attributes by name; None is missing, instants are aware.
    geometries : tuple of shapely geometry or None
        One a row; None for a table without geometry.
    epsg : int or None
        System of the geometries.
    """

    name: LayerName
    fields: tuple[FieldSpec, ...]
    rows: tuple[Row, ...]
    geometries: "tuple[BaseGeometry, ...] | None" = None
    epsg: int | None = None

    def without_rejected(self) -> "Layer":
        """Return the layer without what a person rejected."""
        kept = [
            index
            for index, row in enumerate(self.rows)
            if row.get("review") != Decision.REJECTED.value
        ]
        if len(kept) == len(self.rows):
            return self
        shapes = None if self.geometries is None else tuple(self.geometries[i] for i in kept)
        return replace(self, rows=tuple(self.rows[i] for i in kept), geometries=shapes)

    def outline_wgs84(self, index: int) -> "BaseGeometry":
        """Return one geometry in longitude and latitude, continuous across the antimeridian."""
        one = replace(self, rows=(self.rows[index],), geometries=((self.geometries or ())[index],))
        return one.outlines_wgs84()[0]

    def outlines_wgs84(self) -> "list[BaseGeometry]":
        """Return the geometries in longitude and latitude, continuous across the antimeridian."""
        shapes = self.geometries or ()
        if self.epsg in {None, WGS84_EPSG}:
            return list(shapes)
        return [to_wgs84(shape, int(self.epsg or 0)) for shape in shapes]


@dataclass(frozen=True, slots=True)
class Contents:
    """A product as its vector formats tell it.

    Parameters
    ----------
    facts : mapping
        Its ``metadata.json`` but for the list of files.
    layers : mapping of LayerName to Layer
        All layers of the GeoPackage.
    score, quality : Path
        Its rasters.
    with_rejected : bool
        Whether detections that a person rejected are handed on outside the GeoPackage too.
    """

    facts: Mapping[str, Any]
    layers: Mapping[LayerName, Layer]
    score: Path
    quality: Path
    with_rejected: bool = False

    @property
    def name(self) -> ProductName:
        """Return the fields of the product's name."""
        return parse_product_name(self.facts["product"])

    @property
    def detections(self) -> Layer:
        """Return the detections that are handed on, highest score first as the product has them.

        Those that a person rejected are in the layer of the GeoPackage alone.
        """
        layer = self.layers[LayerName.DETECTIONS]
        return layer if self.with_rejected else layer.without_rejected()

    @property
    def processed(self) -> datetime:
        """Return the time of processing, which stamps whatever needs a time."""
        return utc_instant(self.facts["processed"])

    @property
    def grid(self) -> Grid:
        """Return the grid of the score."""
        facts = self.facts["grid"]
        bounds = Bounds(*facts["bounds"])
        return Grid(
            facts["epsg"], bounds.left, bounds.top, facts["pixel_m"], facts["rows"], facts["cols"]
        )


def contents_of(
    request: "ProductRequest", facts: Mapping[str, Any], score: Path, quality: Path
) -> Contents:
    """Return what a product that is being written says.

    Parameters
    ----------
    request : ProductRequest
        What it is made from.
    facts : mapping
        `products.metadata.describe_product` of it.
    score, quality : Path
        The rasters, written already.
    """
    found = request.detections
    scenes = used_scenes(request)
    with_outline = [scene for scene in scenes if scene.footprint]
    layers = (
        _layer(
            LayerName.DETECTIONS,
            [detection_row(item, request) for item in found.everything],
            [item.polygon for item in found.everything],
            found.grid.epsg,
        ),
        _layer(LayerName.AREA, [area_row(request)], [area_outline(request)]),
        _layer(
            LayerName.FOOTPRINT,
            [footprint_row(scene) for scene in with_outline],
            [outline(scene.footprint) for scene in with_outline],
        ),
        _layer(LayerName.SOURCE, source_rows(scenes), None, None),
        _layer(LayerName.RUN, run_rows(request), None, None),
    )
    return Contents(facts, {layer.name: layer for layer in layers}, score, quality)


def _layer(
    name: LayerName,
    rows: list[Row],
    geometries: "list[BaseGeometry] | None",
    epsg: int | None = WGS84_EPSG,
) -> Layer:
    shapes = None if geometries is None else tuple(geometries)
    return Layer(name, layer_spec(name).fields, tuple(rows), shapes, epsg)
