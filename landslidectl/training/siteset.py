"""Data sets of sites: thousands of patches a minute from the calibrated forward model.

Landslide sites have the character of places where landslides were mapped, the others that of places
where none were. A patch with slides has a twin, the same place, dates and speckle without them, so
neither relief nor brightness nor texture gives the label away.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.events import Reporter, StepFinished, StepStarted, silent
from landslidectl.inference.windows import fill_missing
from landslidectl.simulation.slide import Lattice, Slide, cells_in
from landslidectl.simulation.terrain import CELL_M
from landslidectl.terms import Pass
from landslidectl.training.cutting import WINDOW, CutOptions, Kind, Places, Survey, judged
from landslidectl.training.datasets import joined_within_seed
from landslidectl.training.latents import SiteDraw, site_spec
from landslidectl.training.patches import PatchSet, joined, packed, save_patches
from landslidectl.training.population import Population
from landslidectl.training.sites import Site, one_site
from landslidectl.training.splits import Split

CANDIDATES = 300
SITES_OF_A_SPLIT = 100_000_000


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What sites are like and how many patches each gives.

    Parameters
    ----------
    split : Split
        The set they are for; its places, and its sites, are in no other.
    landslide_share : float
        Share of the sites that have the character of landslide places.
    cut : CutOptions
        At most so many windows of each kind.
    sites_per_file : int
        How many sites a file holds.
    """

    split: Split = Split.TRAIN
    landslide_share: float = 0.5
    cut: CutOptions = field(default_factory=lambda: CutOptions(positives=1, small=1, empty=1))
    sites_per_file: int = 200


def simulate_sites(
    files: Iterable[int],
    folder: Path,
    population: Population,
    options: SiteOptions | None = None,
    reporter: Reporter = silent,
) -> tuple[Path, ...]:
    """Write numbered files of patches; those that stand stay.

    Parameters
    ----------
    files : iterable of int
        Numbers of files; each decides its sites. Processes may share a folder.
    folder : Path
        Where ``sites-train-00001.npz`` go.
    population : Population
        What sites are like.
    options : SiteOptions, optional
    reporter : Reporter
    """
    options = options or SiteOptions()
    places = population.part(options.split)
    base = SITES_OF_A_SPLIT * list(Split).index(options.split)
    wanted = list(files)
    reporter(StepStarted("sites", f"Simulating into {folder}", len(wanted), "files"))
    written = []
    for number in wanted:
        file = folder / f"sites-{options.split.value}-{number:05d}.npz"
        written.append(file)
        started = time.monotonic()
        if file.is_file():
            reporter(StepFinished(f"file {number}", 0.0, skipped=True))
            continue
        first = base + number * options.sites_per_file
        seeds = range(first, first + options.sites_per_file)
        patches = joined([part for seed in seeds for part in site_patches(seed, places, options)])
        save_patches(patches, file)
        detail = f"{len(patches)} patches, {int(patches.labels.sum())} landslides"
        reporter(StepFinished(f"file {number}", time.monotonic() - started, detail))
    return tuple(written)


def site_patches(seed: int, population: Population, options: SiteOptions) -> Iterator[PatchSet]:
    """Yield the patches of one site with their twins; none where no orbit sees the place."""
    rng = np.random.default_rng([seed, 11])
    landslide = bool(rng.random() < options.landslide_share)
    direction = Pass.ASCENDING if rng.random() < 0.5 else Pass.DESCENDING
    latents, place = population.draw(rng, landslide, direction)
    spec = site_spec(SiteDraw(latents, place, seed, landslide, direction))
    site = one_site(spec, landslide)
    if site is not None:
        yield site_cut(site, (seed, direction), options.cut, rng)


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
    rows, cols = site.slides.shape
    row = rng.integers(0, rows - WINDOW + 1, CANDIDATES)
    col = rng.integers(0, cols - WINDOW + 1, CANDIDATES)
    missing = np.isnan(np.concatenate([site.values, site.bare])).any(axis=0)
    ground = Survey(site.slides, site.hidden, missing)
    places, kinds = judged(ground, row, col, options)
    counts = {
        Kind.POSITIVE: options.positives,
        Kind.SMALL: options.small,
        Kind.EMPTY: options.empty,
    }
    chosen = np.concatenate(
        [np.flatnonzero(kinds == kind)[:count] for kind, count in counts.items()]
    )
    places, kinds = places.taken(chosen), kinds[chosen]
    pairs = np.where(kinds == Kind.EMPTY, -1, np.arange(kinds.size)).astype(np.int32)
    paired = np.flatnonzero(pairs >= 0)
    with_slides = _cut(site, ground.seen, places, _Origin(*origin, pairs), twin=False)
    twins = _Origin(*origin, pairs[paired])
    without = _cut(site, ground.seen, places.taken(paired), twins, twin=True)
    return joined_within_seed([with_slides, without])


@dataclass(frozen=True, slots=True)
class _Origin:
    """What patches are filed under."""

    seed: int
    direction: Pass
    pairs: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Planted:
    """Which slide lies where, 0 for none, and what is known of each, counted from 1."""

    number: NDArray[np.intp]
    strength_db: NDArray[np.float64]
    facing_deg: NDArray[np.float64]

    @classmethod
    def of(cls, site: Site) -> "_Planted":
        landscape = site.landscape
        box, change_db = landscape.place.terrain.box, landscape.after.vv_db - landscape.quiet.vv_db
        cells = Lattice(box, CELL_M, change_db.shape)
        inner = Lattice(landscape.place.aoi, CELL_M, site.slides.shape)
        number = np.zeros(site.slides.shape, np.intp)
        strength = np.full(len(landscape.slides) + 1, np.nan)
        facing = strength.copy()
        for index, slide in enumerate(landscape.slides, start=1):
            window, inside = cells_in(slide, inner)
            number[window][inside] = index
            window, inside = cells_in(slide, cells)
            if inside.any():
                strength[index] = np.sqrt(np.mean(np.square(change_db[window][inside])))
            facing[index] = _facing_deg(slide, site.toward_sensor)
        return cls(number, strength, facing)

    def largest(self, window: tuple[slice, slice]) -> int:
        """Return the slide that covers most of a window, 0 where there is none."""
        pixels = np.bincount(self.number[window].ravel(), minlength=2)
        return int(pixels[1:].argmax()) + 1 if pixels[1:].any() else 0


def _facing_deg(slide: Slide, toward: tuple[float, float]) -> float:
    """Return the horizontal angle between downhill and the direction to the sensor."""
    east, north = toward
    cosine = (slide.downhill[0] * east + slide.downhill[1] * north) / np.hypot(east, north)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _cut(
    site: Site, seen: NDArray[np.bool_], places: Places, origin: _Origin, twin: bool
) -> PatchSet:
    values = site.bare if twin else site.values
    planted = _Planted.of(site)
    parts = [
        (slice(row, row + WINDOW), slice(col, col + WINDOW))
        for row, col in zip(places.row, places.col, strict=True)
    ]
    count = len(parts)
    windows = np.zeros((count, WINDOW, WINDOW, len(values)), np.float32)
    masks = np.zeros((count, WINDOW, WINDOW), bool)
    largest = np.zeros(count, np.intp)
    for index, part in enumerate(parts):
        windows[index] = values[:, *part].transpose(1, 2, 0)
        masks[index] = seen[part] & (not twin)
        largest[index] = planted.largest(part)
    return PatchSet(
        windows=fill_missing(windows).astype(np.float16),
        cover=(np.zeros(count) if twin else places.cover).astype(np.float32),
        twin=np.full(count, twin),
        pair=origin.pairs,
        seed=np.full(count, origin.seed, dtype=np.int32),
        relative_orbit=np.ones(count, dtype=np.int16),
        ascending=np.full(count, origin.direction is Pass.ASCENDING),
        row=places.row.astype(np.int32),
        col=places.col.astype(np.int32),
        footprint=packed(masks),
        strength_db=planted.strength_db[largest].astype(np.float32),
        facing_deg=planted.facing_deg[largest].astype(np.float32),
    )
