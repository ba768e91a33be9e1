"""A whole event: one landscape, its slides, the scenes of every track, and the truth."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.files.atomic import write_text_atomic
from landslidectl.simulation.acquire import Weather, acquire
from landslidectl.simulation.dem import write_dem
from landslidectl.simulation.geometry import Box
from landslidectl.simulation.identity import ORBITS_PER_CYCLE, Acquisition, absolute_orbit
from landslidectl.simulation.safe import write_product
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.truth import SlideTruth, judge_slides, write_area, write_truth
from landslidectl.simulation.view import (
    SCENE_MARGINS,
    Landscape,
    Margins,
    PhaseView,
    TrackView,
    build_landscape,
    view_track,
)
from landslidectl.terms import EventTime, Pass, Phase

LOCAL_HOUR = {Pass.DESCENDING: 6.0, Pass.ASCENDING: 18.0}
CYCLE_ZERO = datetime(2014, 9, 18, tzinfo=UTC)
CONFIG = "landslidectl.toml"


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """What was written, and the truth about it.

    Parameters
    ----------
    scenes, dem : Path
        Folders of the products and of the elevation tiles.
    aoi, truth, config : Path
        Area of interest and outlines of the slides (GeoJSON), and a configuration that lets
        commands on the scenes run without further options.
    products : tuple of Path
        Every scene in the order of tracks, then of time.
    area : Box
        Area of interest in the zone ``epsg``.
    landscape : Landscape
        The ground before and after.
    """

    spec: EventSpec
    event: EventTime
    scenes: Path
    dem: Path
    aoi: Path
    truth: Path
    config: Path
    products: tuple[Path, ...]
    epsg: int
    area: Box
    slides: tuple[SlideTruth, ...]
    tracks: tuple[TrackView, ...]
    landscape: Landscape


def simulate_event(
    spec: EventSpec,
    folder: Path,
    reporter: Reporter = silent,
    margins: Margins = SCENE_MARGINS,
) -> SimulatedEvent:
    """Write the scenes, elevation model, area, truth and configuration of one event.

    Parameters
    ----------
    spec : EventSpec
    folder : Path
    reporter : Reporter
    margins : Margins
        How far ground and scenes reach beyond the area; other margins, another ground.

    Returns
    -------
    SimulatedEvent
        Paths and the truth, with the forward model of every track.

    Raises
    ------
    InputError
        If no orbit sees the place.
    OutputError
        If the folder cannot be written.
    """
    begun = time.perf_counter()
    total = len(spec.passes) * (spec.n_pre + spec.n_post)
    reporter(StepStarted("simulate", "Simulate an event", total, "scenes"))
    landscape = build_landscape(spec, margins)
    place = landscape.place
    views = tuple(view_track(spec, landscape, track, margins.raster_px) for track in spec.passes)
    products: list[Path] = []
    for path in _write_scenes(spec, views, folder / "scenes"):
        products.append(path)
        reporter(StepAdvanced("simulate", len(products)))
    write_dem(spec.rng("dem"), place.terrain, place.aoi, place.epsg, folder / "dem")
    sights = {view.track: view.sight for view in views}
    truths = judge_slides(landscape.slides, place.terrain, sights)
    result = SimulatedEvent(
        spec=spec,
        event=EventTime(spec.instant, spec.instant),
        scenes=folder / "scenes",
        dem=folder / "dem",
        aoi=folder / "aoi.geojson",
        truth=folder / "truth.geojson",
        config=folder / "scenes" / CONFIG,
        products=tuple(products),
        epsg=place.epsg,
        area=place.aoi,
        slides=truths,
        tracks=views,
        landscape=landscape,
    )
    write_area(result.aoi, place.aoi, place.epsg)
    write_truth(result.truth, truths, place.epsg)
    _write_companions(spec, result.config)
    reporter(StepFinished("simulate", time.perf_counter() - begun, f"{len(truths)} slides"))
    return result


def _write_scenes(spec: EventSpec, views: tuple[TrackView, ...], folder: Path) -> Iterator[Path]:
    count = 0
    for view in views:
        levels = {phase: part.levels() for phase, part in view.phases.items()}
        for number, (phase, epoch) in enumerate(_epochs(spec, view)):
            part = view.phases[phase]
            rng = spec.rng("date", view.track.name, number)
            weather = Weather.drawn(rng, spec.character)
            numbers = acquire(rng, part.projected, levels[phase], weather, part.extras)
            count += 1
            zipped = spec.zip_every > 0 and count % spec.zip_every == 0
            yield write_product(
                folder, _acquisition(spec, view, part, (number, epoch)), numbers, zipped
            )


def _epochs(spec: EventSpec, view: TrackView) -> list[tuple[Phase, datetime]]:
    """Return the phase and the orbit clock's 0 of every pass: same solar time, even spacing.

    The last pass before the event is at least a day and at most ``repeat - 2`` days earlier, so
    that 60 days hold the passes before it and 12 days the first one after it.
    """
    rng = spec.rng("dates", view.track.name)
    lon, _ = spec.centre
    hour = (LOCAL_HOUR[view.track.direction] + rng.uniform(-0.3, 0.3) - lon / 15.0) % 24.0
    day = spec.instant.replace(hour=0, minute=0, second=0)
    back = int(rng.integers(1, spec.repeat_days - 1))
    last = day - timedelta(days=back) + timedelta(seconds=round(hour * 3600.0, 6))
    passes = []
    for number in range(-spec.n_pre + 1, spec.n_post + 1):
        drift = timedelta(microseconds=int(rng.integers(-900_000, 900_000)))
        epoch = last + timedelta(days=spec.repeat_days * number) + drift
        passes.append((Phase.PRE if number <= 0 else Phase.POST, epoch))
    return passes


def _acquisition(
    spec: EventSpec, view: TrackView, part: PhaseView, pass_: tuple[int, datetime]
) -> Acquisition:
    number, epoch = pass_
    platform = "S1C" if spec.repeat_days == 6 and number % 2 else "S1A"
    cycle = max((epoch - CYCLE_ZERO).days // 12, 1)
    orbit = absolute_orbit(view.track.relative_orbit, cycle)
    base = int(spec.rng("datatake", view.track.name).integers(0x30000, 0x70000))
    return Acquisition(
        platform=platform,
        epoch=epoch,
        track=view.track,
        absolute_orbit=orbit,
        datatake=base + number * ORBITS_PER_CYCLE * 8,
        cycle=cycle,
        frame=part.frame,
        fields=part.fields,
        luts=part.luts,
    )


def _write_companions(spec: EventSpec, config: Path) -> None:
    """Write the configuration, and a stray file such as real folders hold."""
    instant = spec.instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        f'event = "{instant}"',
        'aoi = "../aoi.geojson"',
        'dem = "../dem"',
        'output = "../out"',
    ]
    write_text_atomic(config, "\n".join(lines) + "\n")
    write_text_atomic(config.with_name("download-notes.txt"), "copied from the operations laptop\n")
