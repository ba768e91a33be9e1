"""Choosing the raster of a track's scenes so that it holds the area of interest."""

from dataclasses import dataclass, replace

import numpy as np

from landslidectl.simulation.frame import (
    LINE_INTERVAL_S,
    PIXEL_M,
    RECORD_STEP_S,
    Frame,
    range_records,
)
from landslidectl.simulation.geodesy import Array, map_to_degrees, undulation
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.orbit import Orbit, ground_point
from landslidectl.simulation.terrain import COARSE_M, Terrain

MARGIN_PX = 45
CLOSEST_EDGE_M = 9000.0
RECORDS_BEYOND_S = 1.2
RESTLESS_HEIGHT_M = 35.0
MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is: its map zone, area of interest and terrain."""

    epsg: int
    aoi: Box
    terrain: Terrain


def build_frame(
    rng: np.random.Generator,
    orbit: Orbit,
    geometry: MapGeometry,
    place: Place,
    margin_px: int = MARGIN_PX,
) -> Frame:
    """Return a raster that holds the area of interest at all its heights, with a margin.

    Ground ranges are counted from the near edge of the whole swath, a hundred or so kilometres
    away, so that adjacent records differ by several pixels as they do in real scenes.
    """
    time, slant = _extremes(geometry, place)
    near, far = float(slant.min()), float(slant.max())
    edge = _swath_edge_m(orbit, near)
    start = float(time.min()) - RECORDS_BEYOND_S - rng.uniform(0.0, RECORD_STEP_S)
    count = int(np.ceil((float(time.max()) + RECORDS_BEYOND_S - start) / RECORD_STEP_S)) + 1
    instants = np.round(start, 6) + RECORD_STEP_S * np.arange(count)
    heights = _mean_heights(geometry, place, instants)
    heights = heights + np.cumsum(rng.normal(0.0, RESTLESS_HEIGHT_M, count))
    records = range_records(orbit, instants, heights, (edge, near, far))
    left, right = (int(size) for size in rng.integers(6, 24, 2))
    whole = Frame(orbit, 0.0, LINE_INTERVAL_S, 1, 1, near, records, (left, right))
    line, pixel = whole.line(time, slant), whole.pixel(time, slant)
    return _cropped(rng, whole, (line, pixel), margin_px)


def jittered_frame(rng: np.random.Generator, frame: Frame) -> Frame:
    """Return the raster of another acquisition of the track: it starts elsewhere between pixels."""
    first = round(frame.first_line_s - rng.uniform(0.0, 6.0) * LINE_INTERVAL_S, 6)
    shift = -rng.uniform(0.0, 6.0) * PIXEL_M
    moved = frame.moved(first, frame.lines + 6, shift, frame.samples + 6)
    return _exact_interval(replace(moved, border=(frame.border[1], frame.border[0])))


def _extremes(geometry: MapGeometry, place: Place) -> tuple[Array, Array]:
    """Return times and ranges of the area's outline at its lowest and highest height."""
    aoi, terrain = place.aoi, place.terrain
    rows = [round((terrain.coarse_box.top - y) / COARSE_M) for y in (aoi.top, aoi.bottom)]
    cols = [round((x - terrain.coarse_box.left) / COARSE_M) for x in (aoi.left, aoi.right)]
    part = terrain.coarse[rows[0] : rows[1] + 1, cols[0] : cols[1] + 1]
    x, y = np.meshgrid(np.linspace(aoi.left, aoi.right, 5), np.linspace(aoi.bottom, aoi.top, 5))
    both = [
        geometry.at(x.ravel(), y.ravel(), np.full(x.size, height))
        for height in (float(part.min()), float(part.max()))
    ]
    return np.concatenate([one[0] for one in both]), np.concatenate([one[1] for one in both])


def _cropped(
    rng: np.random.Generator, whole: Frame, extremes: tuple[Array, Array], margin_px: int
) -> Frame:
    line, pixel = extremes
    first_line = float(line.min()) - margin_px - rng.uniform()
    first_pixel = float(pixel.min()) - margin_px - whole.border[0] - rng.uniform()
    lines = int(np.ceil(float(line.max()) - first_line)) + margin_px
    samples = int(np.ceil(float(pixel.max()) - first_pixel)) + margin_px + whole.border[1]
    start = round(first_line * LINE_INTERVAL_S, 6)
    return _exact_interval(whole.moved(start, lines, first_pixel * PIXEL_M, samples))


def _exact_interval(frame: Frame) -> Frame:
    """Make the last line's time whole microseconds, as the annotation states times."""
    span = round((frame.lines - 1) * LINE_INTERVAL_S / MICROSECOND) * MICROSECOND
    return replace(frame, line_interval_s=span / (frame.lines - 1))


def _mean_heights(geometry: MapGeometry, place: Place, instants: Array) -> Array:
    """Return the mean ellipsoidal height of the terrain seen around each instant."""
    box = place.terrain.box
    x, y = np.meshgrid(np.linspace(box.left, box.right, 60), np.linspace(box.top, box.bottom, 60))
    coarse = place.terrain.coarse_box
    row = np.rint((coarse.top - y) / COARSE_M).astype(int)
    col = np.rint((x - coarse.left) / COARSE_M).astype(int)
    height = place.terrain.coarse[row, col].astype(float)
    time, _ = geometry.at(x.ravel(), y.ravel(), height.ravel())
    lon, lat = map_to_degrees(place.epsg, np.array(x.mean()), np.array(y.mean()))
    result = np.empty(len(instants))
    for index, instant in enumerate(instants):
        weight = np.exp(-(((time - instant) / 0.5) ** 2)) + 1e-12
        result[index] = np.sum(weight * height.ravel()) / np.sum(weight)
    return result + float(undulation(lon, lat))


def _swath_edge_m(orbit: Orbit, near_m: float) -> float:
    """Return the slant range of the swath's near edge: about 30 degrees incidence on the ground."""
    radius = float(np.linalg.norm(ground_point(orbit, 0.0, near_m, 0.0)))
    angle = np.radians(30.2)
    inner = np.sqrt(orbit.radius_m**2 - (radius * np.sin(angle)) ** 2)
    return min(float(inner - radius * np.cos(angle)), near_m - CLOSEST_EDGE_M)
