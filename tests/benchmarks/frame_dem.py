"""Elevation tiles in GLO-30's layout with fractal mountains from 0 to 3,800 m."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PERIOD = 4096
ROUGHNESS = 2.3
TALLEST_M = 3800.0
# below this many samples the slopes fade, as a 30 m model's do
SMALLEST_SAMPLES = 8.0
SIDE = 3600


def write_tiles(folder: Path, cells: list[tuple[int, int]]) -> None:
    """Write the one-degree tiles, named after their south-western corners, that are missing."""
    import rasterio
    from rasterio.transform import Affine

    relief = None
    folder.mkdir(parents=True, exist_ok=True)
    for lat, lon in cells:
        path = folder / f"{_name(lat, lon)}.tif"
        if path.exists():
            continue
        relief = mountains() if relief is None else relief
        rows = (np.arange(SIDE) - SIDE * lat) % PERIOD
        cols = (np.arange(SIDE) + SIDE * lon) % PERIOD
        step = 1.0 / SIDE
        profile = {
            "driver": "GTiff",
            "width": SIDE,
            "height": SIDE,
            "count": 1,
            "dtype": "float32",
            "crs": "EPSG:4326",
            # sample centres, not their edges, lie on the degree lines
            "transform": Affine(step, 0, lon - step / 2, 0, -step, lat + 1 + step / 2),
            "tiled": True,
            "blockxsize": 1024,
            "blockysize": 1024,
            "compress": "deflate",
            "predictor": 3,
        }
        with rasterio.open(path, "w", **profile) as dataset:
            dataset.write(relief[np.ix_(rows, cols)], 1)


def mountains() -> NDArray[np.float32]:
    """Return heights in metres that continue periodically over all edges."""
    rng = np.random.default_rng(3)
    white = np.fft.rfft2(rng.standard_normal((PERIOD, PERIOD)).astype(np.float32))
    rows = np.fft.fftfreq(PERIOD)[:, None]
    cols = np.fft.rfftfreq(PERIOD)[None]
    frequency = np.hypot(rows, cols)
    frequency[0, 0] = np.inf
    fade = np.exp(-0.5 * (frequency * SMALLEST_SAMPLES) ** 2)
    largest = 1.0 / 1024
    field = np.fft.irfft2(white * fade / np.maximum(frequency, largest) ** ROUGHNESS)
    low, high = np.percentile(field, [2.0, 99.99])
    heights = np.clip((field - low) / (high - low), 0.0, 1.0) * TALLEST_M
    return heights.astype(np.float32)


def _name(lat: int, lon: int) -> str:
    south, west = "NS"[lat < 0], "EW"[lon < 0]
    return f"Copernicus_DSM_COG_10_{south}{abs(lat):02d}_00_{west}{abs(lon):03d}_00_DEM"
