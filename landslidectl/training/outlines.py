"""Read the polygons of a landslide inventory onto a map grid."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import ProductError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Grid

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

AREAL = ("Polygon", "MultiPolygon")
OPEN_TYPES = ("Unknown", "GeometryCollection")


def read_outlines(path: Path, epsg: int) -> "list[BaseGeometry]":
    """Read an inventory and carry it to a projected system; empty geometries are left out.

    Parameters
    ----------
    path : Path
        Any vector format with one layer of polygons, with its coordinate system.
    epsg : int

    Raises
    ------
    ProductError
        If the file cannot be read, does not say its coordinate system, holds several layers of
        polygons, or geometries that are no polygons.
    """
    with gdal_session():
        import pyogrio  # noqa: PLC0415
        import shapely  # noqa: PLC0415

        try:
            layer = _layer(path)
            meta, _, geometries, _ = pyogrio.raw.read(path, layer=layer, columns=[], force_2d=True)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
            raise ProductError(
                f"{path}: the inventory cannot be read: {error}",
                "Give a GeoPackage, shapefile or GeoJSON of landslide polygons.",
            ) from error
        shapes = [] if geometries is None else list(shapely.from_wkb(geometries))
        shapes = [shape for shape in shapes if shape is not None and not shape.is_empty]
        if not shapes:
            return []
        if not meta["crs"]:
            raise ProductError(
                f"{path}: the inventory does not say its coordinate system",
                "A shapefile needs its .prj beside it.",
            )
        _check_areal(path, shapes)
        placed = shapely.transform(np.array(shapes, dtype=object), _to(meta["crs"], epsg))
    return [shape for shape in placed if np.isfinite(shape.bounds).all()]


def burn(outlines: "list[BaseGeometry]", grid: Grid) -> NDArray[np.bool_]:
    """Return which pixels of a grid have their centre inside an outline, shape (row, col)."""
    if not outlines:
        return np.zeros(grid.shape, dtype=bool)
    with gdal_session():
        from rasterio import Affine  # noqa: PLC0415
        from rasterio.features import rasterize  # noqa: PLC0415

        burnt = rasterize(
            [(shape, 1) for shape in outlines],
            out_shape=grid.shape,
            transform=Affine(*grid.transform),
            dtype="uint8",
        )
    return np.asarray(burnt, dtype=bool)


def _layer(path: Path) -> str:
    """Return the one layer that may hold polygons."""
    import pyogrio  # noqa: PLC0415

    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    fitting = [
        name
        for name, kind in layers
        if kind is not None and ("Polygon" in kind or kind.split()[0] in OPEN_TYPES)
    ]
    if len(fitting) == 1 or len(layers) == 1:
        return (fitting or [layers[0][0]])[0]
    found = ", ".join(f"{name} ({kind})" for name, kind in layers) or "no layer"
    raise ProductError(
        f"{path}: expected one layer of polygons, found {found}",
        "Save the layer of landslides in a file of its own.",
    )


def _check_areal(path: Path, shapes: "list[BaseGeometry]") -> None:
    others = sorted({shape.geom_type for shape in shapes} - set(AREAL))
    if others:
        raise ProductError(
            f"{path}: expected polygons, found {', '.join(others)}",
            "Landslides mapped as points or lines have no area to learn from: leave them out.",
        )


def _to(crs: str, epsg: int) -> Any:
    """Return a function that carries points, shape (n, 2), from a system to another."""
    from rasterio.warp import transform  # noqa: PLC0415

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        xs, ys = transform(crs, f"EPSG:{epsg}", points[:, 0], points[:, 1])
        return np.column_stack([xs, ys])

    return project
