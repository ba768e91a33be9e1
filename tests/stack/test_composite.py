"""Medians follow the definition: signed linear order, floor, then the mean of two in dB."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import StackError
from landslidectl.grid import Grid, Window
from landslidectl.stack.composite import median_db, open_acquisitions
from landslidectl.stack.contract import StackContract
from landslidectl.terms import Pass, Polarisation, Track

from .scenes import write_geocoded

GRID = Grid(32633, 300_000.0, 4_650_000.0, 10.0, 6, 5)
FLOOR_DB = -48.5
WHOLE = Window(0, 0, 6, 5)
BOTH = (Polarisation.VV, Polarisation.VH)


def slow_median_db(samples: list[float]) -> float:
    """Follow the definition literally, one pixel."""
    present = sorted(sample for sample in samples if not math.isnan(sample))
    if not present:
        return math.nan

    def to_db(sample: float) -> float:
        return 10 * math.log10(max(sample, 10 ** (FLOOR_DB / 10)))

    middle = len(present) // 2
    if len(present) % 2:
        return to_db(present[middle])
    return (to_db(present[middle - 1]) + to_db(present[middle])) / 2


samples = st.one_of(
    st.just(math.nan), st.just(0.0), st.floats(-0.0625, 5.0, width=32), st.floats(1e-6, 1e-4)
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(samples, min_size=n, max_size=n), min_size=1, max_size=12)
    )
)
def test_median_against_the_definition(pixels) -> None:
    values = np.array(pixels, dtype=np.float32).T
    expected = [slow_median_db([float(np.float32(x)) for x in pixel]) for pixel in pixels]
    np.testing.assert_allclose(median_db(values, FLOOR_DB), expected, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(0, 1000))
def test_order_of_acquisitions_does_not_matter(count, seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.gamma(4.0, 0.01, (count, 5, 6)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    found = median_db(values, FLOOR_DB)
    np.testing.assert_array_equal(found, median_db(rng.permutation(values), FLOOR_DB))
    assert found.dtype == np.float32
    assert np.nanmin(found, initial=0.0) >= FLOOR_DB - 1e-4


def test_negatives_count_as_dark_samples() -> None:
    """Dropping them would lift the median of dark ground."""
    values = np.array([-0.01, -0.002, 0.004], np.float32)[:, None]
    assert median_db(values, FLOOR_DB)[0] == pytest.approx(FLOOR_DB, abs=1e-4)
    assert median_db(values[1:], FLOOR_DB)[0] == pytest.approx(
        (FLOOR_DB + 10 * math.log10(0.004)) / 2, abs=1e-4
    )


def test_slices_of_one_overflight_count_once(tmp_path) -> None:
    north, south = np.full((2, 6, 5), np.nan), np.full((2, 6, 5), np.nan)
    north[:, :4], south[:, 3:] = 0.1, 0.2
    other = np.full((2, 6, 5), 0.4)
    scenes = [
        write_geocoded(tmp_path, north.astype(np.float32), -12.0, GRID),
        write_geocoded(tmp_path, south.astype(np.float32), -12.0, GRID),
        write_geocoded(tmp_path, other.astype(np.float32), -24.0, GRID),
    ]
    scenes[1] = replace(scenes[1], scene_id=scenes[1].scene_id + "_NEXT")
    with open_acquisitions(scenes, BOTH) as acquisitions:
        assert len(acquisitions) == 2
        median, counts = acquisitions.median(WHOLE, FLOOR_DB)
    assert (counts == 2).all()
    expected = [10 * math.log10(math.sqrt(x * 0.4)) for x in (0.1, 0.2)]
    np.testing.assert_allclose(median[:, :4], expected[0], atol=1e-5)
    np.testing.assert_allclose(median[:, 4:], expected[1], atol=1e-5)


def test_unobserved_pixels_and_counts(tmp_path) -> None:
    one, two = np.full((2, 6, 5), 0.1, np.float32), np.full((2, 6, 5), 0.1, np.float32)
    one[:, 0], two[:, :2] = np.nan, np.nan
    scenes = [write_geocoded(tmp_path, v, d, GRID) for v, d in ((one, -12.0), (two, -24.0))]
    with open_acquisitions(scenes, BOTH) as acquisitions:
        median, counts = acquisitions.median(WHOLE, FLOOR_DB)
    assert counts[:, 0].tolist() == [0, 1, 2, 2, 2, 2]
    assert np.isnan(median[:, 0]).all()
    np.testing.assert_allclose(median[:, 1:], -10.0, atol=1e-5)


def test_a_polarisation_that_one_scene_lacks_is_refused(tmp_path) -> None:
    both = write_geocoded(tmp_path, np.full((2, 6, 5), 0.1, np.float32), -12.0, GRID)
    single = write_geocoded(tmp_path, np.full((1, 6, 5), 0.1, np.float32), -24.0, GRID)
    with (
        pytest.raises(StackError, match="has no VH"),
        open_acquisitions([both, single], BOTH),
    ):
        pass
    with open_acquisitions([both, single], (Polarisation.VV,)) as acquisitions:
        median, _ = acquisitions.median(WHOLE, FLOOR_DB)
    np.testing.assert_allclose(median, np.full((1, 6, 5), -10.0), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"track": Track(46, Pass.ASCENDING)}, "track"),
        ({"grid": replace(GRID, left=0.0)}, "map grid"),
        ({"contract": StackContract(noise_floor_db=-30.0)}, "contract"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path, change, word) -> None:
    values = np.full((2, 6, 5), 0.1, np.float32)
    scenes = [
        write_geocoded(tmp_path, values, -12.0, GRID),
        replace(write_geocoded(tmp_path, values, -24.0, GRID), **change),
    ]
    with pytest.raises(StackError, match=f"its {word} is"), open_acquisitions(scenes, BOTH):
        pass
    with pytest.raises(StackError, match="no geocoded scene"), open_acquisitions([], BOTH):
        pass
