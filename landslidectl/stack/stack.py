"""Stacks: what changed between the composites before and after an event, on one track."""

import json
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
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
from landslidectl.files.atomic import remove_file
from landslidectl.files.rasters import (
    RasterLayout,
    create_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.stack.change import Change, Readers, change_of, open_readers, windows_of
from landslidectl.stack.composite_record import Composite
from landslidectl.stack.contract import StackContract
from landslidectl.stack.offsets import (
    median_offset_db,
    side_warnings,
)
from landslidectl.stack.parallel import run_in_order
from landslidectl.stack.quality import Surveyor, surveyor_of
from landslidectl.stack.record import (
    COUNT_BANDS,
    INCIDENCE_BANDS,
    QUALITY_BANDS,
    Stack,
    open_stack,
    write_record,
)
from landslidectl.stack.shrink import Shrinker, shown_bands
from landslidectl.terms import BandSet, EventTime, Phase, Track

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from landslidectl.sentinel1.scene import Scene
    from landslidectl.terrain.dem import Dem

__all__ = ["Stack", "StackRequest", "build_stack", "open_stack"]


@dataclass(frozen=True, slots=True)
class StackRequest:
    """What a stack is to be.

    Parameters
    ----------
    folder : Path
        Where its files go.
    grid : Grid
    dem : Dem
        For layover, shadow, water and angles; its grid reaches beyond ``grid``.
    bands : BandSet
    event : EventTime
    look_scene : Scene
        Gives the direction to the sensor: any scene of the track that can still be read, best
        the one nearest to the event.
    contract : StackContract
        The composites must have been made under it.
    min_pre, min_post : int
        Fewer observations than this set the bit TOO_FEW_IMAGES.
    post_window_extended : bool
        Recorded: whether later post-event scenes than usual were taken.
    late_post_days : float
        Recorded: days after the last shock of the latest of them.
    threads : int
        The result does not depend on it.
    """

    folder: Path
    grid: Grid
    dem: "Dem"
    bands: BandSet
    event: EventTime
    look_scene: "Scene"
    contract: StackContract = field(default_factory=StackContract)
    min_pre: int = 1
    min_post: int = 1
    post_window_extended: bool = False
    late_post_days: float = 0.0
    threads: int = 1


def build_stack(
    track: Track,
    pre: Composite,
    post: Composite,
    request: StackRequest,
    reporter: Reporter = silent,
) -> Stack:
    """Write the stack of one track from its composites; the geocoded scenes are not needed.

    ``stack.tif`` holds the bands in the order of ``BandSet.band_names``, float32 dB: the
    post-event composite, then post minus pre. A pixel that either side does not observe in every
    polarisation is NaN in all bands. ``counts.tif`` holds the numbers of pre- and post-event
    observations, ``quality.tif`` the `Quality` bits, ``incidence.tif`` the angles of
    `INCIDENCE_BANDS`, ``shown.npy`` the small copy for pages, and ``stack.json``, written last, the
    rest: a folder without it is no stack.

    Parameters
    ----------
    track : Track
    pre, post : Composite
        With the polarisations of the request's band set.
    request : StackRequest
    reporter : Reporter, optional
        Also hears when all stable land is brighter or darker after the event.

    Returns
    -------
    Stack

    Raises
    ------
    StackError
        If the composites do not fit together or the request.
    """
    _check(track, pre, post, request)
    stack = _describe(pre, post, request)
    remove_file(stack.record_path)
    surveyor = surveyor_of(request.dem, request.grid, request.look_scene)
    side_offset_db = _write(stack, (pre, post), surveyor, request, reporter)
    stack = replace(stack, side_offset_db=side_offset_db)
    write_record(stack)
    for warning in side_warnings(str(track), side_offset_db, stack.bands.polarisations):
        reporter(warning)
    for path, kind in (
        (stack.values_path, "stack"),
        (stack.counts_path, "stack-counts"),
        (stack.quality_path, "stack-quality"),
        (stack.incidence_path, "stack-incidence"),
    ):
        reporter(ArtefactWritten(str(path), kind))
    return stack


def _check(track: Track, pre: Composite, post: Composite, request: StackRequest) -> None:
    for phase, composite in ((Phase.PRE, pre), (Phase.POST, post)):
        pairs = {
            "side": (composite.phase, phase),
            "track": (composite.track, track),
            "map grid": (composite.grid, request.grid),
            "contract": (composite.contract, request.contract),
            "polarisations": (composite.polarisations, request.bands.polarisations),
        }
        for name, (found, expected) in pairs.items():
            if found != expected:
                raise StackError(
                    f"{composite.path}: its {name} is {found}, the stack asks for {expected}"
                )


def _describe(pre: Composite, post: Composite, request: StackRequest) -> Stack:
    return Stack(
        folder=request.folder,
        grid=request.grid,
        track=pre.track,
        bands=request.bands,
        contract=request.contract,
        event=request.event,
        pre_scenes=pre.scene_ids,
        post_scenes=post.scene_ids,
        post_start=post.start,
        post_stop=post.stop,
        terrain_corrected=not request.dem.is_flat,
        pre_acquisitions=pre.acquisitions,
        post_acquisitions=post.acquisitions,
        min_pre=request.min_pre,
        min_post=request.min_post,
        pre_composite=pre.path.name,
        post_composite=post.path.name,
        pre_offsets=pre.offsets,
        post_offsets=post.offsets,
        side_offset_db=(),
        post_window_extended=request.post_window_extended,
        late_post_days=request.late_post_days,
        simulated=request.look_scene.is_simulated,
    )


def _write(
    stack: Stack,
    sides: tuple[Composite, Composite],
    surveyor: Surveyor,
    request: StackRequest,
    reporter: Reporter,
) -> tuple[float | None, ...]:
    """Write all rasters block by block; return the shift of stable land after the event."""
    step, started = f"stack-{stack.track.name}", monotonic()
    windows = list(windows_of(stack.grid))
    reporter(StepStarted(step, f"Change on {stack.track}", len(windows), "blocks"))
    changes: list[list[NDArray[np.float32]]] = []
    shown = shown_bands(stack.bands)
    shrinker = Shrinker(stack.grid, len(shown))

    def work(readers: Readers, window: Window) -> Change:
        return change_of(readers, window, surveyor, (request.min_pre, request.min_post))

    with ExitStack() as exits:
        readers = [open_readers(exits, sides) for _ in range(max(request.threads, 1))]
        files = _create(exits, stack)
        # closed before the files that its threads read, whatever ends the loop
        blocks = exits.enter_context(closing(run_in_order(work, windows, readers)))
        for done, block in enumerate(blocks, start=1):
            part = rasterio_window(block.window)
            for file, layers in zip(
                files, (block.values, block.counts, block.bits[None], block.angles), strict=True
            ):
                file.write(layers, window=part)
            changes.append(block.changes_db)
            shrinker.add(block.window, block.values[shown])
            reporter(StepAdvanced(step, done))
    shrinker.save(stack.shown_path)
    reporter(StepFinished(step, monotonic() - started))
    return tuple(median_offset_db(np.concatenate(band)) for band in zip(*changes, strict=True))


def _create(exits: ExitStack, stack: Stack) -> "list[DatasetWriter]":
    tags = _tags(stack)
    nan = float("nan")
    layouts = {
        stack.values_path: RasterLayout(
            stack.bands.band_names, nodata=nan, tags=tags, is_noisy=True
        ),
        stack.counts_path: RasterLayout(COUNT_BANDS, dtype="uint8", tags=tags),
        stack.quality_path: RasterLayout(QUALITY_BANDS, dtype="uint8", tags=tags),
        stack.incidence_path: RasterLayout(INCIDENCE_BANDS, nodata=nan, tags=tags),
    }
    return [
        exits.enter_context(create_raster(path, stack.grid, layout))
        for path, layout in layouts.items()
    ]


def _tags(stack: Stack) -> dict[str, str]:
    return {
        "CONTRACT": json.dumps(stack.contract.as_dict()),
        "TRACK": str(stack.track),
        "EVENT_FIRST": stack.event.first.isoformat(),
        "EVENT_LAST": stack.event.last.isoformat(),
        "PRE_SCENES": " ".join(stack.pre_scenes),
        "POST_SCENES": " ".join(stack.post_scenes),
    }
