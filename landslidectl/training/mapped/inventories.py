"""Events whose landslides were mapped: their stacks and polygons, opened and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import ProductError, StackError, UsageError
from landslidectl.evaluation.inventory import Inventory, burn, read_inventory
from landslidectl.events import Reporter, Warned, silent
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.stack.contract import StackContract
from landslidectl.stack.record import Stack, open_stack
from landslidectl.terms import BandSet, Pass
from landslidectl.training.cutting import Source
from landslidectl.training.mapped.whereabouts import nowhere
from landslidectl.training.splits import REAL_EVENT

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

STACK_RECORD = "stack.json"
MAPPED_MARGIN_M = 1280.0
"""Ground this far from the hull of an inventory's polygons counts as looked at."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """One event as the user names it.

    Parameters
    ----------
    name : str
    stacks : Path
        A stack folder, or a folder that holds some, at any depth.
    inventory : Path
        Polygons of its landslides.
    layer : str, optional
        The layer of the file that holds them; by default the only one with polygons.
    """

    name: str
    stacks: Path
    inventory: Path
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """One event, opened.

    Parameters
    ----------
    name : str
    number : int
        Files its patches.
    stacks : tuple of Stack
    inventory : Path
    layer : str, optional
    """

    name: str
    number: int
    stacks: tuple[Stack, ...]
    inventory: Path
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class MappedStack:
    """The part of one stack that an inventory covers.

    Parameters
    ----------
    source : Source
        The part and its landslide pixels.
    outlines : list of geometry
        The polygons that touch it.
    mapped : bool, (row, col)
        Ground that counts as looked at, on the grid of ``source``.
    """

    source: Source
    outlines: "list[BaseGeometry]"
    mapped: NDArray[np.bool_]


def open_events(
    sources: Sequence[EventSource],
    bands: BandSet,
    direction: Pass | None,
    reporter: Reporter = silent,
) -> tuple[MappedEvent, ...]:
    """Open the stacks of all events and check that one network can learn from them.

    Parameters
    ----------
    sources : sequence of EventSource
    bands : BandSet
        What the network is to take.
    direction : Pass, optional
        Take the tracks of one direction alone.
    reporter : Reporter

    Raises
    ------
    UsageError
        If a name is empty or given twice.
    StackError
        If an event has no stack, or the stacks do not go together.
    ProductError
        If an inventory is missing.
    """
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1 or not name.strip()})
    if twice or not names:
        raise UsageError(
            f"--event: every event needs a name of its own, found {names}",
            "Such as: --event hokkaido2018 stacked/ hokkaido.gpkg.",
        )
    events = []
    for index, source in enumerate(sources):
        _check_paths(source)
        stacks = _stacks(source, bands, direction)
        for stack in stacks:
            if not stack.terrain_corrected:
                reporter(Warned(f"{stack.folder}: made without an elevation model"))
        if any(stack.simulated for stack in stacks):
            words = "the figures say nothing about real landslides"
            reporter(Warned(f"the scenes of '{source.name}' are simulated: {words}"))
        number = REAL_EVENT + index
        events.append(MappedEvent(source.name, number, stacks, source.inventory, source.layer))
    _check_together([stack for event in events for stack in event.stacks])
    return tuple(events)


def contract_of(events: Sequence[MappedEvent]) -> StackContract:
    """Return what the stacks of all events were made under."""
    return events[0].stacks[0].contract


def map_event(event: MappedEvent, reporter: Reporter = silent) -> tuple[MappedStack, ...]:
    """Put the polygons of an event on its stacks; stacks without any are told of and left out.

    Raises
    ------
    ProductError
        If the inventory cannot be used, or none of its polygons lies on a stack.
    """
    mapped, apart = [], []
    inventories: dict[int, Inventory] = {}
    for stack in event.stacks:
        epsg = stack.grid.epsg
        if epsg not in inventories:
            inventories[epsg] = read_inventory(event.inventory, epsg, event.layer)
        slides = inventories[epsg].slides
        inside = [shape for shape in slides if _meet(shape.bounds, stack.grid.bounds)]
        if inside:
            mapped.append(_on_stack(stack, inside, event.number))
        else:
            apart.append(stack)
    first = inventories[event.stacks[0].grid.epsg]
    if not mapped:
        raise nowhere(event.name, first, event.stacks)
    for stack in apart:
        reporter(Warned(f"{stack.folder}: no polygon of '{event.name}' lies on it; left out"))
    skipped = min(inventory.skipped for inventory in inventories.values())
    if skipped:
        words = f"{skipped} features without an area or out of reach are left out"
        reporter(Warned(f"{event.inventory}: {words}"))
    if first.repaired:
        words = f"{first.repaired} polygons cross themselves or are broken; they were repaired"
        reporter(Warned(f"{event.inventory}: {words}"))
    return tuple(mapped)


def _check_paths(source: EventSource) -> None:
    order = "An event takes its name, its stacks and its polygons, in this order."
    if source.stacks.is_file() and source.inventory.is_dir():
        raise UsageError(
            f"--event {source.name}: {source.stacks} is a file and {source.inventory} a folder, "
            "expected first the folder of stacks, then the file of polygons",
            order,
        )
    if not source.inventory.is_file():
        found = "a folder" if source.inventory.is_dir() else "no such file"
        raise ProductError(
            f"{source.inventory}: {found}, expected the file of the polygons of '{source.name}'",
            order,
        )


def _stacks(source: EventSource, bands: BandSet, direction: Pass | None) -> tuple[Stack, ...]:
    folder = source.stacks
    alone = (folder / STACK_RECORD).is_file()
    records = [folder / STACK_RECORD] if alone else sorted(folder.rglob(STACK_RECORD))
    if not records:
        raise StackError(
            f"{folder}: expected stacks of '{source.name}', found no {STACK_RECORD} in or below it",
            "Build them: landslidectl stack. Those of a job lie in OUTPUT/.work/stacks.",
        )
    stacks = tuple(open_stack(record.parent) for record in records)
    fitting = tuple(stack for stack in stacks if direction in (None, stack.track.direction))
    if not fitting:
        raise StackError(
            f"{folder}: of its {len(stacks)} stacks none is of a {direction} track",
            "Leave --pass out, or give stacks of that direction.",
        )
    for stack in fitting:
        missing = [name for name in bands.band_names if name not in stack.bands.band_names]
        if missing:
            raise StackError(
                f"{stack.folder}: has {', '.join(stack.bands.band_names)}, the network needs "
                f"{', '.join(bands.band_names)}",
                "Train for VV alone: --bands vv.",
            )
    return fitting


def _check_together(stacks: Sequence[Stack]) -> None:
    first = stacks[0]
    for stack in stacks[1:]:
        differing = first.contract.differences(stack.contract)
        if differing:
            raise StackError(
                f"{stack.folder}: made under another contract than {first.folder}, which has "
                f"{'; '.join(differing)}",
                "Build all stacks with the same settings.",
            )
    for one, other in combinations(stacks, 2):
        if (one.track, one.grid) == (other.track, other.grid) and one.event == other.event:
            raise StackError(
                f"{other.folder}: the same track, event and grid as {one.folder}",
                "Give every stack once.",
            )
        if one.grid.epsg != other.grid.epsg and _zones_meet(one.grid, other.grid):
            raise StackError(
                f"{other.folder}: overlaps {one.folder}, but lies in another UTM zone "
                f"({other.grid.epsg}, {one.grid.epsg}): what overlaps cannot be kept apart",
                "Build both with one --aoi, so that they share a grid.",
            )


def _zones_meet(one: Grid, other: Grid) -> bool:
    """Return whether two grids of different zones overlap on the ground."""
    apart = abs(one.epsg % 100 - other.epsg % 100)
    if min(apart, 60 - apart) > 1:
        return False
    with gdal_session():
        from rasterio.warp import transform_bounds  # noqa: PLC0415

        moved = transform_bounds(f"EPSG:{other.epsg}", f"EPSG:{one.epsg}", *other.bounds)
    return _meet(moved, one.bounds)


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two boxes (left, bottom, right, top) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _on_stack(stack: Stack, outlines: "list[BaseGeometry]", number: int) -> MappedStack:
    """Cut the stack down to the hull of the polygons and a margin."""
    import shapely  # noqa: PLC0415

    hull = shapely.convex_hull(shapely.GeometryCollection(outlines)).buffer(MAPPED_MARGIN_M)
    window = _window(stack.grid, Bounds(*hull.bounds))
    part = stack.grid.subgrid(window)
    source = Source(stack, burn(outlines, part), number, window)
    return MappedStack(source, outlines, burn([hull], part))


def _window(grid: Grid, bounds: Bounds) -> Window:
    """Return the pixels of a grid that lie in a box."""
    pixel = grid.pixel_m
    first_row = max(int((grid.top - bounds.top) // pixel), 0)
    first_col = max(int((bounds.left - grid.left) // pixel), 0)
    last_row = min(int((grid.top - bounds.bottom) // pixel) + 1, grid.rows)
    last_col = min(int((bounds.right - grid.left) // pixel) + 1, grid.cols)
    return Window(first_row, first_col, last_row - first_row, last_col - first_col)
