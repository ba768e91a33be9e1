"""Small sets of patches whose landslides are easy to see, and stacks to cut them from."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Pass, Quality, Track
from landslidectl.training.patches import PatchSet, packed

LEVEL = np.array([-10.0, -16.0, 0.0, 0.0])
SPREAD = np.array([4.0, 4.0, 2.0, 2.0])


def patch_set(count: int, seed: int) -> PatchSet:
    """Thirds: with a slide that changes both ways, its twin without, and an unrelated place."""
    rng = np.random.default_rng(seed)
    third = count // 3
    base = rng.normal(LEVEL, SPREAD, size=(third, 64, 64, 4))
    other = rng.normal(LEVEL, SPREAD, size=(third, 64, 64, 4))
    slid = base.copy()
    cover = np.zeros(third)
    masks = np.zeros((3 * third, 64, 64), dtype=bool)
    for index in range(third):
        row, col = rng.integers(0, 40, 2)
        side = int(rng.integers(17, 24))
        cover[index] = side**2 / 64**2
        change = rng.normal(0, 6, size=(side, side, 2))
        slid[index, row : row + side, col : col + side, 2:] += change
        masks[index, row : row + side, col : col + side] = True
    pairs = np.arange(third)
    return PatchSet(
        windows=np.concatenate([slid, base, other]).astype(np.float16),
        cover=np.concatenate([cover, np.zeros(2 * third)]).astype(np.float32),
        twin=np.repeat([False, True, False], third),
        pair=np.concatenate([pairs, pairs, np.full(third, -1)]).astype(np.int32),
        seed=np.full(3 * third, seed, dtype=np.int32),
        relative_orbit=np.full(3 * third, 46, dtype=np.int16),
        ascending=np.arange(3 * third) % 2 == 0,
        row=np.zeros(3 * third, dtype=np.int32),
        col=np.zeros(3 * third, dtype=np.int32),
        footprint=packed(masks),
        strength_db=np.full(3 * third, 6.0, dtype=np.float32),
        facing_deg=np.full(3 * third, np.nan, dtype=np.float32),
    )


def stack(folder: Path, side: int = 300, seed: int = 3) -> SimpleNamespace:
    """What cutting reads of a Stack: values with a few gaps, quality with a strip of layover."""
    grid = Grid(32654, 500000.0, 4_700_000.0, 10.0, side, side)
    rng = np.random.default_rng(seed)
    values = rng.normal(LEVEL, SPREAD, size=(side, side, 4)).transpose(2, 0, 1)
    values[:, ::29, ::31] = np.nan
    quality = np.full((side, side), Quality.TESTED, dtype=np.uint8)
    quality[:, 200:230] |= np.uint8(Quality.LAYOVER)
    bands = BandSet.VV_VH
    layout = RasterLayout(bands.band_names, nodata=float("nan"))
    write_raster(folder / "stack.tif", grid, list(values), layout)
    write_raster(folder / "quality.tif", grid, [quality], RasterLayout(("quality",), "uint8"))
    return SimpleNamespace(
        folder=folder,
        grid=grid,
        track=Track(46, Pass.DESCENDING),
        bands=bands,
        contract=StackContract(),
        simulated=False,
        values_path=folder / "stack.tif",
        quality_path=folder / "quality.tif",
    )
