"""The picture inside the map frame: backdrop, masked and not observed areas, score."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.fuse import MASKED, is_observed
from landslidectl.files.rasters import open_raster, rasterio_window
from landslidectl.grid import Window
from landslidectl.products.contract import MASKED_RGB, SCORE_RAMP
from landslidectl.products.map_view import Box, MapView

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from landslidectl.products.request import ProductRequest

    Shades = NDArray[np.float32]

PAPER = 250.0
MASK_ALPHA = 0.42
SCORE_ALPHA = 0.82
HATCH_PERIOD, HATCH_WIDTH = 14, 4
HATCH_DARK, HATCH_LIGHT = 150.0, 226.0
SUNS = ((315.0, 0.6), (270.0, 0.2), (0.0, 0.2))
"""Azimuths in degrees and weights of the lights on the hillshade, all 45 degrees high."""


@dataclass(frozen=True, slots=True)
class MapRasters:
    """The layers to show; Cloud-Optimized files make large maps quick."""

    score: Path
    quality: Path


def map_picture(view: MapView, request: "ProductRequest", rasters: MapRasters) -> "Image":
    """Return the picture that fills the map frame, RGB."""
    from PIL import Image  # noqa: PLC0415

    box = view.grid_box
    shape = (box.height, box.width)
    score = read_scaled(rasters.score, None, shape, smooth=True)
    quality = read_scaled(rasters.quality, None, shape, smooth=False).astype(np.uint8)
    backdrop = hillshade_backdrop(view, request) if request.has_relief else None
    if backdrop is None:
        backdrop = radar_backdrop(request, shape)
    colours = np.repeat(backdrop[:, :, None], 3, axis=2)
    masked = (quality & int(MASKED)) != 0
    colours = blend(colours, np.array(MASKED_RGB, dtype=np.float32), masked * MASK_ALPHA)
    alpha = score_alpha(score, request.detections.threshold)
    colours = blend(colours, score_colours(score), alpha)
    seen = is_observed(score, quality)[:, :, None]
    colours = np.where(seen, colours, hatching(shape)[:, :, None])
    page = np.full((view.height, view.width, 3), PAPER, dtype=np.float32)
    page[box.top : box.bottom, box.left : box.right] = colours
    return Image.fromarray(np.clip(np.rint(page), 0, 255).astype(np.uint8), "RGB")


def read_scaled(
    path: Path, window: Window | None, shape: tuple[int, int], smooth: bool
) -> "NDArray[np.float32]":
    """Read the first band resampled to ``shape`` (row, col).

    Coarser than the file: averages (smooth) or the nearest pixel. Finer: the nearest pixel, so
    that nothing is shown sharper than it is.
    """
    from rasterio.enums import Resampling  # noqa: PLC0415

    how = Resampling.average if smooth else Resampling.nearest
    with open_raster(path) as dataset:
        rows, cols = window.shape if window else dataset.shape
        finer = rows < shape[0] or cols < shape[1]
        part: Any = dataset.read(
            1,
            window=rasterio_window(window),
            out_shape=None if finer else shape,
            resampling=how,
        )
    if finer:  # GDAL takes seconds to repeat pixels
        part = part[_nearest(rows, shape[0])[:, np.newaxis], _nearest(cols, shape[1])]
    return np.asarray(part, dtype=np.float32)


def _nearest(size: int, wanted: int) -> "NDArray[np.intp]":
    """Return which of ``size`` pixels lies under the centre of each of ``wanted`` pixels."""
    return ((np.arange(wanted) + 0.5) * size / wanted).astype(np.intp)


def score_colours(score: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return the colours of scores, shape (..., 3), 0..255."""
    stops = np.array([stop for stop, _ in SCORE_RAMP])
    ramp = np.array([colour for _, colour in SCORE_RAMP], dtype=np.float64)
    channels = [np.interp(np.nan_to_num(score), stops, ramp[:, band]) for band in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def score_alpha(score: "NDArray[np.float32]", threshold: float) -> "NDArray[np.float32]":
    """Return how opaque scores are: nothing below half the threshold, full from there on."""
    low = 0.5 * threshold
    share = np.clip((np.nan_to_num(score) - low) / max(threshold - low, 1e-6), 0.0, 1.0)
    return np.asarray(SCORE_ALPHA * share**1.5, dtype=np.float32)


def blend(
    under: "NDArray[np.float32]", over: "NDArray[np.float32]", alpha: "NDArray[Any]"
) -> "NDArray[np.float32]":
    """Lay colours over others; ``alpha`` 0..1 has no colour axis."""
    share = np.asarray(alpha, dtype=np.float32)[..., None]
    return np.asarray(under * (1.0 - share) + over * share, dtype=np.float32)


def hatching(shape: tuple[int, int]) -> "NDArray[np.float32]":
    """Return diagonal grey hatching."""
    row, col = np.indices(shape, dtype=np.int32)
    dark = (row + col) % HATCH_PERIOD < HATCH_WIDTH
    return np.where(dark, HATCH_DARK, HATCH_LIGHT).astype(np.float32)


def hillshade_backdrop(view: MapView, request: "ProductRequest") -> "Shades | None":
    """Return a light hillshade of the grid, or None where the heights do not cover it."""
    dem, grid, box = request.dem, view.grid, view.grid_box
    if dem is None:
        return None
    row = round((dem.grid.top - grid.top) / grid.pixel_m)
    col = round((grid.left - dem.grid.left) / grid.pixel_m)
    inside = row + grid.rows <= dem.grid.rows and col + grid.cols <= dem.grid.cols
    if min(row, col) < 0 or not inside or dem.grid.pixel_m != grid.pixel_m:
        return None
    shape = (min(box.height, grid.rows), min(box.width, grid.cols))
    heights = read_scaled(dem.path, Window(row, col, grid.rows, grid.cols), shape, smooth=True)
    if not np.isfinite(heights).any():
        return None
    light = hillshade(heights, grid.rows * grid.pixel_m / shape[0])
    return _stretched(_resized(light, box), 132.0, 250.0)


def hillshade(heights: "NDArray[np.float32]", pixel_m: float) -> "NDArray[np.float32]":
    """Return the light on a surface, 0..1, from three suns; voids count as their mean."""
    filled = np.where(np.isfinite(heights), heights, np.nanmean(heights))
    if min(filled.shape) < 2:
        return np.full(filled.shape, np.float32(np.sqrt(0.5)))
    down, right = np.gradient(filled.astype(np.float64), pixel_m)
    norm = np.sqrt(1.0 + right**2 + down**2)
    light = np.zeros(filled.shape)
    for azimuth, weight in SUNS:
        angle = np.radians(azimuth)
        facing = -right * np.sin(angle) + down * np.cos(angle)
        light += weight * np.clip((facing + 1.0) / (np.sqrt(2.0) * norm), 0.0, 1.0)
    return light.astype(np.float32)


def radar_backdrop(request: "ProductRequest", shape: tuple[int, int]) -> "Shades":
    """Return the post-event VV backscatter in grey; the first track that observes a pixel."""
    decibel = np.full(shape, np.nan, dtype=np.float32)
    for stack in sorted(request.stacks, key=lambda stack: stack.track):
        seen = read_scaled(stack.values_path, None, shape, smooth=True)
        decibel = np.where(np.isfinite(decibel), decibel, seen)
    return _stretched(decibel, 45.0, 225.0)


def _stretched(values: "NDArray[np.float32]", dark: float, bright: float) -> "Shades":
    """Stretch the middle 96 % of the values between two greys; NaN becomes the middle grey."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return np.full(values.shape, (dark + bright) / 2.0, dtype=np.float32)
    low, high = np.percentile(known, [2.0, 98.0])
    share = np.clip((values - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    return np.asarray(dark + (bright - dark) * np.nan_to_num(share, nan=0.5), dtype=np.float32)


def _resized(values: "NDArray[np.float32]", box: Box) -> "NDArray[np.float32]":
    from PIL import Image  # noqa: PLC0415

    if values.shape == (box.height, box.width):
        return values
    picture = Image.fromarray(values.astype(np.float32))
    smooth = picture.resize((box.width, box.height), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)
