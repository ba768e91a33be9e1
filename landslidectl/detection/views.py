"""Which tracks see a detection by themselves, before their scores are fused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.ground import ground_of
from landslidectl.detection.polygons import pixels_inside, window_of
from landslidectl.files.rasters import open_raster, rasterio_window

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.score import ScoreRaster
    from landslidectl.stack.stack import Stack


def tracks_seeing(
    outlines: "Sequence[BaseGeometry]",
    rasters: "Sequence[ScoreRaster]",
    stacks: "Sequence[Stack]",
    threshold: float,
) -> list[frozenset[str]]:
    """Return, for every outline, the tracks with a judged pixel inside that reaches the threshold.

    Parameters
    ----------
    outlines : sequence of shapely geometry
        In the units of the grid.
    rasters : sequence of ScoreRaster
        One a track.
    stacks : sequence of Stack
        In the order of ``rasters``; their quality bits say what a track can judge.
    threshold : float
        Lowest score that counts.
    """
    seeing: list[set[str]] = [set() for _ in outlines]
    for raster, stack in zip(rasters, stacks, strict=True):
        with open_raster(raster.path) as scores, open_raster(stack.quality_path) as bits:
            for names, outline in zip(seeing, outlines, strict=True):
                block = window_of(outline, raster.grid)
                window = rasterio_window(block)
                score, quality = scores.read(1, window=window), bits.read(1, window=window)
                counted = ground_of(score, quality).judged & (score >= np.float32(threshold))
                if (counted & pixels_inside(outline, raster.grid.subgrid(block))).any():
                    names.add(raster.track.name)
    return [frozenset(names) for names in seeing]
