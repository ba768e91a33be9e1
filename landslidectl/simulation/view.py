"""A landscape before and after its slides, and how each track sees it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landslidectl.grid import utm_epsg
from landslidectl.simulation.acquire import Extras
from landslidectl.simulation.debris import apply_slides
from landslidectl.simulation.frame import Frame
from landslidectl.simulation.framing import MARGIN_PX, Place, build_frame, jittered_frame
from landslidectl.simulation.geodesy import degrees_to_map
from landslidectl.simulation.geometry import Box, MapGeometry
from landslidectl.simulation.landcover import Scenery, build_ground, change_without_slides
from landslidectl.simulation.luts import Levels, Luts, build_luts
from landslidectl.simulation.orbit import Orbit, place_orbit
from landslidectl.simulation.radar import Look, project
from landslidectl.simulation.raster import EllipsoidFields, Raster
from landslidectl.simulation.sight import Sight, look_over
from landslidectl.simulation.slide import Slide
from landslidectl.simulation.slides import draw_slides
from landslidectl.simulation.snow import snowed
from landslidectl.simulation.spec import EventSpec, TrackSpec
from landslidectl.simulation.targets import plant_targets
from landslidectl.simulation.terrain import Relief, build_terrain, flooded
from landslidectl.terms import Phase, Track

SNAP_M = 20.0


@dataclass(frozen=True, slots=True)
class Margins:
    """How far things reach beyond an area of interest.

    Parameters
    ----------
    facets_m : float
        What is projected.
    terrain_m : float
        The terrain, beyond that.
    raster_px : int
        The scenes.
    """

    facets_m: float
    terrain_m: float
    raster_px: int


SCENE_MARGINS = Margins(2200.0, 5400.0, MARGIN_PX)


@dataclass(frozen=True, slots=True)
class Landscape:
    """The ground of an event before and after it.

    Parameters
    ----------
    before, after : Scenery
        ``after`` has the slides in it, or not, as the spec says.
    quiet : Scenery
        ``after`` without slides in any case.
    slides : tuple of Slide
        Empty where the spec leaves them out.
    """

    place: Place
    before: Scenery
    after: Scenery
    quiet: Scenery
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

    def levels(self) -> tuple[Levels, Levels]:
        """Return what digital numbers of VV and VH mean in every pixel, on all dates."""
        vv, vh = self.luts
        return vv.levels(self.frame.shape), vh.levels(self.frame.shape)


@dataclass(frozen=True, slots=True)
class TrackView:
    """One track over the landscape.

    Parameters
    ----------
    quiet : ndarray float32
        What is projected after the event without slides, if that was asked for; else as with them.
    """

    track: Track
    incidence_deg: float
    orbit: Orbit
    geometry: MapGeometry
    sight: Sight
    phases: dict[Phase, PhaseView]
    quiet: NDArray[np.float32]


def build_landscape(spec: EventSpec, margins: Margins = SCENE_MARGINS) -> Landscape:
    """Make the terrain, its cover before and after the event, and its slides.

    Parameters
    ----------
    spec : EventSpec
    margins : Margins
    """
    lon, lat = spec.centre
    epsg = utm_epsg(lon, lat)
    x, y = (float(value) for value in degrees_to_map(epsg, np.array(lon), np.array(lat)))
    half = round(spec.size_km * 500.0 / SNAP_M) * SNAP_M
    left, bottom = round(x / SNAP_M) * SNAP_M - half, round(y / SNAP_M) * SNAP_M - half
    aoi = Box(left, bottom, left + 2 * half, bottom + 2 * half)
    box = aoi.grown(margins.facets_m)
    relief = spec.relief or Relief.drawn(spec.rng("relief"))
    character = spec.character
    terrain = build_terrain(spec.rng("terrain"), box, box.grown(margins.terrain_m), relief)
    terrain = flooded(terrain, character.sea)
    ground = build_ground(spec.rng("cover"), terrain, character)
    after = change_without_slides(spec.rng("change"), ground, character)
    if spec.snow is not None:
        after = snowed(after, spec.snow)
    quiet = after
    slides: tuple[Slide, ...] = ()
    if spec.slides:
        slides = draw_slides(spec.rng("slides"), terrain, aoi, spec.slide_options, character.slides)
        after = apply_slides(spec.rng("debris"), after, slides, box)
    return Landscape(Place(epsg, aoi, terrain), ground.scenery, after, quiet, slides)


def view_track(
    spec: EventSpec,
    landscape: Landscape,
    given: TrackSpec,
    margin_px: int = SCENE_MARGINS.raster_px,
    twin: bool = False,
) -> TrackView:
    """Project the landscape before and after the event into the rasters of a track.

    Parameters
    ----------
    spec, landscape, given
    margin_px : int
        How far the rasters reach beyond the area of interest.
    twin : bool
        Whether what the post-event scenes were without slides is worked out too.
    """
    place, terrain = landscape.place, landscape.place.terrain
    lon, lat = spec.centre
    incidence = given.incidence_deg or 38.0
    orbit = place_orbit(lon, lat, incidence, given.direction)
    heights = (float(terrain.coarse.min()) - 30.0, float(terrain.coarse.max()) + 30.0)
    geometry = MapGeometry.fit(orbit, place.epsg, terrain.box, heights)
    track = Track(given.relative_orbit or 1, given.direction)
    rng = spec.rng("frame", track.name)
    frame = build_frame(rng, orbit, geometry, place, margin_px)
    frames = {Phase.PRE: frame, Phase.POST: jittered_frame(rng, frame)}
    sight = look_over(terrain, geometry)
    rasters = {phase: Raster.of(own) for phase, own in frames.items()}
    before, after = rasters[Phase.PRE], rasters[Phase.POST]
    pictures = [(landscape.before, before), (landscape.after, after)]
    if twin and landscape.slides:
        pictures.append((landscape.quiet, after))
    projected = project(Look(terrain.box, geometry, sight), *pictures)
    phases = {}
    for phase, image in zip(rasters, projected, strict=False):
        own, fields = rasters[phase].frame, rasters[phase].fields
        noise_db = spec.character.noise_db
        luts = build_luts(spec.rng("luts", track.name, phase), own, fields, noise_db)
        extras = Extras(own.border, plant_targets(spec.targets, own, fields))
        phases[phase] = PhaseView(own, fields, luts, image, extras)
    return TrackView(track, incidence, orbit, geometry, sight, phases, projected[-1])
