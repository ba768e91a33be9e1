"""Synthetic scenes, geometries and rasters that the tests of this room share."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid, Window, utm_epsg
from landslidectl.sentinel1.annotation import GroundRangeRecords, StateVectors
from landslidectl.sentinel1.geometry import SceneGeometry
from landslidectl.sentinel1.ground_range import GroundRange
from landslidectl.sentinel1.orbit import Orbit
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.terms import EventTime, Pass, Polarisation, Track

EVENT = EventTime(
    datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC), datetime(2018, 9, 5, 18, 7, 59, tzinfo=UTC)
)
TRACK = Track(46, Pass.DESCENDING)
BOTH = (Polarisation.VV, Polarisation.VH)
SQUARE = ((141.0, 42.0), (143.0, 42.0), (143.0, 43.5), (141.0, 43.5))


def make_scene(days: float = -12.0, seconds: float = 25.0, **changes: object) -> Scene:
    """Return a scene that starts ``days`` after the event and lasts ``seconds``."""
    start = EVENT.first + timedelta(days=days)
    stop = start + timedelta(seconds=seconds)
    datatake = f"{round((days + 500) * 1000):06X}"
    scene = Scene(
        scene_id=f"S1A_IW_GRDH_1SDV_{start:%Y%m%dT%H%M%S}_{stop:%Y%m%dT%H%M%S}",
        path=Path("scene.SAFE"),
        platform="S1A",
        product_type="GRDH",
        polarisations=BOTH,
        track=TRACK,
        absolute_orbit=23565,
        datatake=datatake,
        start=start,
        stop=stop,
        ipf="2.91",
        timeliness="Fast-24h",
        footprint=SQUARE,
        recorded=BOTH,
        members={},
    )
    return replace(scene, **changes)


@dataclass(frozen=True)
class LevelDem:
    """A DEM of one height."""

    grid: Grid
    height_m: float = 300.0
    is_flat: bool = False
    path: Path = Path("dem.tif")

    def heights(self, window: Window) -> np.ndarray:
        """Return the height everywhere."""
        return np.full(window.shape, self.height_m, dtype=np.float32)

    def water(self, window: Window) -> np.ndarray:
        """Return land everywhere."""
        return np.zeros(window.shape, dtype=np.bool_)


def circular_geometry(
    lat_deg: float, direction: Pass, lines: int = 16000, samples: int = 26000
) -> tuple[SceneGeometry, tuple[float, float]]:
    """Return a scene from a circular orbit 700 km up, and (lon, lat) of a point at mid-swath."""
    radius, inclination = 7_071_000.0, np.radians(98.18)
    rate = np.sqrt(3.986e14 / radius**3)
    node = np.array([1.0, 0.0, 0.0])
    summit = np.array([0.0, np.cos(inclination), np.sin(inclination)])
    start = np.arcsin(np.sin(np.radians(lat_deg)) / np.sin(inclination))
    start = start if direction is Pass.ASCENDING else np.pi - start
    line_interval_s = 1.5e-3
    times = np.arange(-60.0, lines * line_interval_s + 60.0, 10.0)
    angle = (start + rate * (times - lines * line_interval_s / 2))[:, None]
    positions = radius * (np.cos(angle) * node + np.sin(angle) * summit)
    velocities = radius * rate * (-np.sin(angle) * node + np.cos(angle) * summit)
    records = GroundRangeRecords(
        np.array([-1.0, 8.0, 25.0]),
        np.full(3, 800_000.0),
        np.array([[0.0, 2.06, -2.1e-6], [40.0, 2.061, -2.1e-6], [-60.0, 2.058, -2.09e-6]]),
    )
    geometry = SceneGeometry(
        Orbit.fit(StateVectors(times, positions, velocities)),
        GroundRange(records, 10.0),
        line_interval_s,
        lines,
        samples,
        5.87e-3,
    )
    below = np.cos(start) * node + np.sin(start) * summit
    right = np.cross(-np.sin(start) * node + np.cos(start) * summit, below)
    ground = np.cos(np.radians(4.3)) * below + np.sin(np.radians(4.3)) * right
    lon, lat = np.degrees(np.arctan2(ground[1], ground[0])), np.degrees(np.arcsin(ground[2]))
    return geometry, (float(lon), float(lat))


def grid_at(lon_deg: float, lat_deg: float, rows: int, cols: int, east_deg: float = 0.0) -> Grid:
    """Return a grid centred on a point, in the zone of a point ``east_deg`` further east."""
    from rasterio.warp import transform

    epsg = utm_epsg(lon_deg + east_deg, lat_deg)
    x, y = transform("EPSG:4326", f"EPSG:{epsg}", [lon_deg], [lat_deg])
    left, top = round(x[0] / 10 - cols / 2) * 10.0, round(y[0] / 10 + rows / 2) * 10.0
    return Grid(epsg, left, top, 10.0, rows, cols)


def write_geocoded(
    folder: Path, values: np.ndarray, days: float, grid: Grid, **changes: object
) -> GeocodedScene:
    """Write linear values (polarisation, row, col) as a geocoded scene."""
    scene = make_scene(days)
    polarisations = BOTH[: len(values)]
    path = folder / f"{scene.scene_id}_{len(list(folder.iterdir()))}.tif"
    layout = RasterLayout(tuple(str(name) for name in polarisations), nodata=float("nan"))
    write_raster(path, grid, list(values), layout)
    geocoded = GeocodedScene(
        path,
        scene.scene_id,
        grid,
        polarisations,
        scene.track,
        scene.start,
        scene.stop,
        scene.datatake,
        StackContract(),
    )
    return replace(geocoded, **changes)
