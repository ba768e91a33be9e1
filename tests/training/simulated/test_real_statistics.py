"""The real table and the statistics that patches made here are compared by."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landslidectl.errors import InputError
from landslidectl.training.simulated.real_statistics import (
    NAMES,
    RealTable,
    read_table,
    split_table,
    statistics_of,
)


def table(rows: int, positives: int) -> RealTable:
    labels = np.arange(rows) < positives
    values = np.arange(rows * 24, dtype=np.float32).reshape(rows, 24)
    return RealTable(labels, values, -values)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_statistics_are_those_of_the_textbook(seed):
    rng = np.random.default_rng(seed)
    windows = rng.gamma(2.0, 3.0, size=(3, 64, 64, 4)).astype(np.float16) - np.float16(20)
    found = statistics_of(windows).reshape(3, 4, 6)
    flat = windows.astype(np.float64).reshape(3, -1, 4)
    for index, value in enumerate(
        (
            flat.mean(axis=1),
            flat.std(axis=1),
            flat.min(axis=1),
            flat.max(axis=1),
            stats.kurtosis(flat, axis=1),
            stats.skew(flat, axis=1),
        )
    ):
        np.testing.assert_allclose(found[:, :, index], value, rtol=2e-4, atol=2e-4)


def test_a_flat_band_has_no_shape_and_nothing_has_no_rows():
    found = dict(zip(NAMES, statistics_of(np.full((1, 64, 64, 4), -9.0))[0], strict=True))
    assert found["post_VV_std"] == found["post_VV_kurt"] == found["post_VV_skew"] == 0.0
    assert statistics_of(np.empty((0, 64, 64, 4))).shape == (0, 24)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 80), st.data())
def test_the_split_keeps_every_row_once_and_both_labels_in_half(rows, data):
    whole = table(rows, data.draw(st.integers(1, rows - 1)))
    calibration, test = split_table(whole)
    np.testing.assert_array_equal(np.sort(np.concatenate([calibration, test])), np.arange(rows))
    for label in (True, False):
        halves = [int((whole.labels[part] == label).sum()) for part in (calibration, test)]
        assert halves[1] - halves[0] in (0, 1)
    np.testing.assert_array_equal(split_table(whole)[0], calibration)


def test_another_seed_splits_otherwise():
    whole = table(400, 80)
    assert not np.array_equal(split_table(whole)[0], split_table(whole, seed=1)[0])


def test_what_is_no_table_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("label,band5_mean\n1,2\n")
    with pytest.raises(InputError, match="not a table"):
        read_table(path)
    other = tmp_path / "table.csv.gz"
    other.write_bytes(gzip.compress(b"label\n1\n")[:-6])
    with pytest.raises(InputError, match="not a table"):
        read_table(other)


def test_the_real_table_is_read_whole(shared_data):
    whole = read_table(shared_data / "landslides" / "real_patch_statistics.csv.gz")
    assert len(whole) > 3000
    assert whole.labels.mean() == pytest.approx(0.176, abs=0.01)
    for values in (whole.descending, whole.ascending):
        bands = values.reshape(-1, 4, 6)
        assert np.isfinite(values).all()
        assert (bands[..., 2] <= bands[..., 0]).all(), "no minimum above the mean"
        assert (bands[..., 3] >= bands[..., 0]).all()
        assert np.median(bands[:, 0, 0]) > np.median(bands[:, 1, 0]), "VV is above VH"
