"""Patches straight from the forward model: a small landscape, its dates, its medians, no files.

A site is an event of a kilometre or so. It is made, projected and observed by the scene simulator's
own code; what the processing chain then does to whole scenes is done here to the few pixels of the
site: calibrate, subtract the noise, place by an imperfect elevation model, take the median.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landslidectl.errors import InputError
from landslidectl.grid import Bounds, Grid
from landslidectl.simulation.acquire import Weather, acquire
from landslidectl.simulation.dem import imperfect_heights
from landslidectl.simulation.fields import Array, bilinear
from landslidectl.simulation.framing import Place
from landslidectl.simulation.geometry import Box, cell_axes
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.terrain import CELL_M, COARSE_M
from landslidectl.simulation.truth import truth_mask
from landslidectl.simulation.view import (
    Landscape,
    Margins,
    PhaseView,
    TrackView,
    build_landscape,
    view_track,
)
from landslidectl.stack import resample
from landslidectl.stack.contract import StackContract
from landslidectl.stack.median import median_db
from landslidectl.terms import Phase
from landslidectl.training.simulated.planted import toward_sensor

MARGINS = Margins(600.0, 200.0, 4)


@dataclass(frozen=True, slots=True)
class Site:
    """A site as one track sees it, with its slides and without.

    Parameters
    ----------
    values, bare : float32, (4, row, col)
        The bands of a stack of both polarisations; ``bare`` differs in nothing but the slides.
    slides : bool, (row, col)
        Landslide pixels.
    hidden : bool, (row, col)
        Pixels in layover or shadow.
    landscape : Landscape
    toward_sensor : (float, float)
        Horizontal direction to the sensor (east, north).
    """

    values: NDArray[np.float32]
    bare: NDArray[np.float32]
    slides: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    landscape: Landscape
    toward_sensor: tuple[float, float]

    @property
    def grid(self) -> Grid:
        """Return the grid of all of these."""
        return _grid(self.landscape.place)


def observe(spec: EventSpec, twins: bool = True, margins: Margins = MARGINS) -> Iterator[Site]:
    """Yield the site of an event as each of its tracks sees it.

    Nothing is yielded where there was to be a slide and no slope has room for one.

    Parameters
    ----------
    spec : EventSpec
        Of a kilometre or so.
    twins : bool
        Whether ``bare`` is worked out; else it is as ``values``.
    margins : Margins
        Those of `simulation.event.SCENE_MARGINS` give the very ground and speckle of the scenes.
    """
    landscape = build_landscape(spec, margins)
    if spec.slides and not landscape.slides:
        return
    for track in spec.passes:
        view = view_track(spec, landscape, track, margins.raster_px, twins)
        yield _seen_by(spec, landscape, view, twins)


def one_site(spec: EventSpec, landslide: bool, twins: bool = True) -> Site | None:
    """Return the site of an event of one track.

    Parameters
    ----------
    spec : EventSpec
    landslide : bool
        Whether it is of use only with slides; else it goes without where there is no room for any.
    twins : bool
        As for `observe`.

    Returns
    -------
    Site or None
        None where there is no room for slides, or no orbit sees the place as wanted.
    """
    try:
        site = next(observe(spec, twins), None)
        if site is None and not landslide:
            site = next(observe(replace(spec, slides=False), twins), None)
    except InputError:
        return None
    return site


def _seen_by(spec: EventSpec, landscape: Landscape, view: TrackView, twins: bool) -> Site:
    place = landscape.place
    coordinates = _coordinates(spec, landscape, view)
    before, after = view.phases[Phase.PRE], view.phases[Phase.POST]
    pre = range(spec.n_pre)
    post = range(spec.n_pre, spec.n_pre + spec.n_post)
    before_db = _median(_dates(spec, view, before, pre), coordinates[Phase.PRE])
    slid = _bands(before_db, _median(_dates(spec, view, after, post), coordinates[Phase.POST]))
    bare = slid
    if twins and landscape.slides:
        still = replace(after, projected=view.quiet)
        bare = _bands(before_db, _median(_dates(spec, view, still, post), coordinates[Phase.POST]))
    return Site(
        slid,
        bare,
        truth_mask(landscape.slides, _grid(place)).astype(bool),
        _inner(view.sight.layover | view.sight.shadow, place.terrain.box, place.aoi),
        landscape,
        toward_sensor(view.geometry, place.aoi),
    )


def _dates(
    spec: EventSpec, view: TrackView, phase: PhaseView, numbers: range
) -> list[NDArray[np.float32]]:
    """Return sigma nought of some dates of a phase in its raster: (VV and VH, line, sample)."""
    levels, extras = phase.levels(), replace(phase.extras, border=(0, 0))
    dates = []
    for number in numbers:
        rng = spec.rng("date", view.track.name, number)
        weather = Weather.drawn(rng, spec.character)
        power = np.square(acquire(rng, phase.projected, levels, weather, extras), dtype=np.float32)
        for band, level in enumerate(levels):
            power[band] -= level.noise
            power[band] /= level.gain
        dates.append(power)
    return dates


def _coordinates(
    spec: EventSpec, landscape: Landscape, view: TrackView
) -> dict[Phase, tuple[Array, Array]]:
    """Return line and sample of every map pixel in the rasters of both phases."""
    place = landscape.place
    x, y = cell_axes(place.aoi, CELL_M)
    known = imperfect_heights(spec.rng("dem"), place.terrain)
    box = place.terrain.coarse_box
    row, col = (box.top - y[:, None]) / COARSE_M, (x[None, :] - box.left) / COARSE_M
    heights = bilinear(known, *np.broadcast_arrays(row, col))
    time, slant = view.geometry.on_grid(x, y, heights)
    frames = {phase: part.frame for phase, part in view.phases.items()}
    return {
        phase: (frame.line(time, slant), frame.pixel(time, slant))
        for phase, frame in frames.items()
    }


def _median(
    dates: list[NDArray[np.float32]], coordinates: tuple[Array, Array]
) -> NDArray[np.float32]:
    placed = np.stack([resample.bilinear(date, *coordinates) for date in dates])
    floor_db = StackContract().noise_floor_db
    return np.stack([median_db(placed[:, band], floor_db) for band in range(2)])


def _bands(pre: NDArray[np.float32], post: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([post, post - pre])


def _inner(cells: NDArray[np.bool_], box: Box, aoi: Box) -> NDArray[np.bool_]:
    """Cut the cells of the area of interest out of those of a larger box."""
    row, col = round((box.top - aoi.top) / CELL_M), round((aoi.left - box.left) / CELL_M)
    rows, cols = round((aoi.top - aoi.bottom) / CELL_M), round((aoi.right - aoi.left) / CELL_M)
    return cells[row : row + rows, col : col + cols]


def _grid(place: Place) -> Grid:
    box = place.aoi
    return Grid.covering(place.epsg, Bounds(box.left, box.bottom, box.right, box.top))
