"""The jobs: which stages run, in which order, and what happens when an input falls out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landslidectl.catalog.catalog import Catalog
from landslidectl.catalog.records import ModelRecord
from landslidectl.errors import StackError, UsageError
from landslidectl.events import Reporter, StacksPlanned
from landslidectl.grid import Grid
from landslidectl.inference.choice import choose_model
from landslidectl.inference.interpreter import check_network
from landslidectl.inference.manifest import Model
from landslidectl.jobs.area import grid_for
from landslidectl.jobs.choose import footprints_area, given_area, require_dem, warn_of_orbits
from landslidectl.jobs.devices import Devices
from landslidectl.jobs.doubts import doubt_passes
from landslidectl.jobs.frame import MapFrame, prepare_dem
from landslidectl.jobs.geocoding import geocode_all
from landslidectl.jobs.ground import judged_ground, require_land_cover, suited
from landslidectl.jobs.inputs import gather
from landslidectl.jobs.job import Job, run_recorded
from landslidectl.jobs.preflight import DiskLoad, check_disk, estimate_disk, fitting_threads
from landslidectl.jobs.publish import publish
from landslidectl.jobs.result import JobResult
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.stack_settings import IngestSettings, StackSettings
from landslidectl.jobs.stages import (
    StackedTrack,
    score_track,
    stack_tracks,
)
from landslidectl.jobs.survey import contract_for, no_scene, survey
from landslidectl.jobs.thresholds import thresholds
from landslidectl.jobs.told import Scored
from landslidectl.stack.contract import StackContract
from landslidectl.stack.selection import drop_duplicates
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
    return run_recorded(settings, reporter, catalog, map_landslides)


def run_stack(settings: StackSettings, reporter: Reporter, catalog: Catalog) -> JobResult:
    """Build the stack of every track, without a model."""
    return run_recorded(settings, reporter, catalog, _stack_only)


def run_ingest(settings: IngestSettings, reporter: Reporter, catalog: Catalog) -> JobResult:
    """Geocode every scene, without an event."""
    return run_recorded(settings, reporter, catalog, _ingest)


def map_landslides(job: Job[DetectSettings]) -> JobResult:
    """Do all that `run_detect` does inside a job."""
    settings = job.settings
    require_land_cover(settings)
    model = choose_model(settings.model, settings.bands, settings.models_dir)
    thresholds(settings, model)  # a wrong pair is told before hours of work
    devices = Devices(settings.device, model, settings.threads, job.reporter)
    devices.check()
    check_network(model)
    job.catalog.record_model(_model_record(model))
    stacked = _stack_all(
        job, contract_for(settings, model), lambda grid: judged_ground(settings, grid)
    )
    doubt_passes(model, [track.plan.track for track in stacked.tracks], job.reporter)
    asked = judged_ground(settings, stacked.frame.grid)
    ground = suited(asked, stacked.tracks[0].stack.value, job.reporter)
    rasters = tuple(score_track(job, track, model, devices, ground) for track in stacked.tracks)
    scored = Scored(stacked.frame, stacked.area, stacked.tracks, rasters, model, ground)
    published = publish(job, scored)
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
    stacked = _stack_all(job, contract_for(job.settings, None))
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
    found = gather(job.settings, job.ledger)
    job.catalog.record_scenes(found.records)
    scenes, duplicates = drop_duplicates(found.scenes)
    job.ledger.leave_aside(duplicates)
    if not scenes:
        raise no_scene(job)
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


def _stack_all(
    job: Job[Any], contract: StackContract, check: Callable[[Grid], object] | None = None
) -> Stacked:
    """Run everything up to the stacks; ``check`` may refuse the grid before a pixel is read."""
    surveyed = survey(job, job.catalog.record_scenes)
    job.reporter(
        StacksPlanned(
            tuple(plan.track.name for plan in surveyed.tracks),
            sum(len(plan.scenes) for plan in surveyed.tracks),
            len(job.ledger.refused),
        )
    )
    frame = _frame(job, surveyed.area, contract, surveyed.load)
    if check is not None:
        check(frame.grid)
    stacks = stack_tracks(job, surveyed.tracks, frame)
    if not stacks.tracks:
        raise StackError(
            "no track has scenes before and after the event: " + "; ".join(stacks.lost),
            "Replace the scenes that were refused, or check the area of interest.",
        )
    return Stacked(frame, surveyed.area, stacks.tracks)


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
        path=str(model.folder if model.is_rule else model.folder.resolve()),
        manifest=json.dumps(dict(model.raw), sort_keys=True, ensure_ascii=False),
    )
