"""Simulated events that an ascending and a descending track see, mapped once and kept.

Simulating and stacking take minutes an event, fusing a blink: stacks and scores of every track stay
in a folder, and every rule of fusing them is held against the same rasters.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.atomic import write_json_atomic
from landslidectl.inference.score import ScoreRaster, score_stack
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.stack.record import open_stack
from landslidectl.terms import Device
from landslidectl.training.judging.scenes import Slides
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.landscapes import Landscapes, keep_record

if TYPE_CHECKING:
    from landslidectl.inference.manifest import Model
    from landslidectl.stack.record import Stack

SLID, QUIET = "slid", "quiet"
DONE = "done.json"
TRUTH = "truth.geojson"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tracks made of one ground, with its slides or without.

    Parameters
    ----------
    stacks : tuple of Stack
        Sorted by track.
    rasters : tuple of ScoreRaster
        In the same order.
    """

    stacks: "tuple[Stack, ...]"
    rasters: tuple[ScoreRaster, ...]


@dataclass(frozen=True, slots=True)
class TwoTrackEvent:
    """One event, its twin without slides, and the truth."""

    slid: Seen
    quiet: Seen
    slides: Slides


@dataclass(frozen=True, slots=True)
class EventSource:
    """Events that two tracks see: simulated when first asked for, then taken from a folder.

    Parameters
    ----------
    seeds : tuple of int
    landscapes : Landscapes
        What the land is like.
    cache : Path
        Folder that keeps stacks and scores.
    model : Model
    size_km : float
        Side of an event.
    """

    seeds: tuple[int, ...]
    landscapes: Landscapes
    cache: Path
    model: "Model"
    size_km: float = 7.0

    def events(self, reporter: Reporter = silent) -> Iterator[TwoTrackEvent]:
        """Yield the events.

        Raises
        ------
        InputError
            If the folder holds events that were made otherwise.
        """
        keep_record(self.cache, {**self.landscapes.source, "size_km": self.size_km})
        reporter(StepStarted("fusion", "Mapping with two tracks", len(self.seeds), "events"))
        for done, seed in enumerate(self.seeds, start=1):
            folder = self.cache / f"event-{seed}"
            if not (folder / DONE).is_file():
                spec = EventSpec(seed, self.size_km, tracks=2, zip_every=0)
                _simulate(self.landscapes.over(spec), folder)
            seen = [_seen(folder, kind, self.model) for kind in (SLID, QUIET)]
            slides = Slides.read(folder / TRUTH, seen[0].stacks[0].grid.epsg)
            yield TwoTrackEvent(seen[0], seen[1], slides)
            reporter(StepAdvanced("fusion", done))


def _simulate(spec: EventSpec, folder: Path) -> None:
    """Write the stacks of both grounds and the truth; scenes are not kept."""
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "work"
    slid = simulate_event(spec, work / SLID)
    quiet = simulate_event(replace(spec, slides=False), work / QUIET)
    chain = Chain(work / "chain", slid.event)
    for name, event in ((SLID, slid), (QUIET, quiet)):
        for stack in chain.stacks(event.scenes, event.dem, event.aoi, name):
            shutil.copytree(stack.folder, folder / name / stack.track.name)
    shutil.copy2(slid.truth, folder / TRUTH)
    for path in (work / "chain").glob("dem*"):
        shutil.copy2(path, folder / path.name)
    shutil.rmtree(work)
    write_json_atomic(folder / DONE, {"seed": spec.seed, "slides": len(slid.slides)})


def _seen(folder: Path, kind: str, model: "Model") -> Seen:
    places = sorted(path for path in (folder / kind).iterdir() if path.is_dir())
    stacks = sorted((open_stack(place) for place in places), key=lambda stack: stack.track)
    return Seen(tuple(stacks), tuple(_score(stack, model) for stack in stacks))


def _score(stack: "Stack", model: "Model") -> ScoreRaster:
    out = stack.folder / f"score-{model.sha256[:12]}.tif"
    if not out.is_file():
        score_stack(stack, model, out, ScoreOptions(device=Device.CPU, threads=1))
    return ScoreRaster(out, stack.grid, stack.track, model.name, Device.CPU.value, 0)
