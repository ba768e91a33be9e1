"""The stages as steps: what each depends on, how it is done, how it is taken up again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landslidectl.errors import SceneError, SceneOutsideGrid
from landslidectl.events import Reporter
from landslidectl.files.hashing import stable_key
from landslidectl.grid import Grid
from landslidectl.inference.manifest import Model
from landslidectl.inference.score import ScoreOptions, ScoreRaster, score_stack
from landslidectl.jobs.inputs import Ledger, scene_identity
from landslidectl.jobs.job import Job
from landslidectl.jobs.settings import DetectSettings, IngestSettings, StackSettings
from landslidectl.jobs.steps import Done, Made, Step, file_identity
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.contract import StackContract
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.stack.geocoded import GeocodedScene, open_geocoded
from landslidectl.stack.selection import TrackPlan, UnusedScene
from landslidectl.stack.stack import Stack, StackRequest, build_stack, open_stack
from landslidectl.terrain.coverage import tiles_for
from landslidectl.terrain.dem import (
    DEM_MARGIN_M,
    Dem,
    DemOptions,
    build_dem,
    flat_dem,
    open_dem,
)

if TYPE_CHECKING:
    from landslidectl.terrain.tile import Tile

VSIZIP = "/vsizip/"


@dataclass(frozen=True, slots=True)
class MapFrame:
    """What every scene is brought onto."""

    grid: Grid
    dem: Done[Dem]
    contract: StackContract


@dataclass(frozen=True, slots=True)
class StackedTrack:
    """A track's stack with the plan it was built by."""

    plan: TrackPlan
    stack: Done[Stack]


def prepare_dem(job: Job[Any], grid: Grid) -> Done[Dem]:
    """Bring the elevation model onto the grid, with the margin that layover needs."""
    settings: IngestSettings = job.settings
    wide, out = grid.buffered(DEM_MARGIN_M), job.workspace.dem
    options = DemOptions(vertical=settings.dem_vertical)
    source = settings.dem

    def work(reporter: Reporter) -> Made[Dem]:
        if source is None:
            dem = flat_dem(wide, out)
        else:
            dem = build_dem(source, wide, out, options, reporter)
        return Made(dem, {}, [(out, "dem")], ", ".join(dem.sources[:3]))

    sources = None if source is None else dem_identity(source, tiles_for(source, wide))
    depends_on = {"grid": asdict(wide), "sources": sources, "options": asdict(options)}
    title = "Elevation model" if source else "Sea level in place of an elevation model"
    return job.run(Step("dem", title, depends_on, work, lambda _: open_dem(out)))


def dem_identity(source: Path, tiles: "Sequence[Tile]") -> list[Any]:
    """Return the state of the tiles that are used; others in the folder may come and go."""
    identity = []
    for tile in tiles:
        file = _file_behind(tile.location)
        state = file_identity(file) if file else file_identity(source)
        identity.append([tile.name, tile.member, state])
    return identity


def geocode_all(
    job: Job[Any], scenes: Sequence[Scene], frame: MapFrame
) -> dict[str, Done[GeocodedScene]]:
    """Geocode scenes one after the other; one that turns out damaged is refused, the rest goes on.

    Returns
    -------
    dict
        By scene identifier; scenes that were refused or do not reach the grid are missing.
    """
    done: dict[str, Done[GeocodedScene]] = {}
    for number, scene in enumerate(scenes, start=1):
        title = f"Scene {number} of {len(scenes)}, {scene.scene_id}"
        try:
            done[scene.scene_id] = job.run(_geocode_step(job, scene, frame, title))
        except SceneOutsideGrid:
            job.ledger.leave_aside([UnusedScene(scene, "does not reach the map grid")])
        except SceneError as error:
            job.ledger.refuse(str(scene.path), error.reason, is_failure=True)
    return done


def stack_track(
    job: Job[Any], plan: TrackPlan, geocoded: Mapping[str, Done[GeocodedScene]], frame: MapFrame
) -> StackedTrack:
    """Build one track's stack of the scenes that could be geocoded."""
    settings: StackSettings = job.settings
    folder = job.workspace.stack(plan.track.name)
    request = StackRequest(
        folder=folder,
        grid=frame.grid,
        dem=frame.dem.value,
        bands=settings.bands,
        event=settings.event,
        contract=frame.contract,
    )

    def work(reporter: Reporter) -> Made[Stack]:
        pre = [geocoded[scene.scene_id].value for scene in plan.pre]
        post = [geocoded[scene.scene_id].value for scene in plan.post]
        stack = build_stack(plan, pre, post, request, reporter)
        files = [
            (stack.values_path, "stack"),
            (stack.quality_path, "stack-quality"),
            (stack.counts_path, "stack-counts"),
            (stack.record_path, "stack-record"),
        ]
        return Made(stack, {}, files, f"{len(pre)} before, {len(post)} after the event")

    depends_on = {
        "pre": [geocoded[scene.scene_id].key for scene in plan.pre],
        "post": [geocoded[scene.scene_id].key for scene in plan.post],
        "dem": frame.dem.key,
        "event": [settings.event.first.isoformat(), settings.event.last.isoformat()],
        "bands": settings.bands.value,
    }
    title = f"Stack of {plan.track}"
    step = Step("stack", title, depends_on, work, lambda _: open_stack(folder))
    return StackedTrack(plan, job.run(step))


def score_track(job: Job[DetectSettings], track: StackedTrack, model: Model) -> Done[ScoreRaster]:
    """Score one track's stack."""
    settings, stack = job.settings, track.stack.value
    out = job.workspace.score(stack.track.name)
    options = ScoreOptions(stride=settings.stride, device=settings.device, threads=settings.threads)

    def work(reporter: Reporter) -> Made[ScoreRaster]:
        raster = score_stack(stack, model, out, options, reporter)
        record = {"device_used": raster.device_used, "windows_scored": raster.windows_scored}
        return Made(raster, record, [(out, "score")], f"{raster.windows_scored} windows")

    def revive(record: Mapping[str, Any]) -> ScoreRaster:
        return ScoreRaster(out, stack.grid, stack.track, model.name, **record)

    depends_on = {
        "stack": track.stack.key,
        "model": model.sha256,
        "manifest": stable_key(dict(model.raw)),
        "stride": settings.stride,
        "device": settings.device.value,
        "max_missing": options.max_missing,
    }
    return job.run(Step("score", f"Scores of {stack.track}", depends_on, work, revive))


def surviving_plans(
    plans: Sequence[TrackPlan], geocoded: Mapping[str, Any], ledger: Ledger
) -> tuple[tuple[TrackPlan, ...], tuple[str, ...]]:
    """Drop scenes that could not be geocoded, and tracks that lost one side of the event.

    Returns
    -------
    plans, lost
        The plans that are left; in words, what is missing on the others.
    """
    left, lost = [], []
    for plan in plans:
        pre, post = (
            tuple(scene for scene in side if scene.scene_id in geocoded)
            for side in (plan.pre, plan.post)
        )
        if pre and post:
            left.append(TrackPlan(plan.track, pre, post))
            continue
        side = "post" if pre else "pre"
        reason = f"no {side}-event scene is left on {plan.track}"
        lost.append(reason)
        ledger.leave_aside(UnusedScene(scene, reason) for scene in pre + post)
    return tuple(left), tuple(lost)


def _geocode_step(job: Job[Any], scene: Scene, frame: MapFrame, title: str) -> Step[GeocodedScene]:
    settings: IngestSettings = job.settings
    out = job.workspace.geocoded / f"{scene.scene_id}.tif"
    options = GeocodeOptions(polarisations=settings.bands.polarisations, contract=frame.contract)

    def work(reporter: Reporter) -> Made[GeocodedScene]:
        del reporter
        geocoded = geocode_scene(scene, frame.dem.value, frame.grid, out, options)
        return Made(geocoded, {}, [(out, "geocoded")])

    depends_on = {
        "scene": scene_identity(scene),
        "dem": frame.dem.key,
        "grid": asdict(frame.grid),
        "options": asdict(options),
    }
    return Step("geocode", title, depends_on, work, lambda _: open_geocoded(out))


def _file_behind(location: str) -> Path | None:
    """Return the file on disk that GDAL opens for a location, a zip for what lies in it."""
    path = Path(location.removeprefix(VSIZIP))
    return next((item for item in (path, *path.parents) if item.is_file()), None)
