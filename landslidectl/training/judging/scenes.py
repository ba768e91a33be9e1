"""Whole simulated scenes through the whole chain: the threshold, and what a user would get.

Patch metrics say little about maps. Here events that no training saw are simulated, with their
slides and without, stacked, scored, fused and outlined by the code that users run: by networks, and
by the two rules that need no network. Thresholds are chosen on one set of
events and the figures are taken on another.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.accuracy import match_inventory
from landslidectl.detection.fuse import FusedScore, fuse_scores
from landslidectl.detection.geodesy import from_wgs84
from landslidectl.detection.regions import Detection, DetectOptions, find_detections
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.rasters import read_bands
from landslidectl.inference.baselines import FULL_SCALE_DB, rule_model
from landslidectl.inference.naming import RULES
from landslidectl.inference.score import ScoreOptions, score_stack
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device
from landslidectl.training.judging.tally import LARGE_M2, MEDIUM_M2, SMALLEST_M2, Tally
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.landscapes import Landscapes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.manifest import Model
    from landslidectl.stack.record import Stack

THRESHOLDS = (*(step / 20 for step in range(2, 19)), 0.925, 0.95, 0.975, 0.99)
RULE_THRESHOLDS_DB = (*(step / 20 for step in range(28, 64)), 3.25, 3.5, 3.75, 4.0, 4.5, 5.0, 6.0)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged on scenes.

    Parameters
    ----------
    model : Model
        A network or a rule.
    thresholds : tuple of float
        Tried one by one, ascending.
    """

    model: "Model"
    thresholds: tuple[float, ...] = THRESHOLDS


@dataclass(frozen=True, slots=True)
class Slides:
    """The planted slides of an event on the grid of its stacks."""

    outlines: "tuple[BaseGeometry, ...]"
    areas_m2: tuple[float, ...]
    visible: tuple[bool, ...]

    @classmethod
    def read(cls, path: Path, epsg: int) -> "Slides":
        """Read what the simulator wrote beside its scenes."""
        import shapely  # noqa: PLC0415

        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        facts = [feature["properties"] for feature in features]
        return cls(
            tuple(from_wgs84(shapely.geometry.shape(item["geometry"]), epsg) for item in features),
            tuple(fact["area_m2"] for fact in facts),
            tuple(fact["visible"] for fact in facts),
        )


@dataclass(frozen=True, slots=True)
class EventStacks:
    """The stacks of one event with its slides, and of the same event without."""

    slid: "tuple[Stack, ...]"
    quiet: "tuple[Stack, ...]"
    slides: Slides


def rule_subjects(bands: BandSet) -> dict[str, Subject]:
    """Return the rules that need no network, by name, for the change in these bands."""
    thresholds = tuple(round(value / FULL_SCALE_DB, 6) for value in RULE_THRESHOLDS_DB)
    return {
        rule: Subject(rule_model(rule, bands, 0.5, StackContract(), Path("rules")), thresholds)
        for rule in RULES
    }


def map_scenes(
    subjects: Mapping[str, Subject],
    seeds: Iterable[int],
    reporter: Reporter = silent,
    size_km: float = 8.0,
    landscapes: Landscapes | None = None,
) -> dict[str, tuple[Tally, ...]]:
    """Map simulated events with every subject, at every threshold.

    Parameters
    ----------
    subjects : mapping of str to Subject
        All see the same stacks.
    seeds : iterable of int
        Events that no training saw.
    reporter : Reporter
    size_km : float
        Side of the events.
    landscapes : Landscapes, optional
        What their land is like; by default the simulator's own.

    Returns
    -------
    dict
        For every subject a tally a threshold, summed over the events.
    """
    sums = {name: tuple(map(Tally, subject.thresholds)) for name, subject in subjects.items()}
    wanted = list(seeds)
    reporter(StepStarted("scenes", "Mapping simulated events", len(wanted), "events"))
    for done, seed in enumerate(wanted, start=1):
        with tempfile.TemporaryDirectory(prefix="landslidectl-") as work:
            spec = (landscapes or Landscapes()).over(EventSpec(seed, size_km, zip_every=0))
            event = simulate_stacks(spec, Path(work))
            for name, subject in subjects.items():
                tallies = _tallies(event, subject, Path(work))
                sums[name] = tuple(a.plus(b) for a, b in zip(sums[name], tallies, strict=True))
        reporter(StepAdvanced("scenes", done))
    return sums


def simulate_stacks(spec: EventSpec, work: Path) -> EventStacks:
    """Simulate and stack an event, and its twin without slides."""
    slid = simulate_event(spec, work / "slid")
    quiet = simulate_event(replace(spec, slides=False), work / "quiet")
    chain = Chain(work / "chain", slid.event)
    stacks = chain.stacks(slid.scenes, slid.dem, slid.aoi, "slid")
    return EventStacks(
        stacks,
        chain.stacks(quiet.scenes, quiet.dem, quiet.aoi, "quiet"),
        Slides.read(slid.truth, stacks[0].grid.epsg),
    )


def _tallies(event: EventStacks, subject: Subject, work: Path) -> Iterator[Tally]:
    slid = SceneMap.of(event.slid, subject.model, work / "slid-score.tif")
    quiet = SceneMap.of(event.quiet, subject.model, work / "quiet-score.tif")
    slides = event.slides
    for threshold in subject.thresholds:
        detected, calm = slid.detections(threshold), quiet.detections(threshold)
        matches = match_inventory([item.polygon for item in detected], slides.outlines)
        yield Tally(
            threshold,
            large=count_slides(slides, matches.found, LARGE_M2, np.inf),
            medium=count_slides(slides, matches.found, MEDIUM_M2, LARGE_M2),
            small=count_slides(slides, matches.found, SMALLEST_M2, MEDIUM_M2),
            regions=len(detected),
            false_regions=matches.false_regions,
            quiet_regions=len(calm),
            quiet_km2=quiet.tested_km2,
            quiet_region_km2=sum(item.area_ha for item in calm) / 100.0,
        )


@dataclass(frozen=True, slots=True)
class SceneMap:
    """Fused scores of some stacks, their highest, and how much ground could be judged."""

    fused: FusedScore
    stacks: "tuple[Stack, ...]"
    highest: float
    tested_km2: float

    @classmethod
    def of(cls, stacks: "tuple[Stack, ...]", model: "Model", out: Path) -> "SceneMap":
        """Score the stacks of one event into ``out``."""
        fused = fused_score(stacks, model, out)
        tested = find_detections(fused, stacks, DetectOptions(2.0, delineate=False)).tested_km2
        return cls(fused, stacks, float(np.nanmax(read_bands(fused.path)[0])), tested)

    def detections(self, threshold: float) -> "tuple[Detection, ...]":
        """Return what a user would get, in window outlines: they are what a threshold decides.

        Above the highest score that is nothing.
        """
        if threshold > self.highest:
            return ()
        options = DetectOptions(threshold, delineate=False)
        return find_detections(self.fused, self.stacks, options).items


def fused_score(stacks: "Sequence[Stack]", model: "Model", out: Path) -> FusedScore:
    """Score the stacks of one event and fuse them into ``out``."""
    options = ScoreOptions(device=Device.CPU)
    rasters = [
        score_stack(stack, model, out.with_name(f"{out.stem}-{stack.track.name}.tif"), options)
        for stack in stacks
    ]
    return fuse_scores(rasters, stacks, out)


def count_slides(slides: Slides, found: Sequence[bool], low: float, high: float) -> tuple[int, int]:
    """Return how many slides of a range of areas some track sees, and how many were found."""
    inside = [
        index
        for index, area in enumerate(slides.areas_m2)
        if slides.visible[index] and low <= area < high
    ]
    return len(inside), sum(found[index] for index in inside)
