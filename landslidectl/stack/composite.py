"""Composites: the median of the acquisitions of one track on one side of an event."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
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
    grid_of,
    open_raster,
    rasterio_window,
)
from landslidectl.grid import Grid, Window
from landslidectl.stack.acquisitions import Acquisitions, check_alike, grouped, open_acquisitions
from landslidectl.stack.composite_record import (
    Composite,
    composite_tags,
    open_composite,
    write_composite_record,
)
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.median import median_db
from landslidectl.stack.offsets import (
    AcquisitionOffset,
    acquisition_offsets,
    acquisition_warnings,
    sample_slices,
    sample_step,
)
from landslidectl.stack.parallel import run_in_order
from landslidectl.stack.speckle import SpeckleFilter
from landslidectl.stack.windows import widened, within
from landslidectl.terms import Phase, Polarisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

__all__ = ["Composite", "CompositeRequest", "build_composite", "open_composite"]

BUFFER_BYTES = 32 * 2**20
"""What one thread may hold of the acquisitions' samples, where a tile of each fits."""
MAX_COUNT = 255
EMPTY = float("nan")


@dataclass(frozen=True, slots=True)
class CompositeRequest:
    """What a composite is to be.

    Parameters
    ----------
    path : Path
        The GeoTIFF of medians; ``<stem>_counts.tif`` and ``<stem>.json`` come beside it.
    grid : Grid
    polarisations : tuple of Polarisation
        Band order.
    contract : StackContract
        The geocoded scenes must have been made under it.
    speckle : SpeckleFilter, optional
        Applied to the linear samples of all acquisitions.
    factor_path : Path, optional
        Raster on ``grid`` whose first band multiplies the linear median; NaN makes it NaN.
    threads : int
        The result does not depend on it.
    """

    path: Path
    grid: Grid
    polarisations: tuple[Polarisation, ...]
    contract: StackContract
    speckle: SpeckleFilter | None = None
    factor_path: Path | None = None
    threads: int = 1


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
    _record_path(request).unlink(missing_ok=True)
    samples = _write(phase, scenes, request, reporter)
    composite = _describe(phase, scenes, request, _offsets(scenes, request, samples))
    write_composite_record(composite)
    for warning in acquisition_warnings(
        f"{composite.track}, {phase.value}-event", composite.offsets, composite.polarisations
    ):
        reporter(warning)
    reporter(ArtefactWritten(str(composite.path), "composite"))
    return composite


@dataclass(frozen=True, slots=True)
class _Readers:
    """What one thread reads from."""

    acquisitions: Acquisitions
    factor: "DatasetReader | None"


@dataclass(frozen=True, slots=True)
class _Block:
    """What comes of one window; ``samples`` are (acquisition, polarisation, sample)."""

    window: Window
    median_db: "NDArray[np.float32]"
    count: "NDArray[np.uint8]"
    samples: "NDArray[np.float32]"


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
    windows = list(_windows(request, len(grouped(scenes))))
    reporter(StepStarted(step, f"{phase.value}-event composite of {track}", len(windows), "blocks"))
    tags = composite_tags(phase, scenes, request.contract)
    names = tuple(str(name) for name in request.polarisations)
    values_layout = RasterLayout(names, nodata=EMPTY, tags=tags, is_noisy=True)
    counts_layout = RasterLayout(("count",), dtype="uint8", tags=tags)
    samples = []
    with ExitStack() as stack:
        readers = [_open(stack, scenes, request) for _ in range(max(request.threads, 1))]
        values_file = stack.enter_context(create_raster(request.path, request.grid, values_layout))
        counts_file = stack.enter_context(
            create_raster(_counts_path(request), request.grid, counts_layout)
        )

        def work(reader: _Readers, window: Window) -> _Block:
            return _composited(reader, window, request)

        for done, block in enumerate(run_in_order(work, windows, readers), start=1):
            part = rasterio_window(block.window)
            values_file.write(block.median_db, window=part)
            counts_file.write(block.count, 1, window=part)
            samples.append(block.samples)
            reporter(StepAdvanced(step, done))
    reporter(StepFinished(step, monotonic() - started))
    return np.concatenate(samples, axis=2)


def _open(stack: ExitStack, scenes: Sequence[GeocodedScene], request: CompositeRequest) -> _Readers:
    acquisitions = stack.enter_context(open_acquisitions(scenes, request.polarisations))
    if request.factor_path is None:
        return _Readers(acquisitions, None)
    factor = stack.enter_context(open_raster(request.factor_path))
    if (found := grid_of(factor)) != request.grid:
        raise StackError(
            f"{request.factor_path}: its map grid is {found}, the composite's is {request.grid}"
        )
    return _Readers(acquisitions, factor)


def _composited(readers: _Readers, window: Window, request: CompositeRequest) -> _Block:
    halo = 0 if request.speckle is None else request.speckle.halo_px
    outer = widened(window, (halo, halo), request.grid)
    values = readers.acquisitions.read(outer)
    inner = within(window, outer)
    count = _count(values[:, :, *inner])
    if request.speckle is not None:
        values = np.ascontiguousarray(request.speckle.apply(values)[:, :, *inner])
    factor = _factor(readers, window)
    floor_db = request.contract.noise_floor_db
    bands = [median_db(values[:, band], floor_db, factor) for band in range(values.shape[1])]
    thin = values[:, :, *sample_slices(window, sample_step(request.grid))]
    return _Block(window, np.stack(bands), count, thin.reshape(*thin.shape[:2], -1).copy())


def _factor(readers: _Readers, window: Window) -> "NDArray[np.float32] | None":
    if readers.factor is None:
        return None
    return np.asarray(readers.factor.read(1, window=rasterio_window(window)), dtype=np.float32)


def _count(values: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    """Count the acquisitions that observe a pixel in every polarisation."""
    count = np.zeros(values.shape[2:], dtype=np.uint8 if len(values) <= MAX_COUNT else np.uint16)
    for acquisition in values:
        observed = np.isfinite(acquisition[0])
        for band in acquisition[1:]:
            observed &= np.isfinite(band)
        count += observed.view(np.uint8)
    return np.minimum(count, MAX_COUNT).astype(np.uint8)


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


def _windows(request: CompositeRequest, acquisitions: int) -> "Iterator[Window]":
    """Yield windows of whole tiles: one tile high, or square where a filter needs a halo."""
    tile_bytes = 4 * TILE_SIDE**2 * acquisitions * len(request.polarisations)
    tiles = max(BUFFER_BYTES // tile_bytes, 1)
    high = 1 if request.speckle is None else isqrt(tiles)
    rows = [*range(0, request.grid.rows, high * TILE_SIDE), request.grid.rows]
    cols = [*range(0, request.grid.cols, tiles // high * TILE_SIDE), request.grid.cols]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            yield Window(top, left, bottom - top, right - left)


def _counts_path(request: CompositeRequest) -> Path:
    return request.path.with_name(f"{request.path.stem}_counts.tif")


def _record_path(request: CompositeRequest) -> Path:
    return request.path.with_suffix(".json")
