"""Where windows are put: round every polygon, not too much over one another."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.evaluation.inventory import burn
from landslidectl.training.cutting import Kind, Places, Source, window_share
from landslidectl.training.mapped.placing import Amounts, Candidates, candidates, chosen, thinned
from landslidectl.training.splits import SHARES, SPLITS, Split
from tests.training.fakes import stack


@pytest.fixture
def offered(tmp_path):
    built = stack(tmp_path)
    left, top = built.grid.left, built.grid.top
    shapes = [shapely.box(left + x, top - y - 250, left + x + 250, top - y) for x, y in PLACES]
    source = Source(built, burn(shapes, built.grid), 1)
    return source, shapes, candidates(source, shapes, np.random.default_rng(1))


PLACES = ((300, 300), (1500, 400), (900, 2300))


def test_every_polygon_has_windows_that_are_landslides(offered):
    source, shapes, found = offered
    positive = found.kinds == Kind.POSITIVE
    assert positive.sum() > 40
    row, col = found.places.row[positive], found.places.col[positive]
    assert (window_share(source.slides, row, col) > 0.05).all()
    for shape in shapes:
        alone = burn([shape], source.grid)
        assert (window_share(alone, row, col) > 0.05).any()
    assert {Kind(kind) for kind in found.kinds} == set(Kind)


def test_windows_lie_inside_and_once(offered):
    source, _, found = offered
    places = np.column_stack([found.places.row, found.places.col])
    assert places.min() >= 0
    assert (places + 64 <= np.array(source.grid.shape)).all()
    assert len(np.unique(places, axis=0)) == len(places)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    overlap=st.sampled_from([0.0, 0.3, 0.5, 0.8]),
    most=st.integers(0, 60),
)
def test_kept_windows_overlap_no_more_than_allowed(seed, overlap, most):
    rng = np.random.default_rng(seed)
    row, col = rng.integers(0, 300, (2, 120))
    places = Places(row, col, np.zeros(120))
    order = rng.permutation(120)
    kept = thinned(places, order, most, overlap)
    assert kept.size <= most
    near = [64 - np.abs(at[kept][:, None] - at[kept]) for at in (row, col)]
    shared = np.maximum(near[0], 0) * np.maximum(near[1], 0) / 64**2
    np.fill_diagonal(shared, 0.0)
    assert shared.max(initial=0.0) <= overlap
    if kept.size < most:
        left = np.setdiff1d(order, kept)
        for index in left:
            one = [np.maximum(64 - np.abs(at[kept] - at[index]), 0) for at in (row, col)]
            assert (one[0] * one[1] / 64**2 > overlap).any(), "none was left that would fit"


def test_amounts_are_shared_among_the_sets_and_dropped_windows_stay_out(offered):
    _, _, found = offered
    splits = np.random.default_rng(2).integers(-1, 3, found.kinds.size).astype(np.int8)
    amounts = Amounts(positives=20, enough=20, small=0.5, empty=2.0, least_empty=10)
    kept = chosen(found, splits, amounts, SHARES, np.random.default_rng(1))
    assert (splits[kept] >= 0).all()
    assert np.unique(kept).size == kept.size
    train = kept[splits[kept] == SPLITS.index(Split.TRAIN)]
    counts = [int((found.kinds[train] == kind).sum()) for kind in Kind]
    assert counts[Kind.POSITIVE] == 12
    assert counts[Kind.SMALL] <= 6
    test_only = chosen(found, splits, amounts, {Split.TEST: 1.0}, np.random.default_rng(1))
    assert set(splits[test_only]) == {SPLITS.index(Split.TEST)}


def test_a_small_inventory_gets_more_overlap_instead_of_too_few_windows():
    rng = np.random.default_rng(1)
    row, col = rng.integers(0, 64, (2, 400))
    offered = Candidates(Places(row, col, np.ones(400)), np.zeros(400, np.int8))
    splits = np.zeros(400, np.int8)
    few, many = (
        chosen(offered, splits, Amounts(enough=enough), {Split.TRAIN: 1.0}, rng).size
        for enough in (1, 400)
    )
    assert 2 <= few < 8
    assert many >= 2 * few
