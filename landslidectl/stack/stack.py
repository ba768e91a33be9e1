"""Stacks: what changed between the composites before and after an event, on one track."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from landslidectl.errors import StackError
from landslidectl.events import (
    ArtefactWritten,
    Reporter,
    StepAdvanced,
    StepFinished,
    StepStarted,
    silent,
)
from landslidectl.files.rasters import (
    TILE_SIDE,
    RasterLayout,
    create_raster,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.stack.composite import Acquisitions, check_alike, open_acquisitions, tile_bands
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.quality import count_bits, visibility_of
from landslidectl.stack.record import Stack, open_stack, write_record
from landslidectl.stack.selection import TrackPlan
from landslidectl.terms import BandSet, EventTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

__all__ = ["Stack", "StackRequest", "build_stack", "open_stack"]

QUALITY_SIDE = 8 * TILE_SIDE


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What a stack is to be.

    Parameters
    ----------
    folder : Path
        Where its files go.
    grid : Grid
    dem : Dem
        For layover and shadow; its grid reaches beyond ``grid``.
    bands : BandSet
    event : EventTime
    contract : StackContract
        The geocoded scenes must have been made under it.
    min_pre, min_post : int
        Fewer observations than this set the bit TOO_FEW_IMAGES.
    """

    folder: Path
    grid: Grid
    dem: "Dem"
    bands: BandSet
    event: EventTime
    contract: StackContract = field(default_factory=StackContract)
    min_pre: int = 1
    min_post: int = 1


def build_stack(
    plan: TrackPlan,
    pre: Sequence[GeocodedScene],
    post: Sequence[GeocodedScene],
    request: StackRequest,
    reporter: Reporter = silent,
) -> Stack:
    """Write the stack of one track.

    ``stack.tif`` holds the bands in the order of ``BandSet.band_names``, float32 dB: the
    post-event composite, then post minus pre. A pixel that either side does not observe in every
    polarisation is NaN in all bands. ``counts.tif`` holds the numbers of pre- and post-event
    observations, ``quality.tif`` the `Quality` bits, and ``stack.json``, written last, the rest: a
    folder without it is no stack.

    Parameters
    ----------
    plan : TrackPlan
        Its scene nearest to the event gives the direction to the sensor.
    pre, post : sequence of GeocodedScene
        Those scenes of the plan that reach the grid.
    request : StackRequest
    reporter : Reporter, optional

    Returns
    -------
    Stack

    Raises
    ------
    StackError
        If a side has no scene, or the scenes do not fit together or the request.
    """
    _check(plan, pre, post, request)
    stack = _describe(plan, pre, post, request)
    stack.record_path.unlink(missing_ok=True)
    _write_values(stack, pre, post, reporter)
    _write_quality(stack, plan, request, reporter)
    write_record(stack)
    for path, kind in (
        (stack.values_path, "stack"),
        (stack.counts_path, "stack-counts"),
        (stack.quality_path, "stack-quality"),
    ):
        reporter(ArtefactWritten(str(path), kind))
    return stack


def _check(
    plan: TrackPlan,
    pre: Sequence[GeocodedScene],
    post: Sequence[GeocodedScene],
    request: StackRequest,
) -> None:
    for name, side in (("pre", pre), ("post", post)):
        if not side:
            raise StackError(
                f"{plan.track}: no {name}-event scene reaches the map grid",
                "Check the area of interest, or add scenes that cover it.",
            )
    check_alike([*pre, *post], request.bands.polarisations)
    first = pre[0]
    pairs = {
        "track": (first.track, plan.track),
        "map grid": (first.grid, request.grid),
        "contract": (first.contract, request.contract),
    }
    for name, (found, expected) in pairs.items():
        if found != expected:
            raise StackError(
                f"{first.scene_id}: its {name} is {found}, the stack asks for {expected}"
            )


def _describe(
    plan: TrackPlan,
    pre: Sequence[GeocodedScene],
    post: Sequence[GeocodedScene],
    request: StackRequest,
) -> Stack:
    before, after = (sorted(side, key=lambda s: (s.start, s.scene_id)) for side in (pre, post))
    return Stack(
        folder=request.folder,
        grid=request.grid,
        track=plan.track,
        bands=request.bands,
        contract=request.contract,
        event=request.event,
        pre_scenes=tuple(scene.scene_id for scene in before),
        post_scenes=tuple(scene.scene_id for scene in after),
        post_start=min(scene.start for scene in after),
        post_stop=max(scene.stop for scene in after),
        terrain_corrected=not request.dem.is_flat,
        pre_acquisitions=len({scene.acquisition for scene in pre}),
        post_acquisitions=len({scene.acquisition for scene in post}),
    )


def _write_values(
    stack: Stack, pre: Sequence[GeocodedScene], post: Sequence[GeocodedScene], reporter: Reporter
) -> None:
    """Composite both sides band by band of rows and write values and counts together."""
    step, started = f"composite-{stack.track.name}", monotonic()
    windows = list(tile_bands(stack.grid))
    reporter(StepStarted(step, f"Composites of {stack.track}", len(windows), "blocks"))
    polarisations = stack.bands.polarisations
    with (
        open_acquisitions(pre, polarisations) as before,
        open_acquisitions(post, polarisations) as after,
        create_raster(stack.values_path, stack.grid, _values_layout(stack)) as values_file,
        create_raster(stack.counts_path, stack.grid, _counts_layout(stack)) as counts_file,
    ):
        for done, window in enumerate(windows, start=1):
            values, counts = _change(before, after, window, stack.contract.noise_floor_db)
            values_file.write(values, window=rasterio_window(window))
            counts_file.write(counts, window=rasterio_window(window))
            reporter(StepAdvanced(step, done))
    reporter(StepFinished(step, monotonic() - started))


def _change(
    before: Acquisitions, after: Acquisitions, window: Window, floor_db: float
) -> "tuple[NDArray[np.float32], NDArray[np.uint8]]":
    pre_db, n_pre = before.median(window, floor_db)
    post_db, n_post = after.median(window, floor_db)
    values = np.concatenate([post_db, post_db - pre_db])
    values[:, np.isnan(values).any(axis=0)] = np.nan
    return values, np.stack([n_pre, n_post])


def _write_quality(
    stack: Stack, plan: TrackPlan, request: StackRequest, reporter: Reporter
) -> None:
    step, started = f"quality-{stack.track.name}", monotonic()
    blocks = list(stack.grid.blocks(QUALITY_SIDE))
    reporter(StepStarted(step, f"Layover and shadow on {stack.track}", len(blocks), "blocks"))
    visible = visibility_of(request.dem, stack.grid, _nearest_scene(plan, stack))
    layout = RasterLayout(("quality",), dtype="uint8", tags=_tags(stack))
    with (
        open_raster(stack.counts_path) as counts_file,
        create_raster(stack.quality_path, stack.grid, layout) as quality_file,
    ):

        def read_counts(window: Window) -> "NDArray[np.uint8]":
            return np.asarray(counts_file.read(window=rasterio_window(window)), dtype=np.uint8)

        for done, block in enumerate(blocks, start=1):
            bits = visible(block)
            enough = (request.min_pre, request.min_post)
            bits |= count_bits(read_counts, stack.grid, block, enough)
            quality_file.write(bits, 1, window=rasterio_window(block))
            reporter(StepAdvanced(step, done))
    reporter(StepFinished(step, monotonic() - started))


def _nearest_scene(plan: TrackPlan, stack: Stack) -> "Scene":
    """Return the scene nearest to the event among those that reach the grid."""
    used = {*stack.pre_scenes, *stack.post_scenes}
    scenes = [scene for scene in plan.scenes if scene.scene_id in used] or plan.scenes
    return min(scenes, key=lambda scene: (abs(scene.start - stack.event.first), scene.scene_id))


def _tags(stack: Stack) -> dict[str, str]:
    return {
        "CONTRACT": json.dumps(stack.contract.as_dict()),
        "TRACK": str(stack.track),
        "EVENT_FIRST": stack.event.first.isoformat(),
        "EVENT_LAST": stack.event.last.isoformat(),
        "PRE_SCENES": " ".join(stack.pre_scenes),
        "POST_SCENES": " ".join(stack.post_scenes),
    }


def _values_layout(stack: Stack) -> RasterLayout:
    return RasterLayout(stack.bands.band_names, nodata=float("nan"), tags=_tags(stack))


def _counts_layout(stack: Stack) -> RasterLayout:
    return RasterLayout(("n_pre", "n_post"), dtype="uint8", tags=_tags(stack))
