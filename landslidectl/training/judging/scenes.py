"""Whole simulated scenes through the whole chain: what a user would get.

Patch metrics say little about maps. Here events that no training saw are simulated, with their
slides and without, stacked, masked, scored, fused and outlined by the code that users run: by
networks, and by the two rules that need no network.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.detections import Detection
from landslidectl.detection.fuse import LEFT_OUT, MASKED, FusedScore, fuse_scores, was_seen
from landslidectl.detection.geodesy import area_scale, from_wgs84
from landslidectl.detection.masks import GroundLimits, GroundMask, JudgedGround
from landslidectl.detection.regions import find_detections
from landslidectl.files.rasters import read_bands
from landslidectl.inference.baselines import FULL_SCALE_DB, rule_model
from landslidectl.inference.naming import RULES
from landslidectl.inference.score import score_stack
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.stack.contract import StackContract
from landslidectl.terms import BandSet, Device
from landslidectl.training.simulated.chain import Chain

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.manifest import Model
    from landslidectl.stack.record import Stack
    from landslidectl.terrain.dem import Dem

THRESHOLDS = (*(step / 20 for step in range(2, 19)), 0.925, 0.95, 0.975, 0.99)
RULE_THRESHOLDS_DB = (*(step / 10 for step in range(14, 33)), 3.5, 4.0, 4.5, 5.0, 6.0)

USERS_LIMITS = GroundLimits()


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
    dem: "Dem"


def rule_subjects(bands: BandSet) -> dict[str, Subject]:
    """Return the rules that need no network, by name, for the change in these bands."""
    thresholds = tuple(round(value / FULL_SCALE_DB, 6) for value in RULE_THRESHOLDS_DB)
    return {
        rule: Subject(rule_model(rule, bands, 0.5, StackContract(), Path("rules")), thresholds)
        for rule in RULES
    }


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
        chain.dem,
    )


@dataclass(frozen=True, slots=True)
class SceneMap:
    """Fused scores of some stacks, their highest, and how much ground was looked at."""

    fused: FusedScore
    stacks: "tuple[Stack, ...]"
    dem: "Dem"
    highest: float
    looked_at_km2: float

    @classmethod
    def of(cls, stacks: "tuple[Stack, ...]", dem: "Dem", model: "Model", out: Path) -> "SceneMap":
        """Score the stacks of one event into ``out``, under the limits of slope of users.

        What these limits mask was looked at and held to be no slide, so it counts towards the area;
        layover, shadow and water do not.
        """
        fused = fused_score(stacks, model, out)
        score, quality = read_bands(fused.path)[0], read_bands(fused.quality_path)[0]
        looked_at = was_seen(score, quality) & ((quality & int(MASKED & ~LEFT_OUT)) == 0)
        pixel_km2 = area_scale(fused.grid) * fused.grid.pixel_m**2 / 1e6
        highest = float(np.nanmax(score, initial=0.0))
        return cls(fused, stacks, dem, highest, float(looked_at.sum()) * pixel_km2)

    def detections(self, threshold: float) -> "tuple[Detection, ...]":
        """Return what a user would get, in window outlines: they are what a threshold decides.

        Above the highest score that is nothing.
        """
        if threshold > self.highest:
            return ()
        options = DetectOptions(threshold, delineate=False, dem=self.dem)
        return find_detections(self.fused, self.stacks, options).items


def fused_score(
    stacks: "Sequence[Stack]", model: "Model", out: Path, limits: GroundLimits = USERS_LIMITS
) -> FusedScore:
    """Score the stacks of one event and fuse them into ``out``, on the ground within limits."""
    rasters = []
    for stack in stacks:
        path = out.with_name(f"{out.stem}-{stack.track.name}.tif")
        with JudgedGround(stack, limits) as judged:
            options = ScoreOptions(device=Device.CPU, judged=judged.of)
            rasters.append(score_stack(stack, model, path, options))
    with GroundMask(stacks[0], limits) as ground:
        return fuse_scores(rasters, stacks, out, ground)


def count_slides(slides: Slides, found: Sequence[bool], low: float, high: float) -> tuple[int, int]:
    """Return how many slides of a range of areas some track sees, and how many were found."""
    inside = [
        index
        for index, area in enumerate(slides.areas_m2)
        if slides.visible[index] and low <= area < high
    ]
    return len(inside), sum(found[index] for index in inside)
