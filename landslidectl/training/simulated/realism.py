"""Fit the places that sites are drawn from to the statistics of real labelled patches.

For each real patch the simulated ones most like it are looked for; their latents, crossed and
slightly changed, are simulated anew, and so on for some rounds. What the real patches of one label
and pass end up with is that group's cloud. Only the calibration half of the table is ever looked
at. It is approximate Bayesian computation by population Monte Carlo.

Source: Beaumont, Cornuet, Marin, Robert (2009), Biometrika 96, 983-990.
"""

import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.files.atomic import atomic_path
from landslidectl.terms import Pass
from landslidectl.training.cutting import WINDOW, CutOptions, Kind, Survey, judged
from landslidectl.training.simulated.latents import AXES, SiteDraw, site_spec
from landslidectl.training.simulated.population import Places, Population, reflected
from landslidectl.training.simulated.real_statistics import NAMES, RealTable, statistics_of
from landslidectl.training.simulated.sites import one_site
from landslidectl.training.simulated.workers import processes

TRIES = 12
NEIGHBOURS = 4
KEPT = 3
CROSSED = 0.15
MOVED = 0.3
STEP, COOLING = 0.05, 0.8
FURTHEST = 6.0

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RealismSettings:
    """How long to search.

    Parameters
    ----------
    first : int
        Sites of each label and pass in the first round, anywhere in the cube.
    later : int
        The same in each later round.
    rounds : int
        Later rounds.
    workers : int
        Processes.
    seed : int
    """

    first: int = 2500
    later: int = 1400
    rounds: int = 2
    workers: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Bank:
    """Simulated patches of one label and pass.

    Parameters
    ----------
    places : Places
        Where they are from.
    statistics : float32, (patch, 24)
    """

    places: Places
    statistics: NDArray[np.float32]

    @classmethod
    def empty(cls) -> "Bank":
        """Return a bank without patches."""
        places = Places(np.empty((0, len(AXES))), np.empty(0, np.int64))
        return cls(places, np.empty((0, len(NAMES)), np.float32))

    def plus(self, other: "Bank") -> "Bank":
        """Return both together."""
        points = np.concatenate([self.places.points, other.places.points])
        seeds = np.concatenate([self.places.seeds, other.places.seeds])
        return Bank(Places(points, seeds), np.concatenate([self.statistics, other.statistics]))

    def places_at(self, indexes: NDArray[np.intp]) -> Places:
        """Return the places of some patches."""
        return Places(self.places.points[indexes], self.places.seeds[indexes])


def fit_population(
    table: RealTable, work: Path, settings: RealismSettings, reporter: Reporter = silent
) -> Population:
    """Search the cube round by round; rounds that stand in ``work`` are not done again.

    Parameters
    ----------
    table : RealTable
        The calibration half: rows that will test the result must not be in it.
    work : Path
        Folder for the simulated patches of each round.
    settings : RealismSettings
    reporter : Reporter

    Returns
    -------
    Population
        For every label and pass the places of the `KEPT` patches closest to each real one.
    """
    clouds = {}
    for landslide in (True, False):
        for direction in Pass:
            rows = table.of_pass(direction is Pass.ASCENDING)[table.labels == landslide]
            search = _Search(rows, landslide, direction, work, settings)
            bank = search.run(reporter)
            clouds[landslide, direction] = bank.places_at(nearest(bank, rows, KEPT).ravel())
    return Population(clouds)


@dataclass(frozen=True, slots=True)
class _Search:
    """The rounds of one label and pass."""

    rows: NDArray[np.float32]
    landslide: bool
    direction: Pass
    work: Path
    settings: RealismSettings

    def run(self, reporter: Reporter) -> Bank:
        kind = "landslide" if self.landslide else "other"
        bank = Bank.empty()
        for number in range(self.settings.rounds + 1):
            title = f"{kind} sites, {self.direction.value}, round {number}"
            file = self.work / f"{kind}-{self.direction.value}-{number}.npz"
            if file.is_file():
                reporter(StepFinished(title, 0.0, skipped=True))
                fresh = _read_bank(file)
            else:
                rng = np.random.default_rng(
                    [self.settings.seed, number, self.landslide, self.direction is Pass.ASCENDING]
                )
                places = self._proposed(bank, number, rng)
                seeds = rng.integers(0, 2**31, len(places))
                draws = [
                    SiteDraw(point, int(place), int(seed), self.landslide, self.direction)
                    for point, place, seed in zip(places.points, places.seeds, seeds, strict=True)
                ]
                fresh = _simulated(draws, self.settings.workers, (title, reporter))
                _save_bank(fresh, file)
            bank = bank.plus(fresh)
        return bank

    def _proposed(self, bank: Bank, number: int, rng: np.random.Generator) -> Places:
        """Return the places of a round: anywhere at first, then round those that fitted."""
        count = self.settings.later if number else self.settings.first
        new = rng.integers(0, 2**31, count)
        if number == 0:
            return Places(rng.random((count, len(AXES))), new)
        close = nearest(bank, self.rows, NEIGHBOURS)
        chosen = rng.integers(0, len(self.rows), count)
        one, other = (
            bank.places_at(close[chosen, rng.integers(0, NEIGHBOURS, count)]) for _ in range(2)
        )
        mixed = np.where(rng.random(one.points.shape) < CROSSED, other.points, one.points)
        step = STEP * COOLING ** (number - 1)
        points = reflected(mixed + rng.normal(0.0, step, mixed.shape)).clip(0.0, 1.0)
        return Places(points, np.where(rng.random(count) < MOVED, new, one.seeds))


def scaled(statistics: NDArray[np.float32], rows: NDArray[np.float32]) -> Points:
    """Return statistics in units of half the central spread of ``rows``, from their median."""
    low, middle, high = np.percentile(rows, [16.0, 50.0, 84.0], axis=0)
    return np.asarray(np.clip((statistics - middle) / (high - low) * 2.0, -FURTHEST, FURTHEST))


def nearest(bank: Bank, rows: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Return for every real row the places of the most similar patches, the closest first."""
    simulated, real = scaled(bank.statistics, rows), scaled(rows, rows)
    squares = (simulated**2).sum(axis=1)
    found = []
    for part in np.array_split(real, max(1, len(real) // 200)):
        distance = squares - 2.0 * part @ simulated.T
        close = np.argpartition(distance, count, axis=1)[:, :count]
        order = np.take_along_axis(distance, close, axis=1).argsort(axis=1, kind="stable")
        found.append(np.take_along_axis(close, order, axis=1))
    return np.concatenate(found)


def _simulated(draws: list[SiteDraw], workers: int, told: tuple[str, Reporter]) -> Bank:
    """Simulate a patch of every site that gives one."""
    title, reporter = told
    started = time.monotonic()
    reporter(StepStarted("realism", title, len(draws), "sites"))
    kept, statistics = [], []
    with processes(workers) as pool:
        for index, values in enumerate(pool.map(site_statistics, draws, chunksize=16)):
            if values is not None:
                kept.append(draws[index])
                statistics.append(values)
            reporter(StepAdvanced("realism", index + 1))
    reporter(StepFinished(title, time.monotonic() - started, f"{len(kept)} patches"))
    places = Places(
        np.array([drawn.latents for drawn in kept]).reshape(-1, len(AXES)),
        np.array([drawn.place for drawn in kept], np.int64),
    )
    return Bank(places, np.array(statistics, np.float32).reshape(len(kept), -1))


def site_statistics(drawn: SiteDraw) -> NDArray[np.float32] | None:
    """Return the statistics of one patch of a site; None where it gives none."""
    site = one_site(site_spec(drawn), drawn.landslide, twins=False)
    if site is None:
        return None
    rng = np.random.default_rng([drawn.seed, 5])
    rows, cols = site.slides.shape
    row, col = rng.integers(0, rows - WINDOW + 1, TRIES), rng.integers(0, cols - WINDOW + 1, TRIES)
    missing = np.asarray(np.isnan(site.values).any(axis=0))
    ground = Survey(site.slides, site.hidden, missing)
    kinds = judged(ground, row, col, CutOptions(max_missing=0.0))[1]
    wanted = kinds == Kind.POSITIVE if drawn.landslide else kinds > Kind.POSITIVE
    for index in np.flatnonzero(wanted)[:1]:
        part = (slice(row[index], row[index] + WINDOW), slice(col[index], col[index] + WINDOW))
        window: NDArray[np.float32] = site.values[:, *part].transpose(1, 2, 0)
        return np.asarray(statistics_of(window[np.newaxis])[0])
    return None


def _save_bank(bank: Bank, out: Path) -> None:
    with atomic_path(out) as temporary:
        np.savez(
            temporary,
            points=bank.places.points,
            seeds=bank.places.seeds,
            statistics=bank.statistics,
        )


def _read_bank(path: Path) -> Bank:
    names = ("points", "seeds", "statistics")
    try:
        with path.open("rb") as handle, np.load(handle) as content:
            points, seeds, statistics = (content[name] for name in names)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read: {error}", "Delete it and go on.") from error
    if points.shape[1:] != (len(AXES),):
        raise InputError(f"{path}: was made with other axes", "Choose an empty folder for the fit.")
    return Bank(Places(points, seeds), statistics)
