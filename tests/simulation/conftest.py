"""One small event that several tests read, and an event of flat, uniform ground."""

from datetime import UTC, datetime

import numpy as np
import pytest

from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.framing import Place
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.landcover import uniform_ground
from landslidectl.simulation.spec import EventSpec, PointTarget, TrackSpec
from landslidectl.simulation.terrain import flat_terrain
from landslidectl.simulation.view import Landscape
from landslidectl.terms import Pass

LON, LAT, EPSG = 13.5, 42.5, 32633
FLAT_M = 700.0
GAMMA_DB = (-7.0, -13.5)


@pytest.fixture(scope="session")
def small_spec() -> EventSpec:
    rng = np.random.default_rng(1)
    targets = tuple(
        PointTarget(LON + dx, LAT + dy, float(rng.uniform(500.0, 1500.0)), 3.0e6)
        for dx, dy in ((0.0, 0.0), (0.004, 0.003), (-0.004, -0.003))
    )
    return EventSpec(
        seed=11,
        size_km=1.6,
        tracks=2,
        n_pre=2,
        lon=LON,
        lat=LAT,
        event=datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC),
        targets=targets,
    )


@pytest.fixture(scope="session")
def small_event(small_spec, tmp_path_factory):
    return simulate_event(small_spec, tmp_path_factory.mktemp("event"))


@pytest.fixture(scope="session")
def flat_landscape() -> Landscape:
    aoi = Box(376000.0, 4706000.0, 377600.0, 4707600.0)
    box = aoi.grown(1200.0)
    terrain = flat_terrain(box, box.grown(2000.0), FLAT_M)
    scenery = uniform_ground(terrain, GAMMA_DB).scenery
    return Landscape(Place(EPSG, aoi, terrain), scenery, scenery, scenery, ())


@pytest.fixture(scope="session", params=[Pass.DESCENDING, Pass.ASCENDING], ids=str)
def flat_view(request, flat_landscape):
    from landslidectl.simulation.view import view_track

    spec = EventSpec(seed=3, lon=LON, lat=LAT)
    return view_track(spec, flat_landscape, TrackSpec(request.param, 36.6, 22))
