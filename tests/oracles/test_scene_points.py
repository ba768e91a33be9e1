"""Planted point targets must appear where the forward model put them, to a tenth of a pixel.

Flat and mountainous, ascending and descending, at 60 S, the equator and 65 N, and across the
antimeridian; in the radar's raster, and on the map after elevation model and geocoding.
"""

import numpy as np
import pytest

from landslidectl.simulation.targets import target_places
from landslidectl.terms import Pass
from tests.oracles.conftest import Mapped
from tests.oracles.measure import offsets, radar_places, radar_values
from tests.oracles.world import Site, fly

TOLERANCE_PX = 0.1


def test_targets_appear_at_their_line_and_pixel(mapped: Mapped) -> None:
    flight = mapped.flight
    places = radar_places(flight)
    truth = np.stack(target_places(flight.targets, flight.frame), axis=1)
    assert np.abs(places - truth).max() < 2e-3
    assert np.abs(offsets(radar_values(flight), places)).max() < TOLERANCE_PX


def test_targets_appear_at_their_place_on_the_map(mapped: Mapped) -> None:
    for band in mapped.values():
        assert np.abs(offsets(band, mapped.flight.map_places())).max() < TOLERANCE_PX


@pytest.mark.parametrize("lon", [179.999, -179.999], ids=["zone60", "zone1"])
def test_targets_on_both_sides_of_the_antimeridian(lon, tmp_path) -> None:
    site = Site("antimeridian", lon, -16.8, 100.0, True, Pass.DESCENDING)
    flight = fly(site, tmp_path)
    assert {target.lon > 0.0 for target in flight.targets} == {True, False}
    mapped = Mapped(flight, flight.dem())
    for band in mapped.values():
        assert np.abs(offsets(band, flight.map_places())).max() < TOLERANCE_PX
