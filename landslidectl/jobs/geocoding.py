"""Scenes on to the job's grid: each a step of its own, so that a killed job loses one at most."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from landslidectl.errors import SceneError, SceneOutsideGrid
from landslidectl.events import Reporter, Warned
from landslidectl.jobs.frame import MapFrame
from landslidectl.jobs.inputs import scene_identity
from landslidectl.jobs.job import Job
from landslidectl.jobs.stack_settings import IngestSettings
from landslidectl.jobs.steps import Done, Made, Step, file_identity
from landslidectl.sentinel1.noise import NoiseState, noise_state
from landslidectl.sentinel1.orbit_file import find_orbit_file
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.geocode import GeocodeOptions, geocode_scene
from landslidectl.stack.geocoded import GeocodedScene, open_geocoded
from landslidectl.stack.selection import UnusedScene

Geocoding = Step[GeocodedScene | None]
"""Its value is None for a scene that does not reach the grid after all."""

OUTSIDE = "outside"


def geocode_step(job: Job[Any], scene: Scene, frame: MapFrame, title: str) -> Geocoding:
    """Return the step that puts a scene on the grid."""
    settings: IngestSettings = job.settings
    out = job.workspace.geocoded / f"{scene.scene_id}.tif"
    options = GeocodeOptions(
        polarisations=settings.bands.polarisations,
        contract=frame.contract,
        orbits=settings.orbits,
        threads=frame.threads,
    )

    identity = scene_identity(scene)

    def work(reporter: Reporter) -> Made[GeocodedScene | None]:
        noise = _noise(scene, options, reporter)
        try:
            geocoded = geocode_scene(scene, frame.dem.value, frame.grid, out, options)
        except SceneOutsideGrid:
            return Made(
                None, {OUTSIDE: True}, detail=f"{scene.scene_id} does not reach the map grid"
            )
        record = {
            OUTSIDE: False,
            "manifest_sha256": identity.get("manifest"),
            "orbit": geocoded.orbit,
            "noise": noise,
            "pixels_crc32": geocoded.pixels_crc32,
        }
        return Made(geocoded, record, [(out, "geocoded")], scene.scene_id)

    depends_on = {
        "scene": identity,
        "dem": frame.dem.key,
        "grid": asdict(frame.grid),
        "bands": settings.bands.value,
        "contract": frame.contract.as_dict(),
        "radiometry": asdict(options.radiometry),
        "orbit": _orbit_identity(settings, scene),
    }

    def revive(record: Mapping[str, Any]) -> GeocodedScene | None:
        return None if record[OUTSIDE] else open_geocoded(out)

    return Step("geocode", title, depends_on, work, revive)


def geocode_all(
    job: Job[Any], scenes: Sequence[Scene], frame: MapFrame
) -> dict[str, Done[GeocodedScene]]:
    """Geocode scenes one after the other and keep them; damaged ones are refused by name.

    Returns
    -------
    dict
        By scene identifier; scenes that were refused or do not reach the grid are missing.
    """
    done: dict[str, Done[GeocodedScene]] = {}
    for number, scene in enumerate(scenes, start=1):
        step = geocode_step(job, scene, frame, title_of(scene, number, len(scenes)))
        result = attempt(job, scene, step)
        if result is not None and result.value is not None:
            done[scene.scene_id] = Done(result.value, result.key, result.skipped)
    return done


def title_of(scene: Scene, number: int, count: int) -> str:
    """Return what a user reads while a scene is worked on."""
    return f"Scene {number} of {count}, {scene.scene_id}"


def attempt(job: Job[Any], scene: Scene, step: Geocoding) -> Done[GeocodedScene | None] | None:
    """Run a step; a scene that turns out damaged is refused by name, and the rest goes on."""
    try:
        done = job.run(step)
    except SceneError as error:
        job.ledger.refuse(str(scene.path), error.reason, is_failure=True)
        return None
    if done.value is None:
        leave_aside(job, scene)
    return done


def leave_aside(job: Job[Any], scene: Scene) -> None:
    """Note that a scene does not reach the grid; manifest footprints are rough."""
    job.ledger.leave_aside([UnusedScene(scene, "does not reach the map grid")])


def _noise(scene: Scene, options: GeocodeOptions, reporter: Reporter) -> dict[str, str]:
    """Return what becomes of the thermal noise by polarisation, and warn where it has to stay."""
    states = {str(name): noise_state(scene, name) for name in options.polarisations}
    unknown = " and ".join(name for name, state in states.items() if state is NoiseState.UNKNOWN)
    if unknown:
        reporter(
            Warned(
                f"{scene.scene_id}: its thermal noise in {unknown} is not known (processor "
                f"{scene.ipf}) and stays in; dark slopes appear brighter than they are",
                "noise-unknown",
            )
        )
    return {name: state.value for name, state in states.items()}


def _orbit_identity(settings: IngestSettings, scene: Scene) -> Any:
    if settings.orbits is None:
        return None
    found = find_orbit_file(settings.orbits, scene)
    return None if found is None else file_identity(found.path)
