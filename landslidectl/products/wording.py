"""Sentences that several files of a product share, worded once."""

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from landslidectl.inference.manifest import RULE
from landslidectl.terms import Decision, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from landslidectl.inference.manifest import Model
    from landslidectl.products.request import ProductRequest

SCORE_LIMIT = (
    "The score ranks places by how much the radar change looks like a landslide; it is not a "
    "probability."
)
OUTLINE_LIMIT = (
    "Delineated outlines follow the radar change and may miss quiet parts of a slide or join "
    "neighbours. Window outlines are those of 640 m windows: the slide lies inside, and the area "
    "of such an outline is not the area of the slide."
)
UNOBSERVED_LIMIT = "Not observed or masked does not mean 'no landslide': nothing can be said there."
VALIDATION_LIMIT = (
    "Automatic first estimate, not validated in the field; a low count does not show absence. "
    "Farming, snow, floods and water levels can look alike."
)
SIMULATED_LIMIT = (
    "SIMULATED: these scenes were made by a program, not by a satellite. Place and landslides are "
    "invented; never pass this product on as a map of a real event."
)
EDITED_LIMIT = (
    "Edited after landslidectl wrote it: outlines and attributes may be those of a reviewer."
)
FEW = 10.0
"""Square kilometres or hectares below which one more decimal is worth giving."""
REVIEW_START = "Looked at by people: "
NO_RELIEF_LIMIT = (
    "Processed without a height model: on slopes, positions can be off by hundreds of metres, and "
    "layover, shadow and slope were not tested."
)


RULE_LIMIT = (
    "Scored by a rule without a network, for comparison: on simulated events the networks find "
    "several times as many landslides at the same rate of false detections."
)


def model_in_words(model: "Model") -> str:
    """Return name and version of a model, and that it is a rule where it is one."""
    return f"{'rule ' if model.architecture == RULE else ''}{model.name} {model.version}"


def gentle_limit(ground: "Mapping[str, Any]") -> list[str]:
    """Return, as one sentence or none, what the limits of slope keep from the map.

    Source: Bradley et al. (2019), doi:10.1038/s41561-019-0444-1, on the flow slides at Palu.
    """
    limits = []
    if ground.get("min_slope_deg"):
        limits.append(f"ground flatter than {ground['min_slope_deg']:g} degrees")
    if ground.get("min_steepness_deg"):
        limits.append(f"outlines nowhere steeper than {ground['min_steepness_deg']:g} degrees")
    if not limits:
        return []
    return [
        f"Left out: {' and '.join(limits)}. Flow slides on gentle, wet ground, as at Palu in 2018, "
        "do not show."
    ]


def limitations(request: "ProductRequest") -> tuple[str, ...]:
    """Return the limitations of this product, the gravest first."""
    common = (VALIDATION_LIMIT, SCORE_LIMIT, OUTLINE_LIMIT, UNOBSERVED_LIMIT)
    gravest = [SIMULATED_LIMIT] if request.provenance.is_simulated else []
    gravest += [] if request.has_relief else [NO_RELIEF_LIMIT]
    if any(model.architecture == RULE for model in request.models):
        gravest.append(RULE_LIMIT)
    gentle = gentle_limit(request.provenance.ground) if request.has_relief else []
    return tuple(with_review_limit([*gravest, *common, *gentle], request.detections.reviews))


def with_review_limit(limits: "Sequence[str]", counts: "Mapping[Decision, int]") -> list[str]:
    """Return limitations with what people looked at as the last; as they are where nobody did."""
    others = [sentence for sentence in limits if not sentence.startswith(REVIEW_START)]
    if not is_reviewed(counts):
        return others
    shown = " Rejected ones are in the GeoPackage alone." if counts[Decision.REJECTED] else ""
    return [*others, f"{REVIEW_START}{review_in_words(counts)}.{shown}"]


def review_in_words(counts: "Mapping[Decision, int]") -> str:
    """Return how many detections people accepted and rejected, and how many are left."""
    return (
        f"{counts[Decision.ACCEPTED]:,} accepted, {counts[Decision.REJECTED]:,} rejected, "
        f"{counts[Decision.UNREVIEWED]:,} not reviewed"
    )


def is_reviewed(counts: "Mapping[Decision, int]") -> bool:
    """Tell whether a person said anything of any detection."""
    return bool(counts[Decision.ACCEPTED] or counts[Decision.REJECTED])


def credit(request: "ProductRequest") -> str:
    """Return the credit line that the licence of Sentinel data asks for."""
    if request.provenance.is_simulated:
        return "Simulated scenes; contains no Copernicus Sentinel data"
    instants = [scene.start for scene in request.provenance.scenes]
    instants += [stack.post_start for stack in request.stacks]
    years = sorted({instant.astimezone(UTC).year for instant in instants})
    span = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
    return f"Contains modified Copernicus Sentinel data {span}"


def dem_in_words(request: "ProductRequest") -> str:
    """Return the height model's name and datum, or that there was none."""
    if request.dem is None or request.dem.is_flat:
        return "none (--no-dem)"
    sources = sorted(request.dem.sources)
    named = ", ".join(sources[:3]) + (f" and {len(sources) - 3} more" if len(sources) > 3 else "")
    return f"{named or request.dem.path.name} ({request.dem.vertical_datum})"


def ground_in_words(request: "ProductRequest") -> str:
    """Return which ground was judged: its slopes, and the land cover that was left out."""
    ground = request.provenance.ground
    if not ground:
        return "all that was observed"
    slopes = f"slope {ground['min_slope_deg']:g} to {ground['max_slope_deg']:g} degrees"
    cover = ground["land_cover"]
    without = f"; no water nor towns of {cover['title']}. {cover['credit']}" if cover else ""
    return f"{slopes if request.has_relief else 'any slope, as none is known'}{without}"


def left_out_in_words(request: "ProductRequest") -> list[str]:
    """Return, as one sentence or none, how many regions are no detections for want of slope."""
    count = request.detections.left_out
    if not count:
        return []
    regions = "1 region of changed ground is" if count == 1 else f"{count:,} regions are"
    return [f"{regions} left out, steep nowhere: --min-steepness 0 shows them with a flag."]


def confidence_in_words(high: int, low: int) -> str:
    """Return how many detections are of either confidence."""
    return f"{high:,} of high confidence, {low:,} of low"


def km2_in_words(km2: float, total_km2: float) -> str:
    """Return square kilometres, with two decimals where the whole area is small."""
    return f"{km2:,.{1 if total_km2 >= FEW else 2}f}"


def ha_in_words(hectares: float) -> str:
    """Return hectares, with one decimal where they are few."""
    return f"{hectares:,.{0 if hectares >= FEW else 1}f}"


def score_in_words(score: float) -> str:
    """Return a score for people; a dash where there is none."""
    return "\N{EN DASH}" if math.isnan(score) else f"{score:.2f}"


def standing_in_words(request: "ProductRequest") -> str:
    """Return how often detections were seen, and how many are gone since the last release."""
    counts = [f"{request.detections.count(kind):,} {kind.value}" for kind in Standing]
    return f"{', '.join(counts)}; {len(request.dropped):,} dropped since the last release"


def high_in_words(request: "ProductRequest") -> str:
    """Return the high threshold, or that there is none."""
    high = request.detections.threshold_high
    return "none" if high is None else f"{high:.3f}"


def event_in_words(request: "ProductRequest") -> str:
    """Return the name of the event, or its instant when it has none."""
    facts = request.provenance
    named = facts.event_name or facts.event_id or f"event of {minute(facts.event.first)}"
    return f"SIMULATED {named}" if facts.is_simulated else named


def time_between(earlier: datetime, later: datetime) -> str:
    """Return how long one instant is after another: minutes, hours or days, the finest that fit."""
    minutes = round((later - earlier).total_seconds() / 60.0)
    hours, days = round(minutes / 60.0), round(minutes / 1440.0)
    if abs(minutes) < 120:
        return f"{minutes} min"
    return f"{hours} h" if abs(hours) < 72 else f"{days:,} days"


def iso(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(instant: datetime) -> str:
    """Return an instant for people, such as ``2018-09-05 18:07 UTC``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(instant: datetime) -> str:
    """Return the day of an instant in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d")
