"""Beside regions without values nothing counts as measured; single zeros cost only themselves."""

import numpy as np
import pytest

from landslidectl.grid import Window
from landslidectl.sentinel1.discover import open_scene
from landslidectl.sentinel1.novalue import MIN_RUN, near_no_value
from landslidectl.sentinel1.radiometry import (
    RadiometryOptions,
    open_sigma_nought,
    read_sigma_nought,
)
from landslidectl.terms import Polarisation
from tests.sentinel1.builders import Product, product_files, write_folder

VV = Polarisation.VV
LINES, SAMPLES = 60, 200


def numbers():
    """Return a scene with a rim in steps on three sides, and zeros inside that are data."""
    values = np.full((LINES, SAMPLES), 50, dtype=np.uint16)
    values[:, 190:] = 0
    values[:25, :30] = 0
    values[:12, :70] = 0
    values[55:, :90] = 0
    values[30, 100] = 0
    values[40, 100 : 100 + MIN_RUN - 1] = 0
    return values


def scene_of(tmp_path, values):
    product = Product(lines=LINES, samples=SAMPLES, numbers=values)
    return open_scene(write_folder(product_files(product, tmp_path), tmp_path / "a.SAFE"))


def test_valid_samples_near_the_border_are_given_up(tmp_path):
    lost = np.isnan(read_sigma_nought(scene_of(tmp_path, numbers()), VV, Window(0, 0, 60, 200)))
    assert lost[30:50, 188:].all()
    assert not lost[30:50, 110:188].any()
    assert lost[:27, :32].all()
    assert not lost[27:53, :95].any()
    assert lost[:14, :72].all()
    assert not lost[:50, 72:100].any()
    assert lost[53:, :92].all()


def test_single_zeros_and_short_runs_do_not_grow(tmp_path):
    lost = np.isnan(read_sigma_nought(scene_of(tmp_path, numbers()), VV, Window(0, 0, 60, 200)))
    assert lost[28:33, 98:103].sum() == 1
    assert lost[37:44, 95:112].sum() == MIN_RUN - 1
    values = numbers()
    values[40, 100 : 100 + MIN_RUN] = 0
    assert near_no_value(values, 2)[38:43, 98 : 100 + MIN_RUN + 2].all()


@pytest.mark.parametrize("edge", [0, 1])
def test_a_short_run_at_the_edge_of_the_measurement_is_border(edge):
    values = np.full((5, 40), 50, dtype=np.uint16)
    values[2, 39 * edge] = 0
    assert near_no_value(values, 2) is None
    beside = near_no_value(values, 2, (edge == 0, edge == 1))
    assert beside.sum() == 15


@pytest.mark.parametrize(("margin", "lost"), [(0, 10), (1, 11), (4, 14)])
def test_the_margin_is_an_option(tmp_path, margin, lost):
    options = RadiometryOptions(no_value_margin=margin)
    sigma = read_sigma_nought(scene_of(tmp_path, numbers()), VV, Window(35, 0, 1, 200), options)
    assert np.isnan(sigma[0, 150:]).sum() == lost


def test_a_border_does_not_depend_on_the_window(tmp_path):
    rng = np.random.default_rng(2)
    values = numbers()
    values[rng.random(values.shape) < 0.3] = 0
    with open_sigma_nought(scene_of(tmp_path, values), VV) as source:
        whole = source.read(Window(0, 0, LINES, SAMPLES))
        assert np.isnan(whole).sum() > (values == 0).sum() + 50
        for line in range(0, LINES, 7):
            np.testing.assert_array_equal(
                source.read(Window(line, 90, 7, 100)),
                np.pad(whole, ((0, 9), (0, 0)), constant_values=np.nan)[line : line + 7, 90:190],
            )


def test_inside_a_scene_only_the_zeros_are_looked_for():
    assert near_no_value(np.full((40, 40), 7, dtype=np.uint16), 2) is None


def test_the_edge_of_a_measurement_with_signal_is_kept(tmp_path):
    """Adjacent slices have signal up to their first and last line and must join."""
    values = np.full((LINES, SAMPLES), 50, dtype=np.uint16)
    sigma = read_sigma_nought(scene_of(tmp_path, values), VV, Window(0, 0, LINES, SAMPLES))
    assert not np.isnan(sigma).any()
