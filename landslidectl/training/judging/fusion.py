"""Rules of fusing two tracks, held against simulated events that both see.

Every rule fuses the same scores under the same masks; what differs is how scores are pooled. A rule
is chosen on events of validation places and the figures are taken on events of test places:
windows (ROC AUC, average precision, F1 at the threshold that is best on the validation events),
pixels likewise, and slides found at a threshold that gives no more than 3 false regions in 100 km2
of the validation events without slides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.detection.accuracy import match_inventory
from landslidectl.detection.fuse import MASKED, fuse_block
from landslidectl.detection.polygons import outline_regions, pixels_inside
from landslidectl.detection.pool import counting, sight, weights_around
from landslidectl.errors import InputError
from landslidectl.evaluation.metrics import choose_threshold, measure
from landslidectl.events import Reporter, silent
from landslidectl.files.rasters import read_bands
from landslidectl.terms import Pass
from landslidectl.training.judging.fusion_events import EventSource, Seen, TwoTrackEvent
from landslidectl.training.judging.fusion_rules import (
    LOGISTIC,
    Layers,
    Rule,
    features,
    fitted_rule,
    rules,
)
from landslidectl.training.judging.scenes import count_slides
from landslidectl.training.judging.tally import (
    LARGE_M2,
    MEDIUM_M2,
    SMALLEST_M2,
    Tally,
    at_threshold,
    choose_scene_threshold,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from landslidectl.grid import Grid
    from landslidectl.training.judging.scenes import Slides

WINDOW_PX = 64
STRIDE_PX = 16
CORE_PX = 4
SLID_SHARE = 0.05
PIXEL_STRIDE = 4
THRESHOLDS = (0.4, 0.5, 0.6, 0.65, 0.7, *(step / 40 for step in range(29, 40)), 0.99)
Places = tuple["NDArray[np.float32]", "NDArray[np.bool_]"]


class RuleFigures:
    """What a rule came to on one set of events: scores and truth of places, and counts."""

    def __init__(self, thresholds: Iterable[float]) -> None:
        self.windows: list[Places] = []
        self.pixels: list[Places] = []
        self.tallies = tuple(map(Tally, thresholds))

    def add(self, score: "NDArray[np.float32]", slid: "NDArray[np.bool_]") -> None:
        """Take the windows and pixels of an event's fused score."""
        self.windows.append(window_samples(score, slid))
        thin = (slice(None, None, PIXEL_STRIDE),) * 2
        seen = np.isfinite(score[thin])
        self.pixels.append((score[thin][seen], slid[thin][seen]))

    def count(self, tallies: Iterable[Tally]) -> None:
        """Take the counts of an event, one a threshold."""
        pairs = zip(self.tallies, tallies, strict=True)
        self.tallies = tuple(mine.plus(one) for mine, one in pairs)


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


def window_samples(
    score: "NDArray[np.float32]", slid: "NDArray[np.bool_]"
) -> "tuple[NDArray[np.float32], NDArray[np.bool_]]":
    """Return the scores at the middles of windows, and whether more than 5 % of them slid."""
    half = WINDOW_PX // 2
    rows = np.arange(half, score.shape[0] - half + 1, STRIDE_PX)
    cols = np.arange(half, score.shape[1] - half + 1, STRIDE_PX)
    shares = _box_sums(slid, rows, cols, half) / WINDOW_PX**2
    middles = _box_sums(score, rows, cols, CORE_PX) / (2 * CORE_PX) ** 2
    seen = np.isfinite(middles)
    return middles[seen].astype(np.float32), shares[seen] > SLID_SHARE


def slid_pixels(slides: "Slides", grid: "Grid") -> "NDArray[np.bool_]":
    """Return which pixels of a grid slid."""
    import shapely  # noqa: PLC0415

    return pixels_inside(shapely.union_all(slides.outlines), grid)


def figures_of(
    chosen_on: RuleFigures, tested_on: RuleFigures, shipped: float
) -> dict[str, float | None]:
    """Return a rule's figures on test events; its thresholds are those of the others.

    Parameters
    ----------
    chosen_on, tested_on : RuleFigures
        On validation and on test events.
    shipped : float
        The model's own threshold, at which slides and false regions are told too.
    """
    row: dict[str, float | None] = {}
    for kind in ("windows", "pixels"):
        chosen, tested = (_joined(getattr(one, kind)) for one in (chosen_on, tested_on))
        threshold = choose_threshold(*chosen, prevalence=float(chosen[1].mean()))
        found = measure(*tested, threshold, prevalence=float(tested[1].mean()))
        on_chosen = measure(*chosen, threshold, prevalence=float(chosen[1].mean()))
        row |= {
            f"{kind}_roc_auc": found.roc_auc,
            f"{kind}_average_precision": found.average_precision,
            f"{kind}_f1": found.f1,
            f"{kind}_threshold": threshold,
            f"{kind}_validation_average_precision": on_chosen.average_precision,
            f"{kind}_validation_f1": on_chosen.f1,
        }
    quiet = choose_scene_threshold(chosen_on.tallies)
    for name, threshold in (("quiet", quiet), ("shipped", shipped)):
        tally, before = (at_threshold(one.tallies, threshold) for one in (tested_on, chosen_on))
        row |= {
            f"{name}_threshold": threshold,
            f"{name}_slides": tally.large[0],
            f"{name}_found": tally.large[1],
            f"{name}_false_per_100_km2": tally.false_per_100_km2,
            f"{name}_precision": tally.precision,
            f"{name}_validation_found": before.large[1],
            f"{name}_validation_slides": before.large[0],
            f"{name}_validation_false_per_100_km2": before.false_per_100_km2,
        }
    return row


def table_text(rows: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the figures as a table in Markdown."""
    heads = [
        "ROC AUC",
        "average precision",
        "F1",
        "pixel F1",
        "large slides",
        "at threshold",
        "large slides as shipped",
        "false as shipped",
    ]
    lines = [f"| fusion | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name, row in rows.items():
        cells = [
            f"{row['windows_roc_auc']:.3f}",
            f"{row['windows_average_precision']:.3f}",
            f"{row['windows_f1']:.3f}",
            f"{row['pixels_f1']:.3f}",
            f"{row['quiet_found']} of {row['quiet_slides']}",
            f"{row['quiet_threshold']:g}",
            f"{row['shipped_found']} of {row['shipped_slides']}",
            f"{row['shipped_false_per_100_km2']:.1f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _joined(places: Sequence[Places]) -> Places:
    if not any(labels.any() for _, labels in places):
        raise InputError("no window of the simulated events slid", "Take more events.")
    return np.concatenate([one for one, _ in places]), np.concatenate([one for _, one in places])


def _box_sums(
    values: "NDArray[Any]", rows: "NDArray[np.intp]", cols: "NDArray[np.intp]", half: int
) -> "NDArray[np.float64]":
    """Return sums over squares of ``2 half`` pixels around the corners between pixels."""
    below = np.lib.stride_tricks.sliding_window_view(values, (2 * half, 2 * half))
    sums = below[np.ix_(rows - half, cols - half)].sum(axis=(2, 3), dtype=np.float64)
    return np.asarray(sums)
