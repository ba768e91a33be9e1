"""A whole job: ten scenes into stacks, then the same again, with what it leaves on the disk."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import SAMPLE_S, Cost, Watch, chill, folder_mb, run_child, warm

EVENT = "2021-05-01T00:00:00Z"
PRE_DAYS = "110"


@dataclass(frozen=True)
class Job:
    """What to run and where; `needed` says which part of a measurement the area lies in."""

    scenes: Path
    tiles: Path
    aoi: Path
    work: Path
    threads: int
    env: dict[str, str]
    needed: tuple[float, float]


def write_aoi(path: Path, centre: tuple[float, float], side_m: float) -> Path:
    """Write a square of UTM metres around a point as GeoJSON."""
    from rasterio.warp import transform

    lon, lat = centre
    epsg = (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1
    (x,), (y,) = transform("EPSG:4326", f"EPSG:{epsg}", [lon], [lat])
    # an area that is 10 m smaller, so that rounding to whole pixels gives the wanted size
    half = side_m / 2 - 5
    xs, ys = [x - half, x + half, x + half, x - half], [y - half, y - half, y + half, y + half]
    lons, lats = transform(f"EPSG:{epsg}", "EPSG:4326", xs, ys)
    ring = [[a, b] for a, b in zip([*lons, lons[0]], [*lats, lats[0]], strict=True)]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return path


def run_job(job: Job) -> tuple[Cost, Cost, float]:
    """Run the job on warm sources, then again on sources that are out of the page cache.

    Returns
    -------
    tuple
        Cost of the run, cost of the rerun, and the size in MB of what is left.
    """
    shutil.rmtree(job.work, ignore_errors=True)
    job.work.mkdir(parents=True)
    command = [sys.executable, "-m", "landslidectl", "stack", str(job.scenes)]
    command += ["--event", EVENT, "--pre-days", PRE_DAYS, "--aoi", str(job.aoi)]
    command += ["--dem", str(job.tiles), "--threads", str(job.threads), "--quiet"]
    command += ["-o", str(job.work / "out")]
    env = job.env | {"LANDSLIDECTL_CATALOG": str(job.work / "catalog.db")}
    watch = Watch(job.work, SAMPLE_S)
    warm([job.scenes, job.tiles], job.needed)
    first = run_child(command, env=env, cwd=job.work, watch=watch)
    left_mb = folder_mb(job.work)
    os.sync()
    chill([job.scenes])
    again = run_child(command, env=env, cwd=job.work, watch=watch)
    return first, again, left_mb
