"""The fit finds the places it is shown, goes on where it was stopped, and looks at nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import InputError
from landslidectl.simulation.view import build_landscape
from landslidectl.terms import Pass
from landslidectl.training.simulated.latents import AXES, SiteDraw, site_spec
from landslidectl.training.simulated.population import Places
from landslidectl.training.simulated.real_statistics import NAMES, RealTable
from landslidectl.training.simulated.realism import (
    KEPT,
    Bank,
    RealismSettings,
    fit_population,
    nearest,
    scaled,
    site_statistics,
)


def test_the_nearest_patch_of_a_row_is_itself_if_it_is_there() -> None:
    rng = np.random.default_rng(3)
    statistics = rng.normal(size=(300, len(NAMES))).astype(np.float32)
    bank = Bank(Places(rng.random((300, len(AXES))), np.arange(300)), statistics)
    rows = statistics[::7]
    close = nearest(bank, rows, 3)
    assert np.array_equal(close[:, 0], np.arange(0, 300, 7))
    apart = np.linalg.norm(scaled(statistics, rows)[close] - scaled(rows, rows)[:, None], axis=2)
    assert (np.diff(apart, axis=1) >= 0).all()


def test_scaling_makes_every_statistic_count_alike() -> None:
    rng = np.random.default_rng(4)
    rows = (rng.normal(size=(4000, len(NAMES))) * np.geomspace(0.01, 100, len(NAMES))).astype("f4")
    assert scaled(rows, rows).std(axis=0) == pytest.approx(np.ones(len(NAMES)), rel=0.08)


def test_a_landslide_site_gives_a_landslide_patch_and_others_do_not() -> None:
    middle = np.full(len(AXES), 0.5)
    drawn = SiteDraw(middle, 3, 4, True, Pass.ASCENDING)
    assert site_spec(drawn).slides
    values = site_statistics(drawn)
    assert values is not None
    assert values.shape == (len(NAMES),)
    assert -30.0 < values[0] < 5.0


def test_sites_off_the_sea_have_none_and_the_last_places_are_all_sea() -> None:
    place = list(AXES).index("sea")
    low, high = np.full(len(AXES), 0.5), np.full(len(AXES), 0.5)
    low[place], high[place] = 0.3, 0.99

    def sea(point: np.ndarray, landslide: bool) -> float:
        return site_spec(SiteDraw(point, 1, 1, landslide, Pass.ASCENDING)).character.sea

    assert (sea(low, False), sea(high, False), sea(high, True)) == (0.0, 1.0, 0.0)


def test_a_place_keeps_its_relief_and_cover_while_all_else_is_new() -> None:
    middle = np.full(len(AXES), 0.5)
    one, other = (
        build_landscape(site_spec(SiteDraw(middle, 7, seed, True, Pass.ASCENDING)))
        for seed in (1, 2)
    )
    assert np.array_equal(one.before.fine, other.before.fine)
    assert np.array_equal(one.before.vv_db, other.before.vv_db)
    assert [slide.origin for slide in one.slides] != [slide.origin for slide in other.slides]
    assert not np.array_equal(one.quiet.vv_db, other.quiet.vv_db)


def test_a_fit_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    points = rng.random((10, len(AXES)))
    drawn = [
        site_statistics(SiteDraw(point, index, index, False, Pass.ASCENDING))
        for index, point in enumerate(points)
    ]
    rows = np.array([values for values in drawn if values is not None])
    labels = np.arange(len(rows)) % 2 == 0
    table = RealTable(labels, rows, rows + np.float32(0.1))
    settings = RealismSettings(first=8, later=4, rounds=1, workers=1)
    population = fit_population(table, tmp_path, settings)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(files) == 8
    (tmp_path / "other-ascending-1.npz").unlink()
    again = fit_population(table, tmp_path, settings)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    for group, cloud in population.clouds.items():
        assert np.array_equal(cloud.points, again.clouds[group].points)
        assert np.array_equal(cloud.seeds, again.clouds[group].seeds)
        assert len(cloud) == KEPT * np.count_nonzero(labels == group[0])
        assert ((cloud.points >= 0) & (cloud.points <= 1)).all()


def test_a_damaged_round_is_named(tmp_path: Path) -> None:
    rows = np.random.default_rng(6).normal(size=(8, len(NAMES))).astype(np.float32)
    (tmp_path / "landslide-ascending-0.npz").write_bytes(b"no archive")
    table = RealTable(np.arange(8) % 2 == 0, rows, rows)
    with pytest.raises(InputError, match=r"landslide-ascending-0\.npz"):
        fit_population(table, tmp_path, RealismSettings(workers=1))
