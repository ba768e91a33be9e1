"""Which tracks see an outline by themselves."""

from pathlib import Path

import numpy as np
import shapely

from landslidectl.detection.views import tracks_seeing
from landslidectl.terms import Quality
from tests.detection.fakes import ASCENDING, DESCENDING, GRID, make_track


def test_a_track_sees_by_its_own_judged_score(tmp_path: Path):
    strong, weak = (np.full(GRID.shape, level, dtype="float32") for level in (0.9, 0.5))
    quality = np.full(GRID.shape, int(Quality.TESTED), dtype="uint8")
    quality[:, 64:] |= int(Quality.LAYOVER)
    down, down_stack = make_track(tmp_path, DESCENDING, strong, quality)
    up, up_stack = make_track(tmp_path, ASCENDING, weak)
    left, bottom, right, top = GRID.bounds
    outlines = [
        shapely.box(left, bottom, left + 200.0, top),
        shapely.box(left + 640.0, bottom, right, top),
        shapely.box(right - 30.0, bottom, right + 500.0, top),
    ]
    rasters, stacks = [down, up], [down_stack, up_stack]
    assert tracks_seeing(outlines, rasters, stacks, 0.6) == [{"D046"}, set(), set()]
    assert tracks_seeing(outlines[:1], rasters, stacks, 0.5) == [{"D046", "A068"}]
    assert tracks_seeing([], rasters, stacks, 0.5) == []
