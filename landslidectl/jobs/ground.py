"""Which ground a job judges: its limits of slope, and the land cover that it was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from landslidectl.detection.masks import GroundLimits
from landslidectl.errors import InputError
from landslidectl.grid import Grid
from landslidectl.jobs.settings import DetectSettings
from landslidectl.jobs.steps import file_identity
from landslidectl.terrain.landcover import LandCover, find_land_cover
from landslidectl.terrain.legend import read_legend

NO_SLOPE = "not applied: no elevation model"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is judged, ready to be used, recorded and told.

    Parameters
    ----------
    limits : GroundLimits
    identity : mapping
        JSON-ready, what a step that uses the limits depends on.
    told : mapping
        JSON-ready, for the metadata of the product.
    """

    limits: GroundLimits
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
        {**slopes, "land_cover": None if cover is None else _identity(cover)},
        {
            **slopes,
            "min_steepness_deg": settings.min_steepness_deg,
            "slope": NO_SLOPE if settings.no_dem else "of the elevation model",
            "land_cover": None if cover is None else _told(cover),
        },
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
