"""Read landslide inventories: polygons in any vector format, brought to a grid's system."""

import shlex
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import ProductError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.hashing import file_digest, stable_key
from landslidectl.files.vectors import vector_errors, vector_source
from landslidectl.grid import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

POLYGONAL = ("Polygon", "MultiPolygon")
FORMATS = "GeoPackage, GeoJSON, KML, KMZ or shapefile (.shp with its .prj)"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The mapped slides of an event; each feature of the file is one slide.

    Parameters
    ----------
    path : Path
    sha256 : str
        See `inventory_digest`.
    slides : tuple of shapely geometry
        Valid polygons and multipolygons in the units of the system asked for; none is a valid
        inventory: nothing slid.
    repaired : int
        Slides that had to be made valid.
    skipped : int
        Features without an area, or beyond what the system can place.
    layer : str, optional
        The layer that was asked for by name.
    """

    path: Path
    sha256: str
    slides: "tuple[BaseGeometry, ...]"
    repaired: int = 0
    skipped: int = 0
    layer: str | None = None

    @property
    def areas_m2(self) -> tuple[float, ...]:
        """Return the area of every slide on the map, square metres."""
        return tuple(float(slide.area) for slide in self.slides)


def read_inventory(path: Path, epsg: int, layer: str | None = None) -> Inventory:
    """Read the polygons of an inventory.

    Parameters
    ----------
    path : Path
        Vector file with its coordinate system.
    epsg : int
        System to bring them to, metres.
    layer : str, optional
        Layer to read; by default the only one with polygons.

    Raises
    ------
    ProductError
        If the file is not there, cannot be read, lacks the layer, has several to choose from, does
        not say its coordinate system, or holds features and none with an area.
    """
    if not path.is_file():
        found = "a folder, expected a file" if path.is_dir() else "not there"
        raise ProductError(
            f"{path}: the inventory is {found}", f"Give a {FORMATS} of landslide polygons."
        )
    with gdal_session():
        stored, crs = _read(path, layer)
        shapes = [shape for shape in stored if shape is not None and not shape.is_empty]
        if shapes and not crs:
            raise ProductError(
                f"{path}: the inventory does not say its coordinate system",
                "A shapefile needs its .prj beside it; in QGIS, export the layer with its system.",
            )
        placed = _projected(shapes, crs, epsg)
        cleaned = [_polygonal(shape) for shape in placed if _is_finite(shape)]
    slides = tuple(shape for shape, _ in cleaned if not shape.is_empty)
    if stored and not slides:
        raise _without_slides(path, stored, crs)
    repaired = sum(was_repaired and not shape.is_empty for shape, was_repaired in cleaned)
    skipped = len(stored) - len(slides)
    return Inventory(path, inventory_digest(path), slides, repaired, skipped, layer)


def inventory_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of names and contents of all files of a shapefile."""
    if path.suffix.lower() != ".shp":
        return file_digest(path)
    parts = sorted(item for item in path.parent.glob(f"{path.stem}.*") if item.is_file())
    return stable_key([[item.name, file_digest(item)] for item in parts])


class Burner:
    """Burns polygons into windows of a grid; a pixel counts when its centre is inside.

    Parameters
    ----------
    shapes : sequence of shapely geometry
        In grid units.
    grid : Grid
    """

    def __init__(self, shapes: "Sequence[BaseGeometry]", grid: Grid) -> None:
        import shapely  # noqa: PLC0415

        self._shapes = np.array(list(shapes), dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        self._grid = grid

    def window(self, window: Window) -> "NDArray[np.bool_]":
        """Return which pixels of a window of the grid lie in a polygon."""
        import shapely  # noqa: PLC0415

        part = self._grid.subgrid(window)
        near = np.sort(self._tree.query(shapely.box(*part.bounds)))
        return burn(self._shapes[near], part)


def burn(shapes: "Sequence[BaseGeometry] | NDArray[Any]", grid: Grid) -> "NDArray[np.bool_]":
    """Return which pixels of a grid have their centre in one of some polygons (grid units)."""
    from rasterio import Affine  # noqa: PLC0415
    from rasterio.features import rasterize  # noqa: PLC0415

    if len(shapes) == 0:
        return np.zeros(grid.shape, dtype=bool)
    with gdal_session():
        burnt = rasterize(
            [(shape, 1) for shape in shapes],
            out_shape=grid.shape,
            transform=Affine(*grid.transform),
            dtype="uint8",
        )
    return np.asarray(burnt, dtype=bool)


def _read(path: Path, wanted: str | None) -> "tuple[list[BaseGeometry | None], str | None]":
    import pyogrio  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    try:
        # what GDAL merely warns of, such as rings that are not closed, is repaired or counted here
        with warnings.catch_warnings(), vector_source(path) as opened:
            warnings.simplefilter("ignore", RuntimeWarning)
            layer = _layer(path, pyogrio.list_layers(opened), wanted)
            meta, _, geometries, _ = pyogrio.raw.read(
                opened, layer=layer, columns=[], force_2d=True
            )
    except vector_errors() as error:
        reason = str(error).partition("; It might help")[0].rstrip(".")
        raise ProductError(
            f"{path}: the inventory cannot be read: {reason}", f"Give a {FORMATS}."
        ) from error
    # rings of one point, as damaged files have, come back as None and count as skipped
    stored = [] if geometries is None else list(shapely.from_wkb(geometries, on_invalid="ignore"))
    return stored, meta["crs"]


def _layer(path: Path, layers: "NDArray[Any]", wanted: str | None) -> str | None:
    """Return the layer to read: that asked for, the only one with polygons, or the only one."""
    names = [str(name) for name, kind in layers if kind is not None]
    if wanted is not None:
        if wanted not in names:
            raise ProductError(
                f"{path}: holds no layer '{wanted}', found {', '.join(names) or 'none'}",
                "Give --layer as the file spells it, or leave it out where there is one alone.",
            )
        return wanted
    polygonal = [str(name) for name, kind in layers if kind and "Polygon" in str(kind)]
    chosen = polygonal or names
    if not len(layers):
        raise ProductError(f"{path}: the inventory holds no layer", f"Give a {FORMATS}.")
    if len(chosen) > 1:
        raise ProductError(
            f"{path}: holds {len(chosen)} layers that could be the inventory: {', '.join(chosen)}",
            f"Name the one that is meant: --layer {shlex.quote(chosen[0])}.",
        )
    return chosen[0] if chosen else None


def _without_slides(
    path: Path, stored: "Sequence[BaseGeometry | None]", crs: str | None
) -> ProductError:
    """Return why no feature of a file can be a slide: no outlines, or far out of its system."""
    count = len(stored)
    outlined = [shape for shape in stored if shape is not None and shape.area > 0.0]
    if not outlined:
        return ProductError(
            f"{path}: none of the {count} features of the inventory has an area",
            "Points and lines are no outlines; give the polygons of the slides.",
        )
    left, bottom, _, _ = outlined[0].bounds
    return ProductError(
        f"{path}: none of the {count} features of the inventory lies where its coordinate system, "
        f"{crs}, is valid; the first is at {left:.10g}, {bottom:.10g}",
        "GeoJSON that does not name its system is read as longitude and latitude. Export the layer "
        "again with the system that its coordinates are in.",
    )


def _projected(
    shapes: "Sequence[BaseGeometry]", crs: str | None, epsg: int
) -> "list[BaseGeometry]":
    """Carry geometries to a system; those that lie beyond it come back empty."""
    import shapely  # noqa: PLC0415
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415
    from rasterio.crs import CRS  # noqa: PLC0415
    from rasterio.warp import transform  # noqa: PLC0415

    if not shapes:
        return []
    source, target = CRS.from_user_input(crs), CRS.from_epsg(epsg)

    def project(points: "NDArray[np.float64]") -> "NDArray[np.float64]":
        if len(points) == 0:
            return points
        return np.column_stack(transform(source, target, points[:, 0], points[:, 1]))

    def place(shape: "BaseGeometry") -> "BaseGeometry":
        try:
            return shapely.transform(shape, project)
        except CPLE_BaseError:
            return shapely.Polygon()

    try:
        return list(shapely.transform(np.array(shapes, dtype=object), project))
    except CPLE_BaseError:
        return [place(shape) for shape in shapes]


def _is_finite(shape: "BaseGeometry") -> bool:
    """Tell whether a geometry has places alone; its bounds say nothing of its holes."""
    import shapely  # noqa: PLC0415

    return bool(np.isfinite(shapely.get_coordinates(shape)).all())


def _polygonal(shape: "BaseGeometry") -> "tuple[BaseGeometry, bool]":
    """Return the part of a geometry that has an area, valid, and whether it had to be repaired."""
    import shapely  # noqa: PLC0415

    if shape.is_valid and shape.geom_type in POLYGONAL:
        return shape, False
    repaired = shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(repaired) if part.geom_type in POLYGONAL]
    return shapely.union_all(parts), not shape.is_valid
