"""The demo: simulate an event, map it as any other, and hold the map against what was planted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import utc_text
from landslidectl.detection.accuracy import match_inventory
from landslidectl.events import Reporter, StepFinished, StepStarted
from landslidectl.files.atomic import remove_file, write_json_atomic
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.run import run_detect
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.steps import code_version
from landslidectl.simulation.event import simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.terms import EventTime

SIZE_CLASSES = (
    ("20,000 m2 and more", 20_000.0, float("inf")),
    ("5,000 to 20,000 m2", 5_000.0, 20_000.0),
    ("below 5,000 m2", 0.0, 5_000.0),
)
HIDDEN_CLASS = "in layover or shadow"
RECORD = "event.json"
SHOWN = {
    "open first": "page",
    "in a browser": "report",
    "detections": "geopackage",
    "score": "score",
    "read about it": "readme",
}
"""What to name at the end, and the kind of file it is."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What the demo is run with."""

    folder: Path
    seed: int
    size_km: float = 8.0
    model: str = "resnet"
    models_dir: Path | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """A simulated event on disk.

    Parameters
    ----------
    folder : Path
        Holds ``scenes``, ``dem``, ``aoi.geojson`` and ``truth.geojson``.
    event : EventTime
        The instant of the shock.
    """

    folder: Path
    event: EventTime

    @property
    def scenes(self) -> Path:
        """Return the folder of products."""
        return self.folder / "scenes"

    @property
    def dem(self) -> Path:
        """Return the folder of elevation tiles."""
        return self.folder / "dem"

    @property
    def aoi(self) -> Path:
        """Return the area of interest."""
        return self.folder / "aoi.geojson"

    @property
    def planted(self) -> Path:
        """Return the planted slides."""
        return self.folder / "truth.geojson"


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Planted slides of one size, or hidden ones of any size, and how many of them were found."""

    name: str
    planted: int
    found: int

    @property
    def missed(self) -> int:
        """Return how many were not found."""
        return self.planted - self.found


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The demo's end: the job's result beside what was planted."""

    event: PlantedEvent
    model: str
    result: JobResult
    classes: tuple[SizeClass, ...]
    false_regions: int

    def headline(self) -> str:
        """Return the outcome in one line."""
        visible = [item for item in self.classes if item.name != HIDDEN_CLASS]
        planted = sum(item.planted for item in visible)
        found = sum(item.found for item in visible)
        return f"{found} of {planted} visible planted slides were found."

    def notes(self) -> list[str]:
        """Return what else there is to know, line by line."""
        regions = "region" if self.false_regions == 1 else "regions"
        areas = self.result.areas
        analysed = f" in {areas.tested_km2:.1f} km2 analysed" if areas else ""
        return [
            f"{self.false_regions} false {regions}{analysed}.",
            "A slide counts as found when a detection touches it. Slides that lie mostly in",
            "layover or shadow cannot be seen by the radar and are listed apart.",
        ]

    def places(self) -> dict[str, str]:
        """Return where things are, what to open first on top."""
        files = self.result.files
        named = {name: Path(files[kind]).name for name, kind in SHOWN.items() if kind in files}
        return {
            "product": str(Path(files["geopackage"]).parent),
            **named,
            "planted slides": str(self.event.planted),
            "scenes": str(self.event.scenes),
            "the same again": f"landslidectl detect {self.event.scenes} --model {self.model}",
        }

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return self.result.as_json() | {
            "planted": [
                {
                    "class": item.name,
                    "planted": item.planted,
                    "found": item.found,
                    "missed": item.missed,
                }
                for item in self.classes
            ],
            "false_regions": self.false_regions,
            "places": self.places(),
        }


def run_demo(settings: DemoSettings, reporter: Reporter, catalog: Catalog) -> DemoReport:
    """Simulate an event into a folder, run the whole job on it and compare.

    An event that was written there before with the same seed is used again.
    """
    spec = EventSpec(seed=settings.seed, size_km=settings.size_km)
    event = plant_event(settings.folder, spec, reporter)
    result = run_detect(
        DetectSettings(
            scenes=(event.scenes,),
            output=settings.folder / "out",
            aoi=event.aoi,
            dem=event.dem,
            event=event.event,
            model=settings.model,
            models_dir=settings.models_dir,
            overwrite=True,
            command=settings.command,
        ),
        reporter,
        catalog,
    )
    return compare(event, settings.model, result)


def plant_event(folder: Path, spec: EventSpec, reporter: Reporter) -> PlantedEvent:
    """Write a simulated event, or take up the one that is there if it is the same."""
    record = folder / RECORD
    wanted = {"spec": repr(spec), "code": code_version(("simulation",))}
    known = _read_record(record)
    if known is not None and all(known.get(name) == value for name, value in wanted.items()):
        reporter(StepStarted("simulate", "Simulated event"))
        reporter(StepFinished("simulate", 0.0, str(folder), skipped=True))
    else:
        remove_file(record)
        simulated = simulate_event(spec, folder, reporter)
        instants = [utc_text(simulated.event.first), utc_text(simulated.event.last)]
        known = wanted | {"event": instants}
        write_json_atomic(record, known)
    first, last = (datetime.fromisoformat(text) for text in known["event"])
    return PlantedEvent(folder, EventTime(first, last))


def simulate_into(folder: Path, spec: EventSpec, reporter: Reporter) -> dict[str, str]:
    """Write a simulated event and return where its parts are."""
    event = plant_event(folder, spec, reporter)
    return {
        "event": utc_text(event.event.first),
        "scenes": str(event.scenes),
        "dem": str(event.dem),
        "aoi": str(event.aoi),
        "planted": str(event.planted),
    }


def compare(event: PlantedEvent, model: str, result: JobResult) -> DemoReport:
    """Hold the detections of a result against the planted slides."""
    import shapely  # noqa: PLC0415

    detected = [
        shapely.geometry.shape(feature["geometry"])
        for feature in _features(Path(result.files["geojson"]))
    ]
    planted = _features(event.planted)
    outlines = [shapely.geometry.shape(feature["geometry"]) for feature in planted]
    matches = match_inventory(detected, outlines)
    facts = [feature["properties"] for feature in planted]
    slides = [
        _Slide(fact["area_m2"], fact["visible"], was_found)
        for fact, was_found in zip(facts, matches.found, strict=True)
    ]
    return DemoReport(event, model, result, _by_size(slides), matches.false_regions)


@dataclass(frozen=True, slots=True)
class _Slide:
    area_m2: float
    is_visible: bool
    was_found: bool


def _by_size(slides: Sequence[_Slide]) -> tuple[SizeClass, ...]:
    classes = []
    for name, low, high in SIZE_CLASSES:
        inside = [item for item in slides if item.is_visible and low <= item.area_m2 < high]
        classes.append(SizeClass(name, len(inside), sum(item.was_found for item in inside)))
    hidden = [item for item in slides if not item.is_visible]
    classes.append(SizeClass(HIDDEN_CLASS, len(hidden), sum(item.was_found for item in hidden)))
    return tuple(classes)


def _features(path: Path) -> list[dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return list(content["features"])


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
