"""The oracle: bounds what can be seen, and sees it where it is plain."""

import numpy as np
import pytest

from landslidectl.training.judging.oracle import Footprints, NoChange, oracle_scores, share_higher


def smooth(rng, count, side=64):
    """Noise alike in neighbouring pixels, as speckle on a map is; two bands."""
    white = rng.normal(size=(count, side + 2, side + 2, 2))
    return sum(white[:, i : i + side, j : j + side] for i in range(3) for j in range(3)) / 3.0


def footprints(strength, seed, count=60, pixels=20, bias=0.0):
    rng = np.random.default_rng(seed)
    bare = smooth(rng, count)
    inside = np.zeros((count, 64, 64), dtype=bool)
    inside[:, 10 : 10 + pixels, 5 : 5 + pixels] = True
    change = bias + strength * rng.normal(size=(count, 64, 64, 2))
    slid = bare + change * inside[..., np.newaxis]
    return Footprints(slid, bare, inside, np.arange(count, dtype=np.int32) % 6)


def shares(pairs):
    return {name: share_higher(*sides).mean() for name, sides in oracle_scores(pairs).items()}


def test_plain_change_is_always_seen_and_none_never():
    assert min(shares(footprints(4.0, 1)).values()) > 0.98
    assert set(shares(footprints(0.0, 2)).values()) == {0.5}


def test_stronger_change_is_seen_more_often():
    found = [shares(footprints(strength, 3))["energy"] for strength in (0.05, 0.15, 0.6)]
    assert found == sorted(found)
    assert found[-1] > 0.95


def test_what_is_outside_the_footprint_does_not_count():
    pairs = footprints(1.0, 4, count=24)
    outside = ~pairs.inside[..., np.newaxis]
    other = Footprints(pairs.slid + 50 * outside, pairs.bare, pairs.inside, pairs.seed)
    for name, sides in oracle_scores(pairs).items():
        np.testing.assert_allclose(oracle_scores(other)[name][0], sides[0], err_msg=name)


def test_knowing_that_neighbours_are_alike_helps():
    found = shares(footprints(0.12, 5, count=80))
    assert found["whitened"] > found["energy"] + 0.05


def test_knowing_which_way_slides_change_helps():
    found = shares(footprints(0.05, 6, count=120, bias=0.15, pixels=12))
    assert found["trained"] > found["energy"] + 0.1


def test_the_covariance_is_that_of_the_noise():
    quiet = NoChange.of(smooth(np.random.default_rng(7), 60))
    np.testing.assert_allclose(quiet.at_a_pixel, np.eye(2), atol=0.05)
    near = quiet.between(np.array([3, 3, 3]), np.array([4, 5, 9]))[:3, :3]
    assert near[0, 1] == pytest.approx(2 / 3, abs=0.08)
    assert near[0, 2] == pytest.approx(0.0, abs=0.05)
    assert (np.linalg.eigvalsh(quiet.between(*np.nonzero(np.ones((8, 8))))) > 0).all()
