"""Rules of fusing two tracks, held against simulated events that both see.

Every rule fuses the same scores under the same masks; what differs is how scores are pooled. A rule
is chosen on events of validation places and the figures are taken on events of test places:
windows (ROC AUC, average precision, F1 at the threshold that is best on the validation events),
pixels likewise, and slides found at a threshold that gives no more than 3 false regions in 100 km2
of the validation events without slides.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.accuracy import match_inventory
from landslidectl.detection.fuse import MASKED, fuse_block
from landslidectl.detection.polygons import outline_regions
from landslidectl.detection.pool import counting, sight, weights_around
from landslidectl.events import Reporter, silent
from landslidectl.files.rasters import read_bands
from landslidectl.terms import Pass
from landslidectl.training.judging.fusion_events import EventSource, Seen, TwoTrackEvent
from landslidectl.training.judging.fusion_figures import RuleFigures, figures_of
from landslidectl.training.judging.fusion_rules import (
    LOGISTIC,
    Layers,
    Rule,
    features,
    fitted_rule,
    rules,
)
from landslidectl.training.judging.fusion_samples import slid_pixels, window_samples
from landslidectl.training.judging.scenes import count_slides
from landslidectl.training.judging.tally import (
    LARGE_M2,
    MEDIUM_M2,
    SMALLEST_M2,
    Tally,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.grid import Grid
    from landslidectl.training.judging.scenes import Slides

THRESHOLDS = (0.4, 0.5, 0.6, 0.65, 0.7, *(step / 40 for step in range(29, 40)), 0.99)


def compare_rules(
    chosen_on: EventSource, tested_on: EventSource, reporter: Reporter = silent
) -> dict[str, Any]:
    """Choose thresholds on one set of events and take the figures of every rule on another.

    Parameters
    ----------
    chosen_on, tested_on : EventSource
        Of validation and of test places, for the same model.
    reporter : Reporter

    Returns
    -------
    dict
        Model, seeds, what was fitted, and the figures by rule, JSON-ready.

    Raises
    ------
    InputError
        If nothing slid in a set, or the cache holds events that were made otherwise.
    """
    model = chosen_on.model
    learnt, fit = learnt_rule(chosen_on.events(reporter))
    parts = [
        judge_rules(source.events(reporter), {LOGISTIC: learnt}, model.threshold)
        for source in (chosen_on, tested_on)
    ]
    return {
        "model": model.name,
        "model_sha256": model.sha256,
        "development": list(chosen_on.seeds),
        "test": list(tested_on.seeds),
        "logistic": fit,
        "rules": {
            name: figures_of(parts[0][name], parts[1][name], model.threshold) for name in parts[0]
        },
    }


def judge_rules(
    events: Iterable[TwoTrackEvent], fitted: Mapping[str, Rule], shipped: float
) -> dict[str, RuleFigures]:
    """Hold every rule, and either track alone, against some events.

    Parameters
    ----------
    events : iterable of TwoTrackEvent
    fitted : mapping of str to callable
        Rules beside `rules`.
    shipped : float
        A threshold that is tried beside the others.
    """
    thresholds = tuple(sorted({*THRESHOLDS, shipped}))
    ways: dict[str, Rule | Pass] = {alone(way): way for way in Pass}
    ways |= {**rules(), **fitted}
    figures = {name: RuleFigures(thresholds) for name in ways}
    for event in events:
        slid = slid_pixels(event.slides, event.slid.stacks[0].grid)
        grounds = Ground.of(event.slid), Ground.of(event.quiet)
        for name, way in ways.items():
            maps = grounds[0].mapped(way), grounds[1].mapped(way)
            figures[name].add(maps[0].score, slid)
            figures[name].count(tallies_of(maps, event.slides, thresholds))
    return figures


def alone(direction: Pass) -> str:
    """Return what a track of a direction is called where no other is used."""
    return f"{direction.value} alone"


@dataclass(frozen=True, slots=True)
class Map:
    """A score on a grid, NaN where not observed, and which pixels can be judged."""

    score: "NDArray[np.float32]"
    judged: "NDArray[np.bool_]"
    grid: "Grid"

    def regions(self, threshold: float) -> "list[BaseGeometry]":
        """Return the outlines of judged pixels that reach a threshold, 2,000 m2 or more."""
        return outline_regions(self.judged & (self.score >= threshold), self.grid, SMALLEST_M2)


@dataclass(frozen=True, slots=True)
class Ground:
    """The scores of one ground, ready to be fused in any way.

    Parameters
    ----------
    seen : Seen
    quality : NDArray
        uint8 (track, row, col).
    layers : Layers
    """

    seen: Seen
    quality: "NDArray[np.uint8]"
    layers: Layers

    @classmethod
    def of(cls, seen: Seen) -> "Ground":
        """Read a ground."""
        scores = np.stack([read_bands(raster.path)[0] for raster in seen.rasters])
        quality = np.stack([read_bands(stack.quality_path)[0] for stack in seen.stacks])
        weights = []
        for stack, bits, score in zip(seen.stacks, quality, scores, strict=True):
            seeing = sight(bits, read_bands(stack.incidence_path)[:2])
            seeing[np.isnan(score)] = 0
            weights.append(weights_around(seeing))
        layers = Layers(scores, counting(scores, quality), np.stack(weights))
        return cls(seen, quality, layers)

    def mapped(self, way: Rule | Pass) -> Map:
        """Return what a rule makes of both tracks, or the track of a direction alone."""
        layers = self.layers
        chosen = np.ones(len(layers.scores), dtype=bool)
        if isinstance(way, Pass):
            chosen = np.array([stack.track.direction is way for stack in self.seen.stacks])
        _, bits = fuse_block(layers.scores[chosen], self.quality[chosen], layers.weights[chosen])
        if isinstance(way, Pass):
            score = layers.scores[chosen][0]
        else:
            score = np.where(layers.used.any(axis=0), way(layers), np.nan)
        judged = np.isfinite(score) & ((bits & int(MASKED)) == 0)
        return Map(score.astype(np.float32), judged, self.seen.stacks[0].grid)


def tallies_of(
    maps: tuple[Map, Map], slides: "Slides", thresholds: Iterable[float]
) -> Iterator[Tally]:
    """Yield the counts of an event at every threshold.

    Parameters
    ----------
    maps : (Map, Map)
        Of the event, and of its twin without slides.
    slides : Slides
    thresholds : iterable of float
    """
    slid, quiet = maps
    quiet_km2 = quiet.judged.sum() * quiet.grid.pixel_m**2 / 1e6
    for threshold in thresholds:
        detected, calm = slid.regions(threshold), quiet.regions(threshold)
        matches = match_inventory(detected, slides.outlines)
        yield Tally(
            threshold,
            large=count_slides(slides, matches.found, LARGE_M2, np.inf),
            medium=count_slides(slides, matches.found, MEDIUM_M2, LARGE_M2),
            small=count_slides(slides, matches.found, SMALLEST_M2, MEDIUM_M2),
            regions=len(detected),
            false_regions=matches.false_regions,
            quiet_regions=len(calm),
            quiet_km2=quiet_km2,
            quiet_region_km2=sum(region.area for region in calm) / 1e6,
        )


def learnt_rule(events: Iterable[TwoTrackEvent]) -> tuple[Rule, list[float]]:
    """Fit a logistic regression on the windows of some events that two tracks see."""
    rows, truth = [], []
    for event in events:
        layers = Ground.of(event.slid).layers
        slid = slid_pixels(event.slides, event.slid.stacks[0].grid)
        both = layers.used.sum(axis=0) > 1
        samples = [
            window_samples(layer, slid) for layer in np.where(both, features(layers), np.nan)
        ]
        rows.append(np.stack([values for values, _ in samples], axis=1))
        truth.append(samples[0][1])
    return fitted_rule(np.concatenate(rows).astype(np.float64), np.concatenate(truth))
