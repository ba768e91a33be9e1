"""Slides and detections one by one: where they lie, whether they were seen, who met whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.accuracy import match_inventory
from landslidectl.detection.polygons import window_of
from landslidectl.evaluation.ground import Bit, Ground, is_judged
from landslidectl.evaluation.inventory import Inventory, burn
from landslidectl.evaluation.landcover_classes import CODES, UNKNOWN, count_codes, majority
from landslidectl.evaluation.product import MappedProduct
from landslidectl.evaluation.terrain_classes import Terrain
from landslidectl.grid import Window
from landslidectl.terrain.landcover import LandCoverReader

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

BLOCK_SIDE = 1024
TILE_M = 2560.0
SMALLEST_M2 = 2000.0
"""Slides below this are counted apart: the method does not claim to see them."""


class Fate(StrEnum):
    """What became of a slide."""

    FOUND = "found"
    MISSED = "missed"
    MASKED = "masked"
    NOT_OBSERVED = "not observed"
    OUTSIDE = "outside the area"


class Verdict(StrEnum):
    """What a detection is."""

    TRUE = "true"
    FALSE = "false"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Place:
    """What lies under an outline.

    Parameters
    ----------
    area_m2 : float
        Of the outline on the map.
    judged, masked, unobserved : int
        Pixels inside the area of interest.
    slope_deg, aspect_deg : float
        Mean slope and direction of the mean descent; NaN unknown.
    cover : int
        Code of the land cover that most of its pixels have; -1 unknown.
    """

    area_m2: float
    judged: int
    masked: int
    unobserved: int
    slope_deg: float
    aspect_deg: float
    cover: int

    @property
    def is_outside(self) -> bool:
        """Tell whether no pixel lies inside the area of interest."""
        return self.judged + self.masked + self.unobserved == 0

    @property
    def is_seen(self) -> bool:
        """Tell whether at least half of its pixels were judged."""
        return not self.is_outside and self.judged >= self.masked + self.unobserved


@dataclass(frozen=True, slots=True)
class Layers:
    """What is known of the ground besides the product; None where nothing is."""

    terrain: Terrain | None = None
    cover: LandCoverReader | None = None


@dataclass(frozen=True, slots=True)
class Objects:
    """All slides and detections of an event, with what became of them."""

    slides: tuple[Place, ...]
    fates: tuple[Fate, ...]
    detections: tuple[Place, ...]
    verdicts: tuple[Verdict, ...]

    def plus(self, other: "Objects") -> "Objects":
        """Return those of two events."""
        return Objects(
            self.slides + other.slides,
            self.fates + other.fates,
            self.detections + other.detections,
            self.verdicts + other.verdicts,
        )


def match_objects(
    product: MappedProduct, inventory: Inventory, ground: Ground, layers: Layers
) -> Objects:
    """Decide for every slide and every detection what became of it.

    A slide was seen when at least half of its pixels inside the area were judged; seen, it is found
    when a detection touches it. A detection is true when it touches a seen slide, of whatever size,
    false when it touches none at all, and undecided when it touches only slides that were not seen
    or that lie outside the area.
    """
    slides = places_of(inventory.slides, ground, layers)
    detections = places_of(product.detections, ground, layers)
    matches = match_inventory(product.detections, inventory.slides)
    seen = [
        outline for outline, place in zip(inventory.slides, slides, strict=True) if place.is_seen
    ]
    holds_seen = match_inventory(product.detections, seen).holds_slide
    return Objects(
        tuple(slides),
        tuple(_fate(place, found) for place, found in zip(slides, matches.found, strict=True)),
        tuple(detections),
        tuple(
            _verdict(seen_one, any_one)
            for seen_one, any_one in zip(holds_seen, matches.holds_slide, strict=True)
        ),
    )


def places_of(outlines: "Sequence[BaseGeometry]", ground: Ground, layers: Layers) -> "list[Place]":
    """Count what lies under some outlines, neighbours after each other: they share raster tiles."""

    def tile(index: int) -> tuple[float, float]:
        left, _, _, top = outlines[index].bounds
        return -(top // TILE_M), left // TILE_M

    order = sorted(range(len(outlines)), key=tile)
    found = {index: place_of(outlines[index], ground, layers) for index in order}
    return [found[index] for index in range(len(outlines))]


def place_of(outline: "BaseGeometry", ground: Ground, layers: Layers) -> Place:
    """Count what lies under an outline, block by block; a tiny one stands on the pixel it is in."""
    counts = np.zeros(3, dtype=np.int64)
    slope_sum, slopes, descent = 0.0, 0, np.zeros(2)
    covers = np.zeros(CODES, dtype=np.int64)
    for window, inside in _parts(outline, ground):
        bits = ground.bits[window.slices][inside]
        counts += _counts(bits)
        if layers.terrain is not None:
            slope, aspect = (layer[inside] for layer in layers.terrain.read(window))
            known = np.isfinite(slope)
            slope_sum += float(slope[known].sum(dtype=np.float64))
            slopes += int(known.sum())
            descent += _descent(slope, aspect)
        if layers.cover is not None:
            covers += count_codes(layers.cover.codes(window)[inside])
    return Place(
        area_m2=float(outline.area),
        judged=int(counts[0]),
        masked=int(counts[1]),
        unobserved=int(counts[2]),
        slope_deg=slope_sum / slopes if slopes else float("nan"),
        aspect_deg=float(np.degrees(np.arctan2(*descent)) % 360.0) if descent.any() else np.nan,
        cover=majority(covers) if layers.cover is not None else UNKNOWN,
    )


def _fate(place: Place, found: bool) -> Fate:
    if place.is_outside:
        return Fate.OUTSIDE
    if place.is_seen:
        return Fate.FOUND if found else Fate.MISSED
    return Fate.MASKED if place.masked >= place.unobserved else Fate.NOT_OBSERVED


def _verdict(holds_seen: bool, holds_any: bool) -> Verdict:
    if holds_seen:
        return Verdict.TRUE
    return Verdict.UNDECIDED if holds_any else Verdict.FALSE


def _parts(outline: "BaseGeometry", ground: Ground) -> "Sequence[tuple[Window, NDArray[np.bool_]]]":
    """Return the blocks of pixels under an outline, with which of them are inside it."""
    whole = window_of(outline, ground.grid)
    if min(whole.shape) == 0:
        return []
    parts = []
    for block in ground.grid.subgrid(whole).blocks(BLOCK_SIDE):
        window = Window(whole.row + block.row, whole.col + block.col, block.rows, block.cols)
        inside = burn([outline], ground.grid.subgrid(window))
        if inside.any():
            parts.append((window, inside))
    return parts or _pixel_of(outline, ground)


def _pixel_of(
    outline: "BaseGeometry", ground: Ground
) -> "Sequence[tuple[Window, NDArray[np.bool_]]]":
    """Return the pixel of a point inside an outline that holds no centre of a pixel."""
    grid, point = ground.grid, outline.representative_point()
    row = int((grid.top - point.y) // grid.pixel_m)
    col = int((point.x - grid.left) // grid.pixel_m)
    if not (0 <= row < grid.rows and 0 <= col < grid.cols):
        return []
    return [(Window(row, col, 1, 1), np.ones((1, 1), dtype=bool))]


def _counts(bits: "NDArray[np.uint8]") -> "NDArray[np.int64]":
    """Count judged, masked and unobserved pixels inside the area of interest."""
    inside, seen = (bits & Bit.AREA) != 0, (bits & Bit.OBSERVED) != 0
    judged = is_judged(bits)
    masked = inside & seen & ~judged
    return np.array([judged.sum(), masked.sum(), (inside & ~seen).sum()], dtype=np.int64)


def _descent(slope: "NDArray[np.float32]", aspect: "NDArray[np.float32]") -> "NDArray[np.float64]":
    """Return the sum of the horizontal descents, (east, north): steep ground counts for more."""
    known = np.isfinite(slope) & np.isfinite(aspect)
    steep, turned = np.tan(np.radians(slope[known])), np.radians(aspect[known])
    return np.array([(steep * np.sin(turned)).sum(), (steep * np.cos(turned)).sum()], dtype=float)
