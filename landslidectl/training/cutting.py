"""Cut patches out of a stack whose landslides are known."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landslidectl.evaluation.inventory import burn, read_inventory
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.inference.windows import fill_missing
from landslidectl.terms import BandSet, Pass, Quality, Track
from landslidectl.training.patches import POSITIVE_COVER, PatchSet, packed
from landslidectl.training.simulated.planted import Planted

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

WINDOW = 64
CANDIDATES = 6000
STRIP_ROWS = 1024


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
    slides : bool, (row, col)
        Landslide pixels on `grid`.
    seed : int
        Number of the event.
    window : Window, optional
        The part of the stack that patches are cut from; without it, all.
    planted : Planted, optional
        What is known of simulated slides, on `grid`.
    """

    stack: "Stack"
    slides: NDArray[np.bool_]
    seed: int
    window: Window | None = None
    planted: Planted | None = None

    @property
    def grid(self) -> Grid:
        """Return the grid of the part."""
        whole = self.stack.grid
        return whole if self.window is None else whole.subgrid(self.window)


class Kind(IntEnum):
    """What a window is: landslide, slides under 5 % of the pixels, or none."""

    POSITIVE = 0
    SMALL = 1
    EMPTY = 2


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there and what can be seen of it, pixel by pixel: bool, (row, col) each.

    Parameters
    ----------
    slides : bool
        Mapped landslide.
    hidden : bool
        In layover or shadow.
    missing : bool
        Without a value.
    """

    slides: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    missing: NDArray[np.bool_]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Return the landslide pixels that the radar sees."""
        return np.asarray(self.slides & ~self.hidden & ~self.missing)


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
        If the file is no inventory: see `evaluation.inventory.read_inventory`.
    """
    return burn(read_inventory(path, grid.epsg).slides, grid)


def survey(source: Source) -> Survey:
    """Read what can be seen of a stack, in strips."""
    grid, offset = source.grid, source.window or Window(0, 0, *source.stack.grid.shape)
    hidden, missing = np.empty(grid.shape, dtype=bool), np.empty(grid.shape, dtype=bool)
    with (
        open_raster(source.stack.quality_path) as quality,
        open_raster(source.stack.values_path) as values,
    ):
        for first in range(0, grid.rows, STRIP_ROWS):
            rows = min(STRIP_ROWS, grid.rows - first)
            part = rasterio_window(Window(offset.row + first, offset.col, rows, grid.cols))
            bits = quality.read(1, window=part)
            hidden[first : first + rows] = (bits & int(Quality.LAYOVER | Quality.SHADOW)) != 0
            missing[first : first + rows] = np.isnan(values.read(window=part)).any(axis=0)
    return Survey(source.slides, hidden, missing)


def choose_places(source: Source, options: CutOptions, rng: np.random.Generator) -> Places:
    """Draw windows at random places of a stack: see `drawn_places`."""
    return drawn_places(survey(source), options, rng)[0]


def drawn_places(
    ground: Survey, options: CutOptions, rng: np.random.Generator, candidates: int = CANDIDATES
) -> tuple[Places, NDArray[np.int8]]:
    """Draw windows at random places, so many of each kind as the options want.

    Landslide pixels in layover or shadow are not seen by the radar and do not count. A window that
    is landslide by the map alone but not by what is seen is neither kind and is left out.

    Returns
    -------
    (Places, int8)
        The windows and the `Kind` of each.
    """
    rows, cols = ground.slides.shape
    if min(rows, cols) < WINDOW:
        return Places(*(np.empty(0, np.intp),) * 2, np.empty(0)), np.empty(0, np.int8)
    row = rng.integers(0, rows - WINDOW + 1, candidates)
    col = rng.integers(0, cols - WINDOW + 1, candidates)
    places, kinds = judged(ground, row, col, options)
    counts = (options.positives, options.small, options.empty)
    chosen = np.concatenate(
        [np.flatnonzero(kinds == kind)[:count] for kind, count in zip(Kind, counts, strict=True)]
    )
    return places.taken(chosen), kinds[chosen]


def judged(
    ground: Survey, row: NDArray[np.intp], col: NDArray[np.intp], options: CutOptions
) -> tuple[Places, NDArray[np.int8]]:
    """Return windows with their visible cover and their `Kind`, -1 where they are of no use."""
    mapped = window_share(ground.slides, row, col)
    seen = window_share(ground.seen, row, col)
    usable = (window_share(ground.hidden, row, col) <= options.max_hidden) & (
        window_share(ground.missing, row, col) <= options.max_missing
    )
    kinds = np.full(row.size, -1, dtype=np.int8)
    kinds[usable & (seen > POSITIVE_COVER)] = Kind.POSITIVE
    kinds[usable & (mapped > 0) & (mapped <= POSITIVE_COVER)] = Kind.SMALL
    kinds[usable & (mapped == 0)] = Kind.EMPTY
    return Places(row, col, seen), kinds


def window_share(
    mask: NDArray[np.bool_], row: NDArray[np.intp], col: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the share of set pixels in the windows that start at ``row``, ``col``."""
    total = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int32)
    total[1:, 1:] = mask.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
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
    count, bands = len(places.row), len(BandSet.VV_VH.band_names)
    seen = survey(source).seen
    offset = source.window or Window(0, 0, *source.stack.grid.shape)
    present = [BandSet.VV_VH.band_names.index(name) for name in source.stack.bands.band_names]
    windows = np.zeros((count, WINDOW, WINDOW, bands), dtype=np.float32)
    masks = np.zeros((count, WINDOW, WINDOW), dtype=bool)
    with open_raster(source.stack.values_path) as values:
        for index, (row, col) in enumerate(zip(places.row, places.col, strict=True)):
            part = Window(offset.row + int(row), offset.col + int(col), WINDOW, WINDOW)
            read = values.read(window=rasterio_window(part))
            windows[index][..., present] = read.transpose(1, 2, 0)
            masks[index] = seen[row : row + WINDOW, col : col + WINDOW] & (not twin)
    filing = Filing(source.seed, source.stack.track, pair, twin)
    return filed((windows, masks), places, filing, source.planted)


@dataclass(frozen=True, slots=True)
class Filing:
    """What the patches of one cut are filed under.

    Parameters
    ----------
    seed : int
        Number of the event.
    track : Track
    pair : int32, (patch,)
        Pair numbers.
    twin : bool
        Whether they are of the event without slides.
    """

    seed: int
    track: Track
    pair: NDArray[np.int32]
    twin: bool


def filed(
    pixels: tuple[NDArray[np.float32], NDArray[np.bool_]],
    places: Places,
    filing: Filing,
    planted: Planted | None,
) -> PatchSet:
    """Return windows and their visible landslide pixels as patches.

    Parameters
    ----------
    pixels : (float32, bool)
        Windows (patch, 64, 64, band), NaN where there is no value, and masks (patch, 64, 64).
    places : Places
        Where they were cut.
    filing : Filing
    planted : Planted, optional
        What is known of the slides; a twin is given that of its partner.
    """
    windows, masks = pixels
    count, twin = len(windows), filing.twin
    strength, facing = np.full(count, np.nan), np.full(count, np.nan)
    if planted is not None:
        largest = planted.largest_of(places.row, places.col, WINDOW)
        strength, facing = planted.strength_db[largest], planted.facing_deg[largest]
    return PatchSet(
        windows=fill_missing(windows).astype(np.float16),
        cover=(np.zeros(count) if twin else places.cover).astype(np.float32),
        twin=np.full(count, twin),
        pair=filing.pair.astype(np.int32),
        seed=np.full(count, filing.seed, dtype=np.int32),
        relative_orbit=np.full(count, filing.track.relative_orbit, dtype=np.int16),
        ascending=np.full(count, filing.track.direction is Pass.ASCENDING),
        row=places.row.astype(np.int32),
        col=places.col.astype(np.int32),
        footprint=packed(masks),
        strength_db=strength.astype(np.float32),
        facing_deg=facing.astype(np.float32),
    )
