"""Data sets of simulated events, whose patches went through the chain that real scenes go through.

Each event is simulated twice from one seed, with its slides and without them: same place, dates and
speckle. A patch with slides and its twin without differ in nothing but the slides, so relief,
brightness and texture cannot give the label away.
"""

import tempfile
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.events import Reporter, StepFinished, StepStarted, Warned, silent
from landslidectl.files.atomic import make_folder
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.slides import SlideOptions
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.cutting import (
    CutOptions,
    Source,
    choose_places,
    cut,
    read_slides,
)
from landslidectl.training.patches import PatchSet, joined, save_patches
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.landscapes import Landscapes, keep_record
from landslidectl.training.simulated.planted import planted_on

SLIDES_PER_KM2 = (0.4, 4.0)
LARGE_SHARE = (0.1, 0.35)


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """How events are simulated and cut.

    Parameters
    ----------
    size_km : float
        Side of an event.
    cut : CutOptions
        How many patches of each kind a track gives.
    work : Path, optional
        Folder for scenes and stacks, emptied after each event; by default the system's.
    landscapes : Landscapes
        Where relief and character are from.
    """

    size_km: float = 8.0
    cut: CutOptions = field(default_factory=CutOptions)
    work: Path | None = None
    landscapes: Landscapes = field(default_factory=Landscapes)


def simulate_dataset(
    seeds: Iterable[int],
    folder: Path,
    options: SimulationOptions | None = None,
    reporter: Reporter = silent,
) -> tuple[Path, ...]:
    """Write one file of patches for every seed; seeds whose file stands are skipped.

    Parameters
    ----------
    seeds : iterable of int
        Events. Several processes may work on different seeds of one folder.
    folder : Path
        Where ``seed-00007.npz`` go, and a record of how they were made.
    options : SimulationOptions, optional
    reporter : Reporter
        Told of every event.

    Raises
    ------
    InputError
        If the folder holds files that were made otherwise.
    """
    options = options or SimulationOptions()
    source = dict(options.landscapes.source)
    keep_record(folder, {"size_km": options.size_km, "landscapes": source})
    wanted = list(seeds)
    reporter(StepStarted("dataset", f"Simulating into {folder}", len(wanted), "events"))
    files = []
    for seed in wanted:
        file = folder / f"seed-{seed:05d}.npz"
        files.append(file)
        started = time.monotonic()
        if file.is_file():
            reporter(StepFinished(f"event {seed}", 0.0, skipped=True))
            continue
        if options.work is not None:
            make_folder(options.work)
        with tempfile.TemporaryDirectory(prefix="landslidectl-", dir=options.work) as work:
            patches = simulate_patches(seed, Path(work), options)
        if not patches.labels.any():
            reporter(Warned(f"event {seed} has no landslide patch"))
        save_patches(patches, file)
        reporter(StepFinished(f"event {seed}", time.monotonic() - started, _words(patches)))
    return tuple(files)


def draw_spec(seed: int, options: SimulationOptions) -> EventSpec:
    """Draw what the seed alone leaves fixed: how often an event was observed, and how many slides.

    One satellite or two in turn, and as many scenes as 60 days before and 12 days after may hold or
    fewer, since real archives have gaps. From scattered slides to hillsides full of them, so that
    windows hold from one slide to many.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"observations")])
    twice = bool(rng.random() < 0.4)
    per_km2 = float(np.exp(rng.uniform(*np.log(SLIDES_PER_KM2))))
    spec = EventSpec(
        seed=seed,
        size_km=options.size_km,
        tracks=2,
        repeat_days=6 if twice else 12,
        n_pre=int(rng.integers(4, 8) if twice else rng.integers(3, 6)),
        n_post=int(rng.integers(1, 3)) if twice else 1,
        slide_options=SlideOptions(per_km2, per_km2 * float(rng.uniform(*LARGE_SHARE))),
        zip_every=0,
    )
    return options.landscapes.over(spec)


def simulate_patches(seed: int, work: Path, options: SimulationOptions) -> PatchSet:
    """Simulate one event with and without slides and cut patches of both."""
    spec = draw_spec(seed, options)
    slid = simulate_event(spec, work / "slid")
    chain = Chain(work, slid.event)
    stacks = chain.stacks(slid.scenes, slid.dem, slid.aoi, "slid-stacks")
    bare = simulate_event(replace(spec, slides=False), work / "bare")
    twins = chain.stacks(bare.scenes, slid.dem, slid.aoi, "bare-stacks")
    by_track = {twin.track: twin for twin in twins}
    sets, first = [], 0
    for stack in stacks:
        planted = planted_on(stack.grid, slid, stack.track)
        source = Source(stack, read_slides(slid.truth, stack.grid), seed, planted=planted)
        rng = np.random.default_rng([seed, stack.track.relative_orbit])
        places = choose_places(source, options.cut, rng)
        pair = number_pairs(places.cover, first)
        sets.append(cut(source, places, pair, twin=False))
        paired = np.flatnonzero(pair >= 0)
        first += paired.size
        without = replace(source, stack=by_track[stack.track])
        sets.append(cut(without, places.taken(paired), pair[paired], twin=True))
    return joined_within_seed(sets)


def number_pairs(cover: NDArray[np.float64], first: int) -> NDArray[np.int32]:
    """Give the places with slides numbers from ``first`` on; places without have no twin: -1.

    Without slides nothing differs, so their twin would be the same patch again.
    """
    slid = cover > 0
    return np.where(slid, first + np.cumsum(slid) - 1, -1).astype(np.int32)


def joined_within_seed(sets: list[PatchSet]) -> PatchSet:
    """Join sets whose pair numbers are already unique."""
    whole = joined(sets)
    return replace(whole, pair=np.concatenate([patches.pair for patches in sets]))


def _words(patches: PatchSet) -> str:
    return (
        f"{len(patches)} patches, {int(patches.labels.sum())} landslides, "
        f"{int(patches.twin.sum())} twins"
    )
