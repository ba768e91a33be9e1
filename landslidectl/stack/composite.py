"""Composites: the median of the acquisitions of one track on one side of an event."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
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
from landslidectl.grid import Window
from landslidectl.stack.acquisitions import check_alike, grouped
from landslidectl.stack.composite_block import (
    Block,
    CompositeRequest,
    Readers,
    composited,
    open_readers,
    windows_of,
)
from landslidectl.stack.composite_record import (
    Composite,
    composite_tags,
    open_composite,
    write_composite_record,
)
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.offsets import (
    AcquisitionOffset,
    acquisition_offsets,
    acquisition_warnings,
)
from landslidectl.stack.parallel import run_in_order
from landslidectl.terms import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Composite", "CompositeRequest", "build_composite", "open_composite"]

EMPTY = float("nan")


def build_composite(
    phase: Phase,
    scenes: Sequence[GeocodedScene],
    request: CompositeRequest,
    reporter: Reporter = silent,
) -> Composite:
    """Write the median composite of one side of an event on one track.

    The raster holds float32 dB, one band a polarisation, NaN where no acquisition observes. The
    counts, uint8, say how many acquisitions observe a pixel in every polarisation. The record is
    written last: a composite without it is unfinished. Scenes may be deleted afterwards.

    Parameters
    ----------
    phase : Phase
    scenes : sequence of GeocodedScene
        Of one track, in any order; slices of one overflight are one acquisition.
    request : CompositeRequest
    reporter : Reporter, optional
        Also hears of acquisitions that are brighter or darker as a whole.

    Returns
    -------
    Composite

    Raises
    ------
    StackError
        If there is no scene, or the scenes do not fit together or the request.
    """
    _check(phase, scenes, request)
    remove_file(_record_path(request))
    samples = _write(phase, scenes, request, reporter)
    composite = _describe(phase, scenes, request, _offsets(scenes, request, samples))
    write_composite_record(composite)
    for warning in acquisition_warnings(
        f"{composite.track}, {phase.value}-event", composite.offsets, composite.polarisations
    ):
        reporter(warning)
    reporter(ArtefactWritten(str(composite.path), "composite"))
    return composite


def _check(phase: Phase, scenes: Sequence[GeocodedScene], request: CompositeRequest) -> None:
    if not scenes:
        raise StackError(
            f"{request.path.name}: no {phase.value}-event scene reaches the map grid",
            "Check the area of interest, or add scenes that cover it.",
        )
    check_alike(scenes, request.polarisations)
    first = scenes[0]
    pairs = {
        "map grid": (first.grid, request.grid),
        "contract": (first.contract, request.contract),
    }
    for name, (found, expected) in pairs.items():
        if found != expected:
            raise StackError(
                f"{first.scene_id}: its {name} is {found}, the composite asks for {expected}"
            )
    kind = "none" if request.speckle is None else request.speckle.kind
    if kind != request.contract.speckle_filter:
        raise StackError(
            f"the contract says speckle filter {request.contract.speckle_filter}, {kind} is given"
        )


def _describe(
    phase: Phase,
    scenes: Sequence[GeocodedScene],
    request: CompositeRequest,
    offsets: tuple[AcquisitionOffset, ...],
) -> Composite:
    ordered = sorted(scenes, key=lambda scene: (scene.start, scene.scene_id))
    return Composite(
        path=request.path,
        phase=phase,
        track=ordered[0].track,
        grid=request.grid,
        polarisations=request.polarisations,
        contract=request.contract,
        scene_ids=tuple(scene.scene_id for scene in ordered),
        acquisitions=len(grouped(scenes)),
        start=ordered[0].start,
        stop=max(scene.stop for scene in ordered),
        offsets=offsets,
    )


def _write(
    phase: Phase,
    scenes: Sequence[GeocodedScene],
    request: CompositeRequest,
    reporter: Reporter,
) -> "NDArray[np.float32]":
    """Write medians and counts block by block; return the samples for the offsets."""
    track = scenes[0].track
    step, started = f"composite-{track.name}-{phase.value}", monotonic()
    windows = list(windows_of(request, len(grouped(scenes))))
    reporter(StepStarted(step, f"{phase.value}-event composite of {track}", len(windows), "blocks"))
    tags = composite_tags(phase, scenes, request.contract)
    names = tuple(str(name) for name in request.polarisations)
    values_layout = RasterLayout(names, nodata=EMPTY, tags=tags, is_noisy=True)
    counts_layout = RasterLayout(("count",), dtype="uint8", tags=tags)
    samples = []
    with ExitStack() as stack:
        readers = [open_readers(stack, scenes, request) for _ in range(max(request.threads, 1))]
        values_file = stack.enter_context(create_raster(request.path, request.grid, values_layout))
        counts_file = stack.enter_context(
            create_raster(_counts_path(request), request.grid, counts_layout)
        )

        def work(reader: Readers, window: Window) -> Block:
            return composited(reader, window, request)

        # closed before the files that its threads read, whatever ends the loop
        blocks = stack.enter_context(closing(run_in_order(work, windows, readers)))
        for done, block in enumerate(blocks, start=1):
            part = rasterio_window(block.window)
            values_file.write(block.median_db, window=part)
            counts_file.write(block.count, 1, window=part)
            samples.append(block.samples)
            reporter(StepAdvanced(step, done))
    reporter(StepFinished(step, monotonic() - started))
    return np.concatenate(samples, axis=2)


def _offsets(
    scenes: Sequence[GeocodedScene], request: CompositeRequest, samples: "NDArray[np.float32]"
) -> tuple[AcquisitionOffset, ...]:
    first = [group[0] for group in grouped(scenes)]
    return tuple(
        AcquisitionOffset(scene.scene_id, scene.scene_id[:3], scene.start, offset_db)
        for scene, offset_db in zip(
            first, acquisition_offsets(samples, request.polarisations), strict=True
        )
    )


def _counts_path(request: CompositeRequest) -> Path:
    return request.path.with_name(f"{request.path.stem}_counts.tif")


def _record_path(request: CompositeRequest) -> Path:
    return request.path.with_suffix(".json")
