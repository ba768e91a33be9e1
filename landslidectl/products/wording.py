"""Sentences that several files of a product share, worded once."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
NO_RELIEF_LIMIT = (
    "Processed without a height model: on slopes, positions can be off by hundreds of metres, and "
    "layover and shadow were not tested."
)


def limitations(request: "ProductRequest") -> tuple[str, ...]:
    """Return the limitations of this product, the gravest first."""
    common = (VALIDATION_LIMIT, SCORE_LIMIT, OUTLINE_LIMIT, UNOBSERVED_LIMIT)
    gravest = [SIMULATED_LIMIT] if request.provenance.is_simulated else []
    gravest += [] if request.has_relief else [NO_RELIEF_LIMIT]
    return (*gravest, *common)


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


def event_in_words(request: "ProductRequest") -> str:
    """Return the name of the event, or its instant when it has none."""
    facts = request.provenance
    named = facts.event_name or facts.event_id or f"event of {minute(facts.event.first)}"
    return f"SIMULATED {named}" if facts.is_simulated else named


def iso(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(instant: datetime) -> str:
    """Return an instant for people, such as ``2018-09-05 18:07 UTC``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(instant: datetime) -> str:
    """Return the day of an instant in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d")
