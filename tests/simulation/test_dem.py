"""Elevation tiles of places where longitude jumps."""

import numpy as np
import pytest

from landslidectl.simulation.dem import write_tiles
from landslidectl.simulation.geometry import Box

EPSG = 32760


def test_tiles_on_both_sides_of_the_antimeridian(tmp_path):
    import rasterio

    # the zone's eastern edge: 180 degrees at 16.8 S lies at x = 820 km
    area = Box(819000.0, 8140000.0, 821000.0, 8142000.0)
    wide = area.grown(8000.0)
    side = round((wide.right - wide.left) / 20.0) + 1
    east = np.broadcast_to(np.arange(side, dtype=np.float32), (side, side))
    paths = write_tiles(np.ascontiguousarray(east), wide, area, EPSG, tmp_path)
    assert [path.name[22:33] for path in paths] == ["S17_00_E179", "S17_00_W180"]
    edges, heights = [], []
    for path in paths:
        with rasterio.open(path) as dataset:
            edges.append(dataset.bounds)
            heights.append(dataset.read(1))
    step = 1.0 / 3600.0
    assert edges[0].right == pytest.approx(180.0 - step / 2.0, abs=1e-9)
    assert edges[1].left == pytest.approx(-180.0 - step / 2.0, abs=1e-9)
    jump = heights[1][:, 0] - heights[0][:, -1]
    inside = heights[0][:, -1] - heights[0][:, -2]
    assert np.allclose(jump, inside, atol=0.01) and inside.min() > 1.0
