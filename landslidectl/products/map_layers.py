"""The picture inside the map frame: backdrop, masked and not observed areas, score."""

from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.geodesy import from_wgs84
from landslidectl.detection.ground import ground_of
from landslidectl.grid import Window
from landslidectl.products.contract.colours import MASKED_RGB, SCORE_RAMP
from landslidectl.products.map_view import MapView
from landslidectl.products.previews import Previews, read_scaled, resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.products.request import ProductRequest

    Shades = NDArray[np.float32]

PAPER = 250.0
MASK_ALPHA = 0.22
MASK_LINE_ALPHA = 0.85
SCORE_ALPHA = 0.82
VEIL_ALPHA = 0.47
HATCH_PERIOD, HATCH_WIDTH = 14, 4
MASK_PERIOD, MASK_WIDTH = 10, 2
HATCH_DARK, HATCH_LIGHT = 150.0, 226.0
FAR = 4
"""Where so many heights make one pixel, one of them will do: averaging takes many seconds."""
SUNS = ((315.0, 0.6), (270.0, 0.2), (0.0, 0.2))
"""Azimuths in degrees and weights of the lights on the hillshade, all 45 degrees high."""


def map_picture(
    view: MapView, request: "ProductRequest", previews: Previews
) -> "NDArray[np.uint8]":
    """Return the picture that fills the map frame, shape (row, col, 3)."""
    box = view.grid_box
    shape = (box.height, box.width)
    score = _fitted(previews.score, shape)
    backdrop = hillshade_backdrop(view, request) if request.has_relief else None
    if backdrop is None:
        backdrop = radar_backdrop(previews, shape)
    colours = np.repeat(backdrop[:, :, None], 3, axis=2)
    ground = ground_of(score, resampled(previews.quality, shape))
    colours = blend(colours, np.array(MASKED_RGB, np.float32), mask_alpha(shape) * ground.masked)
    alpha = score_alpha(score, request.detections.threshold)
    colours = blend(colours, score_colours(score), alpha)
    colours = np.where(ground.unobserved[:, :, None], hatching(shape)[:, :, None], colours)
    page = np.full((view.height, view.width, 3), PAPER, dtype=np.float32)
    page[box.top : box.bottom, box.left : box.right] = colours
    if request.provenance.area_of_interest is not None:
        outside = ~_inside(view, request.provenance.area_of_interest)
        page[outside] += VEIL_ALPHA * (255.0 - page[outside])
    return np.clip(np.rint(page), 0, 255).astype(np.uint8)


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
    """Return rising grey hatching: not observed."""
    row, col = np.indices(shape, dtype=np.int32)
    dark = (row + col) % HATCH_PERIOD < HATCH_WIDTH
    return np.where(dark, HATCH_DARK, HATCH_LIGHT).astype(np.float32)


def mask_alpha(shape: tuple[int, int]) -> "NDArray[np.float32]":
    """Return how opaque the colour of masked ground is: thin falling lines on a tint.

    They fall where those of ground not observed rise, so that both are told apart without colour.
    """
    row, col = np.indices(shape, dtype=np.int32)
    line = (row - col) % MASK_PERIOD < MASK_WIDTH
    return np.where(line, MASK_LINE_ALPHA, MASK_ALPHA).astype(np.float32)


def hillshade_backdrop(view: MapView, request: "ProductRequest") -> "Shades | None":
    """Return a light hillshade of the grid, or None where the heights do not cover it."""
    from rasterio.errors import RasterioError  # noqa: PLC0415

    dem, grid, box = request.dem, view.grid, view.grid_box
    if dem is None:
        return None
    row = round((dem.grid.top - grid.top) / grid.pixel_m)
    col = round((grid.left - dem.grid.left) / grid.pixel_m)
    inside = row + grid.rows <= dem.grid.rows and col + grid.cols <= dem.grid.cols
    if min(row, col) < 0 or not inside or dem.grid.pixel_m != grid.pixel_m:
        return None
    shape = (min(box.height, grid.rows), min(box.width, grid.cols))
    window = Window(row, col, grid.rows, grid.cols)
    is_close = grid.rows < FAR * shape[0]
    try:
        heights = read_scaled(dem.path, window, shape, smooth=is_close)
    except (OSError, RasterioError):
        return None
    if not np.isfinite(heights).any():
        return None
    light = hillshade(heights, grid.rows * grid.pixel_m / shape[0])
    return stretched(_smoothed(light, (box.height, box.width)), 132.0, 250.0)


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


def radar_backdrop(previews: Previews, shape: tuple[int, int]) -> "Shades":
    """Return the post-event VV backscatter in grey; the track that observes most comes first."""
    decibel = np.full(previews.shape, np.nan, dtype=np.float32)
    for track in previews.tracks:
        decibel = np.where(np.isfinite(decibel), decibel, track.post_db)
    return stretched(_fitted(decibel, shape), 70.0, 245.0)


def stretched(values: "NDArray[np.float32]", dark: float, bright: float) -> "Shades":
    """Stretch the middle 96 % of the values between two greys; NaN becomes the middle grey."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return np.full(values.shape, (dark + bright) / 2.0, dtype=np.float32)
    low, high = np.percentile(known, [2.0, 98.0])
    share = np.clip((values - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    return np.asarray(dark + (bright - dark) * np.nan_to_num(share, nan=0.5), dtype=np.float32)


def _inside(view: MapView, area: "BaseGeometry") -> "NDArray[np.bool_]":
    """Return which pixels of the frame lie in the area of interest."""
    from rasterio import Affine  # noqa: PLC0415
    from rasterio.features import geometry_mask  # noqa: PLC0415

    left, top = view.corner
    transform = Affine(view.scale_m, 0.0, left, 0.0, -view.scale_m, top)
    shape = (view.height, view.width)
    projected = from_wgs84(area, view.grid.epsg)
    return np.asarray(geometry_mask([projected], shape, transform, invert=True))


def _fitted(values: "NDArray[np.float32]", shape: tuple[int, int]) -> "NDArray[np.float32]":
    """Return values averaged to fewer pixels, or repeated to more; NaN stays where all are NaN."""
    from PIL import Image  # noqa: PLC0415

    if values.shape[0] <= shape[0] or values.shape[1] <= shape[1]:
        return np.asarray(resampled(values, shape))
    known = np.isfinite(values)
    size = (shape[1], shape[0])
    total, count = (
        np.asarray(Image.fromarray(part.astype(np.float32)).resize(size, Image.Resampling.BOX))
        for part in (np.where(known, values, np.float32(0.0)), known)
    )
    return np.where(count > 0.5, total / np.maximum(count, 1e-6), np.float32(np.nan))


def _smoothed(values: "NDArray[np.float32]", shape: tuple[int, int]) -> "NDArray[np.float32]":
    from PIL import Image  # noqa: PLC0415

    if values.shape == shape:
        return values
    picture = Image.fromarray(values.astype(np.float32))
    smooth = picture.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)
