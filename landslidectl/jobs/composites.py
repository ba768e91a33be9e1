"""Scenes to the two composites of a track, with no more on the disk than one side needs.

A geocoded scene is as large as the map and is of no use once its composite stands, so it is deleted
then. What the catalog knows of it stays: a finished job that runs again reads no pixel, and one
that finds a new scene makes again just the side that this scene is on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landslidectl.events import Reporter
from landslidectl.files.atomic import remove_file
from landslidectl.jobs.frame import MapFrame
from landslidectl.jobs.geocoding import OUTSIDE, Geocoding, attempt, geocode_step, leave_aside
from landslidectl.jobs.job import Job
from landslidectl.jobs.stack_settings import StackSettings
from landslidectl.jobs.steps import Done, Made, Step
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.composite import (
    Composite,
    CompositeRequest,
    build_composite,
    open_composite,
)
from landslidectl.stack.contract import StackContract
from landslidectl.stack.flatten import write_flattening
from landslidectl.stack.geocoded import GeocodedScene
from landslidectl.stack.selection import TrackPlan
from landslidectl.stack.speckle import SpeckleFilter
from landslidectl.terms import Phase, Radiometry, Speckle, Track


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the event on one track.

    Parameters
    ----------
    composite : Done of Composite
    facts : mapping
        What was noted of each scene while it was read, by identifier: orbit, noise, checksums.
    """

    composite: Done[Composite]
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class SideBuilder:
    """Builds the sides of all tracks of a job.

    Parameters
    ----------
    job, frame
        What is worked for and on.
    titles : mapping
        By scene identifier, what the user reads while a scene is worked on.
    """

    def __init__(self, job: Job[Any], frame: MapFrame, titles: Mapping[str, str]) -> None:
        self._job = job
        self._frame = frame
        self._titles = titles
        self._steps: dict[str, Geocoding] = {}
        self._geocoded: dict[str, GeocodedScene] = {}
        self._refused: set[str] = set()
        self._factors: dict[Track, Done[Path] | None] = {}

    def usable(self, scenes: Sequence[Scene]) -> tuple[Scene, ...]:
        """Geocode what is not known yet, and return the scenes that can be used.

        Damaged scenes are refused by name; they are tried again by every run, since a file may have
        been copied again.
        """
        return tuple(scene for scene in scenes if self._is_usable(scene))

    def build(self, plan: TrackPlan, phase: Phase) -> Side | None:
        """Return one side's composite; the geocoded scenes are deleted once it stands.

        None when a scene that an earlier run could read has to be read again and now cannot: it is
        refused, and `usable` leaves it out from then on.
        """
        scenes = plan.pre if phase is Phase.PRE else plan.post
        steps = [self._step(scene) for scene in scenes]
        facts = {
            scene.scene_id: self._job.journal.known(step) or {}
            for scene, step in zip(scenes, steps, strict=True)
        }
        if plan.track not in self._factors:
            self._factors[plan.track] = self._factor(plan)
        factor = self._factors[plan.track]
        done = self._job.take_up(self._composite(plan, phase, steps, factor, []))
        if done is None:
            geocoded = [self._file_of(scene) for scene in scenes]
            present = [scene for scene in geocoded if scene is not None]
            if len(present) < len(scenes):
                return None
            done = self._job.run(self._composite(plan, phase, steps, factor, present))
        else:
            for step in steps:
                self._job.journal.retell(step)
        self.drop(scenes)
        return Side(done, facts)

    def drop(self, scenes: Sequence[Scene]) -> None:
        """Delete geocoded scenes that nothing needs any more."""
        for scene in scenes:
            remove_file(self._path(scene))

    def _is_usable(self, scene: Scene) -> bool:
        if scene.scene_id in self._refused:
            return False
        step = self._step(scene)
        known = self._job.journal.known(step)
        if known is None:
            return self._file_of(scene) is not None
        if known[OUTSIDE]:
            leave_aside(self._job, scene)
        return not known[OUTSIDE]

    def _file_of(self, scene: Scene) -> GeocodedScene | None:
        """Return the geocoded scene: of this run, of an earlier one, or made again."""
        if scene.scene_id not in self._geocoded:
            done = attempt(self._job, scene, self._step(scene))
            if done is None or done.value is None:
                self._refused.add(scene.scene_id)
                return None
            self._geocoded[scene.scene_id] = done.value
        return self._geocoded[scene.scene_id]

    def _step(self, scene: Scene) -> Geocoding:
        """Return a scene's step; its key needs the manifest, which is read once."""
        if scene.scene_id not in self._steps:
            title = self._titles[scene.scene_id]
            self._steps[scene.scene_id] = geocode_step(self._job, scene, self._frame, title)
        return self._steps[scene.scene_id]

    def _path(self, scene: Scene) -> Path:
        return self._job.workspace.geocoded / f"{scene.scene_id}.tif"

    def _composite(
        self,
        plan: TrackPlan,
        phase: Phase,
        steps: Sequence[Geocoding],
        factor: Done[Path] | None,
        geocoded: Sequence[GeocodedScene],
    ) -> Step[Composite]:
        settings: StackSettings = self._job.settings
        request = CompositeRequest(
            path=self._job.workspace.composite(plan.track.name, phase),
            grid=self._frame.grid,
            polarisations=settings.bands.polarisations,
            contract=self._frame.contract,
            speckle=speckle_of(self._frame.contract),
            factor_path=factor.value if factor else None,
            threads=self._frame.threads,
        )

        def work(reporter: Reporter) -> Made[Composite]:
            composite = build_composite(phase, geocoded, request, reporter)
            files = [(path, "composite") for path in composite.paths]
            detail = f"{plan.track.name} {phase.value}: {composite.acquisitions} acquisitions"
            return Made(composite, {}, files, detail)

        depends_on = {
            "scenes": [step.key for step in steps],
            "factor": factor.key if factor else None,
        }
        title = f"{phase.value}-event composite of {plan.track}"
        return Step("composite", title, depends_on, work, lambda _: open_composite(request.path))

    def _factor(self, plan: TrackPlan) -> Done[Path] | None:
        """Return the factor from sigma nought to the contract's gamma nought, if it is one."""
        kind = self._frame.contract.radiometry
        if kind not in (Radiometry.GAMMA0, Radiometry.GAMMA0_TERRAIN):
            return None
        scene, dem = look_scene(plan), self._frame.dem
        out = self._job.workspace.flattening(plan.track.name)

        def work(reporter: Reporter) -> Made[Path]:
            del reporter
            write_flattening(scene, dem.value, self._frame.grid, out, kind)
            return Made(out, {}, [(out, "flattening")])

        depends_on = {"scene": self._step(scene).key, "dem": dem.key, "kind": kind.value}
        title = f"Area seen from {plan.track}"
        return self._job.run(Step("flattening", title, depends_on, work, lambda _: out))


def look_scene(plan: TrackPlan) -> Scene:
    """Return the scene that stands for the track's geometry: the one nearest to the event."""
    return plan.post[0] if plan.post else plan.pre[-1]


def speckle_of(contract: StackContract) -> SpeckleFilter | None:
    """Return the filter that a contract asks for."""
    if contract.speckle_filter is Speckle.NONE:
        return None
    return SpeckleFilter(contract.speckle_filter)
