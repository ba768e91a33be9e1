"""From an area of interest to the job's map grid.

An area lies within -180..180 degrees of longitude; across the antimeridian it has two parts, and
everything that measures it takes it as one.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import AoiError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.vectors import vector_errors, vector_source
from landslidectl.grid import Bounds, Grid, utm_epsg
from landslidectl.stack.footprints import continuous, polygons, unrolled, wrapped

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"
TURN_DEG = 360.0
UTM_LATITUDES = (-80.0, 84.0)
MAX_WIDTH_DEG = 12.0
MAX_SIDE_KM = 1000.0
SEGMENT_DEG = 0.02
REDRAW = "Check the coordinate system of the file, or draw the area again."
FORMATS = (
    "Give a polygon as GeoJSON, GeoPackage, KML, KMZ or shapefile, or --bbox WEST SOUTH EAST NORTH."
)


def read_aoi(path: Path) -> "BaseGeometry":
    """Read the polygons of every layer of a vector file.

    An area across the antimeridian may be cut there (RFC 7946), run on beyond 180 degrees, or
    jump from +180 to -180 inside a ring.

    Returns
    -------
    shapely geometry
        Union of the polygons, longitude and latitude in degrees (WGS 84) within -180..180,
        two-dimensional.

    Raises
    ------
    AoiError
        If the file cannot be read, holds no polygon or does not say its coordinate system.
    """
    import shapely  # noqa: PLC0415

    if not path.is_file():
        raise AoiError(f"{path}: the area of interest does not exist", FORMATS)
    with _usable_outlines(path):
        parts = [part for layer in _layers(path) for part in _layer_polygons(path, layer)]
        if not parts:
            raise AoiError(f"{path}: the file holds no polygon", FORMATS)
        return checked_area(shapely.union_all(shapely.make_valid(parts)), str(path))


def bbox_area(bbox: tuple[float, float, float, float]) -> "BaseGeometry":
    """Return the box (west, south, east, north), degrees, as an area.

    A west above east means a box across the antimeridian, as in RFC 7946, section 5.2.

    Raises
    ------
    AoiError
        If the box is empty, reversed or too wide.
    """
    import shapely  # noqa: PLC0415

    west, south, east, north = bbox
    text = f"--bbox {west:g} {south:g} {east:g} {north:g}"
    across = west > east
    width = east - west + (TURN_DEG if across else 0.0)
    if not south < north or width == 0.0 or (across and not 0.0 < width <= MAX_WIDTH_DEG):
        raise AoiError(
            f"{text}: west must be below east and south below north",
            "The order is WEST SOUTH EAST NORTH in degrees; west above east is a box across the "
            f"antimeridian, at most {MAX_WIDTH_DEG:g} degrees wide.",
        )
    return checked_area(shapely.box(west, south, west + width, north), text)


def checked_area(area: "BaseGeometry", name: str) -> "BaseGeometry":
    """Return an area within -180..180 degrees when one UTM grid can carry it.

    Parameters
    ----------
    area : shapely geometry
        Longitude and latitude; longitudes in any turn.
    name : str
        What the message calls it.

    Raises
    ------
    AoiError
        If it is empty, not in degrees, outside UTM's latitudes or too wide.
    """
    if area.is_empty or area.area == 0.0:
        raise AoiError(f"{name}: the area of interest is empty", FORMATS)
    west, south, east, north = area.bounds
    if west < -TURN_DEG or east > TURN_DEG or south < -90.0 or north > 90.0:
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
    inside: BaseGeometry = wrapped(area)
    west, _, east, _ = continuous(inside).bounds
    if east - west > MAX_WIDTH_DEG:
        raise AoiError(
            f"{name}: {east - west:.1f} degrees wide; one job carries at most {MAX_WIDTH_DEG:g}",
            "Split the area into several jobs.",
        )
    return inside


def grid_for(area: "BaseGeometry", pixel_m: float = 10.0) -> Grid:
    """Return the snapped UTM grid that covers ``area`` (degrees), zone of the area's centre.

    One zone serves the whole area, also where it reaches into the next; across the antimeridian
    the centre is that of the area in one piece.

    Raises
    ------
    AoiError
        If a side is longer than `MAX_SIDE_KM`.
    """
    import shapely  # noqa: PLC0415

    whole = continuous(area)
    west, south, east, north = whole.bounds
    epsg = utm_epsg((west + east) / 2, (south + north) / 2)
    # a parallel is a curve in UTM: corners alone would cut its bulge off
    outline = shapely.segmentize(whole, SEGMENT_DEG)
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


@contextmanager
def _usable_outlines(path: Path) -> Iterator[None]:
    """Refuse what no geometry can be done with: rings of one point, numbers without bounds."""
    import shapely  # noqa: PLC0415
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        # what GDAL merely warns of, such as rings that are not closed, is judged here
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except (shapely.errors.GEOSException, RasterioError, CPLE_BaseError) as error:
        raise AoiError(f"{path}: its outlines cannot be used: {error}", REDRAW) from error


def _layers(path: Path) -> Sequence[str]:
    with gdal_session():
        import pyogrio  # noqa: PLC0415

        try:
            with vector_source(path) as opened:
                return [str(name) for name in pyogrio.list_layers(opened)[:, 0]]
        except vector_errors() as error:
            raise AoiError(f"{path}: cannot be read: {error}", FORMATS) from error


def _layer_polygons(path: Path, layer: str) -> list["BaseGeometry"]:
    with gdal_session():
        import pyogrio  # noqa: PLC0415
        import shapely  # noqa: PLC0415

        try:
            with vector_source(path) as opened:
                meta, _, geometries, _ = pyogrio.raw.read(
                    opened, layer=layer, columns=[], force_2d=True
                )
        except vector_errors() as error:
            raise AoiError(f"{path}: layer '{layer}' cannot be read: {error}", FORMATS) from error
    if geometries is None:
        return []
    shapes = [shape for shape in shapely.from_wkb(geometries) if shape is not None]
    parts = [part for shape in shapes for part in polygons(shape) if part.area > 0]
    if not parts:
        return []
    crs = meta["crs"]
    if not crs:
        raise AoiError(
            f"{path}: the file does not say its coordinate system",
            "A shapefile needs its .prj beside it.",
        )
    placed = [
        shapely.transform(part, lambda points: transformed(points, crs, WGS84)) for part in parts
    ]
    if not all(np.isfinite(shapely.get_coordinates(part)).all() for part in placed):
        raise AoiError(f"{path}: its outlines have coordinates that are no places", REDRAW)
    return [unrolled(part) for part in placed]
