"""Everything that is said of one event, or of several together: tables of plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landslidectl.errors import InputError, UsageError
from landslidectl.evaluation.landcover_classes import shares, tallies
from landslidectl.evaluation.objects import Objects
from landslidectl.evaluation.patches import Survey
from landslidectl.evaluation.tables import (
    aspect_rows,
    cover_rows,
    fate_counts,
    object_row,
    outcomes,
    outline_rows,
    patch_table,
    pixel_row,
    size_rows,
    slope_rows,
)
from landslidectl.evaluation.terrain_classes import ASPECT_CLASSES, histogram_names
from landslidectl.terrain.legend import Legend

if TYPE_CHECKING:
    from numpy.typing import NDArray

Table = dict[str, Any]
OUTCOMES = ("true positive", "false positive", "false negative", "true negative")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One event, or the sum of several: everything tables and plots are made from.

    Parameters
    ----------
    name : str
    threshold : float or None
        None where products of different thresholds are joined.
    is_simulated : bool
    areas_km2 : mapping
        Judged, masked, not observed.
    objects : Objects
    survey : Survey
    has_terrain : bool
    legend : Legend or None
        None without land cover.
    """

    name: str
    threshold: float | None
    is_simulated: bool
    areas_km2: Mapping[str, float]
    objects: Objects
    survey: Survey
    has_terrain: bool
    legend: Legend | None

    def tables(self) -> Table:
        """Return all tables, JSON-ready; None where a layer is missing."""
        objects, legend = self.objects, self.legend
        return {
            "name": self.name,
            "simulated": self.is_simulated,
            "areas": dict(self.areas_km2),
            "counts": fate_counts(objects, self.areas_km2["judged_km2"]),
            "objects": {
                "all": object_row("all", objects),
                "by_size": size_rows(objects),
                "by_outline": outline_rows(objects),
                "by_slope": slope_rows(objects) if self.has_terrain else None,
                "by_aspect": aspect_rows(objects) if self.has_terrain else None,
                "by_land_cover": cover_rows(objects, legend) if legend else None,
            },
            "pixels": pixel_row(self.survey.pixels),
            "patches": patch_table(self.survey.patches, self.threshold),
            "distributions": self._distributions(),
            "patch_land_cover": self._patch_cover(),
        }

    def _distributions(self) -> Table:
        """Return shares of slope, aspect and land cover inside the slides and in the whole area."""
        slides, area = self.survey.slides, self.survey.area
        found: Table = dict.fromkeys(("slope", "aspect", "land_cover"))
        if self.has_terrain:
            found["slope"] = _beside(histogram_names(), slides.slope, area.slope)
            found["aspect"] = _beside(ASPECT_CLASSES, slides.aspect, area.aspect)
        if self.legend is not None:
            inside = {row["code"]: row["share"] for row in shares(slides.cover, self.legend)}
            found["land_cover"] = [
                {
                    "code": row["code"],
                    "class": row["name"],
                    "slides": inside.get(row["code"], 0.0) if slides.cover.any() else None,
                    "area": row["share"],
                }
                for row in shares(area.cover, self.legend)
            ]
        return found

    def _patch_cover(self) -> Table | None:
        """Return the majority land cover of the patches by outcome, by name."""
        if self.legend is None:
            return None
        patches = self.survey.patches
        kinds = outcomes(patches.label, patches.positive)
        return {
            name: dict(tallies(patches.cover[kind].tolist(), self.legend))
            for name, kind in zip(OUTCOMES, kinds, strict=True)
        }


def joined(judgements: Sequence[Judgement]) -> Judgement:
    """Return the sum of several events; tables of a layer that one of them lacks are left out.

    Raises
    ------
    UsageError
        If some are simulated and some are not.
    InputError
        If their land-cover maps have different legends.
    """
    if len({item.is_simulated for item in judgements}) > 1:
        raise UsageError(
            "some of the products are simulated and some are real: their figures do not add up",
            "Judge them in two commands.",
        )
    legends = {item.legend.key: item.legend for item in judgements if item.legend}
    if len(legends) > 1:
        raise InputError(
            "the events lie on land-cover maps of different legends: " + ", ".join(sorted(legends)),
            "Give maps of one legend for all events.",
        )
    first = judgements[0]
    objects, surveyed = first.objects, first.survey
    for item in judgements[1:]:
        objects, surveyed = objects.plus(item.objects), surveyed.plus(item.survey)
    thresholds = {item.threshold for item in judgements}
    return Judgement(
        f"All {len(judgements)} events",
        first.threshold if len(thresholds) == 1 else None,
        first.is_simulated,
        {name: sum(item.areas_km2[name] for item in judgements) for name in first.areas_km2},
        objects,
        surveyed,
        all(item.has_terrain for item in judgements),
        first.legend if all(item.legend for item in judgements) else None,
    )


def _beside(
    names: Sequence[str], slides: "NDArray[np.int64]", area: "NDArray[np.int64]"
) -> list[Table]:
    """Return a row a class with its share of the slides and of the area; None of nothing."""
    columns = {"slides": _shares(slides), "area": _shares(area)}
    return [
        {"class": name, **{key: column[index] for key, column in columns.items()}}
        for index, name in enumerate(names)
    ]


def _shares(counts: "NDArray[np.int64]") -> list[float | None]:
    total = int(counts.sum())
    return [float(count / total) if total else None for count in counts]
