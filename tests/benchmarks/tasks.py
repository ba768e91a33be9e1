"""The measured work itself, one task a process: ``python tasks.py TASK JSON``.

What the task learned is printed as one line of JSON. Run by the benchmarks, not by hand.
"""

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

CONTAINER: dict[str, Any] = {}


@contextmanager
def timed(name: str):  # type: ignore[no-untyped-def]
    """Note the CPU and wall seconds of a passage."""
    cpu, wall = time.process_time(), time.monotonic()
    yield
    CONTAINER[f"{name}_cpu_s"] = time.process_time() - cpu
    CONTAINER[f"{name}_wall_s"] = time.monotonic() - wall


def grid_of(given: dict[str, Any]):  # type: ignore[no-untyped-def]
    """Return the grid of the wanted size around the middle of the scene, snapped to its pixels."""
    from rasterio.warp import transform

    from landslidectl.grid import Grid, utm_epsg

    lon, lat = given["centre"]
    epsg = utm_epsg(lon, lat)
    (x,), (y,) = transform("EPSG:4326", f"EPSG:{epsg}", [lon], [lat])
    rows, cols = given["rows"], given["cols"]
    left, top = round(x / 10 - cols / 2) * 10.0, round(y / 10 + rows / 2) * 10.0
    return Grid(epsg, left, top, 10.0, rows, cols)


def terrain(given: dict[str, Any]) -> None:
    """Write the heights of a grid and the margin around it."""
    from landslidectl.terrain.dem import DEM_MARGIN_M, build_dem

    with timed("dem"):
        build_dem(Path(given["tiles"]), grid_of(given).buffered(DEM_MARGIN_M), Path(given["dem"]))


def crop_terrain(given: dict[str, Any]) -> None:
    """Write the heights of the grid alone, for a tool that maps on to the grid of its heights."""
    from landslidectl.files.rasters import RasterLayout, write_raster
    from landslidectl.grid import Window
    from landslidectl.terrain.dem import DEM_MARGIN_M, open_dem

    grid = grid_of(given)
    margin = round(DEM_MARGIN_M / grid.pixel_m)
    heights = open_dem(Path(given["dem"])).heights(Window(margin, margin, *grid.shape))
    write_raster(
        Path(given["out"]), grid, [heights], RasterLayout(("height",), nodata=float("nan"))
    )


def geocode(given: dict[str, Any]) -> None:
    """Geocode one scene as a job does: open it, solve, read, calibrate, resample, write."""
    with timed("import"):
        from landslidectl.sentinel1.discover import open_scene
        from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
        from landslidectl.terms import Polarisation
        from landslidectl.terrain.dem import open_dem
    known = {field.name for field in fields(GeocodeOptions)}
    settings = {"polarisations": tuple(Polarisation(name) for name in given["polarisations"])}
    if "threads" in known:
        settings["threads"] = given["threads"]
    with timed("open"):
        scene = open_scene(Path(given["scene"]))
        dem = open_dem(Path(given["dem"]))
    with timed("geocode"):
        geocode_scene(scene, dem, grid_of(given), Path(given["out"]), GeocodeOptions(**settings))
    CONTAINER["has_threads"] = "threads" in known


def geocode_one(given: dict[str, Any], number: int, threads: int) -> None:
    """Geocode one of several scenes."""
    out = f"{given['out']}.{number}.tif"
    geocode(given | {"scene": given["scenes"][number], "out": out, "threads": threads})


def geocode_many(given: dict[str, Any]) -> None:
    """Geocode several scenes: one after the other, or two at once in threads or in processes."""
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing import get_context

    numbers = range(len(given["scenes"]))
    with timed("many"):
        if given["way"] == "one after the other":
            for number in numbers:
                geocode_one(given, number, given["at_once"])
            return
        if given["way"] == "threads":
            pool: Any = ThreadPoolExecutor(given["at_once"])
        else:
            pool = ProcessPoolExecutor(given["at_once"], mp_context=get_context("spawn"))
        with pool:
            for future in [pool.submit(geocode_one, given, number, 1) for number in numbers]:
                future.result()


def observed(given: dict[str, Any]) -> None:
    """Count the pixels of a geocoded scene that have a value."""
    import numpy as np
    import rasterio

    with rasterio.open(given["out"]) as dataset:
        CONTAINER["observed"] = int(
            sum(
                np.isfinite(dataset.read(1, window=window)).sum()
                for _, window in dataset.block_windows(1)
            )
        )
        CONTAINER["pixels"] = dataset.width * dataset.height


def source_window(given: dict[str, Any]) -> None:
    """Tell which lines and samples of the scene a grid needs, at the heights that occur."""
    import numpy as np

    from landslidectl.grid import Window
    from landslidectl.sentinel1.annotation import read_annotation
    from landslidectl.sentinel1.discover import open_scene
    from landslidectl.sentinel1.geometry import scene_geometry
    from landslidectl.stack.geolocate import build_geolocator
    from landslidectl.terrain.dem import open_dem

    scene = open_scene(Path(given["scene"]))
    geometry = scene_geometry(read_annotation(scene, scene.polarisations[0]))
    grid = grid_of(given)
    dem = open_dem(Path(given["dem"]))
    low, high = np.inf, -np.inf
    for window in dem.grid.blocks(1024):
        heights = dem.heights(window)
        low, high = min(low, float(np.nanmin(heights))), max(high, float(np.nanmax(heights)))
    extent = build_geolocator(geometry, grid).extent(Window(0, 0, *grid.shape), low, high)
    first, last = max(int(extent.line_min), 0), min(int(extent.line_max) + 2, geometry.lines)
    left, right = max(int(extent.pixel_min), 0), min(int(extent.pixel_max) + 2, geometry.samples)
    CONTAINER.update(
        line=first,
        lines=last - first,
        sample=left,
        samples=right - left,
        width=geometry.samples,
        height=geometry.lines,
        lowest_m=low,
        highest_m=high,
        members={str(p): scene.members[p].measurement for p in scene.polarisations},
    )


TASKS = {
    task.__name__: task
    for task in (terrain, crop_terrain, geocode, geocode_many, observed, source_window)
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](json.loads(sys.argv[2]))
    print(json.dumps(CONTAINER))
