"""The jobs: which stages run, in which order, and what happens when an input falls out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import ModelRecord
from landslidectl.errors import DemError, StackError
from landslidectl.events import Reporter, Warned
from landslidectl.files.resources import resource_dir
from landslidectl.grid import Grid
from landslidectl.inference.interpreter import check_device
from landslidectl.inference.manifest import Model, load_model
from landslidectl.jobs.area import bbox_area, checked_area, grid_for, read_aoi
from landslidectl.jobs.inputs import gather
from landslidectl.jobs.job import Job, run_recorded
from landslidectl.jobs.preflight import check_disk, check_memory, estimate_disk
from landslidectl.jobs.publish import Scored, publish
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.settings import DetectSettings, IngestSettings, StackSettings
from landslidectl.jobs.stages import (
    MapFrame,
    StackedTrack,
    geocode_all,
    prepare_dem,
    score_track,
    stack_track,
    surviving_plans,
)
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.contract import StackContract
from landslidectl.stack.footprints import footprint
from landslidectl.stack.selection import (
    Selection,
    TrackPlan,
    WindowOptions,
    covered_area,
    drop_duplicates,
    plans_over,
    select_scenes,
)
from landslidectl.terms import JobStatus

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NO_DEM_WARNING = (
    "no elevation model was used: in mountains, pixels lie tens of pixels from their place, and "
    "layover and shadow are not masked"
)
DEM_REASON = (
    "no elevation model is given. Without one, the terrain displaces pixels by as much as their "
    "height above the sea, in mountains by tens of pixels, and the detections lie beside the slides"
)


@dataclass(frozen=True, slots=True)
class Stacked:
    """Stacks of all tracks that have one, on one frame."""

    frame: MapFrame
    area: "BaseGeometry"
    tracks: tuple[StackedTrack, ...]

    @property
    def scenes(self) -> int:
        """Return how many scenes went in."""
        return sum(len(track.plan.scenes) for track in self.tracks)

    @property
    def track_names(self) -> tuple[str, ...]:
        """Return the short names of the tracks."""
        return tuple(track.plan.track.name for track in self.tracks)


def run_detect(settings: DetectSettings, reporter: Reporter, catalog: Catalog) -> JobResult:
    """Map landslides: scenes in, a product out.

    Raises
    ------
    LandslidectlError
        Any of its subclasses that leaves no product; a damaged scene beside enough good ones is a
        partial result instead.
    """
    return run_recorded(settings, reporter, catalog, _detect)


def run_stack(settings: StackSettings, reporter: Reporter, catalog: Catalog) -> JobResult:
    """Build the stack of every track, without a model."""
    return run_recorded(settings, reporter, catalog, _stack_only)


def run_ingest(settings: IngestSettings, reporter: Reporter, catalog: Catalog) -> JobResult:
    """Geocode every scene, without an event."""
    return run_recorded(settings, reporter, catalog, _ingest)


def _detect(job: Job[DetectSettings]) -> JobResult:
    settings = job.settings
    check_device(settings.device)
    model = load_model(
        settings.model, settings.bands, settings.models_dir or resource_dir("models")
    )
    job.catalog.record_model(_model_record(model))
    stacked = _stack_all(job, model.contract)
    rasters = tuple(score_track(job, track, model) for track in stacked.tracks)
    published = publish(job, Scored(stacked.frame, stacked.area, stacked.tracks, rasters, model))
    empty = published.areas.detections == 0
    return JobResult(
        job_id=job.job_id,
        status=_status(job, JobStatus.SUCCEEDED_EMPTY if empty else JobStatus.SUCCEEDED),
        output=str(settings.output),
        files=published.files,
        areas=published.areas,
        tracks=stacked.track_names,
        scenes=stacked.scenes,
        **_common(job),
    )


def _stack_only(job: Job[StackSettings]) -> JobResult:
    stacked = _stack_all(job, StackContract())
    return JobResult(
        job_id=job.job_id,
        status=_status(job, JobStatus.SUCCEEDED),
        output=str(job.settings.output),
        files={
            f"stack {track.plan.track.name}": str(track.stack.value.values_path)
            for track in stacked.tracks
        },
        tracks=stacked.track_names,
        scenes=stacked.scenes,
        **_common(job),
    )


def _ingest(job: Job[IngestSettings]) -> JobResult:
    _require_dem(job)
    found = gather(job.settings.scenes, job.settings.bands, job.ledger)
    job.catalog.record_scenes(found.records)
    scenes, duplicates = drop_duplicates(found.scenes)
    job.ledger.leave_aside(duplicates)
    if not scenes:
        raise _no_scene(job)
    area = _given_area(job.settings) or _footprints(scenes)
    frame = _frame(job, area, scenes, StackContract(), tracks=0)
    geocoded = geocode_all(job, scenes, frame)
    if not geocoded:
        raise StackError(
            "no scene could be put on the map grid: " + _reasons(job), "Check the area of interest."
        )
    return JobResult(
        job_id=job.job_id,
        status=_status(job, JobStatus.SUCCEEDED),
        output=str(job.settings.output),
        files={name: str(done.value.path) for name, done in geocoded.items()},
        tracks=tuple(sorted({done.value.track.name for done in geocoded.values()})),
        scenes=len(geocoded),
        **_common(job),
    )


def _stack_all(job: Job[Any], contract: StackContract) -> Stacked:
    """Run everything up to the stacks."""
    settings: StackSettings = job.settings
    _require_dem(job)
    found = gather(settings.scenes, settings.bands, job.ledger)
    job.catalog.record_scenes(found.records)
    if not found.scenes:
        raise _no_scene(job)
    selection, area = _select(job, found.scenes)
    job.ledger.leave_aside(selection.unused)
    scenes = [scene for plan in selection.tracks for scene in plan.scenes]
    frame = _frame(job, area, scenes, contract, tracks=len(selection.tracks))
    geocoded = geocode_all(job, scenes, frame)
    plans, lost = surviving_plans(selection.tracks, geocoded, job.ledger)
    for reason in lost:
        job.reporter(Warned(f"track skipped: {reason}", "track-skipped"))
    if not plans:
        raise StackError(
            "no track has scenes before and after the event: " + "; ".join(lost),
            "Replace the scenes that were refused, or check the area of interest.",
        )
    tracks = tuple(stack_track(job, plan, geocoded, frame) for plan in plans)
    return Stacked(frame, area, tracks)


def _select(job: Job[Any], scenes: Sequence[Scene]) -> tuple[Selection, "BaseGeometry"]:
    """Choose scenes by time, then by area; the area is the given one or what the plans cover."""
    settings: StackSettings = job.settings
    windows = WindowOptions(settings.pre_days, settings.post_days)
    by_time = select_scenes(scenes, settings.event, windows)
    given = _given_area(settings)
    if given is None:
        return by_time, _covered(by_time.tracks)
    over = plans_over(given, by_time.tracks)
    return Selection(over.tracks, by_time.unused + over.unused), given


def _frame(
    job: Job[Any],
    area: "BaseGeometry",
    scenes: Sequence[Scene],
    contract: StackContract,
    tracks: int,
) -> MapFrame:
    """Lay the map grid, make sure that there is room, and bring the elevation model onto it."""
    grid: Grid = grid_for(area, contract.pixel_m)
    needed = estimate_disk(grid, job.settings.bands, len(scenes), tracks)
    check_disk(job.workspace.output, needed.total)
    check_memory(grid, job.settings.max_memory_mb)
    return MapFrame(grid, prepare_dem(job, grid), contract)


def _given_area(settings: IngestSettings) -> "BaseGeometry | None":
    if settings.aoi is not None:
        return read_aoi(settings.aoi)
    return bbox_area(settings.bbox) if settings.bbox is not None else None


def _covered(plans: Sequence[TrackPlan]) -> "BaseGeometry":
    return checked_area(covered_area(plans), "the area with scenes before and after the event")


def _footprints(scenes: Sequence[Scene]) -> "BaseGeometry":
    import shapely  # noqa: PLC0415

    union = shapely.union_all([footprint(scene) for scene in scenes])
    return checked_area(union, "the area of the scenes")


def _require_dem(job: Job[Any]) -> None:
    """Refuse work without heights unless the user asked for it.

    Raises
    ------
    DemError
        With the reason.
    """
    settings: IngestSettings = job.settings
    if settings.no_dem:
        job.reporter(Warned(NO_DEM_WARNING, "no-dem"))
    elif settings.dem is None:
        raise DemError(
            DEM_REASON, "Give --dem FOLDER, or --no-dem to go on all the same, on flat land."
        )
    elif not settings.dem.exists():
        raise DemError(f"{settings.dem}: there is no such file or folder", "Check --dem.")


def _no_scene(job: Job[Any]) -> StackError:
    paths = ", ".join(str(path) for path in job.settings.scenes)
    count = len(job.ledger.refused)
    refused = f": {count} refused, for the reasons told above" if count else ""
    return StackError(
        f"no usable Sentinel-1 scene in {paths}{refused}",
        "Needed are IW GRD products with VV and VH, as .SAFE folders or .zip files.",
    )


def _reasons(job: Job[Any]) -> str:
    return "; ".join(f"{item.name}: {item.reason}" for item in job.ledger.refused)


def _status(job: Job[Any], otherwise: JobStatus) -> JobStatus:
    return JobStatus.PARTIAL if job.ledger.failures else otherwise


def _common(job: Job[Any]) -> dict[str, Any]:
    return {
        "refused": tuple(job.ledger.refused),
        "warnings": tuple(job.warnings),
        "skipped": job.skipped,
        "seconds": job.seconds,
    }


def _model_record(model: Model) -> ModelRecord:
    return ModelRecord(
        sha256=model.sha256,
        name=model.name,
        version=model.version,
        bands=model.bands.value,
        path=str(model.folder.resolve()),
        manifest=json.dumps(dict(model.raw), sort_keys=True, ensure_ascii=False),
    )
