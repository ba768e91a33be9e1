"""Sites the long way round: products, the whole processing chain, stacks, and patches of those.

They are drawn and cut as those of `siteset` are, so the two sets differ in nothing but the way.
Where a classifier tells them apart, networks train on something that they never meet.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from landslidectl.errors import InputError
from landslidectl.simulation.event import SimulatedEvent, simulate_event
from landslidectl.simulation.spec import EventSpec
from landslidectl.simulation.view import SCENE_MARGINS
from landslidectl.stack.selection import WindowOptions
from landslidectl.training.cutting import Source, cut, drawn_places, read_slides, survey
from landslidectl.training.patches import PatchSet
from landslidectl.training.simulated.chain import Chain
from landslidectl.training.simulated.planted import planted_on
from landslidectl.training.simulated.population import Population
from landslidectl.training.simulated.sites import MARGINS
from landslidectl.training.simulated.siteset import (
    CANDIDATES,
    SITES_OF_A_SPLIT,
    SiteOptions,
    Way,
    draw_site,
)

OTHER_SITES = SITES_OF_A_SPLIT // 2
GROUND = replace(MARGINS, raster_px=SCENE_MARGINS.raster_px)
"""The ground of sites, which their places were chosen for, under scenes as wide as any."""


def chain_patches(seed: int, population: Population, options: SiteOptions) -> Iterator[PatchSet]:
    """Yield the patches of one site; none where no orbit sees the place."""
    drawn, rng = draw_site(seed, population, options)
    spec = replace(options.spec(drawn), zip_every=0)
    with tempfile.TemporaryDirectory(prefix="landslidectl-") as work:
        event = _event(spec, drawn.landslide, Path(work))
        if event is None:
            return
        windows = WindowOptions(spec.repeat_days * spec.n_pre, spec.repeat_days * spec.n_post)
        chain = Chain(Path(work), event.event, windows=windows)
        (stack,) = chain.stacks(event.scenes, event.dem, event.aoi, "stacks")
        planted = planted_on(stack.grid, event, stack.track)
        source = Source(stack, read_slides(event.truth, stack.grid), seed, planted=planted)
        places, kinds = drawn_places(survey(source), options.cut, rng, CANDIDATES)
        yield cut(source, places, np.full(kinds.size, -1, np.int32), twin=drawn.quiet)


CHAIN_SITES = Way("chain-sites", chain_patches, OTHER_SITES)
"""The long way, without twins; no site is one of the short way, whatever the number of a file."""


def _event(spec: EventSpec, landslide: bool, work: Path) -> SimulatedEvent | None:
    """Simulate the event of a site under the conditions of `sites.one_site`."""
    try:
        event = simulate_event(spec, work / "event", margins=GROUND)
        if event.landscape.slides or not spec.slides:
            return event
        if landslide:
            return None
        return simulate_event(replace(spec, slides=False), work / "bare", margins=GROUND)
    except InputError:
        return None
