"""The layers of a product small enough to be shown, read once for the page and for the report.

Coarser than the rasters where these are large: score and quality come from the overviews of their
files, the bands of a stack from the small copy that was made with it.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.files.rasters import TILE_SIDE, open_raster, rasterio_window
from landslidectl.grid import Grid, Window
from landslidectl.stack.shrink import Shrinker, read_shrunk, shown_bands, shown_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.products.request import ProductRequest
    from landslidectl.stack.stack import Stack
    from landslidectl.terms import Track

logger = logging.getLogger(__name__)

TRACKS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class TrackPreview:
    """One track, float32 of the previews' shape, NaN where it does not observe.

    Parameters
    ----------
    track : Track
    post_db : ndarray
        VV after the event, dB.
    change_db : ndarray
        After minus before, dB.
    """

    track: "Track"
    post_db: "NDArray[np.float32]"
    change_db: "NDArray[np.float32]"

    @property
    def pre_db(self) -> "NDArray[np.float32]":
        """Return VV before the event, dB."""
        return self.post_db - self.change_db

    @property
    def observed_share(self) -> float:
        """Return the share of pixels that the track observes."""
        return float(np.isfinite(self.post_db).mean())


@dataclass(frozen=True, slots=True)
class Previews:
    """What is shown of a product.

    Parameters
    ----------
    grid : Grid
        Of the full rasters.
    score : ndarray of float32
        NaN where no track observes.
    quality : ndarray of uint8
        Bits.
    tracks : tuple of TrackPreview
        The one that observes most first; empty when no stack could be read.
    left_out : tuple of str
        Names of the tracks that are not shown.
    """

    grid: Grid
    score: "NDArray[np.float32]"
    quality: "NDArray[np.uint8]"
    tracks: tuple[TrackPreview, ...]
    left_out: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns of all layers."""
        rows, cols = self.score.shape
        return rows, cols


def read_previews(request: "ProductRequest", score: Path, quality: Path) -> Previews:
    """Read the layers; ``score`` and ``quality`` are the product's files with their overviews.

    A stack that cannot be read is left out and logged: a picture is no reason to fail a job.
    """
    grid = request.detections.grid
    shape = shown_shape(grid)
    stacks = sorted(request.stacks, key=lambda stack: stack.track)
    read = [preview for stack in stacks if (preview := _track(stack))]
    previews = sorted(read, key=lambda preview: -preview.observed_share)[:TRACKS_SHOWN]
    named = {preview.track.name for preview in previews}
    return Previews(
        grid,
        read_scaled(score, None, shape, smooth=True),
        read_scaled(quality, None, shape, smooth=False).astype(np.uint8),
        tuple(previews),
        tuple(sorted(s.track.name for s in request.stacks if s.track.name not in named)),
    )


def read_change(stack: "Stack", window: Window | None) -> "NDArray[np.float32]":
    """Return post-event VV and the change in VV at full resolution, shape (2, row, col), dB."""
    shown = [band + 1 for band in shown_bands(stack.bands)]
    with open_raster(stack.values_path) as dataset:
        bands = dataset.read(shown, window=rasterio_window(window))
    return np.asarray(bands, dtype=np.float32)


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
    part = np.asarray(part, dtype=np.float32)
    return resampled(part, shape) if finer else part


def resampled(values: "NDArray[Any]", shape: tuple[int, int]) -> "NDArray[Any]":
    """Return the nearest pixel of ``values`` for each pixel of another shape."""
    rows, cols = values.shape
    if (rows, cols) == shape:
        return values
    return values[_nearest(rows, shape[0])[:, np.newaxis], _nearest(cols, shape[1])]


def _nearest(size: int, wanted: int) -> "NDArray[np.intp]":
    """Return which of ``size`` pixels lies under the centre of each of ``wanted`` pixels."""
    return ((np.arange(wanted) + 0.5) * size / wanted).astype(np.intp)


def _track(stack: "Stack") -> TrackPreview | None:
    from rasterio.errors import RasterioError  # noqa: PLC0415

    means = read_shrunk(stack.shown_path, (2, *shown_shape(stack.grid)))
    try:
        post, change = _shrunk(stack) if means is None else means
    except (OSError, RasterioError) as error:
        logger.warning("%s: is not shown: %s", stack.values_path, error)
        return None
    return TrackPreview(stack.track, post, change)


def _shrunk(stack: "Stack") -> "NDArray[np.float32]":
    """Return what a stack shows from all of its pixels: it was made without a small copy."""
    shown = [band + 1 for band in shown_bands(stack.bands)]
    shrinker = Shrinker(stack.grid, len(shown))
    with open_raster(stack.values_path) as dataset:
        for top in range(0, stack.grid.rows, TILE_SIDE):
            rows = min(TILE_SIDE, stack.grid.rows - top)
            window = Window(top, 0, rows, stack.grid.cols)
            shrinker.add(window, dataset.read(shown, window=rasterio_window(window)))
    return shrinker.means()
