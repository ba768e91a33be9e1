"""Data sets of sites: patches straight from the calibrated forward model.

Landslide sites have the character of places where landslides were mapped, the others that of places
where none were. A patch with slides has a twin, the same place, dates and speckle without them, so
neither relief nor brightness nor texture gives the label away.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.events import Reporter, StepFinished, StepStarted, silent
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.terrain import CELL_M
from landslidectl.terms import Pass, Track
from landslidectl.training.cutting import (
    WINDOW,
    CutOptions,
    Filing,
    Kind,
    Places,
    Survey,
    drawn_places,
    filed,
)
from landslidectl.training.patches import PatchSet, joined, save_patches
from landslidectl.training.simulated.datasets import joined_within_seed
from landslidectl.training.simulated.latents import SITE_KM, SiteDraw, site_spec
from landslidectl.training.simulated.planted import Planted
from landslidectl.training.simulated.population import Population
from landslidectl.training.simulated.sites import Site, one_site
from landslidectl.training.simulated.workers import processes
from landslidectl.training.splits import Split

CANDIDATES = 300
SITES_OF_A_SPLIT = 100_000_000
NEW_PLACES = 1 << 40  # above the seeds of fitted places


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What sites are like and how many patches each gives.

    Parameters
    ----------
    split : Split
        The set they are for; its places, and its sites, are in no other.
    landslide_share : float
        Share of the sites that have the character of landslide places.
    quiet_share : float
        Share of those where nothing slid. Their windows count as twins: what else happens in such
        country, in its valleys and on its fields, must not look like a landslide.
    new_places : float
        Share of the sites whose relief and cover are new; what else is known of the fitted places
        stays.
    cut : CutOptions
        At most so many windows of each kind.
    sites_per_file : int
        How many sites a file holds.
    n_pre, n_post : int, optional
        Scenes before and after the event, for sweeps; by default as the places have them.
    size_km : float
        Side of a site. At any but the usual one, fitted places have their relief and cover only in
        kind.
    """

    split: Split = Split.TRAIN
    landslide_share: float = 0.5
    quiet_share: float = 0.3
    new_places: float = 0.5
    cut: CutOptions = field(default_factory=lambda: CutOptions(positives=1, small=1, empty=1))
    sites_per_file: int = 200
    n_pre: int | None = None
    n_post: int | None = None
    size_km: float = SITE_KM

    def __post_init__(self) -> None:
        """Refuse sites without room for a window.

        Raises
        ------
        InputError
            If a site is too small for one, or is to give none of a kind.
        """
        if self.size_km * 1000.0 < WINDOW * CELL_M:
            raise InputError(
                f"a site of {self.size_km:g} km has no room for a window of {WINDOW} pixels",
                f"Make sites of at least {WINDOW * CELL_M / 1000.0:g} km.",
            )
        if min(self.cut.positives, self.cut.small, self.cut.empty) < 1:
            raise InputError(
                "a site is to give no window of some kind", "Ask for at least one window."
            )

    def spec(self, drawn: SiteDraw) -> EventSpec:
        """Return the event that a site is under these options."""
        spec = site_spec(drawn, self.size_km)
        n_pre, n_post = self.n_pre or spec.n_pre, self.n_post or spec.n_post
        return replace(spec, n_pre=n_pre, n_post=n_post)

    def seeds(self, number: int, base: int = 0) -> range:
        """Return the seeds of a file's sites; ``base`` keeps those of another kind apart."""
        first = SITES_OF_A_SPLIT * list(Split).index(self.split) + base
        first += number * self.sites_per_file
        return range(first, first + self.sites_per_file)


@dataclass(frozen=True, slots=True)
class Way:
    """How sites become patches, and what the files of those are called.

    Parameters
    ----------
    name : str
        Of the step, and what files begin with.
    patches_of : callable
        From a seed, a population and options: the patches of one site, or nothing.
    base : int
        Added to seeds, so that no site goes both ways.
    workers : int
        Processes that share the files; 1: this one alone.
    """

    name: str
    patches_of: Callable[[int, Population, SiteOptions], Iterable[PatchSet]]
    base: int = 0
    workers: int = 1

    def write(
        self,
        files: Iterable[int],
        folder: Path,
        population: Population,
        options: SiteOptions | None = None,
        reporter: Reporter = silent,
    ) -> tuple[Path, ...]:
        """Write numbered files of patches; those that stand stay, whoever wrote them.

        Parameters
        ----------
        files : iterable of int
            Numbers of files; each decides its sites.
        folder : Path
            Where ``sites-train-00001.npz`` go.
        population : Population
            What sites are like.
        options : SiteOptions, optional
        reporter : Reporter
        """
        options = options or SiteOptions()
        errand = _Errand(self, folder, population.part(options.split), options)
        wanted = list(files)
        reporter(StepStarted(self.name, f"Simulating into {folder}", len(wanted), "files"))
        missing = [number for number in wanted if not errand.file(number).is_file()]
        for number in sorted(set(wanted) - set(missing)):
            reporter(StepFinished(f"file {number}", 0.0, skipped=True))
        if min(self.workers, len(missing)) < 2:
            for number in missing:
                reporter(errand.run(number))
        else:
            with processes(min(self.workers, len(missing))) as pool:
                for done in as_completed([pool.submit(errand.run, number) for number in missing]):
                    reporter(done.result())
        return tuple(errand.file(number) for number in wanted)


@dataclass(frozen=True, slots=True)
class _Errand:
    """To make files of sites, in this process or in another."""

    way: Way
    folder: Path
    places: Population
    options: SiteOptions

    def file(self, number: int) -> Path:
        """Return where the patches of a number go."""
        return self.folder / f"{self.way.name}-{self.options.split.value}-{number:05d}.npz"

    def run(self, number: int) -> StepFinished:
        """Write a file; return what there is to tell of it."""
        started = time.monotonic()
        way, options = self.way, self.options
        sites = (
            way.patches_of(seed, self.places, options) for seed in options.seeds(number, way.base)
        )
        patches = joined([part for site in sites for part in site])
        save_patches(patches, self.file(number))
        detail = f"{len(patches)} patches, {int(patches.labels.sum())} landslides"
        return StepFinished(f"file {number}", time.monotonic() - started, detail)


def draw_site(
    seed: int, population: Population, options: SiteOptions
) -> tuple[SiteDraw, np.random.Generator]:
    """Return the site of a seed, and the generator that goes on to choose its windows."""
    rng = np.random.default_rng([seed, 11])
    landslide = bool(rng.random() < options.landslide_share)
    direction = Pass.ASCENDING if rng.random() < 0.5 else Pass.DESCENDING
    latents, place = population.draw(rng, landslide, direction)
    if rng.random() < options.new_places:
        place = NEW_PLACES + seed
    quiet = landslide and bool(np.random.default_rng([seed, 12]).random() < options.quiet_share)
    return SiteDraw(latents, place, seed, landslide, direction, quiet), rng


def site_patches(seed: int, population: Population, options: SiteOptions) -> Iterator[PatchSet]:
    """Yield the patches of one site with their twins; none where no orbit sees the place."""
    drawn, rng = draw_site(seed, population, options)
    site = one_site(options.spec(drawn), drawn.landslide)
    if site is None:
        return
    patches = site_cut(site, (seed, drawn.direction), options.cut, rng)
    if drawn.quiet:
        patches = replace(patches, twin=np.ones(len(patches), dtype=bool))
    yield patches


SITES = Way("sites", site_patches)
"""The short way: straight from the forward model."""


def site_cut(
    site: Site, origin: tuple[int, Pass], options: CutOptions, rng: np.random.Generator
) -> PatchSet:
    """Cut windows at random places of a site, and the twins of those with slides.

    Parameters
    ----------
    site : Site
    origin : (int, Pass)
        Seed and direction that the patches are filed under.
    options : CutOptions
    rng : numpy Generator
    """
    missing = np.isnan(np.concatenate([site.values, site.bare])).any(axis=0)
    ground = Survey(site.slides, site.hidden, missing)
    places, kinds = drawn_places(ground, options, rng, CANDIDATES)
    pair = np.where(kinds == Kind.EMPTY, -1, np.arange(kinds.size)).astype(np.int32)
    paired = np.flatnonzero(pair >= 0)
    seed, track = origin[0], Track(1, origin[1])
    planted = Planted.of(site.landscape, site.toward_sensor, site.grid)
    with_slides = _windows(site.values, ground.seen, places)
    without = _windows(site.bare, np.zeros_like(ground.seen), places.taken(paired))
    return joined_within_seed(
        [
            filed(with_slides, places, Filing(seed, track, pair, twin=False), planted),
            filed(
                without,
                places.taken(paired),
                Filing(seed, track, pair[paired], twin=True),
                planted,
            ),
        ]
    )


def _windows(
    values: NDArray[np.float32], seen: NDArray[np.bool_], places: Places
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the windows at some places, bands last, and the landslide pixels seen in them."""
    count = len(places.row)
    windows = np.zeros((count, WINDOW, WINDOW, len(values)), np.float32)
    masks = np.zeros((count, WINDOW, WINDOW), bool)
    for index, (row, col) in enumerate(zip(places.row, places.col, strict=True)):
        part = (slice(row, row + WINDOW), slice(col, col + WINDOW))
        windows[index] = values[:, *part].transpose(1, 2, 0)
        masks[index] = seen[part]
    return windows, masks
