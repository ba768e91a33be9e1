"""Which ground a job judges: its limits of slope, and the land cover that it was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landslidectl.detection.masks import UPRIGHT_DEG, GroundLimits, share_within
from landslidectl.errors import InputError
from landslidectl.events import Reporter, Warned
from landslidectl.grid import Grid
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.steps import file_identity
from landslidectl.terrain.landcover import LandCover, find_land_cover
from landslidectl.terrain.legend import read_legend

if TYPE_CHECKING:
    from landslidectl.stack.record import Stack

NO_SLOPE = "not applied: no elevation model"
FLAT = "not applied: hardly any ground lies within the limits"
HARDLY_ANY = 0.01


@dataclass(frozen=True, slots=True)
class Ground:
    """What is judged, ready to be used, recorded and told.

    Parameters
    ----------
    limits : GroundLimits
    min_steepness_deg : float
        Outlines that are nowhere steeper are left out.
    identity : mapping
        JSON-ready, what a step that uses the limits depends on.
    told : mapping
        JSON-ready, for the metadata of the product.
    """

    limits: GroundLimits
    min_steepness_deg: float
    identity: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


def require_land_cover(settings: DetectSettings) -> None:
    """Refuse land cover that is not there and legends that are unknown, before any work is done.

    Raises
    ------
    InputError, UsageError
    """
    if settings.land_cover_legend is not None:
        read_legend(settings.land_cover_legend)
    for path in settings.land_cover:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder", "Check --land-cover.")


def judged_ground(settings: DetectSettings, grid: Grid) -> Ground:
    """Return what a job judges on its grid.

    Raises
    ------
    InputError, UsageError
        As `find_land_cover`.
    """
    cover = None
    if settings.land_cover:
        cover = find_land_cover(settings.land_cover, grid, settings.land_cover_legend)
    limits = GroundLimits(settings.min_slope_deg, settings.max_slope_deg, cover)
    slopes = {"min_slope_deg": limits.min_slope_deg, "max_slope_deg": limits.max_slope_deg}
    return Ground(
        limits,
        settings.min_steepness_deg,
        {**slopes, "land_cover": None if cover is None else _identity(cover)},
        {
            **slopes,
            "min_steepness_deg": settings.min_steepness_deg,
            "slope": NO_SLOPE if settings.no_dem else "of the elevation model",
            "land_cover": None if cover is None else _told(cover),
        },
    )


def suited(ground: Ground, stack: "Stack", reporter: Reporter) -> Ground:
    """Return the limits that suit the terrain: those of slope do not hold on a plain.

    Where less than a hundredth of the area lies within them, whoever chose the area means to look
    at a plain, or at an elevation model that is one.

    Parameters
    ----------
    ground : Ground
        What was asked for.
    stack : Stack
        Any of the job.
    reporter : Reporter
        Warned where the limits are lifted.
    """
    share = share_within(stack, ground.limits)
    if share >= HARDLY_ANY:
        return ground
    limits = ground.limits
    reporter(
        Warned(
            f"{share:.1%} of the area has slopes of {limits.min_slope_deg:g} to "
            f"{limits.max_slope_deg:g} degrees, so no limit of slope is applied; where that is not "
            "meant, look at the elevation model",
            "flat-area",
        )
    )
    lifted = {"min_slope_deg": 0.0, "max_slope_deg": UPRIGHT_DEG}
    return Ground(
        GroundLimits(0.0, UPRIGHT_DEG, limits.land_cover),
        0.0,
        {**ground.identity, **lifted},
        {**ground.told, **lifted, "min_steepness_deg": 0.0, "slope": FLAT},
    )


def _identity(cover: LandCover) -> list[Any]:
    return [cover.legend.key, *(file_identity(path) for path in cover.files)]


def _told(cover: LandCover) -> dict[str, Any]:
    legend = cover.legend
    return {
        "title": legend.title,
        "files": [path.name for path in cover.files],
        "water": [legend.name_of(code) for code in legend.water],
        "excluded": [legend.name_of(code) for code in legend.built_up],
        "credit": legend.credit,
    }
