"""How well outlines follow the planted slides: of windows, of a threshold, and as users get them.

Simulated events are mapped by a network; every slide above 20,000 m2 that some track sees and a
window outline touches is held against the outlines. All kinds start from the same regions, so they
found the same slides. The rule to beat, a threshold on the smoothed absolute log-ratio, gets the
joining, filling and smallest area of the delineated outlines, and its smoothing and threshold are
the best ones on the development events.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.delineate import DelineateOptions, Place, widened
from landslidectl.detection.describe import DetectOptions
from landslidectl.detection.fuse import FusedScore
from landslidectl.detection.polygons import window_of
from landslidectl.detection.regions import find_detections
from landslidectl.detection.smoothing import local_mean
from landslidectl.evaluation.intervals import DRAWS, LEVELS, SEED
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.rasters import read_bands
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.judging.scenes import Slides, fused_score
from landslidectl.training.judging.tally import LARGE_M2
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.landscapes import Landscapes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.inference.manifest import Model
    from landslidectl.stack.record import Stack

WINDOW, DELINEATED = "window", "delineated"
SMOOTHINGS_PX = (1.5, 2.0, 3.0)
THRESHOLDS_DB = tuple(step / 10 for step in range(8, 19))
Outlines = Mapping[str, "Sequence[BaseGeometry]"]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """What the outlines of one kind have in common with the slides.

    Parameters
    ----------
    ious : tuple of float
        Intersection over union of each slide that window outlines found with the parts that touch
        it; 0 where none of this kind does, which its own recall tells.
    sought : int
        Slides above 20,000 m2 that some track sees, found or not.
    outlined_m2, slid_m2 : float
        Area of all outlines, and of what slid inside them, slides of any size.
    """

    ious: tuple[float, ...] = ()
    sought: int = 0
    outlined_m2: float = 0.0
    slid_m2: float = 0.0

    def plus(self, other: "Overlaps") -> "Overlaps":
        """Return those of both."""
        return Overlaps(
            self.ious + other.ious,
            self.sought + other.sought,
            self.outlined_m2 + other.outlined_m2,
            self.slid_m2 + other.slid_m2,
        )

    @property
    def median(self) -> float:
        """Return the median intersection over union, 0 without slides."""
        return float(np.median(self.ious)) if self.ious else 0.0

    def as_dict(self) -> dict[str, float]:
        """Return the figures, JSON-ready."""
        return {
            "slides": self.sought,
            "found": len(self.ious),
            "recall": sum(iou > 0.0 for iou in self.ious) / max(self.sought, 1),
            "median_iou": self.median,
            "mean_iou": float(np.mean(self.ious)) if self.ious else 0.0,
            "slid_share": self.slid_m2 / max(self.outlined_m2, 1.0),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What maps the events, and how.

    Parameters
    ----------
    model : Model
    threshold : float
        Lowest score of a detected pixel.
    size_km : float
        Side of the events; every second one is seen from two tracks.
    """

    model: "Model"
    threshold: float
    size_km: float = 8.0


def compare_outlines(
    question: Question,
    events: tuple[Iterable[int], Landscapes],
    rules: Sequence[str] | None = None,
    reporter: Reporter = silent,
) -> dict[str, Overlaps]:
    """Map simulated events and hold every kind of outline against their slides.

    Parameters
    ----------
    question : Question
    events : (iterable of int, Landscapes)
        Seeds, and what their land is like.
    rules : sequence of str, optional
        Names of thresholds to try, as `rule_name` gives them; by default all of them.
    reporter : Reporter

    Returns
    -------
    dict
        Overlaps by kind: ``window``, ``delineated`` and each threshold.
    """
    seeds, landscapes = list(events[0]), events[1]
    sums: dict[str, Overlaps] = {}
    reporter(StepStarted("outlines", "Outlining simulated events", len(seeds), "events"))
    for done, seed in enumerate(seeds, start=1):
        with tempfile.TemporaryDirectory(prefix="landslidectl-") as work:
            spec = EventSpec(seed, question.size_km, zip_every=0, tracks=2 - seed % 2)
            stacks, slides = _simulated(landscapes.over(spec), Path(work))
            score = fused_score(stacks, question.model, Path(work) / "score.tif")
            kinds = outlines_of(score, stacks, question.threshold, rules)
        for name, overlaps in overlaps_of(kinds, slides).items():
            sums[name] = sums.get(name, Overlaps()).plus(overlaps)
        reporter(StepAdvanced("outlines", done))
    return sums


def best_rule(found: Mapping[str, Overlaps]) -> str:
    """Return the threshold with the highest median overlap."""
    rules = [name for name in found if name not in (WINDOW, DELINEATED)]
    return max(rules, key=lambda name: found[name].median)


def rule_name(smoothing_px: float, threshold_db: float) -> str:
    """Return what a threshold on the smoothed log-ratio is called."""
    return f"log-ratio over {smoothing_px:g} px, {threshold_db:g} dB"


def outlines_of(
    score: FusedScore,
    stacks: "Sequence[Stack]",
    threshold: float,
    rules: Sequence[str] | None = None,
) -> Outlines:
    """Return the outlines of every kind, one a region and in one order."""
    options = partial(DetectOptions, threshold)
    windows = find_detections(score, stacks, options(delineate=False)).items
    drawn = {item.det_id: item for item in find_detections(score, stacks, options()).items}
    kinds: dict[str, list[BaseGeometry]] = {
        WINDOW: [item.polygon for item in windows],
        DELINEATED: [drawn[item.det_id].polygon for item in windows],
    }
    detected = read_bands(score.path)[0] >= threshold
    for region in kinds[WINDOW]:
        for name, outline in _ruled(region, detected, stacks):
            if rules is None or name in rules:
                kinds.setdefault(name, []).append(outline)
    return kinds


def overlaps_of(kinds: Outlines, slides: Slides) -> dict[str, Overlaps]:
    """Hold outlines of every kind against the slides that window outlines found."""
    import shapely  # noqa: PLC0415

    sought = [
        outline
        for outline, area, visible in zip(
            slides.outlines, slides.areas_m2, slides.visible, strict=True
        )
        if visible and area >= LARGE_M2
    ]
    everything, seen = shapely.union_all(slides.outlines), shapely.union_all(kinds[WINDOW])
    found = [slide for slide in sought if slide.intersects(seen)]
    overlaps = {}
    for name, outlines in kinds.items():
        parts = shapely.get_parts(list(outlines))
        whole = shapely.union_all(parts)
        overlaps[name] = Overlaps(
            tuple(_iou(slide, parts) for slide in found),
            len(sought),
            float(whole.area),
            float(whole.intersection(everything).area),
        )
    return overlaps


def table_text(found: Mapping[str, Mapping[str, float]]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| outlines | slides | recall | median IoU | mean IoU | slid share of the area |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in found.items():
        figures = (row["recall"], row["median_iou"], row["mean_iou"], row["slid_share"])
        cells = [name, f"{row['found']:.0f} of {row['slides']:.0f}"]
        cells += [f"{value:.2f}" for value in figures]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summary(found: Mapping[str, Overlaps], rule: str) -> dict[str, Any]:
    """Return the figures of the three kinds that are compared, windows first."""
    return {name: found[name].as_dict() for name in (WINDOW, rule, DELINEATED) if name in found}


def lead(found: Mapping[str, Overlaps], rule: str) -> dict[str, Any]:
    """Return by how much delineated outlines beat a rule, slide by slide, JSON-ready.

    Keys are ``better`` and ``worse``, in slides; ``mean``, the mean difference of the intersection
    over union; ``interval``, its 95 % interval by a bootstrap over slides, None without any.
    """
    differences = np.subtract(found[DELINEATED].ious, found[rule].ious)
    count = differences.size
    draws = np.random.default_rng([SEED, count]).integers(0, max(count, 1), (DRAWS, count))
    return {
        "better": int((differences > 0.0).sum()),
        "worse": int((differences < 0.0).sum()),
        "mean": float(differences.mean()) if count else 0.0,
        "interval": np.percentile(differences[draws].mean(axis=1), LEVELS).tolist()
        if count
        else None,
    }


def _simulated(spec: EventSpec, work: Path) -> "tuple[tuple[Stack, ...], Slides]":
    event = simulate_event(spec, work / "scenes")
    stacks = Chain(work / "chain", event.event).stacks(event.scenes, event.dem, event.aoi, "slid")
    return stacks, Slides.read(event.truth, stacks[0].grid.epsg)


def _iou(slide: "BaseGeometry", parts: "NDArray[Any]") -> float:
    import shapely  # noqa: PLC0415

    touching = shapely.union_all(parts[shapely.intersects(parts, slide)])
    return float(slide.intersection(touching).area / slide.union(touching).area)


def _ruled(
    region: "BaseGeometry", detected: "NDArray[np.bool_]", stacks: "Sequence[Stack]"
) -> "Iterator[tuple[str, BaseGeometry]]":
    """Yield a region's outline for every threshold; that of its windows where none passes."""
    import shapely  # noqa: PLC0415

    grid, drawn = stacks[0].grid, DelineateOptions()
    window = widened(window_of(region, grid), grid)
    place = Place.of(region, detected, grid, window)
    bands = [
        band
        for stack in stacks
        for band in read_bands(stack.values_path, window)[len(stack.bands.polarisations) :]
    ]
    for smoothing in SMOOTHINGS_PX:
        change = np.mean([_smooth(band, smoothing) for band in bands], axis=0)
        for threshold in THRESHOLDS_DB:
            slid = change >= threshold
            parts = place.parts(slid, drawn.reach_px, drawn.min_area_m2)
            yield rule_name(smoothing, threshold), shapely.union_all(parts) if parts else region


def _smooth(band: "NDArray[np.float32]", smoothing_px: float) -> "NDArray[np.float32]":
    seen = np.isfinite(band)
    weights = seen.astype(np.float32)
    return np.abs(local_mean(np.where(seen, band, np.float32(0.0)), weights, smoothing_px))
