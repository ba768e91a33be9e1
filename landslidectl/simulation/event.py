"""A whole event: one landscape, its slides, the scenes of every track, and the truth."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landslidectl.events import Reporter, StepAdvanced, StepFinished, StepStarted, silent
from landslidectl.files.atomic import write_text_atomic
from landslidectl.grid import utm_epsg
from landslidectl.simulation.acquire import Extras, Weather, acquire
from landslidectl.simulation.debris import apply_slides
from landslidectl.simulation.dem import write_dem
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.framing import Place, build_frame, jittered_frame
from landslidectl.simulation.geodesy import degrees_to_map
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.identity import ORBITS_PER_CYCLE, Acquisition, absolute_orbit
from landslidectl.simulation.landcover import Scenery, build_ground, change_without_slides
from landslidectl.simulation.luts import Luts, build_luts
from landslidectl.simulation.orbit import Orbit, place_orbit
from landslidectl.simulation.radar import (
    EllipsoidFields,
    Sight,
    ellipsoid_fields,
    look_over,
    project,
)
from landslidectl.simulation.safe import write_product
from landslidectl.simulation.slide import Slide
from landslidectl.simulation.slides import draw_slides
from landslidectl.simulation.spec import EventSpec, TrackSpec
from landslidectl.simulation.targets import plant_targets
from landslidectl.simulation.terrain import Relief, build_terrain
from landslidectl.simulation.truth import SlideTruth, judge_slides, write_area, write_truth
from landslidectl.terms import EventTime, Pass, Phase, Track

FACETS_BEYOND_M = 2200.0
TERRAIN_BEYOND_M = 5400.0
SNAP_M = 20.0
LOCAL_HOUR = {Pass.DESCENDING: 6.0, Pass.ASCENDING: 18.0}
CYCLE_ZERO = datetime(2014, 9, 18, tzinfo=UTC)
CONFIG = "landslidectl.toml"


@dataclass(frozen=True, slots=True)
class Landscape:
    """The ground of an event before and after it.

    Parameters
    ----------
    before, after : Scenery
        ``after`` has the slides in it, or not, as the spec says.
    slides : tuple of Slide
        Empty where the spec leaves them out.
    """

    place: Place
    before: Scenery
    after: Scenery
    slides: tuple[Slide, ...]


@dataclass(frozen=True, slots=True)
class PhaseView:
    """The mean scene of one phase in one track's raster.

    Parameters
    ----------
    projected : ndarray float32
        Sigma nought, shape (VV and VH, group, line, sample).
    """

    frame: Frame
    fields: EllipsoidFields
    luts: tuple[Luts, Luts]
    projected: NDArray[np.float32]
    extras: Extras


@dataclass(frozen=True, slots=True)
class TrackView:
    """One track over the landscape."""

    track: Track
    incidence_deg: float
    orbit: Orbit
    geometry: MapGeometry
    sight: Sight
    phases: dict[Phase, PhaseView]


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


def simulate_event(spec: EventSpec, folder: Path, reporter: Reporter = silent) -> SimulatedEvent:
    """Write the scenes, elevation model, area, truth and configuration of one event.

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
    landscape = build_landscape(spec)
    place = landscape.place
    views = tuple(view_track(spec, landscape, track) for track in spec.passes)
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
    )
    write_area(result.aoi, place.aoi, place.epsg)
    write_truth(result.truth, truths, place.epsg)
    _write_companions(spec, result.config)
    reporter(StepFinished("simulate", time.perf_counter() - begun, f"{len(truths)} slides"))
    return result


def build_landscape(spec: EventSpec) -> Landscape:
    """Make the terrain, its cover before and after the event, and its slides."""
    lon, lat = spec.centre
    epsg = utm_epsg(lon, lat)
    x, y = (float(value) for value in degrees_to_map(epsg, np.array(lon), np.array(lat)))
    half = round(spec.size_km * 500.0 / SNAP_M) * SNAP_M
    left, bottom = round(x / SNAP_M) * SNAP_M - half, round(y / SNAP_M) * SNAP_M - half
    aoi = Box(left, bottom, left + 2 * half, bottom + 2 * half)
    box = aoi.grown(FACETS_BEYOND_M)
    relief = spec.relief or Relief.drawn(spec.rng("relief"))
    terrain = build_terrain(spec.rng("terrain"), box, box.grown(TERRAIN_BEYOND_M), relief)
    ground = build_ground(spec.rng("cover"), terrain)
    after = change_without_slides(spec.rng("change"), ground)
    slides: tuple[Slide, ...] = ()
    if spec.slides:
        slides = draw_slides(spec.rng("slides"), terrain, aoi, spec.slide_options)
        after = apply_slides(spec.rng("debris"), after, slides, box)
    return Landscape(Place(epsg, aoi, terrain), ground.scenery, after, slides)


def view_track(spec: EventSpec, landscape: Landscape, given: TrackSpec) -> TrackView:
    """Project the landscape before and after the event into the rasters of a track."""
    place, terrain = landscape.place, landscape.place.terrain
    lon, lat = spec.centre
    incidence = given.incidence_deg or 38.0
    orbit = place_orbit(lon, lat, incidence, given.direction)
    heights = (float(terrain.coarse.min()) - 30.0, float(terrain.coarse.max()) + 30.0)
    geometry = MapGeometry.fit(orbit, place.epsg, terrain.box, heights)
    track = Track(given.relative_orbit or 1, given.direction)
    rng = spec.rng("frame", track.name)
    frame = build_frame(rng, orbit, geometry, place)
    frames = {Phase.PRE: frame, Phase.POST: jittered_frame(rng, frame)}
    sight = look_over(terrain, geometry)
    phases = {}
    for phase, scenery in ((Phase.PRE, landscape.before), (Phase.POST, landscape.after)):
        own = frames[phase]
        fields = ellipsoid_fields(own)
        luts = build_luts(spec.rng("luts", track.name, phase), own, fields)
        projected = project(scenery, geometry, own, terrain.box, sight)
        extras = Extras(own.border, plant_targets(spec.targets, own, fields))
        phases[phase] = PhaseView(own, fields, luts, projected, extras)
    return TrackView(track, incidence, orbit, geometry, sight, phases)


def _write_scenes(spec: EventSpec, views: tuple[TrackView, ...], folder: Path) -> Iterator[Path]:
    count = 0
    for view in views:
        for number, (phase, epoch) in enumerate(_epochs(spec, view)):
            part = view.phases[phase]
            rng = spec.rng("date", view.track.name, number)
            numbers = acquire(rng, part.projected, part.luts, Weather.drawn(rng), part.extras)
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
