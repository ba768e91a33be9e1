"""Sites through the whole chain are the sites of the short way."""

from dataclasses import replace

import numpy as np
import pytest

from landslidectl.events import StepFinished
from landslidectl.terms import BandSet, Pass
from landslidectl.training.__main__ import main
from landslidectl.training.cutting import CutOptions
from landslidectl.training.patches import as_input, read_folder
from landslidectl.training.simulated import chainsites
from landslidectl.training.simulated.chainsites import CHAIN_SITES, OTHER_SITES, chain_patches
from landslidectl.training.simulated.latents import AXES
from landslidectl.training.simulated.population import Places, Population, save_population
from landslidectl.training.simulated.siteset import SiteOptions, draw_site, site_patches
from landslidectl.training.splits import Split
from tests.training.fakes import patch_set

STEEP = 0.7
OPTIONS = SiteOptions(quiet_share=0.0, landslide_share=1.0, sites_per_file=2)


@pytest.fixture
def population():
    """Country that is much alike: steep and middling in all the rest."""
    points = np.full((40, len(AXES)), 0.5)
    points[:, list(AXES).index("slope_deg")] = STEEP
    cloud = Places(points, np.arange(40))
    return Population({(label, way): cloud for label in (True, False) for way in Pass})


def test_one_site_is_the_same_both_ways(population):
    (short,) = site_patches(4, population, OPTIONS)
    (long,) = chain_patches(4, population, OPTIONS)
    assert long.labels.sum() == short.labels.sum() == 1
    assert not long.twin.any()
    assert (long.pair == -1).all()
    assert long.ascending[0] == short.ascending[0]
    one, other = (part.taken(part.labels) for part in (short, long))
    assert np.allclose(one.strength_db, other.strength_db)
    assert np.allclose(one.facing_deg, other.facing_deg, atol=0.2)
    rows, cols = slice(16, 48), slice(16, 48)
    for here, there in zip(one.windows[:, rows, cols], other.windows[:, rows, cols], strict=True):
        apart = here.astype(float).mean(axis=(0, 1)) - there.astype(float).mean(axis=(0, 1))
        assert np.abs(apart).max() < 2.5, "the same ground, a few pixels apart"


def test_a_wide_site_gives_windows_of_the_same_ground_both_ways(population):
    wide = replace(OPTIONS, size_km=1.2, cut=CutOptions(positives=3, small=1, empty=1))
    (short,) = site_patches(4, population, wide)
    (long,) = chain_patches(4, population, wide)
    assert long.labels.sum() == short.labels.sum() == 3
    reach = {max(part.row.max(), part.col.max()) for part in (short, long)}
    assert max(reach) > 16, "beyond the places that a window has in a site of the usual size"
    level = [np.median(part.taken(part.labels).windows, axis=(0, 1, 2)) for part in (short, long)]
    assert np.abs(level[0] - level[1]).max() < 1.0


def test_sites_are_others_than_those_of_the_same_file(population):
    ours = set(OPTIONS.seeds(1, OTHER_SITES))
    theirs = {seed for number in range(1, 400) for seed in OPTIONS.seeds(number)}
    assert len(ours) == 2
    assert not ours & theirs
    test = SiteOptions(split=Split.TEST)
    assert not set(test.seeds(1)) & set(SiteOptions().seeds(1, OTHER_SITES))
    drawn, _ = draw_site(5, population, SiteOptions(landslide_share=1.0))
    again, _ = draw_site(5, population, SiteOptions(landslide_share=1.0))
    assert drawn.landslide
    assert (drawn.place, drawn.seed) == (again.place, again.seed)


def test_files_go_on_where_they_stopped(population, tmp_path, monkeypatch, capsys):
    way = replace(CHAIN_SITES, patches_of=lambda seed, *_: [patch_set(6, seed)])
    monkeypatch.setattr(chainsites, "CHAIN_SITES", way)
    out = tmp_path / "out"
    first = way.write([1], out, population, OPTIONS)
    told = []
    both = way.write([1, 2], out, population, OPTIONS, told.append)
    assert both[0] == first[0]
    assert [event.skipped for event in told if isinstance(event, StepFinished)] == [True, False]
    assert [path.name for path in both] == [f"chain-sites-train-0000{n}.npz" for n in (1, 2)]
    assert as_input(read_folder(out).windows, BandSet.VV_VH).shape == (24, 64, 64, 4)
    file = save_population(population, tmp_path / "population.csv.gz")
    step = [
        "chain-sites",
        "--files",
        "3",
        "--split",
        "test",
        "--population",
        str(file),
        "--workers",
        "1",
    ]
    assert main([*step, "--out", str(out), "--workers", "1"]) == 0
    assert (out / "chain-sites-test-00003.npz").is_file()
    assert "file 3" in capsys.readouterr().out
