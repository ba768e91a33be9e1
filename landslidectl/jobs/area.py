"""From an area of interest to the job's map grid."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import AoiError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Bounds, Grid, utm_epsg

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"
POLYGONAL = ("Polygon", "MultiPolygon", "GeometryCollection")
UTM_LATITUDES = (-80.0, 84.0)
MAX_WIDTH_DEG = 12.0
MAX_SIDE_KM = 1000.0
SEGMENT_DEG = 0.02
FORMATS = (
    "Give a polygon as GeoJSON, GeoPackage, KML or shapefile, or --bbox WEST SOUTH EAST NORTH."
)


def read_aoi(path: Path) -> "BaseGeometry":
    """Read the polygons of every layer of a vector file.

    Returns
    -------
    shapely geometry
        Union of the polygons, longitude and latitude in degrees (WGS 84), two-dimensional.

    Raises
    ------
    AoiError
        If the file cannot be read, holds no polygon or does not say its coordinate system.
    """
    import shapely  # noqa: PLC0415

    if not path.is_file():
        raise AoiError(f"{path}: the area of interest does not exist", FORMATS)
    parts = [part for layer in _layers(path) for part in _layer_polygons(path, layer)]
    if not parts:
        raise AoiError(f"{path}: the file holds no polygon", FORMATS)
    return checked_area(shapely.union_all(shapely.make_valid(parts)), str(path))


def bbox_area(bbox: tuple[float, float, float, float]) -> "BaseGeometry":
    """Return the box (west, south, east, north), degrees, as a polygon.

    Raises
    ------
    AoiError
        If the box is empty, reversed or crosses the antimeridian.
    """
    import shapely  # noqa: PLC0415

    west, south, east, north = bbox
    text = f"--bbox {west:g} {south:g} {east:g} {north:g}"
    if not (west < east and south < north):
        raise AoiError(
            f"{text}: west must be below east and south below north",
            "The order is WEST SOUTH EAST NORTH in degrees; split an area at the antimeridian.",
        )
    return checked_area(shapely.box(west, south, east, north), text)


def checked_area(area: "BaseGeometry", name: str) -> "BaseGeometry":
    """Return ``area`` when one UTM grid can carry it.

    Raises
    ------
    AoiError
        If it is empty, not in degrees, outside UTM's latitudes or too wide.
    """
    if area.is_empty or area.area == 0.0:
        raise AoiError(f"{name}: the area of interest is empty", FORMATS)
    west, south, east, north = area.bounds
    if west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0:
        raise AoiError(
            f"{name}: coordinates reach ({west:g}, {south:g}) to ({east:g}, {north:g}), which are "
            "no degrees of longitude and latitude",
            "Check the coordinate system of the file.",
        )
    if south < UTM_LATITUDES[0] or north > UTM_LATITUDES[1]:
        raise AoiError(
            f"{name}: reaches latitude {south:g} to {north:g}; UTM ends at 80 S and 84 N",
            "Give an area inside those latitudes.",
        )
    if east - west > MAX_WIDTH_DEG:
        raise AoiError(
            f"{name}: {east - west:.1f} degrees wide; one job carries at most {MAX_WIDTH_DEG:g}",
            "Split the area into several jobs.",
        )
    return area


def grid_for(area: "BaseGeometry", pixel_m: float = 10.0) -> Grid:
    """Return the snapped UTM grid that covers ``area`` (degrees), zone of the area's centre.

    Raises
    ------
    AoiError
        If a side is longer than `MAX_SIDE_KM`.
    """
    import shapely  # noqa: PLC0415

    west, south, east, north = area.bounds
    epsg = utm_epsg((west + east) / 2, (south + north) / 2)
    # a parallel is a curve in UTM: corners alone would cut its bulge off
    outline = shapely.segmentize(area, SEGMENT_DEG)
    projected = shapely.transform(
        outline, lambda points: transformed(points, WGS84, f"EPSG:{epsg}")
    )
    bounds = Bounds(*projected.bounds)
    sides_km = ((bounds.right - bounds.left) / 1000, (bounds.top - bounds.bottom) / 1000)
    if max(sides_km) > MAX_SIDE_KM:
        raise AoiError(
            f"the area of interest is {sides_km[0]:.0f} x {sides_km[1]:.0f} km; one job carries "
            f"at most {MAX_SIDE_KM:.0f} km a side",
            "Split the area into several jobs.",
        )
    return Grid.covering(epsg, bounds, pixel_m)


def transformed(points: "np.ndarray[Any, Any]", source: str, target: str) -> "np.ndarray[Any, Any]":
    """Transform points of shape (n, 2), x or longitude first, between coordinate systems."""
    with gdal_session():
        from rasterio.warp import transform  # noqa: PLC0415

        xs, ys = transform(source, target, points[:, 0].tolist(), points[:, 1].tolist())
    return np.column_stack([xs, ys])


def _layers(path: Path) -> Sequence[str]:
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            return [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        except (pyogrio.errors.DataSourceError, ValueError) as error:
            raise AoiError(f"{path}: cannot be read: {error}", FORMATS) from error


def _layer_polygons(path: Path, layer: str) -> list["BaseGeometry"]:
    with gdal_session():
        import pyogrio  # noqa: PLC0415
        import shapely  # noqa: PLC0415

        try:
            meta, _, geometries, _ = pyogrio.raw.read(path, layer=layer, columns=[], force_2d=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise AoiError(f"{path}: layer '{layer}' cannot be read: {error}", FORMATS) from error
    if geometries is None:
        return []
    shapes = [shape for shape in shapely.from_wkb(geometries) if shape is not None]
    polygons = [shape for shape in shapes if shape.geom_type in POLYGONAL and shape.area > 0]
    if not polygons:
        return []
    crs = meta["crs"]
    if not crs:
        raise AoiError(
            f"{path}: the file does not say its coordinate system",
            "A shapefile needs its .prj beside it.",
        )
    return [
        shapely.transform(polygon, lambda points: transformed(points, crs, WGS84))
        for polygon in polygons
    ]
