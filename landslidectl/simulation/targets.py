"""Point targets whose place in the raster is known exactly, for checks of the geometry."""

from collections.abc import Sequence

import numpy as np

from landslidectl.simulation.fields import Array, Single
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.geodesy import ecef
from landslidectl.simulation.orbit import zero_doppler
from landslidectl.simulation.raster import EllipsoidFields
from landslidectl.simulation.spec import PointTarget


def target_places(targets: Sequence[PointTarget], frame: Frame) -> tuple[Array, Array]:
    """Return the exact (line, pixel) of targets."""
    lon = np.array([target.lon for target in targets])
    lat = np.array([target.lat for target in targets])
    height = np.array([target.height_m for target in targets])
    time, distance = zero_doppler(frame.orbit, ecef(lon, lat, height))
    return frame.line(time, distance), frame.pixel(time, distance)


def plant_targets(
    targets: Sequence[PointTarget], frame: Frame, fields: EllipsoidFields
) -> Single | None:
    """Return the targets' sigma nought in a raster, or None without targets.

    Each is shared bilinearly by four pixels, which keeps its centroid where it is.
    """
    if not targets:
        return None
    lines, pixels = target_places(targets, frame)
    areas = fields.area.at(pixels, lines)
    raster = np.zeros(frame.shape, np.float32)
    for target, line, pixel, area in zip(targets, lines, pixels, areas, strict=True):
        row, col = int(np.floor(line)), int(np.floor(pixel))
        if not (0 <= row < frame.lines - 1 and 0 <= col < frame.samples - 1):
            continue
        down, right = line - row, pixel - col
        shares = np.outer([1.0 - down, down], [1.0 - right, right])
        raster[row : row + 2, col : col + 2] += shares * target.section_m2 / area
    return raster
