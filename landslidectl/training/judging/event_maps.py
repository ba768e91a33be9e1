"""Simulated events mapped as users map them, at many thresholds, and kept.

What an event came to is small: a score a detection and a slide. It is kept for every threshold that
a map may have, so low and high thresholds are chosen, and figures taken, from the same maps.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.detection.accuracy import match_inventory
from landslidectl.events import Reporter, StepAdvanced, StepStarted, silent
from landslidectl.files.atomic import write_json_atomic
from landslidectl.files.hashing import stable_key
from landslidectl.simulation.spec import EventSpec
from landslidectl.training.judging.scenes import EventStacks, SceneMap, Subject, simulate_stacks
from landslidectl.training.judging.tally import LARGE_M2, MEDIUM_M2, SMALLEST_M2, Tally
from landslidectl.training.simulated.landscapes import Landscapes, keep_record

if TYPE_CHECKING:
    from landslidectl.detection.detections import Detection

SCENES = "scenes"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one event came to at one threshold, and the same event without slides.

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
    def from_dict(cls, record: Mapping[str, Any]) -> "Mapped":
        """Return what `dataclasses.asdict` made a dictionary of."""
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


EventMaps = Mapping[float, Mapped]
"""What one event came to, by the threshold it was mapped at."""


def map_events(
    subjects: Mapping[str, Subject],
    events: Events,
    work: Path | None = None,
    reporter: Reporter = silent,
) -> dict[str, list[EventMaps]]:
    """Map simulated events with every subject, at each of its thresholds.

    Parameters
    ----------
    subjects : mapping of str to Subject
        All see the same stacks.
    events : Events
    work : Path, optional
        What every event came to is kept here; an event that stands is not mapped again.
    reporter : Reporter

    Returns
    -------
    dict
        By subject, one `EventMaps` an event.

    Raises
    ------
    InputError
        If ``work`` holds events that were made otherwise.
    """
    if work is not None:
        keep_record(work, {"landscapes": dict(events.land.source), "size_km": events.size_km})
    found: dict[str, list[EventMaps]] = {name: [] for name in subjects}
    reporter(StepStarted(SCENES, "Mapping simulated events", len(events.seeds), "events"))
    for done, seed in enumerate(events.seeds, start=1):
        kept = {name: _kept(work, subject, seed) for name, subject in subjects.items()}
        missing = {name: subjects[name] for name, maps in kept.items() if maps is None}
        made = _map_seed(missing, events, seed) if missing else {}
        for name, maps in made.items():
            _keep(work, subjects[name], seed, maps)
        for name, maps_or_none in kept.items():
            found[name].append(made[name] if maps_or_none is None else maps_or_none)
        reporter(StepAdvanced(SCENES, done))
    return found


def curve(maps: Sequence[EventMaps], thresholds: Sequence[float]) -> tuple[Tally, ...]:
    """Return the counts of several events together, at every threshold they were mapped at."""
    return tuple(total([event[low] for event in maps], low) for low in thresholds)


def total(events: Sequence[Mapped], high: float) -> Tally:
    """Return the counts of several events together."""
    tally = Tally(high)
    for event in events:
        tally = tally.plus(event.tally(high))
    return tally


def map_event(event: EventStacks, subject: Subject, scratch: Path) -> EventMaps:
    """Map one event, and its twin without slides, at every threshold of a subject."""
    slid = SceneMap.of(event.slid, event.dem, subject.model, scratch / "slid-score.tif")
    quiet = SceneMap.of(event.quiet, event.dem, subject.model, scratch / "quiet-score.tif")
    return {low: _mapped(event, (slid, quiet), low) for low in subject.thresholds}


def _mapped(event: EventStacks, maps: tuple[SceneMap, SceneMap], low: float) -> Mapped:
    detected, calm = (scene.detections(low) for scene in maps)
    slides = event.slides
    holds = match_inventory([item.polygon for item in detected], slides.outlines).holds_slide
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
        maps[1].looked_at_km2,
    )


def _best(outline: Any, detected: "Sequence[Detection]") -> float:
    scores = [item.score_max for item in detected if item.polygon.intersects(outline)]
    return max(scores, default=0.0)


def _map_seed(subjects: Mapping[str, Subject], events: Events, seed: int) -> dict[str, EventMaps]:
    with tempfile.TemporaryDirectory(prefix="landslidectl-") as scratch:
        spec = events.land.over(EventSpec(seed, events.size_km, zip_every=0))
        event = simulate_stacks(spec, Path(scratch))
        return {
            name: map_event(event, subject, Path(scratch)) for name, subject in subjects.items()
        }


def _kept(work: Path | None, subject: Subject, seed: int) -> EventMaps | None:
    path = None if work is None else _file(work, subject, seed)
    if path is None or not path.is_file():
        return None
    records = json.loads(path.read_text(encoding="utf-8"))
    return {record["threshold"]: Mapped.from_dict(record) for record in records}


def _keep(work: Path | None, subject: Subject, seed: int, maps: EventMaps) -> None:
    if work is not None:
        records = [{"threshold": low, **asdict(mapped)} for low, mapped in maps.items()]
        write_json_atomic(_file(work, subject, seed), records)


def _file(work: Path, subject: Subject, seed: int) -> Path:
    """Return where an event is kept: another network or other thresholds are another file."""
    model = subject.model
    key = stable_key({"model": model.sha256, "thresholds": list(subject.thresholds)})
    return work / f"{model.name}-{model.bands.value}-{key[:12]}-{seed}.json"
