"""The product for Google Earth and phones: one KMZ that stays small enough to send and to open."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from landslidectl.files.atomic import write_bytes_atomic
from landslidectl.files.zips import zip_bytes
from landslidectl.products.contract.layers import LayerName
from landslidectl.products.kml import LEGEND_NAME, Drawn, kml_document, overlay_name
from landslidectl.products.legend import legend_png
from landslidectl.products.overlay import score_overlays, unobserved_outlines

if TYPE_CHECKING:
    from landslidectl.products.attributes import Row
    from landslidectl.products.contents import Contents
    from landslidectl.products.overlay import Overlay

MOST_FEATURES = 5000
MOST_BYTES = 10_000_000
PICTURE_SIDES = (2048, 1024, 512)
"""Sizes that the picture of the score is tried in, pixels; phones show no larger one."""
PICTURE_BYTES = 4_000_000
M2_PER_HA = 10_000.0


@dataclass(frozen=True, slots=True)
class KmzLimits:
    """How much a KMZ shows.

    Parameters
    ----------
    min_area_m2 : float
        Smaller detections are left out.
    features, size_bytes : int
        The detections with the highest scores are kept until neither is exceeded.
    """

    min_area_m2: float = 0.0
    features: int = MOST_FEATURES
    size_bytes: int = MOST_BYTES


def write_kmz(final: Path, contents: "Contents", limits: KmzLimits | None = None) -> None:
    """Write detections, unobserved areas, area of interest, score picture and legend.

    What does not fit the limits is left out, and the file says so in its description.
    """
    write_bytes_atomic(final, _fitting(contents, limits or KmzLimits()))


def _fitting(contents: "Contents", limits: KmzLimits) -> bytes:
    """Return the KMZ with as many detections as its limits allow."""
    import shapely  # noqa: PLC0415

    layer = contents.detections
    pairs = sorted(
        (
            pair
            for pair in zip(layer.rows, layer.outlines_wgs84(), strict=True)
            if _area_m2(pair[0]) >= limits.min_area_m2
        ),
        key=lambda pair: _rank(pair[0]),
    )
    overlays = _pictures(contents)
    area = shapely.union_all(contents.layers[LayerName.AREA].outlines_wgs84())
    holes = unobserved_outlines(contents, area)
    files = [(LEGEND_NAME, legend_png(contents))]
    files += [(overlay_name(n), item.png) for n, item in enumerate(overlays, start=1)]
    count = min(len(pairs), limits.features)
    while True:
        kept = pairs[:count]
        drawn = Drawn(
            [row for row, _ in kept],
            [outline for _, outline in kept],
            holes,
            overlays,
            _choice(count, len(layer.rows), limits.min_area_m2),
        )
        members = [("doc.kml", kml_document(contents, drawn).encode()), *files]
        content = zip_bytes(members)
        if count == 0 or len(content) <= limits.size_bytes:
            return content
        count = count * 3 // 4


def _pictures(contents: "Contents") -> "list[Overlay]":
    """Return the score's picture in the largest size that is not too heavy to send."""
    found: list[Overlay] = []
    for side in PICTURE_SIDES:
        found = score_overlays(contents, side)
        if sum(len(overlay.png) for overlay in found) <= PICTURE_BYTES:
            break
    return found


def _choice(shown: int, found: int, min_area_m2: float) -> str:
    """Say which detections are shown."""
    if shown == found:
        return "All are shown." if found else "There is none; see what was analysed."
    smallest = f" of at least {min_area_m2:,.0f} m2" if min_area_m2 else ""
    return (
        f"Shown are the {shown:,} with the highest scores{smallest} of {found:,}; the GeoPackage "
        "has all."
    )


def _rank(row: "Row") -> tuple[float, float, str]:
    """Order by score, then by area; what has none, such as a reviewer's drawing, comes first."""
    score, area = row["score_max"], row["area_ha"]
    first = float("-inf")
    return (
        first if score is None else -score,
        first if area is None else -area,
        row["det_id"] or "",
    )


def _area_m2(row: "Row") -> float:
    area = row["area_ha"]
    return float("inf") if area is None else float(area) * M2_PER_HA
