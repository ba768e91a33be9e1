"""The jobs: which stages run, in which order, and what happens when an input falls out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import ModelRecord
from landslidectl.errors import ModelError, StackError, UsageError
from landslidectl.events import Reporter
from landslidectl.files.resources import resource_dir
from landslidectl.grid import Grid
from landslidectl.inference.interpreter import check_device
from landslidectl.inference.manifest import Model, load_model
from landslidectl.jobs.area import grid_for
from landslidectl.jobs.choose import (
    footprints_area,
    given_area,
    require_dem,
    select,
    warn_of_gaps,
    warn_of_orbits,
)
from landslidectl.jobs.doubts import doubt_passes
from landslidectl.jobs.frame import MapFrame, prepare_dem
from landslidectl.jobs.geocoding import geocode_all
from landslidectl.jobs.inputs import gather
from landslidectl.jobs.job import Job, run_recorded
from landslidectl.jobs.preflight import DiskLoad, check_disk, estimate_disk, fitting_threads
from landslidectl.jobs.publish import Scored, publish
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.settings import DetectSettings, IngestSettings, StackSettings
from landslidectl.jobs.stages import (
    StackedTrack,
    score_track,
    stack_tracks,
)
from landslidectl.jobs.thresholds import thresholds
from landslidectl.stack.contract import StackContract
from landslidectl.stack.selection import (
    TrackPlan,
    drop_duplicates,
)
from landslidectl.terms import JobStatus, Radiometry

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


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
    thresholds(settings, model)  # a wrong pair is told before hours of work
    job.catalog.record_model(_model_record(model))
    stacked = _stack_all(job, _contract(job, model))
    doubt_passes(model, [track.plan.track for track in stacked.tracks], job.reporter)
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
    stacked = _stack_all(job, _contract(job, None))
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
    require_dem(job)
    found = gather(job.settings.scenes, job.settings.bands, job.ledger)
    job.catalog.record_scenes(found.records)
    scenes, duplicates = drop_duplicates(found.scenes)
    job.ledger.leave_aside(duplicates)
    if not scenes:
        raise _no_scene(job)
    warn_of_orbits(job, scenes)
    area = given_area(job.settings) or footprints_area(scenes)
    frame = _frame(job, area, _ingest_contract(job), DiskLoad(len(scenes), 0))
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


def _ingest_contract(job: Job[IngestSettings]) -> StackContract:
    radiometry = job.settings.radiometry or Radiometry.SIGMA0
    if radiometry not in (Radiometry.SIGMA0, Radiometry.GEE):
        raise UsageError(
            f"--radiometry {radiometry} belongs to composites; ingest writes sigma nought",
            "Take sigma0 or gee here, or the command stack.",
        )
    return StackContract(radiometry=radiometry)


def _stack_all(job: Job[Any], contract: StackContract) -> Stacked:
    """Run everything up to the stacks."""
    settings: StackSettings = job.settings
    require_dem(job)
    found = gather(settings.scenes, settings.bands, job.ledger)
    job.catalog.record_scenes(found.records)
    if not found.scenes:
        raise _no_scene(job)
    selection, area = select(job, found.scenes)
    job.ledger.leave_aside(selection.unused)
    warn_of_gaps(job, area, selection.tracks)
    warn_of_orbits(job, [scene for plan in selection.tracks for scene in plan.scenes])
    frame = _frame(job, area, contract, _disk_needed(selection.tracks))
    stacks = stack_tracks(job, selection.tracks, frame)
    if not stacks.tracks:
        raise StackError(
            "no track has scenes before and after the event: " + "; ".join(stacks.lost),
            "Replace the scenes that were refused, or check the area of interest.",
        )
    return Stacked(frame, area, stacks.tracks)


def _frame(
    job: Job[Any], area: "BaseGeometry", contract: StackContract, load: DiskLoad
) -> MapFrame:
    """Lay the map grid, make sure that there is room, and bring the elevation model onto it."""
    grid: Grid = grid_for(area, contract.pixel_m)
    needed = estimate_disk(grid, job.settings.bands, load)
    check_disk(job.workspace.output, needed.total)
    settings = job.settings
    threads = fitting_threads(grid, settings.bands, job.threads, settings.max_memory_mb)
    return MapFrame(grid, prepare_dem(job, grid), contract, threads)


def _disk_needed(plans: Sequence[TrackPlan]) -> DiskLoad:
    return DiskLoad(max(len(plan.scenes) for plan in plans), len(plans))


def _contract(job: Job[Any], model: Model | None) -> StackContract:
    """Return what the stacks are made under: what the model was trained on, or what is asked for.

    Raises
    ------
    ModelError
        If something else is asked for than the model was trained on.
    """
    settings: StackSettings = job.settings
    trained = StackContract() if model is None else model.contract
    asked = replace(
        trained,
        radiometry=settings.radiometry or trained.radiometry,
        speckle_filter=settings.speckle or trained.speckle_filter,
    )
    if model is not None and (differences := asked.differences(trained)):
        raise ModelError(
            f"model {model.name} was not trained on what is asked for: {'; '.join(differences)}",
            "Leave --radiometry and --speckle out, or take a model that was trained on it.",
        )
    return asked


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
