"""One event in which everything happens that can happen to a slide and to a detection."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely

from landslidectl.terms import Quality
from tests.evaluation.world import (
    GRID,
    NAN,
    clear,
    rectangle,
    write_inventory,
    write_product,
    write_terrain,
)


@dataclass(frozen=True)
class Event:
    folder: Path
    product: Path
    inventory: Path


SLIDES = {
    "found": rectangle(10, 10, 20, 20),  # 40,000 m2, facing east
    "missed": rectangle(100, 20, 10, 10),  # 10,000 m2, facing north
    "found, small": rectangle(40, 40, 4, 4),  # 1,600 m2
    "masked": rectangle(10, 140, 10, 10),
    "not observed": rectangle(150, 235, 8, 8),
    "outside": rectangle(100, 300, 10, 10),
}


@pytest.fixture(scope="session")
def event(tmp_path_factory: pytest.TempPathFactory) -> Event:
    """Three detections: one on two slides, one on none, one on a masked slide alone.

    The west is steep and falls east, the middle falls north and is less steep, the east is level.
    """
    folder = tmp_path_factory.mktemp("event")
    score = np.full(GRID.shape, 0.1, dtype="float32")
    score[5:50, 5:50] = 0.9
    score[140:180, 60:120] = 0.7
    score[5:25, 130:150] = 0.8
    score[:, 230:] = NAN
    quality = clear()
    quality[10:20, 140:150] |= int(Quality.LAYOVER)
    slope, aspect = np.full(GRID.shape, 32.0), np.full(GRID.shape, 90.0)
    slope[80:], aspect[80:] = 15.0, 350.0
    slope[:, 128:] = 1.0
    product = write_product(folder, score, quality=quality)
    write_terrain(folder, slope, aspect)
    inventory = write_inventory(folder / "slides.gpkg", list(SLIDES.values()), 4326)
    assert shapely.union_all(list(SLIDES.values())).is_valid
    return Event(folder, product, inventory)
