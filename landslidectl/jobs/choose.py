"""What a job works on: the scenes on both sides of the event, and the area that they cover."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from landslidectl.errors import DemError, InputError, StackError
from landslidectl.events import Reporter, Warned
from landslidectl.jobs.area import bbox_area, checked_area, read_aoi
from landslidectl.jobs.inputs import Ledger
from landslidectl.jobs.stack_settings import IngestSettings, StackSettings
from landslidectl.jobs.stages import window_options
from landslidectl.sentinel1.orbit_file import find_orbit_file
from landslidectl.sentinel1.scene import Scene
from landslidectl.stack.coverage import covered_area, uncovered_share
from landslidectl.stack.footprints import footprint
from landslidectl.stack.selection import Selection, TrackPlan, select_scenes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NO_DEM_WARNING = (
    "no elevation model was used: in mountains, pixels lie tens of pixels from their place, and "
    "layover, shadow and ground that is too flat or too steep are not masked"
)
UNCOVERED_WORTH_SAYING = 0.01
DEM_REASON = (
    "no elevation model is given. Without one, the terrain displaces pixels by as much as their "
    "height above the sea, in mountains by tens of pixels, and the detections lie beside the slides"
)


class Inquiry(Protocol):
    """Who asks for scenes: a job, or the plan of one.

    Attributes
    ----------
    settings : IngestSettings or wider
        What the user asked for.
    ledger : Ledger
        Takes the inputs that are not used.
    reporter : Reporter
        Takes the warnings.
    """

    @property
    def settings(self) -> Any:
        """Return what the user asked for."""

    @property
    def ledger(self) -> Ledger:
        """Return where inputs are noted that are not used."""

    @property
    def reporter(self) -> Reporter:
        """Return who is told."""


def select(asked: Inquiry, scenes: Sequence[Scene]) -> tuple[Selection, "BaseGeometry"]:
    """Choose scenes by time and area; the area is the given one or what the plans cover."""
    settings: StackSettings = asked.settings
    given = given_area(settings)
    selection = select_scenes(scenes, settings.event, window_options(settings), area=given)
    return selection, _covered(selection.tracks) if given is None else given


def warn_of_gaps(asked: Inquiry, area: "BaseGeometry", plans: Sequence[TrackPlan]) -> None:
    """Tell what the selection could not meet: late scenes, and parts of the area without any."""
    for plan in plans:
        if plan.late_post_days > 0.0:
            days = asked.settings.post_days
            asked.reporter(
                Warned(
                    f"{plan.track}: nothing was acquired within {days:g} days after the event; the "
                    f"post-event scenes were acquired {plan.late_post_days:.1f} days after it, and "
                    "what happened in between shows as well",
                    "late-post-scene",
                )
            )
    share = uncovered_share(area, plans)
    if share > UNCOVERED_WORTH_SAYING:
        asked.reporter(
            Warned(
                f"{100.0 * share:.0f} % of the area of interest has no scenes before and after the "
                "event; nothing can be detected there",
                "area-not-covered",
            )
        )


def given_area(settings: IngestSettings) -> "BaseGeometry | None":
    """Return the area of interest that the user gave, by file or box; None without one."""
    if settings.aoi is not None:
        return read_aoi(settings.aoi)
    return bbox_area(settings.bbox) if settings.bbox is not None else None


def _covered(plans: Sequence[TrackPlan]) -> "BaseGeometry":
    area = covered_area(plans)
    if area.is_empty:
        raise StackError(
            "no ground was seen both before and after the event: the scenes of either side lie "
            "beside each other",
            "Add scenes that cover the same area.",
        )
    return checked_area(area, "the area with scenes before and after the event")


def footprints_area(scenes: Sequence[Scene]) -> "BaseGeometry":
    """Return the area that any of the scenes covers."""
    import shapely  # noqa: PLC0415

    union = shapely.union_all([footprint(scene) for scene in scenes])
    return checked_area(union, "the area of the scenes")


def warn_of_orbits(asked: Inquiry, scenes: Sequence[Scene]) -> None:
    """Tell of scenes that no file in the folder of orbits covers.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    folder = asked.settings.orbits
    if folder is None:
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder", "Check --orbits.")
    without = [scene.scene_id for scene in scenes if find_orbit_file(folder, scene) is None]
    if without:
        asked.reporter(
            Warned(
                f"{folder}: holds no orbit of {len(without)} of {len(scenes)} scenes, the first "
                f"{without[0]}; the orbit inside the scene is used for them",
                "orbit-not-found",
            )
        )


def require_dem(asked: Inquiry) -> None:
    """Refuse work without heights unless the user asked for it.

    Raises
    ------
    DemError
        With the reason.
    """
    settings: IngestSettings = asked.settings
    if settings.no_dem:
        asked.reporter(Warned(NO_DEM_WARNING, "no-dem"))
    elif settings.dem is None:
        raise DemError(
            DEM_REASON, "Give --dem FOLDER, or --no-dem to go on all the same, on flat land."
        )
    elif not settings.dem.exists():
        raise DemError(f"{settings.dem}: there is no such file or folder", "Check --dem.")
