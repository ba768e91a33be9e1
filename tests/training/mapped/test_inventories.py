"""Opening mapped events: zones, hulls, and windows where nobody looked."""

import json

import numpy as np
import pytest

from landslidectl.errors import InputError, ProductError, UsageError
from landslidectl.events import Warned
from landslidectl.grid import Bounds, Grid, Window
from landslidectl.terms import BandSet
from landslidectl.training.mapped.inventories import (
    EventSource,
    MappedEvent,
    _window,
    _zones_meet,
    map_event,
    open_events,
)
from landslidectl.training.mapped.inventory_sets import SplitOptions, build_sets
from landslidectl.training.mapped.mixing import mixed
from landslidectl.training.splits import REAL_EVENT
from tests.training.fakes import patch_set, stack


def _inventory(path, boxes, crs="urn:ogc:def:crs:EPSG::32654"):
    features = []
    for left, bottom, right, top in boxes:
        ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {}, "geometry": shape})
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(
        json.dumps({**collection, "crs": {"type": "name", "properties": {"name": crs}}})
    )
    return path


def _around(grid, row, col, side_m=300.0):
    left, top = grid.left + col * 10, grid.top - row * 10
    return left, top - side_m, left + side_m, top


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ((32654, 740_000.0), (32655, 250_000.0), True),
        ((32654, 740_000.0), (32655, 300_000.0), False),
        ((32654, 740_000.0), (32656, 250_000.0), False),
        ((32660, 740_000.0), (32601, 250_000.0), True),
    ],
)
def test_grids_of_neighbouring_zones_meet_where_their_ground_does(one, other, meet):
    grids = [Grid(epsg, left, 4_700_000.0, 10.0, 1000, 1200) for epsg, left in (one, other)]
    assert _zones_meet(*grids) is meet
    assert _zones_meet(*reversed(grids)) is meet


def test_the_part_of_a_grid_in_a_box_stays_inside_the_grid():
    grid = Grid(32654, 500_000.0, 4_700_000.0, 10.0, 100, 80)
    assert _window(grid, Bounds(0.0, 0.0, 1e6, 1e7)) == Window(0, 0, 100, 80)
    inner = _window(grid, Bounds(500_105.0, 4_699_505.0, 500_395.0, 4_699_795.0))
    assert inner == Window(20, 10, 30, 30)


def test_only_the_ground_near_the_polygons_counts_as_looked_at(tmp_path):
    built = stack(tmp_path, side=600)
    inventory = _inventory(tmp_path / "i.geojson", [_around(built.grid, 100, 100)])
    (part,) = map_event(MappedEvent("a", REAL_EVENT, (built,), inventory))
    assert part.source.slides.sum() == 900
    assert part.source.window == Window(0, 0, 259, 259)
    assert part.mapped[115, 115]
    assert part.mapped[115, 250]
    assert not part.mapped[-1, -1], "the margin is a distance, not a box"


def test_a_stack_without_a_polygon_is_told_of_and_left_out(tmp_path):
    (tmp_path / "b").mkdir()
    near, far = stack(tmp_path), stack(tmp_path / "b")
    far.grid = Grid(32654, 600_000.0, 4_700_000.0, 10.0, 300, 300)
    inventory = _inventory(tmp_path / "i.geojson", [_around(near.grid, 100, 100)])
    told = []
    parts = map_event(MappedEvent("a", REAL_EVENT, (near, far), inventory), told.append)
    assert [part.source.stack for part in parts] == [near]
    assert [type(one) for one in told] == [Warned]


def test_broken_polygons_are_repaired_and_told_of(tmp_path):
    built = stack(tmp_path)
    path = _inventory(tmp_path / "i.geojson", [_around(built.grid, 100, 100)])
    content = json.loads(path.read_text())
    ring = content["features"][0]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    path.write_text(json.dumps(content))
    told = []
    (part,) = map_event(MappedEvent("a", REAL_EVENT, (built,), path), told.append)
    assert part.source.slides.any()
    assert ["1 polygons cross themselves" in one.message for one in told] == [True]


@pytest.mark.parametrize(
    ("stacks", "inventory", "error", "words"),
    [
        ("slides.gpkg", "stacked", UsageError, "is a file and .* a folder"),
        ("stacked", "stacked", ProductError, "a folder, expected the file of the polygons"),
        ("stacked", "none.gpkg", ProductError, "no such file"),
    ],
)
def test_paths_that_cannot_be_meant_are_refused(tmp_path, stacks, inventory, error, words):
    (tmp_path / "stacked").mkdir()
    (tmp_path / "slides.gpkg").touch()
    source = EventSource("a", tmp_path / stacks, tmp_path / inventory)
    with pytest.raises(error, match=words) as caught:
        open_events([source], BandSet.VV_VH, None)
    assert "in this order" in caught.value.hint


def test_too_few_patches_are_counted_by_event_and_the_hint_fits(tmp_path):
    built = stack(tmp_path, side=400)
    one = _inventory(tmp_path / "one.geojson", [_around(built.grid, 100, 100)])
    with pytest.raises(InputError, match="In all, a gives ") as caught:
        build_sets([MappedEvent("a", REAL_EVENT, (built,), one)], SplitOptions(3))
    assert "--seed" in caught.value.hint
    whole = _inventory(tmp_path / "all.geojson", [_around(built.grid, 0, 0, 4000.0)])
    with pytest.raises(InputError, match="train has 0 patches without, needs 20"):
        build_sets([MappedEvent("a", REAL_EVENT, (built,), whole)], SplitOptions(3))


def test_events_that_cover_the_same_ground_share_its_blocks(tmp_path):
    """Two inventories of one place: what one event trains on is no test of the other."""
    built = stack(tmp_path, side=900)
    boxes = [_around(built.grid, 60 + 140 * i, 60 + 140 * j) for i in range(6) for j in range(6)]
    inventory = _inventory(tmp_path / "i.geojson", boxes)
    events = [MappedEvent(name, REAL_EVENT + n, (built,), inventory) for n, name in enumerate("ab")]
    made = build_sets(events, SplitOptions(3))
    places = {
        split: {(int(r), int(c)) for r, c in zip(patches.row, patches.col, strict=True)}
        for split, patches in made.sets.items()
    }
    painted = np.zeros((1000, 1000), np.uint8)
    origin = (
        min(r for part in places.values() for r, _ in part),
        min(c for part in places.values() for _, c in part),
    )
    for bit, part in zip((1, 2, 4), places.values(), strict=True):
        for row, col in part:
            at = (
                slice(row - origin[0], row - origin[0] + 64),
                slice(col - origin[1], col - origin[1] + 64),
            )
            painted[at] |= bit
    assert set(np.unique(painted)) <= {0, 1, 2, 4}
    assert set(made.sets[next(iter(made.sets))].seed) == {REAL_EVENT, REAL_EVENT + 1}


def test_simulation_is_mixed_in_up_to_a_share_and_pairs_stay_pairs():
    real, simulated = patch_set(60, REAL_EVENT), patch_set(90, 4)
    for share in (0.2, 0.5):
        both = mixed(real, simulated, share, seed=1)
        drawn = both.seed < REAL_EVENT
        assert share - 0.05 < drawn.mean() <= share
        numbers, counts = np.unique(both.pair[drawn & (both.pair >= 0)], return_counts=True)
        assert numbers.size
        assert (counts == 2).all()
    few = mixed(real, patch_set(6, 4), 0.5, seed=1)
    assert (few.seed < REAL_EVENT).sum() == 6
    with pytest.raises(UsageError, match="--mix-share 1"):
        mixed(real, simulated, 1.0, 1)
    with pytest.raises(InputError, match="not all simulated"):
        mixed(real, real, 0.5, 1)
