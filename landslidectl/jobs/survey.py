"""What a job starts with, run or planned: scenes sorted into tracks, area, stack contract."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from landslidectl.catalog.records import SceneRecord
from landslidectl.errors import ModelError, StackError
from landslidectl.inference.manifest import Model
from landslidectl.jobs.choose import Inquiry, require_dem, select, warn_of_gaps, warn_of_orbits
from landslidectl.jobs.inputs import gather
from landslidectl.jobs.preflight import DiskLoad
from landslidectl.jobs.stack_settings import StackSettings
from landslidectl.stack.contract import StackContract
from landslidectl.stack.plans import TrackPlan

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The tracks that have scenes on both sides of the event, and the area to map.

    Parameters
    ----------
    tracks : tuple of TrackPlan
    area : shapely geometry
        Longitude and latitude, WGS 84.
    """

    tracks: tuple[TrackPlan, ...]
    area: "BaseGeometry"

    @property
    def load(self) -> DiskLoad:
        """Return what will lie on the disk at the same time."""
        return DiskLoad(max(len(plan.scenes) for plan in self.tracks), len(self.tracks))


def survey(asked: Inquiry, record: Callable[[Sequence[SceneRecord]], object]) -> Surveyed:
    """Find the scenes, sort them into tracks and sides, and lay down the area.

    Parameters
    ----------
    asked : Inquiry
        The job, or the plan of one; its ledger takes what is not used.
    record : callable
        Takes what was met, usable or not.

    Raises
    ------
    StackError
        If no scene can be used, or no track has scenes before and after the event.
    InputError, DemError
        If area, orbits or elevation model are not there.
    """
    settings = asked.settings
    require_dem(asked)
    found = gather(settings, asked.ledger)
    record(found.records)
    if not found.scenes:
        raise no_scene(asked)
    selection, area = select(asked, found.scenes)
    asked.ledger.leave_aside(selection.unused)
    warn_of_gaps(asked, area, selection.tracks)
    warn_of_orbits(asked, [scene for plan in selection.tracks for scene in plan.scenes])
    return Surveyed(selection.tracks, area)


def no_scene(asked: Inquiry) -> StackError:
    """Return the error that there is nothing to work with."""
    paths = ", ".join(str(path) for path in asked.settings.scenes)
    count = len(asked.ledger.refused)
    refused = f": {count} refused, for the reasons told above" if count else ""
    return StackError(
        f"no usable Sentinel-1 scene in {paths}{refused}",
        "Needed are IW GRD products with VV and VH, as .SAFE folders or .zip files.",
    )


def contract_for(settings: StackSettings, model: Model | None) -> StackContract:
    """Return what the stacks are made under: what the model was trained on, or what is asked for.

    Raises
    ------
    ModelError
        If something else is asked for than the model was trained on.
    """
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
