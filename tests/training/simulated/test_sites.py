"""Sites are what the processing chain makes of the same scenes, only sooner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landslidectl.errors import InputError, OutputError
from landslidectl.events import StepFinished
from landslidectl.files.rasters import read_bands
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec, TrackSpec
from landslidectl.simulation.view import SCENE_MARGINS
from landslidectl.terms import Pass
from landslidectl.training.__main__ import main
from landslidectl.training.cutting import CutOptions, read_slides
from landslidectl.training.patches import PatchSet, footprints, joined, read_patches
from landslidectl.training.simulated import siteset
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.latents import AXES
from landslidectl.training.simulated.population import (
    Places,
    Population,
    read_population,
    reflected,
    save_population,
    uniform_population,
)
from landslidectl.training.simulated.sites import Site, observe
from landslidectl.training.simulated.siteset import (
    SITES,
    SiteOptions,
    draw_site,
    site_cut,
    site_patches,
)
from landslidectl.training.splits import Split, check_disjoint
from tests.training.fakes import patch_set

SPEC = EventSpec(
    31,
    size_km=1.6,
    tracks=(TrackSpec(Pass.ASCENDING, 38.0),),
    slide_options=SlideOptions(cover=0.12),
    zip_every=0,
)


@pytest.fixture(scope="module")
def site() -> Site:
    return next(observe(SPEC))


def test_a_site_differs_from_its_twin_near_the_slides_alone(site: Site) -> None:
    changed = (site.values != site.bare).any(axis=0)
    assert site.slides.any()
    assert changed[site.slides & ~site.hidden].mean() > 0.95
    # new relief moves echoes a few pixels towards the sensor and no further
    assert changed.mean() < site.slides.mean() + 0.25
    assert (site.values[0] != site.bare[0]).any()


def test_a_site_without_slides_is_its_own_twin() -> None:
    quiet = next(observe(EventSpec(32, size_km=0.8, slides=False, tracks=SPEC.tracks)))
    assert np.array_equal(quiet.values, quiet.bare)
    assert not quiet.slides.any()


def test_the_same_spec_gives_the_same_site(site: Site) -> None:
    assert np.array_equal(next(observe(SPEC)).values, site.values)


def test_stable_land_keeps_its_level_between_the_medians(site: Site) -> None:
    stable = ~site.slides & ~site.hidden
    change = site.values[2:, stable]
    assert np.abs(np.median(change, axis=1)).max() < 1.0
    assert 1.4 < change.std() < 4.0


def test_the_whole_chain_makes_the_same_of_the_scenes(tmp_path: Path) -> None:
    site = next(observe(SPEC, margins=SCENE_MARGINS))
    event = simulate_event(SPEC, tmp_path / "event")
    stack = Chain(tmp_path, event.event).stacks(event.scenes, event.dem, event.aoi, "stacks")[0]
    values = read_bands(stack.values_path)
    aoi = site.landscape.place.aoi
    row = round((stack.grid.top - aoi.top) / 10.0)
    col = round((aoi.left - stack.grid.left) / 10.0)
    inner = values[:, row : row + site.slides.shape[0], col : col + site.slides.shape[1]]
    assert inner.shape == site.values.shape
    slides = read_slides(event.truth, stack.grid)
    here = slides[row : row + site.slides.shape[0], col : col + site.slides.shape[1]]
    assert np.mean(here != site.slides) < 0.002
    apart = np.abs(site.values - inner)
    assert np.median(apart) < 0.1
    assert np.percentile(apart, 99) < 1.5


def test_windows_carry_what_was_planted_in_them(site: Site) -> None:
    options = CutOptions(positives=4, small=3, empty=3)
    rng = np.random.default_rng(1)
    patches = site_cut(site, (31, Pass.ASCENDING), options, rng)
    slid, twins = patches.taken(~patches.twin), patches.taken(patches.twin)
    assert slid.labels.sum() == 4
    assert np.allclose(footprints(slid).mean(axis=(1, 2)), slid.cover)
    assert not twins.footprint.any()
    paired = slid.taken(slid.pair >= 0)
    assert np.array_equal(paired.pair, twins.pair)
    assert np.array_equal(paired.strength_db, twins.strength_db)
    assert (paired.strength_db > 0.3).all()
    assert ((paired.facing_deg >= 0) & (paired.facing_deg <= 180)).all()
    assert np.isnan(slid.strength_db[slid.pair < 0]).all()


def test_files_of_sites_are_repeatable_and_go_on(tmp_path: Path) -> None:
    population = uniform_population(64)
    options = SiteOptions(sites_per_file=3)
    first = SITES.write(range(1, 3), tmp_path / "a", population, options)
    content = [path.read_bytes() for path in first]
    first[1].unlink()
    assert SITES.write(range(1, 3), tmp_path / "a", population, options) == first
    assert [path.read_bytes() for path in first] == content


def test_processes_share_the_files_and_make_the_same(tmp_path: Path) -> None:
    population, options = uniform_population(64), SiteOptions(sites_per_file=2)
    alone = SITES.write(range(1, 4), tmp_path / "a", population, options)
    told: list[StepFinished] = []
    shared = replace(SITES, workers=2)
    written = shared.write(range(1, 4), tmp_path / "b", population, options, told.append)
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in alone]
    finished = [event.step for event in told if isinstance(event, StepFinished)]
    assert sorted(finished) == ["file 1", "file 2", "file 3"]


def test_what_goes_wrong_in_another_process_ends_the_step(tmp_path: Path) -> None:
    occupied = tmp_path / "b"
    occupied.write_text("a file, where there was to be a folder")
    options = SiteOptions(sites_per_file=1)
    with pytest.raises(OutputError, match="b"):
        replace(SITES, workers=2).write(range(1, 4), occupied, uniform_population(64), options)


def test_a_population_survives_its_file(tmp_path: Path) -> None:
    population = uniform_population(20)
    path = save_population(population, tmp_path / "population.csv.gz")
    again = read_population(path)
    for group, cloud in population.clouds.items():
        assert np.allclose(again.clouds[group].points, cloud.points, atol=6e-4)
        assert np.array_equal(again.clouds[group].seeds, cloud.seeds)
    assert save_population(population, tmp_path / "b.csv.gz").read_bytes() == path.read_bytes()


def test_draws_stay_in_the_cube_and_near_their_cloud() -> None:
    corner = Places(np.zeros((1, len(AXES))), np.array([9]))
    population = Population({(label, way): corner for label in (True, False) for way in Pass})
    rng = np.random.default_rng(2)
    drawn = [population.draw(rng, True, Pass.ASCENDING) for _ in range(50)]
    points = np.array([point for point, _ in drawn])
    assert {place for _, place in drawn} == {9}
    assert (points >= 0).all()
    assert (points < 0.2).all()
    assert reflected(np.array([-0.2, 1.3, 0.5])) == pytest.approx([0.2, 0.7, 0.5])


def test_joining_sites_keeps_pairs_apart(site: Site) -> None:
    options = CutOptions(positives=2, small=0, empty=0)
    parts = [
        site_cut(site, (seed, Pass.ASCENDING), options, np.random.default_rng(seed))
        for seed in (1, 2)
    ]
    whole = joined(parts)
    assert np.unique(whole.pair).size == 4


def test_no_place_is_in_two_sets() -> None:
    population = uniform_population(400)
    parts = {split: population.part(split) for split in Split}
    for group, cloud in population.clouds.items():
        seeds = [set(parts[split].clouds[group].seeds.tolist()) for split in Split]
        assert sum(len(part) for part in seeds) == len(set(cloud.seeds.tolist()))
        assert len(seeds[0]) > len(seeds[1]) + len(seeds[2])


def test_sites_of_two_sets_share_no_seed(tmp_path: Path) -> None:
    population = uniform_population(64)
    sets = []
    for split in (Split.TRAIN, Split.TEST):
        options = SiteOptions(split=split, sites_per_file=2)
        files = SITES.write(range(1, 2), tmp_path, population, options)
        sets.append(read_patches(files[0]))
    check_disjoint(*sets, ("training", "test"))
    assert len(list(tmp_path.iterdir())) == 2


def test_new_places_have_relief_that_no_fitted_place_has() -> None:
    population = uniform_population(40)
    seeds = {int(seed) for seed in population.clouds[True, Pass.ASCENDING].seeds}
    places = {
        share: [
            draw_site(seed, population, SiteOptions(new_places=share))[0].place
            for seed in range(60)
        ]
        for share in (0.0, 0.5, 1.0)
    }
    assert set(places[0.0]) <= seeds
    assert not set(places[1.0]) & seeds
    assert len(set(places[1.0])) == 60
    assert 15 <= sum(place in seeds for place in places[0.5]) <= 45


def test_quiet_places_of_landslides_are_twins_without_a_partner() -> None:
    population = uniform_population(40)
    options = SiteOptions(landslide_share=1.0, quiet_share=1.0)
    patches = joined(
        [part for seed in range(4) for part in site_patches(seed, population, options)]
    )
    assert len(patches) > 0
    assert patches.twin.all()
    assert (patches.pair == -1).all()
    assert not patches.labels.any()


def test_a_wider_site_gives_more_windows_of_one_place() -> None:
    population = uniform_population(40)
    cut = CutOptions(positives=4, small=4, empty=4)
    options = SiteOptions(landslide_share=1.0, quiet_share=0.0, size_km=1.6, cut=cut)
    patches = joined(
        [part for seed in range(4) for part in site_patches(seed, population, options)]
    )
    slid = patches.taken(~patches.twin)
    assert len(slid) > 4 * 3
    assert max(slid.row.max(), slid.col.max()) > 64
    partners = slid.pair[slid.pair >= 0]
    assert np.array_equal(np.sort(partners), np.sort(patches.pair[patches.twin]))
    assert np.unique(partners).size == partners.size


def test_size_and_number_of_windows_come_from_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SiteOptions] = []

    def noted(seed: int, _population: Population, options: SiteOptions) -> list[PatchSet]:
        asked.append(options)
        return [patch_set(6, seed)]

    monkeypatch.setattr(siteset, "SITES", replace(SITES, patches_of=noted))
    places = save_population(uniform_population(40), tmp_path / "population.csv.gz")
    step = ["sites", "--split", "test", "--files", "1", "--population", str(places)]
    step += ["--workers", "1", "--out"]
    assert main([*step, str(tmp_path / "usual")]) == 0
    assert asked[-1] == SiteOptions(Split.TEST)
    assert main([*step, str(tmp_path / "wide"), "--size-km", "1.6", "--windows", "3"]) == 0
    assert asked[-1] == SiteOptions(Split.TEST, size_km=1.6, cut=CutOptions(3, 3, 3))


@pytest.mark.parametrize("words", [["--size-km", "0.6"], ["--windows", "0"]])
def test_sites_without_room_for_a_window_are_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = save_population(uniform_population(40), tmp_path / "population.csv.gz")
    step = ["sites", "--split", "test", "--files", "1", "--population", str(places)]
    assert main([*step, "--out", str(tmp_path / "out"), *words]) == InputError("").exit_code
    assert "window" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
