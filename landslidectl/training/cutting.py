"""Cut patches out of a stack whose landslides are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import ProductError
from landslidectl.files.gdal_environment import gdal_session
from landslidectl.files.rasters import read_bands
from landslidectl.grid import Grid
from landslidectl.inference.windows import fill_missing
from landslidectl.terms import Pass, Quality
from landslidectl.training.patches import POSITIVE_COVER, PatchSet

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

WINDOW = 64
CANDIDATES = 6000


@dataclass(frozen=True, slots=True)
class CutOptions:
    """Which windows of one stack become patches.

    Parameters
    ----------
    positives : int
        At most this many landslide patches.
    small : int
        At most this many with slides that stay under 5 % of the pixels.
    empty : int
        At most this many without any slide.
    max_hidden : float
        A window with a larger share of layover and shadow is left out.
    max_missing : float
        A window with a larger share of pixels without a value is left out.
    """

    positives: int = 40
    small: int = 20
    empty: int = 50
    max_hidden: float = 0.5
    max_missing: float = 0.1


@dataclass(frozen=True, slots=True)
class Source:
    """A stack, its landslides and where patches from it are filed.

    Parameters
    ----------
    stack : Stack
        Of both polarisations.
    slides : bool, (row, col)
        Landslide pixels on the stack's grid.
    seed : int
        Number of the event.
    """

    stack: "Stack"
    slides: NDArray[np.bool_]
    seed: int


@dataclass(frozen=True, slots=True)
class Places:
    """First rows and columns of windows, and the visible landslide cover of each."""

    row: NDArray[np.intp]
    col: NDArray[np.intp]
    cover: NDArray[np.float64]

    def taken(self, indexes: NDArray[Any]) -> "Places":
        """Return the places at ``indexes``."""
        return Places(self.row[indexes], self.col[indexes], self.cover[indexes])


def read_slides(path: Path, grid: Grid) -> NDArray[np.bool_]:
    """Burn the polygons of an inventory into a grid; a pixel counts when its centre is inside.

    Raises
    ------
    ProductError
        If the file cannot be read or does not say its coordinate system.
    """
    with gdal_session():
        import pyogrio  # noqa: PLC0415
        import shapely  # noqa: PLC0415
        from rasterio import Affine  # noqa: PLC0415
        from rasterio.features import rasterize  # noqa: PLC0415
        from rasterio.warp import transform  # noqa: PLC0415

        try:
            meta, _, geometries, _ = pyogrio.raw.read(path, columns=[], force_2d=True)
        except (pyogrio.errors.DataSourceError, OSError) as error:
            raise ProductError(f"{path}: the inventory cannot be read: {error}") from error
        if geometries is None or len(geometries) == 0:
            return np.zeros(grid.shape, dtype=bool)
        if not meta["crs"]:
            raise ProductError(
                f"{path}: the inventory does not say its coordinate system",
                "A shapefile needs its .prj beside it.",
            )

        def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
            xs, ys = transform(meta["crs"], f"EPSG:{grid.epsg}", points[:, 0], points[:, 1])
            return np.column_stack([xs, ys])

        shapes = [shape for shape in shapely.from_wkb(geometries) if shape is not None]
        placed = shapely.transform(np.array(shapes, dtype=object), project)
        filled = [(shape, 1) for shape in placed if not shape.is_empty]
        if not filled:
            return np.zeros(grid.shape, dtype=bool)
        burnt = rasterize(
            filled, out_shape=grid.shape, transform=Affine(*grid.transform), dtype="uint8"
        )
    return np.asarray(burnt, dtype=bool)


def choose_places(source: Source, options: CutOptions, rng: np.random.Generator) -> Places:
    """Draw windows at random places, so many of each kind as the options want.

    Landslide pixels in layover or shadow are not seen by the radar and do not count. A window that
    is landslide by the map alone but not by what is seen is neither kind and is left out.
    """
    grid = source.stack.grid
    if min(grid.shape) < WINDOW:
        return Places(*(np.empty(0, np.intp),) * 2, np.empty(0))
    row = rng.integers(0, grid.rows - WINDOW + 1, CANDIDATES)
    col = rng.integers(0, grid.cols - WINDOW + 1, CANDIDATES)
    quality = read_bands(source.stack.quality_path)[0]
    hidden = (quality & int(Quality.LAYOVER | Quality.SHADOW)) != 0
    missing = np.isnan(read_bands(source.stack.values_path)).any(axis=0)
    mapped = window_share(source.slides, row, col)
    seen = window_share(source.slides & ~hidden & ~missing, row, col)
    usable = (window_share(hidden, row, col) <= options.max_hidden) & (
        window_share(missing, row, col) <= options.max_missing
    )
    kinds = (
        (seen > POSITIVE_COVER, options.positives),
        ((mapped > 0) & (mapped <= POSITIVE_COVER), options.small),
        (mapped == 0, options.empty),
    )
    chosen = [np.flatnonzero(kind & usable)[:count] for kind, count in kinds]
    return Places(row, col, seen).taken(np.concatenate(chosen))


def window_share(
    mask: NDArray[np.bool_], row: NDArray[np.intp], col: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the share of set pixels in the windows that start at ``row``, ``col``."""
    total = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    total[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    below, right = row + WINDOW, col + WINDOW
    counted = total[below, right] - total[row, right] - total[below, col] + total[row, col]
    return np.asarray(counted / WINDOW**2)


def cut(source: Source, places: Places, pair: NDArray[np.int32], twin: bool) -> PatchSet:
    """Cut the windows at ``places``; sparse gaps take the median of their band, as in scoring.

    Parameters
    ----------
    source, places
        Where to cut; a twin has no landslides, whatever the cover of its places.
    pair : int32
        Pair numbers of the patches.
    twin : bool
        Whether ``source`` is the event without slides.
    """
    count = len(places.row)
    values = read_bands(source.stack.values_path)
    windows = np.empty((count, WINDOW, WINDOW, values.shape[0]), dtype=np.float32)
    for index, (row, col) in enumerate(zip(places.row, places.col, strict=True)):
        part = values[:, row : row + WINDOW, col : col + WINDOW]
        windows[index] = part.transpose(1, 2, 0)
    track = source.stack.track
    return PatchSet(
        windows=fill_missing(windows).astype(np.float16),
        cover=(np.zeros(count) if twin else places.cover).astype(np.float32),
        twin=np.full(count, twin),
        pair=pair.astype(np.int32),
        seed=np.full(count, source.seed, dtype=np.int32),
        relative_orbit=np.full(count, track.relative_orbit, dtype=np.int16),
        ascending=np.full(count, track.direction is Pass.ASCENDING),
        row=places.row.astype(np.int32),
        col=places.col.astype(np.int32),
    )


def cut_inventory(
    stacks: Sequence["Stack"], inventory: Path, options: CutOptions, seed: int
) -> list[PatchSet]:
    """Cut patches of an event whose landslides were mapped; there are no twins.

    Parameters
    ----------
    stacks : sequence of Stack
        The tracks of one event.
    inventory : Path
        Polygons in any vector format, with their coordinate system.
    options : CutOptions
    seed : int
        Files the patches under this event and draws the places.
    """
    sets = []
    for stack in stacks:
        source = Source(stack, read_slides(inventory, stack.grid), seed)
        rng = np.random.default_rng([seed, stack.track.relative_orbit])
        places = choose_places(source, options, rng)
        sets.append(cut(source, places, np.full(len(places.row), -1, np.int32), twin=False))
    return sets
