"""Footprints of scenes as geometries, also across the antimeridian."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene


def footprint(scene: "Scene") -> Any:
    """Return the manifest's footprint as a valid geometry.

    Returns
    -------
    shapely geometry
        WGS 84 longitude and latitude within -180..180; two parts when the scene crosses the
        antimeridian, which shows as a ring more than 180 degrees wide.
    """
    import shapely  # noqa: PLC0415
    from shapely.affinity import translate  # noqa: PLC0415

    lons = [lon for lon, _ in scene.footprint]
    if max(lons) - min(lons) <= 180.0:
        return shapely.make_valid(shapely.Polygon(scene.footprint))
    eastward = [(lon + 360.0 if lon < 0 else lon, lat) for lon, lat in scene.footprint]
    whole = shapely.make_valid(shapely.Polygon(eastward))
    west_part = whole.intersection(shapely.box(0.0, -90.0, 180.0, 90.0))
    east_part = whole.intersection(shapely.box(180.0, -90.0, 540.0, 90.0))
    return shapely.union_all([west_part, translate(east_part, xoff=-360.0)])
