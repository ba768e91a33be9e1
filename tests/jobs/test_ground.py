from types import SimpleNamespace

import numpy as np

from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid, Window
from landslidectl.jobs.ground import judged_ground
from landslidectl.terms import Quality


def test_water_layover_and_shadow_are_not_judged_and_all_else_is(tmp_path):
    bits = np.array([[*Quality, Quality.NOT_TESTED]] * 2, dtype=np.uint8)
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, *bits.shape)
    path = tmp_path / "quality.tif"
    write_raster(path, grid, [bits], RasterLayout(("quality",), "uint8"))
    with judged_ground(SimpleNamespace(quality_path=path)) as judged:
        first, last = judged(Window(0, 0, 2, 4)), judged(Window(1, 4, 1, 4))
    hidden = {Quality.LAYOVER, Quality.SHADOW, Quality.WATER}
    expected = [bit not in hidden for bit in [*Quality, Quality.NOT_TESTED]]
    assert first.tolist() == [expected[:4]] * 2
    assert last.tolist() == [expected[4:]]
