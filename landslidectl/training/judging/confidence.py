"""The score from which a detection is of high confidence, and what both classes are worth.

The low threshold of a model says where a detection begins. Detections are outlined at it, and one
whose highest score reaches the high threshold is of high confidence. Here simulated events that no
training saw are mapped as users map them, the high threshold is chosen on one set of them, and the
figures of both classes are taken on another.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.accuracy import match_inventory
from landslidectl.errors import ModelError
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.atomic import write_json_atomic
from landslidectl.inference.manifest import MANIFEST_NAME, Model, read_manifest
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.judging.scenes import EventStacks, SceneMap, simulate_stacks
from landslidectl.training.judging.tally import LARGE_M2, MEDIUM_M2, SMALLEST_M2, Tally
from landslidectl.training.simulated.landscapes import Landscapes, keep_record

if TYPE_CHECKING:
    from landslidectl.detection.detections import Detection

CONFIDENCE = "confidence"
HIGH_FALSE_PER_100_KM2 = 0.5
STEPS = 100
HIGHEST = 0.99


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one event came to at the low threshold, and the same event without slides.

    Parameters
    ----------
    slides : tuple of (area_m2, best)
        Visible slides of 2,000 m2 and more, with the highest score of the detections that touch
        them; 0 where none does.
    regions : tuple of (score_max, holds_slide)
        Detections where slides were planted.
    quiet : tuple of (score_max, area_ha)
        Detections in the same event without slides; all of them false.
    quiet_km2 : float
        Area looked at there.
    """

    slides: tuple[tuple[float, float], ...]
    regions: tuple[tuple[float, bool], ...]
    quiet: tuple[tuple[float, float], ...]
    quiet_km2: float

    @classmethod
    def read(cls, path: Path) -> "Mapped":
        """Read what `map_event` wrote."""
        record = json.loads(path.read_text(encoding="utf-8"))
        parts = ("slides", "regions", "quiet")
        pairs = {name: tuple(tuple(pair) for pair in record[name]) for name in parts}
        return cls(**pairs, quiet_km2=record["quiet_km2"])

    def tally(self, high: float) -> Tally:
        """Return the counts of the detections whose highest score reaches ``high``."""
        quiet = [area for score, area in self.quiet if score >= high]
        regions = [holds for score, holds in self.regions if score >= high]
        return Tally(
            high,
            large=self._found(high, LARGE_M2, float("inf")),
            medium=self._found(high, MEDIUM_M2, LARGE_M2),
            small=self._found(high, SMALLEST_M2, MEDIUM_M2),
            regions=len(regions),
            false_regions=regions.count(False),
            quiet_regions=len(quiet),
            quiet_km2=self.quiet_km2,
            quiet_region_km2=sum(quiet) / 100.0,
        )

    def _found(self, high: float, low_m2: float, high_m2: float) -> tuple[int, int]:
        best = [best for area, best in self.slides if low_m2 <= area < high_m2]
        return len(best), sum(score >= high for score in best)


@dataclass(frozen=True, slots=True)
class Events:
    """Events that no training saw.

    Parameters
    ----------
    seeds : sequence of int
    land : Landscapes
        What their land is like.
    size_km : float
        Side of each.
    """

    seeds: Sequence[int]
    land: Landscapes
    size_km: float = 8.0


def map_events(
    models: Sequence[Model], events: Events, work: Path, reporter: Reporter = silent
) -> dict[str, list[Mapped]]:
    """Map simulated events with every model at its low threshold.

    Parameters
    ----------
    models : sequence of Model
        All see the same stacks.
    events : Events
    work : Path
        What every event came to is kept here; an event that stands is not mapped again.
    reporter : Reporter

    Returns
    -------
    dict
        By model folder, one `Mapped` an event.
    """
    wanted = events.seeds
    keep_record(work, {"landscapes": dict(events.land.source), "size_km": events.size_km})
    found: dict[str, list[Mapped]] = {model.folder.name: [] for model in models}
    reporter(StepStarted(CONFIDENCE, "Mapping simulated events", len(wanted), "events"))
    for done, seed in enumerate(wanted, start=1):
        missing = [model for model in models if not _file(work, model, seed).is_file()]
        if missing:
            _map_event(missing, seed, work, events)
        for model in models:
            found[model.folder.name].append(Mapped.read(_file(work, model, seed)))
        reporter(StepAdvanced(CONFIDENCE, done))
    return found


def _map_event(models: Sequence[Model], seed: int, work: Path, events: Events) -> None:
    with tempfile.TemporaryDirectory(prefix="landslidectl-") as scratch:
        spec = events.land.over(EventSpec(seed, events.size_km, zip_every=0))
        event = simulate_stacks(spec, Path(scratch))
        for model in models:
            mapped = map_event(event, model, Path(scratch))
            write_json_atomic(_file(work, model, seed), asdict(mapped))


def map_event(event: EventStacks, model: Model, scratch: Path) -> Mapped:
    """Map one event, and its twin without slides, at the low threshold of a model."""
    slid = SceneMap.of(event.slid, model, scratch / "slid-score.tif")
    quiet = SceneMap.of(event.quiet, model, scratch / "quiet-score.tif")
    detected, calm = slid.detections(model.threshold), quiet.detections(model.threshold)
    slides = event.slides
    outlines = [item.polygon for item in detected]
    holds = match_inventory(outlines, slides.outlines).holds_slide
    return Mapped(
        tuple(
            (area, _best(outline, detected))
            for outline, area, visible in zip(
                slides.outlines, slides.areas_m2, slides.visible, strict=True
            )
            if visible and area >= SMALLEST_M2
        ),
        tuple((item.score_max, held) for item, held in zip(detected, holds, strict=True)),
        tuple((item.score_max, item.area_ha) for item in calm),
        quiet.tested_km2,
    )


def choose_high_threshold(events: Sequence[Mapped], low: float) -> float:
    """Return the lowest high threshold, in hundredths, that leaves few false detections.

    Few are at most 0.5 per 100 km2 where nothing slid, a sixth of what the low threshold may give:
    a detection of high confidence is one to look at first. Their number falls with the threshold,
    so there is one lowest; where even 0.99 leaves more, 0.99.
    """
    for tally in curve(events, low):
        if tally.false_per_100_km2 <= HIGH_FALSE_PER_100_KM2:
            return tally.threshold
    return HIGHEST


def curve(events: Sequence[Mapped], low: float) -> list[Tally]:
    """Return the counts at the low threshold and at every hundredth above it, up to 0.99."""
    hundredths = (step / STEPS for step in range(1, round(HIGHEST * STEPS) + 1))
    return [total(events, high) for high in (low, *(step for step in hundredths if step > low))]


def total(events: Sequence[Mapped], high: float) -> Tally:
    """Return the counts of several events together."""
    tally = Tally(high)
    for event in events:
        tally = tally.plus(event.tally(high))
    return tally


def confidence_record(
    low: float,
    seeds: tuple[Sequence[int], Sequence[int]],
    chosen_on: Sequence[Mapped],
    tested_on: Sequence[Mapped],
) -> dict[str, Any]:
    """Return what the manifest says of the two classes.

    Parameters
    ----------
    low : float
        The model's threshold.
    seeds : (sequence of int, sequence of int)
        Events the high threshold is chosen on, and events the figures are taken on.
    chosen_on, tested_on : sequence of Mapped
        What they came to.
    """
    high = choose_high_threshold(chosen_on, low)
    everything, strong = total(tested_on, low), total(tested_on, high)
    return {
        "threshold": low,
        "threshold_high": high,
        "most_false_per_100_km2": HIGH_FALSE_PER_100_KM2,
        "threshold_events": list(seeds[0]),
        "test_events": list(seeds[1]),
        "on_threshold_events": {
            "all": total(chosen_on, low).as_dict(),
            "high": total(chosen_on, high).as_dict(),
        },
        "on_test_events": {
            "all": everything.as_dict(),
            "high": strong.as_dict(),
            "low": _rest(everything, strong),
        },
        "curve_on_threshold_events": [
            {
                "threshold": item.threshold,
                "regions": item.regions,
                "false_regions": item.false_regions,
                "quiet_regions": item.quiet_regions,
                "recall": item.recall,
            }
            for item in curve(chosen_on, low)
        ],
    }


def keep_confidence(folder: Path, record: Mapping[str, Any]) -> Model:
    """Write the high threshold and the figures of both classes into the manifest of a model.

    Raises
    ------
    ModelError
        If the record was taken at another low threshold than the model has.
    """
    path = folder / MANIFEST_NAME
    model = read_manifest(path)
    if record["threshold"] != model.threshold:
        raise ModelError(
            f"{path}: the model's threshold is {model.threshold:g}, the classes were measured at "
            f"{record['threshold']:g}",
            "Measure them again: python -m landslidectl.training confidence.",
        )
    manifest = {}
    for key, value in json.loads(path.read_text(encoding="utf-8")).items():
        if key != "threshold_high":
            manifest[key] = value
        if key == "threshold":
            manifest["threshold_high"] = record["threshold_high"]
    manifest["metrics"][CONFIDENCE] = dict(record)
    write_json_atomic(path, manifest)
    return read_manifest(path)


def _rest(everything: Tally, strong: Tally) -> dict[str, Any]:
    """Return the counts of the detections of low confidence alone."""
    regions = everything.regions - strong.regions
    false = everything.false_regions - strong.false_regions
    return {
        "regions": regions,
        "false_regions": false,
        "precision": (regions - false) / regions if regions else None,
        "quiet_regions": everything.quiet_regions - strong.quiet_regions,
    }


def _best(outline: Any, detected: "Sequence[Detection]") -> float:
    scores = [item.score_max for item in detected if item.polygon.intersects(outline)]
    return max(scores, default=0.0)


def _file(work: Path, model: Model, seed: int) -> Path:
    name = f"{model.folder.name}-{model.sha256[:8]}-{model.threshold:g}-{seed}.json"
    return work / name
