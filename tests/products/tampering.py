"""Change one thing in a product that was written, as an accident or another program would."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely

FUNCTIONS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
GPKG_HEAD_BYTES = 8
ENVELOPE_BYTES = 32


def one(folder: Path, suffix: str) -> Path:
    (path,) = folder.glob(f"*_{suffix}")
    return path


def sql(folder: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    """Change the GeoPackage without the functions that its triggers name."""
    database = sqlite3.connect(one(folder, "detections.gpkg"))
    for name in FUNCTIONS:
        database.create_function(name, 1, lambda _: None)
    with database:
        database.execute(statement, values)
    database.close()


def pixel(folder: Path, layer: str, change: Callable[[Any], Any]) -> None:
    """Change the pixel with the largest value below 1000."""
    with rasterio.open(one(folder, f"{layer}.tif"), "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        values = file.read(1)
        row, col = np.unravel_index(np.nanargmax(values), values.shape)
        values[row, col] = change(values[row, col])
        file.write(values, 1)


def header(folder: Path, layer: str, **changes: Any) -> None:
    with rasterio.open(one(folder, f"{layer}.tif"), "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        for name, value in changes.items():
            setattr(file, name, value)


def tags(folder: Path, layer: str, **changes: str) -> None:
    with rasterio.open(one(folder, f"{layer}.tif"), "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        file.update_tags(**changes)


def reshape(folder: Path, change: Callable[[Any], Any]) -> None:
    """Change the outline of the first detection."""
    path = one(folder, "detections.gpkg")
    database = sqlite3.connect(path)
    blob = database.execute("SELECT geom FROM detections WHERE fid=1").fetchone()[0]
    database.close()
    head, wkb = blob[: GPKG_HEAD_BYTES + ENVELOPE_BYTES], blob[GPKG_HEAD_BYTES + ENVELOPE_BYTES :]
    changed = head + shapely.to_wkb(change(shapely.from_wkb(wkb)))
    sql(folder, "UPDATE detections SET geom=? WHERE fid=1", (changed,))


def vertex(folder: Path, metres: float) -> None:
    """Move one corner of the first detection to the east."""

    def moved(shape: Any) -> Any:
        points = shapely.get_coordinates(shape)
        points[1] += (metres, 0.0)
        return shapely.set_coordinates(shape, points)

    reshape(folder, moved)


def widen(folder: Path, metres: float) -> None:
    """Draw the outline of the first detection farther out."""
    reshape(folder, lambda shape: shapely.MultiPolygon([shape.convex_hull.buffer(metres)]))


def fact(folder: Path, *place: str | int, value: Any) -> None:
    path = one(folder, "metadata.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    inside = content
    for step in place[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    path.write_text(json.dumps(content), encoding="utf-8")
