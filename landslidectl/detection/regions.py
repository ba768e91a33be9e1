"""From the fused score to detections: threshold, connect, outline, describe.

The score comes from overlapping windows of 64 pixels, so a region says where windows blended to a
score above the threshold; the slide lies somewhere inside. Its outline is drawn from the change
bands where these are clear enough, and otherwise stays that of the windows. Every detection says
which in its attribute ``outline``. A region is one detection however many slides are drawn in it:
what was judged, and what may be a false alarm, is the region.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.delineate import DelineateOptions, Delineator
from landslidectl.detection.describe import DetectOptions, describe, redrawn
from landslidectl.detection.detections import Detections, in_order
from landslidectl.detection.evidence import EvidenceReader
from landslidectl.detection.fuse import BLOCK_SIDE, FusedScore
from landslidectl.detection.geodesy import (
    area_scale,
    from_wgs84,
)
from landslidectl.detection.ground import ground_of
from landslidectl.detection.polygons import outline_regions, pixels_inside
from landslidectl.detection.relief import Lie, Relief
from landslidectl.detection.shift import Shifts
from landslidectl.files.rasters import open_raster, rasterio_window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.stack.stack import Stack


def find_detections(
    fused: FusedScore, stacks: "Sequence[Stack]", options: DetectOptions
) -> Detections:
    """Outline and describe the regions whose fused score reaches the threshold.

    Masked pixels do not cut a region into shreds: they stay inside it, are told by its shares, and
    do not count towards its smallest area nor its scores.

    Parameters
    ----------
    fused : FusedScore
        Score and quality.
    stacks : sequence of Stack
        The stacks behind it.
    options : DetectOptions
        Threshold, smallest area, models, area of interest, kind of outlines.
    """
    grid = fused.grid
    aoi = options.area_of_interest
    aoi_on_grid = None if aoi is None else from_wgs84(aoi, grid.epsg)
    chosen, pixels = _survey(fused, options.threshold, aoi_on_grid)
    relief = None if options.dem is None or options.dem.is_flat else Relief(options.dem, grid)
    items, explained, left_out = [], [], 0
    shifts = _shifts(stacks, chosen, options)
    with ExitStack() as files:
        reader = files.enter_context(EvidenceReader(fused, stacks, options.dem))
        delineator = None
        if options.delineate:
            drawn = DelineateOptions(min_area_m2=options.min_area_m2)
            baseline = shifts.baseline if shifts.found else None
            delineator = files.enter_context(Delineator(stacks, grid, chosen, drawn, baseline))
        for region in outline_regions(chosen, grid, options.min_area_m2):
            if aoi_on_grid is not None and not region.intersects(aoi_on_grid):
                continue
            evidence = reader.of(region)
            if evidence.judged_m2 < options.min_area_m2:
                continue
            item = describe(region, evidence, grid, options)
            slides = None if delineator is None else delineator.of(region)
            if slides is None and shifts.found and shifts.explains(region):
                explained.append(item)
                continue
            if relief is not None:
                steep = relief.steep_parts(slides or region, options.min_steepness_deg)
                if steep is None:
                    left_out += 1
                    continue
                slides = None if slides is None else steep
                item = replace(item, flag=_flags(relief.lie(steep)))
            items.append(item if slides is None else redrawn(item, slides, reader, grid))
    pixel_km2 = area_scale(grid) * grid.pixel_m**2 / 1e6
    tested, masked, unobserved = (float(count) * pixel_km2 for count in pixels)
    areas = (tested, masked, unobserved)
    return Detections(
        in_order(items),
        grid,
        options.threshold,
        *areas,
        left_out,
        options.threshold_high,
        shifts.found,
        in_order(explained),
    )


def _shifts(
    stacks: "Sequence[Stack]", detected: "NDArray[np.bool_]", options: DetectOptions
) -> Shifts:
    """Measure shifts where slides are drawn: what stands out from one is seen by drawing it."""
    if options.delineate:
        return Shifts.measure(stacks, options.dem, detected)
    return Shifts((), stacks[0].grid, None)


def _survey(
    fused: FusedScore, threshold: float, aoi_on_grid: "BaseGeometry | None"
) -> "tuple[NDArray[np.bool_], NDArray[np.int64]]":
    """Return the pixels at or above the threshold, and counts (judged, masked, unobserved)."""
    chosen = np.zeros(fused.grid.shape, dtype=bool)
    pixels = np.zeros(3, dtype=np.int64)
    with open_raster(fused.path) as scores, open_raster(fused.quality_path) as bits:
        for block in fused.grid.blocks(BLOCK_SIDE):
            window = rasterio_window(block)
            score, quality = scores.read(1, window=window), bits.read(1, window=window)
            chosen[block.slices] = score >= threshold
            counted = (
                np.ones(block.shape, dtype=bool)
                if aoi_on_grid is None
                else pixels_inside(aoi_on_grid, fused.grid.subgrid(block))
            )
            ground = ground_of(score, quality)
            for index, kind in enumerate((ground.judged, ground.masked, ground.unobserved)):
                pixels[index] += np.count_nonzero(kind & counted)
    return chosen, pixels


def _flags(lie: Lie | None) -> str:
    return "" if lie is None else ",".join(lie.flags)
