"""What a job would do, by the code that would do it; nothing is written and no pixel is read."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.catalog.records import utc_text
from landslidectl.detection.geodesy import ellipsoid_area_m2
from landslidectl.errors import LandslidectlError, OutputError
from landslidectl.events import ProgressEvent, Reporter, Warned
from landslidectl.files.processes import usable_processors
from landslidectl.grid import Grid
from landslidectl.inference.choice import choose_model
from landslidectl.inference.manifest import Model
from landslidectl.jobs.area import grid_for
from landslidectl.jobs.devices import Devices
from landslidectl.jobs.doubts import doubt_passes
from landslidectl.jobs.estimate import Duration, estimate_duration, scoring_seconds
from landslidectl.jobs.ground import judged_ground, require_land_cover
from landslidectl.jobs.inputs import Ledger
from landslidectl.jobs.preflight import (
    DiskEstimate,
    check_disk,
    estimate_disk,
    estimate_memory_mb,
    existing_folder,
    fitting_threads,
)
from landslidectl.jobs.result import Refused
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.survey import Surveyed, contract_for, survey
from landslidectl.jobs.thresholds import thresholds
from landslidectl.jobs.workspace import Workspace
from landslidectl.stack.plans import TrackPlan
from landslidectl.terrain.coverage import tiles_for
from landslidectl.terrain.dem import DEM_MARGIN_M, SPARE_MARGIN_M

if TYPE_CHECKING:
    from landslidectl.sentinel1.scene import Scene


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job needs of the machine, at most, and what there is.

    Parameters
    ----------
    disk : DiskEstimate
    free_bytes : int
        On the disk of the output folder.
    memory_mb, threads : int
        Threads are as many as fit into the memory that was allowed.
    duration : Duration
        With nothing done yet.
    """

    disk: DiskEstimate
    free_bytes: int
    memory_mb: int
    threads: int
    duration: Duration


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a job would do.

    Parameters
    ----------
    settings : DetectSettings
    model : Model
    tracks : tuple of TrackPlan
    area_km2 : float
        Of the area of interest, on the ellipsoid.
    grid : Grid
    refused : tuple of Refused
        Scenes that are not used, with the reason.
    warnings : tuple of str
    needs : Needs
    counters : (int, int)
        Release and version that the product would have.
    obstacles : tuple of LandslidectlError
        What would end the job before its work; none when it can start.
    """

    settings: DetectSettings
    model: Model
    tracks: tuple[TrackPlan, ...]
    area_km2: float
    grid: Grid
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]
    needs: Needs
    counters: tuple[int, int]
    obstacles: tuple[LandslidectlError, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 when the job could start, else the code that it would end with."""
        return self.obstacles[0].exit_code if self.obstacles else 0

    def as_json(self) -> dict[str, Any]:
        """Return the plan for programs."""
        needs = self.needs
        return {
            "output": str(self.settings.output),
            "model": {"name": self.model.name, "version": self.model.version},
            "event": [utc_text(self.settings.event.first), utc_text(self.settings.event.last)],
            "area_km2": round(self.area_km2, 3),
            "grid": asdict(self.grid),
            "tracks": [_track_json(plan) for plan in self.tracks],
            "not_used": [asdict(item) for item in self.refused],
            "warnings": list(self.warnings),
            "release": self.counters[0],
            "version": self.counters[1],
            "disk_bytes": {**asdict(needs.disk), "total": needs.disk.total},
            "disk_free_bytes": needs.free_bytes,
            "memory_mb": needs.memory_mb,
            "threads": needs.threads,
            "seconds": {"least": needs.duration.least_s, "most": needs.duration.most_s},
            "obstacles": [
                {"message": item.message, "hint": item.hint, "exit_code": item.exit_code}
                for item in self.obstacles
            ],
        }


@dataclass(slots=True)
class _Planning:
    """Asks for scenes as a job does, and keeps what it is told."""

    settings: DetectSettings
    reporter: Reporter
    ledger: Ledger
    warnings: list[str] = field(default_factory=list)
    obstacles: list[LandslidectlError] = field(default_factory=list)

    def check(self, look: Callable[[], object]) -> None:
        """Note what would end the job, and look on."""
        try:
            look()
        except LandslidectlError as error:
            self.obstacles.append(error)


def plan_detect(settings: DetectSettings, reporter: Reporter) -> JobPlan:
    """Plan a whole job.

    Raises
    ------
    LandslidectlError
        Where nothing can be planned: no usable scenes, no such model or area.
    """
    planning = _planning(settings, reporter)
    require_land_cover(settings)
    model = choose_model(settings.model, settings.bands, settings.models_dir)
    thresholds(settings, model)
    contract = contract_for(settings, model)
    surveyed = survey(planning, lambda _: None)
    doubt_passes(model, [plan.track for plan in surveyed.tracks], planning.reporter)
    grid = grid_for(surveyed.area, contract.pixel_m)
    judged_ground(settings, grid)
    workspace = Workspace(settings.output)
    devices = Devices(settings.device, model, settings.threads, planning.reporter)
    planning.check(devices.check)
    planning.check(lambda: workspace.check_free(settings.identity(), settings.overwrite))
    planning.check(lambda: _check_permission(settings.output))
    if settings.dem is not None:
        dem = settings.dem
        planning.check(lambda: tiles_for(dem, grid.buffered(DEM_MARGIN_M), SPARE_MARGIN_M))
    needs = _needs(planning, surveyed, grid, model)
    scene_ids = [scene.scene_id for plan in surveyed.tracks for scene in plan.scenes]
    return JobPlan(
        settings=settings,
        model=model,
        tracks=surveyed.tracks,
        area_km2=ellipsoid_area_m2(surveyed.area) / 1e6,
        grid=grid,
        refused=tuple(planning.ledger.refused),
        warnings=tuple(planning.warnings),
        needs=needs,
        counters=workspace.next_counters(scene_ids),
        obstacles=tuple(planning.obstacles),
    )


def _planning(settings: DetectSettings, reporter: Reporter) -> _Planning:
    warnings: list[str] = []

    def listening(event: ProgressEvent) -> None:
        if isinstance(event, Warned):
            warnings.append(event.message)
        reporter(event)

    return _Planning(settings, listening, Ledger(listening), warnings)


def _needs(planning: _Planning, surveyed: Surveyed, grid: Grid, model: Model) -> Needs:
    settings = planning.settings
    disk = estimate_disk(grid, settings.bands, surveyed.load)
    planning.check(lambda: check_disk(settings.output, disk.total))
    threads = settings.threads or usable_processors()
    try:
        threads = fitting_threads(grid, settings.bands, threads, settings.max_memory_mb)
    except LandslidectlError as error:
        planning.obstacles.append(error)
    windows_s = scoring_seconds(grid, settings.stride, model.window, model.raw.get("multiply_adds"))
    return Needs(
        disk=disk,
        free_bytes=shutil.disk_usage(existing_folder(settings.output)).free,
        memory_mb=estimate_memory_mb(grid, settings.bands, threads),
        threads=threads,
        duration=estimate_duration(grid, surveyed.tracks, windows_s, threads),
    )


def _check_permission(output: Path) -> None:
    """Refuse an output folder that the system will not let this user write; nothing is tried."""
    folder = existing_folder(output)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{output}: cannot be written: no permission in {folder}",
            "Choose another folder with --output.",
        )


def _track_json(plan: TrackPlan) -> dict[str, Any]:
    return {
        "track": plan.track.name,
        "words": str(plan.track),
        "pre": [_scene_json(scene) for scene in plan.pre],
        "post": [_scene_json(scene) for scene in plan.post],
        "late_post_days": plan.late_post_days,
    }


def _scene_json(scene: "Scene") -> Mapping[str, Any]:
    start: datetime = scene.start
    return {"scene_id": scene.scene_id, "start": utc_text(start), "path": str(scene.path)}
