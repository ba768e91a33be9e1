"""Measuring on rasters: where an echo's centre lies, and the mean of a patch."""

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import Window
from landslidectl.sentinel1.annotation import read_annotation
from landslidectl.sentinel1.geometry import scene_geometry
from landslidectl.sentinel1.radiometry import read_sigma_nought
from landslidectl.sentinel1.range_doppler import geodetic_to_ecef, solve_zero_doppler
from landslidectl.terms import Polarisation
from tests.oracles.world import Flight

HALF = 8
MARGIN_PX = 10


def centroid(values: NDArray[np.float32], row: float, col: float) -> tuple[float, float]:
    """Centre of gravity of what stands above the surroundings, near a place."""
    top, left = round(row) - HALF, round(col) - HALF
    part = values[top : top + 2 * HALF + 1, left : left + 2 * HALF + 1].astype(np.float64)
    part = part - np.median(part)
    assert part.max() > 100.0 * np.nanmedian(values), "no bright target near its place"
    rows, cols = np.indices(part.shape)
    total = part.sum()
    return top + float((part * rows).sum() / total), left + float((part * cols).sum() / total)


def offsets(values: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return found minus expected (row, column) of every target."""
    return np.array([centroid(values, *place) for place in places]) - places


def radar_places(flight: Flight, bistatic: bool = True) -> NDArray[np.floating]:
    """Return (line, pixel) at which the range-Doppler code looks for the targets."""
    annotation = read_annotation(flight.scene(), Polarisation.VV)
    geometry = scene_geometry(annotation, bistatic=bistatic)
    lon, lat, height = np.array([(t.lon, t.lat, t.height_m) for t in flight.targets]).T
    solved = solve_zero_doppler(geometry.orbit, geodetic_to_ecef(lon, lat, height), 0.0)
    return np.stack(geometry.line_pixel(*solved), axis=1)


def radar_values(flight: Flight) -> NDArray[np.floating]:
    scene = flight.scene()
    whole = Window(0, 0, flight.frame.lines, flight.frame.samples)
    return np.nan_to_num(read_sigma_nought(scene, Polarisation.VV, whole))


def clear_of_targets(flight: Flight) -> NDArray[np.bool_]:
    """Return which pixels of the site's grid hold no part of a target's echo."""
    clear = np.ones(flight.site.grid.shape, bool)
    for row, col in np.rint(flight.map_places()).astype(int):
        clear[row - MARGIN_PX : row + MARGIN_PX + 1, col - MARGIN_PX : col + MARGIN_PX + 1] = False
    return clear


def halves(flight: Flight, values: NDArray[np.float32]) -> tuple[float, float]:
    """Return the linear means of the bright and of the dark half of a map, targets left out."""
    west = clear_of_targets(flight)
    east = west.copy()
    middle = values.shape[1] // 2
    west[:, middle - MARGIN_PX :] = False
    east[:, : middle + MARGIN_PX] = False
    return float(values[west].mean(dtype=float)), float(values[east].mean(dtype=float))


def decibels(value: float) -> float:
    return float(10.0 * np.log10(value))
