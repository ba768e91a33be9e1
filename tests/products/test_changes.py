"""What became of detections from one product to another."""

import pytest
import shapely

from landslidectl.errors import ProductError
from landslidectl.products.changes import Told, changes_as_json, changes_between, follow
from landslidectl.products.reading import open_stored
from landslidectl.products.write import write_product
from tests.products import tampering
from tests.products.samples import make_request

SIDE = 0.01


def told(name: str, lon: float, width: float = SIDE, status: str = "first") -> Told:
    outline = shapely.box(lon, 40.0, lon + width, 40.0 + SIDE)
    return Told(name, outline, 2.0, status, lon, 40.0)


def names(items: tuple[Told, ...]) -> list[str]:
    return [item.det_id for item in items]


def test_every_detection_has_its_place() -> None:
    before = [told("same", 1.0), told("old name", 2.0), told("gone", 3.0), told("grown", 4.0)]
    after = [
        told("same", 1.0, status="confirmed"),
        told("new name", 2.0),
        told("new", 5.0),
        told("grown", 4.0, width=2 * SIDE),
    ]
    changes = follow(before, after)
    assert names(changes.new) == ["new"]
    assert names(changes.gone) == ["gone"]
    assert names(changes.continued) == ["same", "new name", "grown"]
    assert names(changes.confirmed) == ["same"]
    assert names(changes.redrawn) == ["grown"]
    facts = changes_as_json(changes)
    assert (facts["new"]["count"], facts["new"]["area_ha"]) == (1, 2.0)
    assert facts["gone"]["detections"][0]["det_id"] == "gone"


def test_what_was_confirmed_before_is_not_confirmed_anew() -> None:
    was = [told("a", 1.0, status="confirmed")]
    changes = follow(was, [told("a", 1.0, status="confirmed")])
    assert changes.confirmed == changes.redrawn == changes.new == changes.gone == ()


def test_two_that_became_one_are_redrawn_and_neither_is_gone() -> None:
    before = [told("a", 1.0), told("b", 1.0 + SIDE)]
    changes = follow(before, [told("c", 1.0, width=2 * SIDE)])
    assert names(changes.redrawn) == ["c"]
    assert changes.gone == changes.new == ()


def test_neighbours_without_a_quarter_in_common_are_not_the_same() -> None:
    changes = follow([told("a", 1.0)], [told("b", 1.0 + 0.8 * SIDE)])
    assert names(changes.new) == ["b"]
    assert names(changes.gone) == ["a"]


def test_products_are_read_and_those_of_other_events_refused(tmp_path) -> None:
    one = write_product(make_request(tmp_path / "a")).folder
    two = write_product(make_request(tmp_path / "b")).folder
    tampering.sql(two, "DELETE FROM detections WHERE fid=1")
    changes = changes_between(open_stored(one), open_stored(two))
    assert [len(items) for items in changes.groups.values()] == [0, 1, 1, 0, 0]
    tampering.fact(two, "event", "first", value="2020-01-01T00:00:00Z")
    with pytest.raises(ProductError, match="are of different events"):
        changes_between(open_stored(one), open_stored(two))
