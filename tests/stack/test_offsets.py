"""Offsets of dates, platforms and sides: planted ones are named, landslides and speckle are not."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.grid import Grid, Window
from landslidectl.stack.offsets import (
    MIN_SAMPLES,
    SAMPLES,
    AcquisitionOffset,
    acquisition_offsets,
    acquisition_warnings,
    median_offset_db,
    sample_slices,
    sample_step,
    side_warnings,
)
from landslidectl.terms import Polarisation

BOTH = (Polarisation.VV, Polarisation.VH)
SIDE = "orbit 46 descending, pre-event"


def samples_of(offsets_db, count: int = 20_000, seed: int = 0) -> np.ndarray:
    """Return speckled land with an offset for each acquisition."""
    rng = np.random.default_rng(seed)
    ground = np.array([0.1, 0.02])[:, None] * np.exp(rng.normal(0.0, 0.3, (2, count)))
    speckle = rng.gamma(4.4, 1 / 4.4, (len(offsets_db), 2, count))
    factor = 10 ** (np.asarray(offsets_db) / 10)
    return (ground * speckle * factor[:, None, None]).astype(np.float32)


def measured(samples: np.ndarray, platforms: str) -> list[AcquisitionOffset]:
    start = datetime(2018, 7, 1, tzinfo=UTC)
    found = acquisition_offsets(samples, BOTH)
    return [
        AcquisitionOffset(f"S1{letter}_{index}", f"S1{letter}", start + timedelta(6 * index), each)
        for index, (letter, each) in enumerate(zip(platforms, found, strict=True))
    ]


@pytest.mark.parametrize("count", [2, 3, 6])
def test_calm_dates_have_no_offset(count) -> None:
    found = acquisition_offsets(samples_of([0.0] * count, SAMPLES), BOTH)
    assert np.abs(found).max() < 0.05


@pytest.mark.parametrize("planted", [2.0, -2.0])
def test_one_date_is_measured_and_named(planted) -> None:
    offsets = measured(samples_of([0.0, 0.0, planted, 0.0]), "AAAA")
    assert offsets[2].offset_db == pytest.approx((planted, planted), abs=0.1)
    assert np.abs([offsets[index].offset_db for index in (0, 1, 3)]).max() < 0.1
    (warning,) = acquisition_warnings(SIDE, offsets, BOTH)
    assert warning.code == "date-offset"
    assert "2018-07-13 (S1A)" in warning.message
    assert ("2.0 dB brighter" if planted > 0 else "2.0 dB darker") in warning.message


def test_of_two_dates_each_takes_half() -> None:
    found = acquisition_offsets(samples_of([1.0, -1.0]), BOTH)
    np.testing.assert_allclose(found, [[1.0, 1.0], [-1.0, -1.0]], atol=0.1)


def test_many_landslides_are_no_offset() -> None:
    samples = samples_of([0.0] * 4)
    samples[3, :, :1000] *= 10**0.8
    found = np.array(acquisition_offsets(samples, BOTH), float)
    assert np.abs(found).max() < 0.2
    assert acquisition_warnings(SIDE, measured(samples, "AAAA"), BOTH) == []


def test_a_platform_is_named_once_and_its_dates_are_not() -> None:
    offsets = measured(samples_of([0.0, 2.0, 0.0, 2.0, 0.0, 2.0]), "ABABAB")
    warnings = acquisition_warnings(SIDE, offsets, BOTH)
    assert [warning.code for warning in warnings] == ["platform-offset"] * 2
    assert "S1A is 2.0 dB darker in VV than S1B" in warnings[0].message
    assert "in VH" in warnings[1].message


def test_one_wet_date_does_not_blame_its_platform() -> None:
    offsets = measured(samples_of([0.0, 0.0, 3.0, 0.0, 0.0]), "AABBA")
    assert [w.code for w in acquisition_warnings(SIDE, offsets, BOTH)] == ["date-offset"]


def test_dark_ground_and_few_pixels_say_nothing() -> None:
    water = samples_of([0.0, 0.0, 2.0]) * np.float32(1e-3)
    assert acquisition_offsets(water, BOTH) == ((None, None),) * 3
    assert acquisition_offsets(samples_of([0.0, 2.0], MIN_SAMPLES - 1), BOTH) == ((None, None),) * 2
    assert acquisition_offsets(samples_of([0.0]), BOTH) == ((None, None),)
    offsets = measured(water, "AAA")
    assert acquisition_warnings(SIDE, offsets, BOTH) == []


def test_dates_that_share_no_pixel_are_left_out() -> None:
    samples = samples_of([0.0, 0.0, 1.5])
    samples[0, :, 10_000:], samples[2, :, :10_000] = np.nan, np.nan
    found = acquisition_offsets(samples, (Polarisation.VV, Polarisation.VH))
    assert found[2][0] == pytest.approx(0.75, abs=0.1)
    samples[1] = np.nan
    assert acquisition_offsets(samples, BOTH) == ((None, None),) * 3


def test_record_round_trip() -> None:
    samples = samples_of([0.0, 1.0, 0.0])
    samples[:, 1] *= np.float32(1e-4)
    for offset in measured(samples, "ABC"):
        assert AcquisitionOffset.from_dict(json.loads(json.dumps(offset.as_dict()))) == offset


def test_sides() -> None:
    assert side_warnings("orbit 46", (0.9, None), BOTH) == []
    (warning,) = side_warnings("orbit 46", (-1.4, 0.2), BOTH)
    assert warning.code == "side-offset"
    assert "1.4 dB darker in VV after" in warning.message
    assert median_offset_db(np.ones(MIN_SAMPLES - 1)) is None
    assert median_offset_db(np.ones(MIN_SAMPLES)) == 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 30), st.integers(1, 9))
def test_blocks_share_one_lattice(rows, cols, side, step) -> None:
    grid = Grid(32633, 0.0, 0.0, 10.0, rows, cols)
    marks = np.arange(rows * cols).reshape(rows, cols)
    found = [marks[w.slices][sample_slices(w, step)].ravel() for w in grid.blocks(side)]
    whole = marks[sample_slices(Window(0, 0, rows, cols), step)].ravel()
    assert sorted(np.concatenate(found)) == sorted(whole)


def test_samples_do_not_grow_with_the_grid() -> None:
    for rows, cols in ((100, 100), (2500, 2500), (17_000, 25_000)):
        step = sample_step(Grid(32633, 0.0, 0.0, 10.0, rows, cols))
        assert len(range(0, rows, step)) * len(range(0, cols, step)) <= 1.02 * SAMPLES
        assert step == 1 or rows * cols / step**2 > SAMPLES / 4
