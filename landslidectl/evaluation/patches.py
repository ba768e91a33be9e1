"""The area in windows of 64 x 64 pixels: what was mapped in each, and what it scored.

One pass over the rasters also gives what does not come in windows: pixel counts, and slope, aspect
and land cover of the mapped slides beside those of the whole area.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.evaluation.ground import Bit, Ground, is_judged
from landslidectl.evaluation.landcover_classes import CODES, UNKNOWN, count_codes, majority
from landslidectl.evaluation.objects import Layers
from landslidectl.evaluation.product import MappedProduct
from landslidectl.evaluation.terrain_classes import (
    ASPECT_CLASSES,
    HISTOGRAM_BINS,
    aspect_class,
    slope_histogram,
)
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.products.contract.files import FileKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
POSITIVE_COVER = 0.05
FEWEST_JUDGED = SIDE * SIDE // 2
BLOCK_SIDE = 16 * SIDE
GROUP_SIDE = 4
"""Windows a side of what is drawn together for intervals: 2.56 km at 10 m."""


@dataclass(frozen=True, slots=True)
class Patches:
    """Windows of which at least half of the pixels were judged; arrays of one length.

    Parameters
    ----------
    label : bool
        More than 5 % of the judged pixels are mapped slides.
    score : float32
        In the middle, see `centre_score`.
    positive : bool
        Whether that is at least the threshold of the product.
    cover : int
        Land cover of most judged pixels; -1 unknown.
    group : int
        Windows with the same number are neighbours.
    """

    label: "NDArray[np.bool_]"
    score: "NDArray[np.float32]"
    positive: "NDArray[np.bool_]"
    cover: "NDArray[np.int64]"
    group: "NDArray[np.int64]"

    def __len__(self) -> int:
        return int(self.label.size)

    def plus(self, other: "Patches") -> "Patches":
        """Return the patches of two events; groups stay apart."""
        moved = other.group + int(self.group.max(initial=-1)) + 1
        return Patches(
            np.concatenate([self.label, other.label]),
            np.concatenate([self.score, other.score]),
            np.concatenate([self.positive, other.positive]),
            np.concatenate([self.cover, other.cover]),
            np.concatenate([self.group, moved]),
        )


@dataclass(frozen=True, slots=True)
class Distribution:
    """Judged pixels by slope, aspect and land cover; sums of zero where a layer is missing."""

    slope: "NDArray[np.int64]"
    aspect: "NDArray[np.int64]"
    cover: "NDArray[np.int64]"

    @classmethod
    def empty(cls) -> "Distribution":
        """Return counts of nothing."""
        sizes = (HISTOGRAM_BINS, len(ASPECT_CLASSES), CODES)
        return cls(*(np.zeros(size, dtype=np.int64) for size in sizes))

    def plus(self, other: "Distribution") -> "Distribution":
        """Return the sum of two counts."""
        names = [field.name for field in fields(self)]
        return Distribution(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class PixelCounts:
    """Judged pixels: mapped and outlined, only outlined, only mapped, neither."""

    both: int = 0
    only_detected: int = 0
    only_mapped: int = 0
    neither: int = 0

    def plus(self, other: "PixelCounts") -> "PixelCounts":
        """Return the sum."""
        return PixelCounts(
            self.both + other.both,
            self.only_detected + other.only_detected,
            self.only_mapped + other.only_mapped,
            self.neither + other.neither,
        )


@dataclass(frozen=True, slots=True)
class Block:
    """What was read of one block of the grid; no codes where there is no land cover."""

    window: Window
    bits: "NDArray[np.uint8]"
    score: "NDArray[np.float32]"
    codes: "NDArray[np.uint8] | None"


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over the rasters gives."""

    patches: Patches
    pixels: PixelCounts
    slides: Distribution
    area: Distribution

    def plus(self, other: "Survey") -> "Survey":
        """Return that of two events."""
        return Survey(
            self.patches.plus(other.patches),
            self.pixels.plus(other.pixels),
            self.slides.plus(other.slides),
            self.area.plus(other.area),
        )


def survey(product: MappedProduct, ground: Ground, layers: Layers) -> Survey:
    """Go over the whole grid once, block by block."""
    parts: list[Patches] = []
    pixels, slides, area = PixelCounts(), Distribution.empty(), Distribution.empty()
    with open_raster(product.files[FileKind.SCORE]) as scores:
        for block in ground.grid.blocks(BLOCK_SIDE):
            bits = ground.bits[block.slices]
            judged = is_judged(bits)
            if not judged.any():
                continue
            score = scores.read(1, window=rasterio_window(block))
            codes = None if layers.cover is None else layers.cover.codes(block)
            parts.append(_patches(Block(block, bits, score, codes), product.threshold))
            pixels = pixels.plus(_pixels(bits))
            mapped = judged & ((bits & Bit.SLIDE) != 0)
            area = area.plus(_distribution(block, judged, codes, layers))
            slides = slides.plus(_distribution(block, mapped, codes, layers))
    return Survey(_joined(parts), pixels, slides, area)


def centre_score(
    score: "NDArray[np.float32]", judged: "NDArray[np.bool_]"
) -> "NDArray[np.float32]":
    """Return the score in the middle of each window: that of the network for this very window.

    The score of a product is blended from overlapping windows, each of which counts most in its
    middle and nothing at its edge. At the default stride the windows here are among those that the
    network saw, so what stands in their middle is its answer to them.

    Parameters
    ----------
    score, judged : arrays of shape (window, 4096)
        Row by row.

    Returns
    -------
    float32 array of shape (window,)
        Mean of the middle 2 x 2 pixels that were observed; where none was, of the judged ones.
    """
    middle = slice(SIDE // 2 - 1, SIDE // 2 + 1)
    centre = score.reshape(-1, SIDE, SIDE)[:, middle, middle].reshape(-1, 4)
    found = _mean(centre, np.isfinite(centre))
    bare = np.isnan(found)
    found[bare] = _mean(score[bare], judged[bare])
    return found


def _mean(values: "NDArray[np.float32]", used: "NDArray[np.bool_]") -> "NDArray[np.float32]":
    count = used.sum(axis=1)
    total = np.where(used, values, 0.0).sum(axis=1, dtype=np.float64)
    out = np.full(len(values), np.nan, dtype=np.float32)
    np.divide(total, count, out=out, where=count > 0, casting="same_kind")
    return out


def _patches(block: Block, threshold: float) -> Patches:
    window, codes = block.window, block.codes
    rows, cols = (-(-count // SIDE) for count in window.shape)
    tiled = _tiled(block.bits, 0)
    judged = is_judged(tiled)
    count = judged.sum(axis=1)
    used = np.flatnonzero(count >= FEWEST_JUDGED)
    mapped = (judged & ((tiled & Bit.SLIDE) != 0)).sum(axis=1)
    row, col = np.divmod(np.arange(rows * cols), cols)
    group_row = (window.row // SIDE + row) // GROUP_SIDE
    group_col = (window.col // SIDE + col) // GROUP_SIDE
    score = centre_score(_tiled(block.score, np.float32("nan"))[used], judged[used])
    return Patches(
        label=(mapped[used] > POSITIVE_COVER * count[used]),
        score=score,
        positive=score >= np.float32(threshold),
        cover=_covers(codes, judged, used),
        group=(group_row * 100_000 + group_col)[used].astype(np.int64),
    )


def _covers(
    codes: "NDArray[np.uint8] | None", judged: "NDArray[np.bool_]", used: "NDArray[np.intp]"
) -> "NDArray[np.int64]":
    if codes is None:
        return np.full(len(used), UNKNOWN, dtype=np.int64)
    tiled = _tiled(codes, 255)
    found = [majority(count_codes(tiled[index][judged[index]])) for index in used]
    return np.array(found, dtype=np.int64)


def _tiled(values: "NDArray[Any]", filler: Any) -> "NDArray[Any]":
    """Return an array of shape (window, 4096), row by row; what hangs over the edge is filled."""
    rows, cols = (-(-count // SIDE) for count in values.shape)
    whole = np.full((rows * SIDE, cols * SIDE), filler, dtype=values.dtype)
    whole[: values.shape[0], : values.shape[1]] = values
    tiles = whole.reshape(rows, SIDE, cols, SIDE).swapaxes(1, 2)
    return tiles.reshape(rows * cols, SIDE * SIDE)


def _pixels(bits: "NDArray[np.uint8]") -> PixelCounts:
    seen = bits[is_judged(bits)]
    mapped, detected = (seen & Bit.SLIDE) != 0, (seen & Bit.DETECTED) != 0
    return PixelCounts(
        int((mapped & detected).sum()),
        int((~mapped & detected).sum()),
        int((mapped & ~detected).sum()),
        int((~mapped & ~detected).sum()),
    )


def _distribution(
    block: Window,
    chosen: "NDArray[np.bool_]",
    codes: "NDArray[np.uint8] | None",
    layers: Layers,
) -> Distribution:
    empty = Distribution.empty()
    if not chosen.any():
        return empty
    slopes, aspects = empty.slope, empty.aspect
    if layers.terrain is not None:
        slope, aspect = (layer[chosen] for layer in layers.terrain.read(block))
        points = aspect_class(slope, aspect)
        slopes = slope_histogram(slope)
        aspects = np.bincount(points[points >= 0], minlength=len(ASPECT_CLASSES))
    covers = empty.cover if codes is None else count_codes(codes[chosen])
    return Distribution(slopes, aspects, covers)


def _joined(parts: list[Patches]) -> Patches:
    columns: Iterator[str] = (field.name for field in fields(Patches))
    kinds = {"label": bool, "positive": bool, "score": np.float32}
    return Patches(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            if parts
            else np.zeros(0, dtype=kinds.get(name, np.int64))
            for name in columns
        }
    )
