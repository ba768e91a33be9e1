"""Real data on which nothing slid: how it is read, and what is counted."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslidectl.errors import InputError
from landslidectl.files.rasters import RasterLayout, write_raster
from landslidectl.grid import Grid
from landslidectl.terms import BandSet
from landslidectl.training.judging.no_change import (
    QuietStack,
    finer,
    judge_quiet_stack,
    judge_real_patch,
    read_quiet_stack,
)

GRID = Grid(32754, 759750.0, 9407190.0, 30.0, 34, 40)


class Fixed:
    """A scorer that finds every window equally bad, and remembers what it saw."""

    def __init__(self, score, bands=BandSet.VV_VH, threshold=0.5):
        self.model = SimpleNamespace(window=64, bands=bands, threshold=threshold)
        self.value = score
        self.seen = []

    def score(self, windows):
        self.seen.append(windows)
        return np.full(len(windows), self.value, dtype=np.float32)


def write_dates(folder, dates, polarisations=("VV", "VH")):
    rng = np.random.default_rng(1)
    for day in dates:
        for name in polarisations:
            path = folder / f"OPERA_L2_RTC-S1_T009_202401{day:02d}T084748Z_x_{name}_tv_cropped.tif"
            values = rng.gamma(40.0, 0.004, GRID.shape).astype(np.float32)
            write_raster(path, GRID, [values], RasterLayout((name,), nodata=float("nan")))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(2, 6), st.integers(2, 6))
def test_interpolation_keeps_planes_and_ranges(factor, rows, cols):
    row, col = np.mgrid[:rows, :cols].astype(np.float32)
    plane = 2 * row - col
    fine = finer(plane, factor)
    assert fine.shape == (rows * factor, cols * factor)
    assert fine.min() >= plane.min() - 1e-5
    assert fine.max() <= plane.max() + 1e-5
    inner = fine[factor : -factor or None, factor : -factor or None]
    steps = np.diff(inner, axis=0)
    np.testing.assert_allclose(steps, 2.0 / factor, atol=1e-4)


def test_one_date_is_after_and_the_median_of_the_others_before(tmp_path):
    write_dates(tmp_path, [1, 13, 25])
    stack = read_quiet_stack(tmp_path)
    assert stack.grid.pixel_m == 10.0
    assert stack.grid.bounds == GRID.bounds
    bands = stack.bands(1, speckled=False)
    decibel = 10 * np.log10(stack.values)
    np.testing.assert_allclose(bands[:2], decibel[1], atol=1e-4)
    np.testing.assert_allclose(bands[2:], decibel[1] - decibel[[0, 2]].mean(axis=0), atol=1e-4)


def test_speckle_put_back_is_speckle_and_always_the_same(tmp_path):
    write_dates(tmp_path, [1, 13, 25])
    stack = read_quiet_stack(tmp_path)
    bands = stack.bands(0, speckled=True)
    assert 1.5 < bands[2:].std() < 4.0
    np.testing.assert_array_equal(bands, stack.bands(0, speckled=True))


def test_alarms_are_counted_as_regions_and_windows(tmp_path):
    write_dates(tmp_path, [1, 13, 25])
    stack = read_quiet_stack(tmp_path)
    loud = judge_quiet_stack(Fixed(0.9), stack)["speckled"]
    assert loud["windows"] == loud["windows_over"] == 3 * 3 * 3
    assert loud["regions"] == 3, "each map is one region"
    assert loud["looked_at_km2"] == pytest.approx(3 * GRID.area_km2, abs=1e-3)
    assert loud["false_per_100_km2"] == pytest.approx(100 / GRID.area_km2, abs=0.01)
    calm = judge_quiet_stack(Fixed(0.1), stack)["despeckled"]
    assert calm["regions"] == calm["windows_over"] == 0
    assert calm["false_per_100_km2_at_most"] == pytest.approx(300 / calm["looked_at_km2"], rel=0.01)
    assert sum(calm["histogram"]) == calm["windows"]


def test_a_network_of_one_polarisation_sees_its_own_bands(tmp_path):
    write_dates(tmp_path, [1, 13, 25])
    stack = read_quiet_stack(tmp_path)
    scorer = Fixed(0.1, BandSet.VV)
    judge_quiet_stack(scorer, QuietStack(stack.dates, stack.values, stack.grid))
    assert scorer.seen[0].shape[-1] == 2
    np.testing.assert_allclose(scorer.seen[0][0, :, :, 1], stack.bands(0, True)[2, :64, :64])


def test_too_few_dates_are_refused(tmp_path):
    write_dates(tmp_path, [1, 13])
    write_dates(tmp_path, [25], ["VV"])
    with pytest.raises(InputError, match="2 dates"):
        read_quiet_stack(tmp_path)


def test_the_real_patch_is_taken_by_its_bands(tmp_path):
    pixels = np.arange(12.0) + np.zeros((64, 64, 12))
    np.save(tmp_path / "patch.npy", pixels)
    scorer = Fixed(0.7, BandSet.VV)
    record = judge_real_patch(scorer, tmp_path / "patch.npy", np.linspace(0, 1, 11))
    assert [window[0, 0, 0].tolist() for window in scorer.seen] == [[4.0, 6.0], [8.0, 10.0]]
    assert record["ascending"]["over"] is True
    assert record["descending"]["share_of_simulated_others_below"] == pytest.approx(
        7 / 11, abs=1e-3
    )
    np.save(tmp_path / "other.npy", pixels[:32])
    with pytest.raises(InputError, match="shape"):
        judge_real_patch(scorer, tmp_path / "other.npy")


def test_the_real_stack_is_read_whole(shared_data):
    stack = read_quiet_stack(shared_data / "landslides" / "opera_rtc_png2024")
    assert len(stack.dates) == 10
    assert stack.grid.area_km2 == pytest.approx(13.5)
    bands = stack.bands(4, speckled=False)
    assert np.median(bands[0]) == pytest.approx(-7.8, abs=0.5), "tropical forest"
    assert 0.2 < bands[2].std() < 0.8, "despeckled, nothing changed"
