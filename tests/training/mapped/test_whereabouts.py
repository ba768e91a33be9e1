"""Saying where polygons and stacks lie when they do not meet."""

from pathlib import Path

import pytest
import shapely

from landslidectl.errors import ProductError
from landslidectl.evaluation.inventory import Inventory
from landslidectl.training.mapped.inventories import MappedEvent, map_event
from landslidectl.training.mapped.whereabouts import nowhere
from landslidectl.training.splits import REAL_EVENT
from tests.evaluation.world import write_layer
from tests.training.fakes import stack


def _square(lon, lat):
    return shapely.box(lon, lat, lon + 0.002, lat + 0.002)


@pytest.mark.parametrize(
    ("lon", "lat", "place", "hint"),
    [
        (146.0, 42.4, "42.40° N 146.00° E", "coordinate system"),
        (-70.0, -20.0, "20.00° S 70.00° W", "coordinate system"),
        (42.44, 80.5, "80.50° N 42.44° E", "coordinate system"),
    ],
)
def test_both_places_are_named(tmp_path, lon, lat, place, hint):
    built = stack(tmp_path)
    path = tmp_path / "slides.gpkg"
    write_layer(path, "slides", [_square(lon, lat)], "EPSG:4326", append=False)
    told = []
    with pytest.raises(ProductError, match=f"round {place}, the stacks round 42.44") as caught:
        map_event(MappedEvent("a", REAL_EVENT, (built,), path), told.append)
    assert hint in caught.value.hint
    assert not told, "one error is enough"


def test_exchanged_longitude_and_latitude_are_recognised(tmp_path):
    built = stack(tmp_path)
    built.grid = type(built.grid)(32631, 500_000.0, 5_000_000.0, 10.0, 300, 300)
    path = tmp_path / "slides.gpkg"
    write_layer(path, "slides", [_square(45.14, 3.02)], "EPSG:4326", append=False)
    with pytest.raises(ProductError, match="none of its 1 polygons") as caught:
        map_event(MappedEvent("a", REAL_EVENT, (built,), path))
    assert "exchanged" in caught.value.hint


def test_an_empty_inventory_is_called_empty(tmp_path):
    error = nowhere("a", Inventory(Path("e.gpkg"), "", ()), (stack(tmp_path),))
    assert "holds no polygon" in error.message
