"""One class a pixel, out of score and quality: none, low, high, masked, not observed.

A pixel is of low confidence from the threshold on and of high confidence from the high threshold
on, by its own score alone. A detection is more than its pixels: it has a smallest area, and takes
the confidence of its strongest judged pixel.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.fuse import BLOCK_SIDE, FusedScore
from landslidectl.detection.ground import ground_of
from landslidectl.files.rasters import RasterLayout, create_raster, open_raster, rasterio_window
from landslidectl.terms import Confidence, PixelClass

if TYPE_CHECKING:
    from numpy.typing import NDArray


def confidence_of(score: float, threshold_high: float | None) -> Confidence:
    """Return the confidence of a detection whose highest score is ``score``.

    Without a high threshold there is no high confidence. Scores are compared as float32, as those
    of pixels are.
    """
    if threshold_high is None or np.float32(score) < np.float32(threshold_high):
        return Confidence.LOW
    return Confidence.HIGH


def class_block(
    score: "NDArray[np.float32]",
    quality: "NDArray[np.uint8]",
    threshold: float,
    threshold_high: float | None,
) -> "NDArray[np.uint8]":
    """Return the classes of a block.

    Parameters
    ----------
    score : NDArray
        float32, NaN = not observed.
    quality : NDArray
        uint8 `Quality` bits of the same shape.
    threshold, threshold_high : float
        Lowest scores of either class; no high class without the second.
    """
    ground = ground_of(score, quality)
    classes = np.full(score.shape, PixelClass.NONE, dtype=np.uint8)
    classes[score >= np.float32(threshold)] = PixelClass.LOW
    if threshold_high is not None:
        classes[score >= np.float32(threshold_high)] = PixelClass.HIGH
    classes[ground.masked] = PixelClass.MASKED
    classes[ground.unobserved] = PixelClass.UNOBSERVED
    return classes


def write_classes(
    fused: FusedScore, out: Path, threshold: float, threshold_high: float | None
) -> None:
    """Write the class of every pixel, block by block, to ``out`` (uint8 GeoTIFF)."""
    nodata = float(PixelClass.UNOBSERVED)
    layout = RasterLayout(("class",), "uint8", nodata)
    with (
        open_raster(fused.path) as scores,
        open_raster(fused.quality_path) as bits,
        create_raster(out, fused.grid, layout) as target,
    ):
        for block in fused.grid.blocks(BLOCK_SIDE):
            window = rasterio_window(block)
            score, quality = scores.read(1, window=window), bits.read(1, window=window)
            target.write(class_block(score, quality, threshold, threshold_high), 1, window=window)
