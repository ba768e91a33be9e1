"""Outlines in longitude and latitude: footprints of scenes, and all that meets the antimeridian.

Outlines are kept within -180..180, in two parts where they cross the antimeridian (RFC 7946,
section 3.1.9). To measure or project one, take `continuous`; to go back, `wrapped`.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene

TURN_DEG = 360.0
HALF_TURN_DEG = 180.0


def footprint(scene: "Scene") -> Any:
    """Return the manifest's footprint as a valid geometry.

    Returns
    -------
    shapely geometry
        WGS 84 longitude and latitude within -180..180; two parts when the scene crosses the
        antimeridian, which shows as an edge more than 180 degrees long.
    """
    return outline(scene.footprint)


def outline(ring: Sequence[tuple[float, float]]) -> Any:
    """Return a ring of (lon, lat), closed or not, as `footprint` does."""
    import shapely  # noqa: PLC0415

    return wrapped(shapely.make_valid(unrolled(shapely.Polygon(ring))))


def unrolled(polygon: Any) -> Any:
    """Undo the jump of a ring drawn from +180 straight to -180.

    An edge more than 180 degrees long is taken as the short way round. Western longitudes get
    values beyond 180. A polygon without such an edge, or that would collapse (a band around
    the whole globe), comes back as it is.
    """
    import shapely  # noqa: PLC0415

    west, _, east, _ = polygon.bounds
    edges = np.abs(np.diff(shapely.get_coordinates(polygon.exterior)[:, 0]))
    if max(-west, east) > HALF_TURN_DEG or not np.any(edges > HALF_TURN_DEG):
        return polygon
    eastward = shapely.transform(
        polygon,
        lambda points: np.column_stack(
            [np.where(points[:, 0] < 0.0, points[:, 0] + TURN_DEG, points[:, 0]), points[:, 1]]
        ),
    )
    return eastward if eastward.area > 0.0 else polygon


def wrapped(geometry: Any) -> Any:
    """Return the polygons of a geometry within -180..180, cut at the antimeridian."""
    import shapely  # noqa: PLC0415
    from shapely.affinity import translate  # noqa: PLC0415

    whole = polygonal(geometry)
    west, _, east, _ = whole.bounds
    if whole.is_empty or (west >= -HALF_TURN_DEG and east <= HALF_TURN_DEG):
        return whole
    pieces = []
    first = math.floor((west + HALF_TURN_DEG) / TURN_DEG)
    for turn in range(first, math.ceil((east + HALF_TURN_DEG) / TURN_DEG)):
        offset = turn * TURN_DEG
        strip = shapely.box(offset - HALF_TURN_DEG, -90.0, offset + HALF_TURN_DEG, 90.0)
        piece = polygonal(shapely.intersection(whole, strip))
        pieces.append(translate(piece, xoff=-offset))
    return polygonal(shapely.union_all(pieces))


def continuous(geometry: Any) -> Any:
    """Return a geometry of -180..180 in one piece, with longitudes beyond 180 if need be.

    The globe is cut where the geometry leaves the widest gap; parts that lie west of the gap
    follow those east of it. What does not cross the antimeridian comes back as it is.
    """
    import shapely  # noqa: PLC0415
    from shapely.affinity import translate  # noqa: PLC0415

    parts = sorted(shapely.get_parts(geometry), key=lambda part: part.bounds)
    if len(parts) < 2:
        return geometry
    reached, widest, edge = parts[0].bounds[2], 0.0, -math.inf
    for part in parts[1:]:
        west, _, east, _ = part.bounds
        if west - reached > widest:
            widest, edge = west - reached, west
        reached = max(reached, east)
    if widest <= TURN_DEG - (reached - parts[0].bounds[0]):
        return geometry
    return shapely.union_all(
        [part if part.bounds[0] >= edge else translate(part, xoff=TURN_DEG) for part in parts]
    )


def buffered(geometry: Any, distance_deg: float) -> Any:
    """Grow a geometry by a distance on the ground, given in degrees of latitude.

    A degree of longitude shrinks towards the poles; the growth in longitude is that of the middle
    latitude. The result is within -180..180.
    """
    from shapely.affinity import scale  # noqa: PLC0415

    _, south, _, north = geometry.bounds
    squeeze = math.cos(math.radians((south + north) / 2.0))
    narrow = scale(geometry, xfact=squeeze, yfact=1.0, origin=(0.0, 0.0))
    grown = narrow.buffer(distance_deg)
    return wrapped(scale(grown, xfact=1.0 / squeeze, yfact=1.0, origin=(0.0, 0.0)))


def equal_area(geometry: Any) -> Any:
    """Return a geometry in Lambert's cylindrical equal-area projection of the unit sphere.

    Areas there stand in the ratio of areas on the ground; the flattening of the earth changes
    the ratio of two parts of one job's area by less than a thousandth.
    """
    import shapely  # noqa: PLC0415

    return shapely.transform(
        geometry,
        lambda points: np.column_stack(
            [np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))]
        ),
    )


def polygonal(geometry: Any) -> Any:
    """Return the polygons of a geometry; lines and points where outlines only touch go."""
    import shapely  # noqa: PLC0415

    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    return shapely.union_all([shapely.make_valid(part) for part in polygons(geometry)])


def polygons(geometry: Any) -> Iterator[Any]:
    """Yield the single polygons of a geometry, also those of nested collections, as they are."""
    import shapely  # noqa: PLC0415

    if geometry.geom_type == "Polygon":
        yield geometry
    elif geometry.geom_type in ("MultiPolygon", "GeometryCollection"):
        for part in shapely.get_parts(geometry):
            yield from polygons(part)
