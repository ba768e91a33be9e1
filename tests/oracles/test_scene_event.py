"""A whole simulated event: natural relief, and elevation tiles with the errors of real ones.

The tiles are softened to 30 m and err by 0.8 m, which displaces an echo by up to some tenths of a
pixel; the tight bounds are those of the analytic relief in the other oracle tests.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from landslidectl.files.rasters import read_bands
from landslidectl.grid import Bounds, Grid
from landslidectl.sentinel1.discover import find_scenes
from landslidectl.simulation.event import SimulatedEvent, simulate_event
from landslidectl.simulation.fields import bilinear
from landslidectl.simulation.geodesy import map_to_degrees, undulation
from landslidectl.simulation.spec import EventSpec, PointTarget, TrackSpec
from landslidectl.simulation.terrain import COARSE_M, Relief, Terrain
from landslidectl.simulation.view import build_landscape
from landslidectl.stack.geocode import geocode_scene
from landslidectl.terms import Pass
from landslidectl.terrain.dem import DEM_MARGIN_M, build_dem
from tests.oracles.measure import offsets

SPEC = EventSpec(
    seed=21,
    size_km=2.0,
    lon=-72.5,
    lat=-43.0,
    slides=False,
    tracks=(TrackSpec(Pass.DESCENDING, 37.0), TrackSpec(Pass.ASCENDING, 41.0)),
    n_pre=1,
    relief=Relief(slope_deg=24.0, valley_m=2600.0, base_m=300.0),
    zip_every=2,
)
COUNT = 5
APART_M = 350.0
EVEN_NODES, EDGE = 4, 10


@dataclass(frozen=True)
class Seen:
    event: SimulatedEvent
    grid: Grid
    places: np.ndarray
    slopes_deg: np.ndarray


def even_stands(terrain: Terrain, area: Bounds) -> tuple[np.ndarray, np.ndarray]:
    """Return points (x, y) on the most even hillsides of an area, and their slopes, degrees."""
    box = terrain.coarse_box
    top, bottom = (round((box.top - y) / COARSE_M) for y in (area.top, area.bottom))
    left, right = (round((x - box.left) / COARSE_M) for x in (area.left, area.right))
    rows, cols = np.arange(top, bottom), np.arange(left, right)
    row, col = (axis.ravel() for axis in np.meshgrid(rows[EDGE:-EDGE], cols[EDGE:-EDGE]))
    height, far = terrain.coarse.astype(float), EVEN_NODES
    ends = [
        (height[row + far * down, col + far * right], height[row - far * down, col - far * right])
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))
    ]
    bend = sum(np.abs(one + other - 2.0 * height[row, col]) for one, other in ends)
    span = 2.0 * far * COARSE_M
    slope = np.hypot(*[(one - other) / span for one, other in ends[:2]])
    points = np.stack([box.left + col * COARSE_M, box.top - row * COARSE_M], axis=1)
    chosen: list[int] = []
    for index in np.argsort(np.where(slope > 0.25, bend, np.inf)):
        away = [np.hypot(*(points[index] - points[other])) for other in chosen]
        if all(distance > APART_M for distance in away):
            chosen.append(int(index))
        if len(chosen) == COUNT:
            break
    return points[chosen] + 3.3, np.degrees(np.arctan(slope[chosen]))


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    place = build_landscape(SPEC).place
    area = Bounds(place.aoi.left, place.aoi.bottom, place.aoi.right, place.aoi.top)
    grid = Grid.covering(place.epsg, area)
    stands, slopes_deg = even_stands(place.terrain, area)
    x, y = stands.T
    box = place.terrain.coarse_box
    height = bilinear(place.terrain.coarse, (box.top - y) / COARSE_M, (x - box.left) / COARSE_M)
    lon, lat = map_to_degrees(place.epsg, x, y)
    targets = tuple(
        PointTarget(float(one), float(two), float(three), 4.0e5)
        for one, two, three in zip(lon, lat, height + undulation(lon, lat), strict=True)
    )
    spec = EventSpec(
        **{name: getattr(SPEC, name) for name in SPEC.__slots__} | {"targets": targets}
    )
    event = simulate_event(spec, tmp_path_factory.mktemp("event"))
    row, col = (grid.top - y) / grid.pixel_m - 0.5, (x - grid.left) / grid.pixel_m - 0.5
    return Seen(event, grid, np.stack([row, col], axis=1), slopes_deg)


def test_targets_on_natural_hillsides_appear_at_their_place(seen: Seen, tmp_path) -> None:
    assert seen.slopes_deg.min() > 14.0
    dem = build_dem(seen.event.dem, seen.grid.buffered(DEM_MARGIN_M), tmp_path / "dem.tif")
    scenes = find_scenes([seen.event.scenes]).scenes
    assert len(scenes) == 4
    for scene in scenes:
        out = tmp_path / f"{scene.scene_id}.tif"
        geocode_scene(scene, dem, seen.grid, out)
        found = np.hypot(*offsets(np.asarray(read_bands(out)[0]), seen.places).T)
        assert np.median(found) < 0.15 and found.max() < 0.35, scene.scene_id
