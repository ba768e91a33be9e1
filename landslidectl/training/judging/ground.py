"""What the limits of slope and the flags cost and gain, on simulated events.

Each event is mapped with its planted slides and without, once with all ground judged and once with
the limits that users get. The slides' own slopes say what any limit would lose; stretches of the
river's bed say how many of them the flag would know.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.detection.accuracy import match_inventory
from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import fuse_scores
from landslidectl.detection.masks import SLOPE_BAND, GroundLimits, GroundMask
from landslidectl.detection.polygons import outline_regions, pixels_inside, window_of
from landslidectl.detection.regions import find_detections
from landslidectl.detection.relief import STEEPNESS_PERCENTILE, Relief
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.rasters import read_bands
from landslidectl.inference.score import score_stack
from landslidectl.inference.score_options import ScoreOptions
from landslidectl.simulation.event import SimulatedEvent, simulate_event
from landslidectl.simulation.landcover import Cover
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.terrain import CELL_M
from landslidectl.terms import Device, Flag
from landslidectl.training.judging.outlines import Question
from landslidectl.training.judging.scenes import Slides
from landslidectl.training.judging.tally import LARGE_M2, SMALLEST_M2
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.landscapes import Landscapes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.score import ScoreRaster
    from landslidectl.stack.record import Stack
    from landslidectl.terrain.dem import Dem

SLOPES_DEG = tuple(range(2, 13))
ALL_GROUND, DEFAULTS = "all ground", "defaults"
STRETCH_PX = 50
"""Stretches of the bed are what of it lies in squares of 500 m."""
Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Side:
    """The stacks of an event, with slides or without, and their scores."""

    stacks: "tuple[Stack, ...]"
    rasters: "tuple[ScoreRaster, ...]"


@dataclass(frozen=True, slots=True)
class GroundEvent:
    """One event, mapped.

    Parameters
    ----------
    slid, quiet : Side
        With its slides, and without.
    slides : Slides
    dem : Dem
    bed : bool array, (row, col)
        Gravel and water of the river, on the grid of the stacks.
    """

    slid: Side
    quiet: Side
    slides: Slides
    dem: "Dem"
    bed: "NDArray[np.bool_]"


def compare_ground(
    question: Question,
    events: tuple[Iterable[int], Landscapes],
    reporter: Reporter = silent,
) -> Counts:
    """Map simulated events and count what the limits and the flags do; see `counted`.

    Parameters
    ----------
    question : Question
    events : (iterable of int, Landscapes)
        Seeds, and what their land is like.
    reporter : Reporter
    """
    seeds, landscapes = list(events[0]), events[1]
    sums: Counts = Counter()
    reporter(StepStarted("ground", "Judging ground of simulated events", len(seeds), "events"))
    for done, seed in enumerate(seeds, start=1):
        with tempfile.TemporaryDirectory(prefix="landslidectl-") as work:
            spec = EventSpec(seed, question.size_km, zip_every=0, tracks=2 - seed % 2)
            event = _mapped(landscapes.over(spec), question, Path(work))
            sums.update(counted(event, question.threshold, Path(work)))
        reporter(StepAdvanced("ground", done))
    return sums


def counted(event: GroundEvent, threshold: float, work: Path) -> Counts:
    """Count one event.

    Returns
    -------
    Counter
        ``slides`` of 2,000 m2 and more, and ``pixels`` in them; of both, those ``below`` each slope
        (a slide by its steepness); stretches of ``beds``, and how many of them and of the slides
        lie like a river bed (``flagged``); and, for all ground and for the defaults, large slides
        ``sought`` and ``found``, detections that touch a slide (``true``) and none (``false``),
        those in the quiet event, and how many of each are flagged.
    """
    grid = event.slid.stacks[0].grid
    counts: Counts = Counter(events=1, quiet_km2=round(grid.area_km2))
    slope = read_bands(event.slid.stacks[0].incidence_path)[SLOPE_BAND - 1]
    relief = Relief(event.dem, grid)
    for outline, area in zip(event.slides.outlines, event.slides.areas_m2, strict=True):
        window = window_of(outline, grid)
        inside = slope[window.slices][pixels_inside(outline, grid.subgrid(window))]
        lie = relief.lie(outline)
        if area < SMALLEST_M2 or inside.size == 0 or lie is None:
            continue
        counts.update(slides=1, pixels=inside.size, slides_flagged=lie.is_river_bed)
        steepness = np.percentile(inside, STEEPNESS_PERCENTILE)
        for limit in SLOPES_DEG:
            counts[f"pixels_below_{limit}"] += int((inside < limit).sum())
            counts[f"slides_below_{limit}"] += int(steepness < limit)
    lies = [relief.lie(part) for part in _stretches(event)]
    counts.update(beds=len(lies), beds_flagged=sum(bool(lie and lie.is_river_bed) for lie in lies))
    for name, options, limits in (
        (ALL_GROUND, DetectOptions(threshold, min_steepness_deg=0.0), GroundLimits(0.0)),
        (DEFAULTS, DetectOptions(threshold), GroundLimits()),
    ):
        found = _detections(event, replace(options, dem=event.dem), limits, work)
        counts.update({f"{name}: {key}": value for key, value in found.items()})
    return counts


def _detections(
    event: GroundEvent, options: DetectOptions, limits: GroundLimits, work: Path
) -> Mapping[str, int]:
    sides = []
    for side in (event.slid, event.quiet):
        with GroundMask(side.stacks[0], limits) as ground:
            fused = fuse_scores(side.rasters, side.stacks, work / "fused.tif", ground)
        sides.append(find_detections(fused, side.stacks, options).items)
    slid, quiet = sides
    matches = match_inventory([item.polygon for item in slid], event.slides.outlines)
    large = [
        seen and area >= LARGE_M2
        for seen, area in zip(event.slides.visible, event.slides.areas_m2, strict=True)
    ]
    beds = [Flag.RIVER_BED in item.flag.split(",") for item in slid]
    return {
        "sought": sum(large),
        "found": sum(hit and one for hit, one in zip(matches.found, large, strict=True)),
        "true": sum(matches.holds_slide),
        "true flagged": sum(b and t for b, t in zip(beds, matches.holds_slide, strict=True)),
        "false": matches.false_regions,
        "false flagged": sum(b and not t for b, t in zip(beds, matches.holds_slide, strict=True)),
        "quiet": len(quiet),
        "quiet flagged": sum(Flag.RIVER_BED in item.flag.split(",") for item in quiet),
    }


def tables_text(counts: Counts) -> str:
    """Return the counts as tables in Markdown."""
    lines = ["| slope below | pixels of slides | slides |", "|---:|---:|---:|"]
    for limit in SLOPES_DEG:
        pixels = counts[f"pixels_below_{limit}"] / max(counts["pixels"], 1)
        below = f"{counts[f'slides_below_{limit}']} of {counts['slides']}"
        lines.append(f"| {limit} degrees | {pixels:.2%} | {below} |")
    lines += [
        "",
        "| ground | large slides found | touch a slide | false | false where nothing slid | "
        "a 100 km2 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name in (ALL_GROUND, DEFAULTS):
        told = {
            key: f"{counts[f'{name}: {key}']} ({counts[f'{name}: {key} flagged']} flagged)"
            for key in ("true", "false", "quiet")
        }
        large = f"{counts[f'{name}: found']} of {counts[f'{name}: sought']}"
        rate = 100.0 * counts[f"{name}: quiet"] / max(counts["quiet_km2"], 1)
        cells = [name, large, told["true"], told["false"], told["quiet"], f"{rate:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"{counts['beds_flagged']} of {counts['beds']} stretches of the river's bed and "
        f"{counts['slides_flagged']} of {counts['slides']} slides lie as a river bed does.",
    ]
    return "\n".join(lines) + "\n"


def bed_of(event: SimulatedEvent, stack: "Stack") -> "NDArray[np.bool_]":
    """Return where a simulated river runs, gravel and water, on the grid of a stack."""
    box, grid = event.landscape.place.terrain.box, stack.grid
    classes = event.landscape.before.classes
    row, col = round((box.top - grid.top) / CELL_M), round((grid.left - box.left) / CELL_M)
    part = classes[row : row + grid.rows, col : col + grid.cols]
    return np.isin(part, (Cover.GRAVEL, Cover.WATER))


def _stretches(event: GroundEvent) -> "Sequence[BaseGeometry]":
    grid = event.slid.stacks[0].grid
    return [
        part
        for square in grid.blocks(STRETCH_PX)
        for part in outline_regions(
            np.ascontiguousarray(event.bed[square.slices]), grid.subgrid(square), SMALLEST_M2
        )
    ]


def _mapped(spec: EventSpec, question: Question, work: Path) -> GroundEvent:
    slid = simulate_event(spec, work / "slid")
    quiet = simulate_event(replace(spec, slides=False), work / "quiet")
    chain = Chain(work / "chain", slid.event)
    sides = []
    for name, event in (("slid", slid), ("quiet", quiet)):
        stacks = chain.stacks(event.scenes, event.dem, event.aoi, f"stacks-{name}")
        rasters = tuple(
            score_stack(
                stack,
                question.model,
                work / f"{name}-{stack.track.name}.tif",
                ScoreOptions(device=Device.CPU),
            )
            for stack in stacks
        )
        sides.append(Side(stacks, rasters))
    first = sides[0].stacks[0]
    slides = Slides.read(slid.truth, first.grid.epsg)
    return GroundEvent(sides[0], sides[1], slides, chain.dem, bed_of(slid, first))
