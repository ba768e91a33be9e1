"""Products and inventories made by hand, small enough to know every figure."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from landslidectl.detection.geodesy import to_wgs84
from landslidectl.detection.polygons import outline_regions
from landslidectl.files.hashing import file_digest
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.stack.record import INCIDENCE_BANDS
from landslidectl.terms import Quality

GRID = Grid(32654, 560_000.0, 4_740_000.0, 10.0, 192, 256)
NAME = "LSD_event_aoi_S1_D046_20180911T204157_20180912T030405_resnet_r1_v1"
THRESHOLD = 0.6
NAN = float("nan")


def rectangle(row: int, col: int, rows: int, cols: int, grid: Grid = GRID) -> shapely.Polygon:
    """Return an outline along pixel edges."""
    left, top = grid.left + col * grid.pixel_m, grid.top - row * grid.pixel_m
    return shapely.box(left, top - rows * grid.pixel_m, left + cols * grid.pixel_m, top)


def clear(grid: Grid = GRID) -> np.ndarray:
    """Return a quality layer without any hindrance."""
    return np.full(grid.shape, int(Quality.TESTED), dtype="uint8")


def write_layer(path: Path, layer: str, shapes: Sequence[Any], crs: str, append: bool) -> None:
    pyogrio.raw.write(
        str(path),
        np.array([shapely.to_wkb(shape) for shape in shapes], dtype=object),
        [],
        [],
        layer=layer,
        driver="GPKG",
        geometry_type="MultiPolygon",
        promote_to_multi=True,
        crs=crs,
        append=append,
    )


def write_product(folder: Path, score: np.ndarray, **changes: Any) -> Path:
    """Write what evaluation reads of a product; ``quality``, ``area``, ``grid`` can be changed."""
    grid: Grid = changes.get("grid", GRID)
    home = folder / NAME
    home.mkdir(parents=True)
    names = {
        "score": home / f"{NAME}_score.tif",
        "quality": home / f"{NAME}_quality.tif",
        "geopackage": home / f"{NAME}_detections.gpkg",
    }
    write_raster(names["score"], grid, [score], RasterLayout(("score",), nodata=NAN))
    quality = changes.get("quality", clear(grid))
    write_raster(names["quality"], grid, [quality], RasterLayout(("quality",), "uint8"))
    found = outline_regions(np.nan_to_num(score) >= THRESHOLD, grid, 2000.0)
    write_layer(names["geopackage"], "detections", found, f"EPSG:{grid.epsg}", append=False)
    area = changes.get("area", shapely.box(*grid.bounds).buffer(50.0))
    outline = to_wgs84(shapely.segmentize(area, 500.0), grid.epsg)
    write_layer(names["geopackage"], "area_of_interest", [outline], "EPSG:4326", append=True)
    metadata = {
        "product": NAME,
        "simulated": changes.get("simulated", False),
        "event": {"id": "", "name": changes.get("event", ""), "first": "2018-09-05T18:07:59Z"},
        "area_of_interest": {"name": "Atsuma"},
        "result": {"threshold": THRESHOLD},
        "dem": {"sources": changes.get("dem", ["Copernicus_DSM.tif"])},
        "models": [{"name": "resnet", "sha256": "ab" * 32}],
        "files": [
            {"kind": kind, "name": path.name, "sha256": file_digest(path)}
            for kind, path in names.items()
        ],
    }
    (home / f"{NAME}_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    return home


def write_terrain(folder: Path, slope: np.ndarray, aspect: np.ndarray, grid: Grid = GRID) -> Path:
    """Write what a job leaves beside its product: incidence, slope and aspect."""
    path = folder / ".work" / "stacks" / "D046" / "incidence.tif"
    path.parent.mkdir(parents=True)
    level = np.full(grid.shape, 38.0)
    layout = RasterLayout(INCIDENCE_BANDS, nodata=NAN)
    write_raster(path, grid, [level, level, slope, aspect], layout)
    return path


def write_inventory(path: Path, shapes: Sequence[Any], epsg: int = GRID.epsg) -> Path:
    """Write polygons given in grid units, in whatever system is asked for."""
    if epsg == 4326:
        shapes = [to_wgs84(shape, GRID.epsg) for shape in shapes]
    write_layer(path, "slides", shapes, f"EPSG:{epsg}", append=False)
    return path
