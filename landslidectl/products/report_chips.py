"""Small pictures of single detections: before, after, change, each with the outline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.grid import Grid, Window
from landslidectl.products.previews import read_change, resampled
from landslidectl.products.report_layers import (
    GreyScale,
    change_colours,
    picture_address,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from landslidectl.detection.detections import Detection
    from landslidectl.stack.stack import Stack

SIDE = 150
GAP = 4
LEAST_PIXELS = 48
RIM_SHARE = 0.4
QUALITY = 78
OUTLINE, CASING = (255, 220, 0), (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Chip:
    """The three pictures in one, as a data address, the track they are of, and their side."""

    address: str
    track: str
    side_m: float


def make_chip(
    item: "Detection", stacks: "Mapping[str, Stack]", scales: Mapping[str, GreyScale]
) -> Chip | None:
    """Return the chip of a detection from the track that observes most of it.

    Parameters
    ----------
    item : Detection
    stacks : mapping
        By the name of the track.
    scales : mapping
        Which decibels are black and white, by the name of the track.

    Returns
    -------
    Chip or None
        None when no track that made the detection can be read.
    """
    from rasterio.errors import RasterioError  # noqa: PLC0415

    best: tuple[float, str, NDArray[np.float32], Window] | None = None
    for name in item.tracks.split("+"):
        if name not in stacks or name not in scales:
            continue
        window = chip_window(item.polygon.bounds, stacks[name].grid)
        try:
            bands = read_change(stacks[name], window)
        except (OSError, RasterioError):
            continue
        share = float(np.isfinite(bands[0]).mean())
        if best is None or share > best[0]:
            best = (share, name, bands, window)
    if best is None:
        return None
    _, name, (post, change), window = best
    grid = stacks[name].grid
    parts = (
        _rgb(scales[name].shades(post - change)),
        _rgb(scales[name].shades(post)),
        change_colours(change),
    )
    strip = _strip(parts, _rings(item, grid, window))
    return Chip(picture_address(strip, "JPEG", quality=QUALITY), name, window.cols * grid.pixel_m)


def chip_window(bounds: tuple[float, float, float, float], grid: Grid) -> Window:
    """Return a square window around an outline with room on all sides, inside the grid."""
    left, bottom, right, top = bounds
    across = max(right - left, top - bottom) / grid.pixel_m
    side = max(LEAST_PIXELS, round(across * (1.0 + 2.0 * RIM_SHARE)))
    rows, cols = min(side, grid.rows), min(side, grid.cols)
    row = round((grid.top - (top + bottom) / 2.0) / grid.pixel_m - rows / 2.0)
    col = round(((left + right) / 2.0 - grid.left) / grid.pixel_m - cols / 2.0)
    return Window(
        min(max(row, 0), grid.rows - rows), min(max(col, 0), grid.cols - cols), rows, cols
    )


def _rgb(grey: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    return np.repeat(grey[:, :, None], 3, axis=2)


def _strip(parts: "tuple[NDArray[np.uint8], ...]", rings: "list[NDArray[np.float64]]") -> "Image":
    """Return the pictures side by side, the outline in each."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    strip = Image.new("RGB", (len(parts) * (SIDE + GAP) - GAP, SIDE), (255, 255, 255))
    for index, part in enumerate(parts):
        rows, cols = part.shape[:2]
        picture = Image.fromarray(part)
        if max(rows, cols) > SIDE:
            picture = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
        else:
            bands = [resampled(part[:, :, band], (SIDE, SIDE)) for band in range(3)]
            picture = Image.fromarray(np.stack(bands, axis=-1))
        draw = ImageDraw.Draw(picture)
        for width, colour in ((4, CASING), (2, OUTLINE)):
            for ring in rings:
                points = [(x * SIDE / cols, y * SIDE / rows) for x, y in ring.tolist()]
                draw.line(points, fill=colour, width=width)
        strip.paste(picture, (index * (SIDE + GAP), 0))
    return strip


def _rings(item: "Detection", grid: Grid, window: Window) -> "list[NDArray[np.float64]]":
    """Return the rings of an outline in pixels of the window."""
    import shapely  # noqa: PLC0415

    rings = []
    for part in shapely.get_parts(item.polygon):
        for ring in shapely.get_rings(part):
            points = shapely.get_coordinates(ring)
            x = (points[:, 0] - grid.left) / grid.pixel_m - window.col
            y = (grid.top - points[:, 1]) / grid.pixel_m - window.row
            rings.append(np.column_stack([x, y]))
    return rings
