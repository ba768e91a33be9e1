"""Say where polygons and stacks lie when they do not meet, and what may be the cause."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from landslidectl.errors import ProductError
from landslidectl.evaluation.inventory import Inventory
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.stack.record import Stack

if TYPE_CHECKING:
    from landslidectl.grid import Grid

NEAR_DEG = 2.0
"""Latitude and longitude count as exchanged when this brings the polygons so near the stacks."""


def nowhere(event: str, inventory: Inventory, stacks: Sequence[Stack]) -> ProductError:
    """Return the error for an inventory without a polygon on any of the stacks of its event.

    Parameters
    ----------
    event : str
        Name of the event.
    inventory : Inventory
        Read in the system of the first stack.
    stacks : sequence of Stack
    """
    if not inventory.slides:
        return ProductError(
            f"{inventory.path}: holds no polygon; '{event}' has no landslides to learn from",
            "Give the inventory of the event. A place where nothing slid trains nothing alone.",
        )
    grid = stacks[0].grid
    left, bottom, right, top = _hull(inventory)
    polygons = _degrees(grid, (left + right) / 2.0, (bottom + top) / 2.0)
    ground = grid.bounds
    stack = _degrees(grid, (ground.left + ground.right) / 2.0, (ground.bottom + ground.top) / 2.0)
    hint = "Check the coordinate system of the file, and that it is of this event."
    exchanged = abs(polygons[0] - stack[1]), abs(polygons[1] - stack[0])
    if max(exchanged) < NEAR_DEG:
        hint = "Longitude and latitude are exchanged in the file: exchange them and try again."
    return ProductError(
        f"{inventory.path}: none of its {len(inventory.slides)} polygons lies on the {len(stacks)} "
        f"stacks of '{event}': they lie round {_words(*polygons)}, the stacks round "
        f"{_words(*stack)}",
        hint,
    )


def _hull(inventory: Inventory) -> tuple[float, float, float, float]:
    boxes = [slide.bounds for slide in inventory.slides]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _degrees(grid: "Grid", x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a point of a grid's system."""
    with gdal_session():
        from rasterio.warp import transform  # noqa: PLC0415

        lon, lat = transform(f"EPSG:{grid.epsg}", "EPSG:4326", [x], [y])
    return float(lon[0]), float(lat[0])


def _words(lon: float, lat: float) -> str:
    north = f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}"
    return f"{north} {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"
