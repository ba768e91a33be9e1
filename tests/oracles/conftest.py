"""One simulated overflight for every combination of latitude, relief and pass."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from landslidectl.files.rasters import read_bands
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.terms import Pass
from landslidectl.terrain.dem import Dem
from tests.oracles.world import Flight, Site, fly

# name, longitude, latitude, heights of the flat and of the foot of the mountains, incidence angle.
# All lie on corners of one-degree tiles: at 60 S their widths differ, at the equator the hemisphere
# changes, at 18 W the zone of the map. The mountains rise 1350 m.
PLACES = (
    ("60S", -45.0, -60.0, 0.0, 0.0, 33.0),
    ("equator", -78.0, 0.001, 4000.0, 2650.0, 36.6),
    ("65N", -18.0, 65.0, 1200.0, 1300.0, 43.0),
)
SITES = [
    Site(name, lon, lat, foot if relief else flat, relief, direction, angle)
    for (name, lon, lat, flat, foot, angle), relief, direction in product(
        PLACES, (False, True), (Pass.ASCENDING, Pass.DESCENDING)
    )
]


@dataclass(frozen=True)
class Mapped:
    """A flight that went the real way: product and tiles, then elevation model, then map."""

    flight: Flight
    dem: Dem

    def values(self, name: str = "map", options: GeocodeOptions | None = None) -> NDArray:
        """Return sigma nought on the map, shape (VV and VH, row, column)."""
        out = self.flight.folder / f"{name}.tif"
        if not out.exists():
            geocode_scene(self.flight.scene(), self.dem, self.flight.site.grid, out, options)
        return np.asarray(read_bands(out))


@pytest.fixture(scope="session", params=SITES, ids=str)
def mapped(request, tmp_path_factory) -> Mapped:
    flight = fly(request.param, tmp_path_factory.mktemp("flight"))
    return Mapped(flight, flight.dem())
