"""Positions and areas on the WGS 84 ellipsoid for outlines drawn on a UTM grid."""

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

WGS84_EPSG = 4326
SEMI_MAJOR_AXIS_M = 6378137.0
FLATTENING = 1.0 / 298.257223563
ECCENTRICITY = float(np.sqrt(FLATTENING * (2.0 - FLATTENING)))
SEGMENT_M = 1000.0
"""Longest edge before a straight line on the map and on the ellipsoid part noticeably."""

SEGMENT_DEG = 0.02

G = TypeVar("G", bound="BaseGeometry")


def to_wgs84(geometry: G, epsg: int) -> G:
    """Carry a geometry from a projected system to longitude and latitude, vertex by vertex.

    Longitudes are continuous: a geometry across the antimeridian gets values beyond 180.
    """
    moved = _transformed(geometry, epsg, WGS84_EPSG)
    return _continuous(moved)


def from_wgs84(geometry: "BaseGeometry", epsg: int) -> "BaseGeometry":
    """Carry a geometry from longitude and latitude to a projected system.

    Two parts on either side of the antimeridian become one piece; long edges get more vertices, so
    that parallels stay the curves that they are on the map.
    """
    import shapely  # noqa: PLC0415

    whole = shapely.segmentize(shapely.union_all(_continuous(geometry)), SEGMENT_DEG)
    return _transformed(whole, WGS84_EPSG, epsg)


def wrapped_lon(lon_deg: float) -> float:
    """Return the same longitude within [-180, 180)."""
    return (lon_deg + 180.0) % 360.0 - 180.0


def ellipsoid_area_m2(geometry: "BaseGeometry") -> float:
    """Return the area of a geometry given in longitude and latitude on the WGS 84 ellipsoid.

    The vertices are carried to the cylindrical projection that keeps areas (x = a lambda,
    y = a q / 2) and the plane area is taken there; edges are straight in that projection.

    Source
    ------
    J. P. Snyder, Map Projections: A Working Manual, USGS PP 1395 (1987), equations 3-12, 10-14.
    """
    import shapely  # noqa: PLC0415

    return float(shapely.area(shapely.transform(geometry, _equal_area_xy)))


def projected_area_m2(geometry: "BaseGeometry", epsg: int) -> float:
    """Return the area on the ellipsoid of a geometry given in a projected system (metres)."""
    import shapely  # noqa: PLC0415

    return ellipsoid_area_m2(to_wgs84(shapely.segmentize(geometry, SEGMENT_M), epsg))


def area_scale(grid: Grid) -> float:
    """Return the area on the ellipsoid that one square metre of the grid stands for, on average."""
    import shapely  # noqa: PLC0415

    bounds = grid.bounds
    return projected_area_m2(shapely.box(*bounds), grid.epsg) / (grid.area_km2 * 1e6)


def _equal_area_xy(lon_lat: "NDArray[np.float64]") -> "NDArray[np.float64]":
    sine = np.sin(np.radians(lon_lat[:, 1]))
    e = ECCENTRICITY
    q = (1.0 - e**2) * (sine / (1.0 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return np.column_stack(
        [SEMI_MAJOR_AXIS_M * np.radians(lon_lat[:, 0]), SEMI_MAJOR_AXIS_M * q / 2.0]
    )


def _transformed(geometry: G, source_epsg: int, target_epsg: int) -> G:
    import shapely  # noqa: PLC0415

    with gdal_session():
        moved: G = shapely.transform(geometry, _projection(source_epsg, target_epsg))
    return moved


def _projection(
    source_epsg: int, target_epsg: int
) -> "Callable[[NDArray[np.float64]], NDArray[np.float64]]":
    from rasterio.crs import CRS  # noqa: PLC0415
    from rasterio.warp import transform  # noqa: PLC0415

    source, target = CRS.from_epsg(source_epsg), CRS.from_epsg(target_epsg)

    def project(points: "NDArray[np.float64]") -> "NDArray[np.float64]":
        if len(points) == 0:
            return points
        return np.column_stack(transform(source, target, points[:, 0], points[:, 1]))

    return project


def _continuous(geometry: G) -> G:
    """Unwrap longitudes when they jump from +180 to -180 inside one geometry."""
    import shapely  # noqa: PLC0415

    left, _, right, _ = shapely.bounds(geometry)
    if not right - left > 180.0:
        return geometry
    moved: G = shapely.transform(
        geometry,
        lambda points: np.column_stack(
            [np.where(points[:, 0] < 0.0, points[:, 0] + 360.0, points[:, 0]), points[:, 1]]
        ),
    )
    return moved
